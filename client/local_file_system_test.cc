#include "client/local_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::client {
namespace {

class LocalFileSystemTest : public ::testing::Test {
 protected:
  std::vector<std::string> Glob(const std::string& pattern) {
    std::vector<std::string> names;
    const auto found = fs_->Glob(dir_.path() + "/" + pattern);
    EXPECT_OK(found);
    if (!found.ok()) return names;
    for (const FileEntry& entry : *found) names.push_back(entry.path.substr(dir_.path().size()));
    return names;
  }

  TempDir dir_;
  const std::shared_ptr<FileSystem> fs_ = MakeLocalFileSystem();
};

TEST_F(LocalFileSystemTest, FilesAreWrittenReadAndAppendedTo) {
  const std::string path = dir_.File("a/b");
  ASSERT_OK(fs_->WriteFile(path, "hello"));
  ASSERT_OK_AND_ASSIGN(auto more, fs_->Append(path));
  ASSERT_OK(more->Write(" world"));
  ASSERT_OK(more->Close());
  EXPECT_EQ(fs_->ReadFile(path).value(), "hello world");
  EXPECT_THAT(fs_->WriteFile(path, "x"), HasReason(Reason::kFileAlreadyExists));
  EXPECT_THAT(fs_->ReadFile(path, 3), HasCode(Code::kResourceExhausted));
}

TEST_F(LocalFileSystemTest, WhatIsNotThereIsFileNotFound) {
  EXPECT_THAT(fs_->GetStatus(dir_.File("none")), HasReason(Reason::kFileNotFound));
  EXPECT_FALSE(fs_->FindStatus(dir_.File("none")).value().has_value());
  EXPECT_FALSE(fs_->Delete(dir_.File("none"), true).value());
}

TEST_F(LocalFileSystemTest, AFullDirectoryIsDeletedOnlyRecursively) {
  ASSERT_OK(fs_->WriteFile(dir_.File("d/f"), "x"));
  EXPECT_THAT(fs_->Delete(dir_.File("d"), false), HasReason(Reason::kPathIsNotEmptyDirectory));
  EXPECT_TRUE(fs_->Delete(dir_.File("d"), true).value());
  EXPECT_FALSE(fs_->FindStatus(dir_.File("d")).value().has_value());
}

TEST_F(LocalFileSystemTest, Rename2NeverReplacesUnlessAsked) {
  ASSERT_OK(fs_->WriteFile(dir_.File("a"), "1"));
  ASSERT_OK(fs_->WriteFile(dir_.File("b"), "2"));
  EXPECT_THAT(fs_->Rename2(dir_.File("a"), dir_.File("b")), HasReason(Reason::kFileAlreadyExists));
  ASSERT_OK(fs_->Rename2(dir_.File("a"), dir_.File("b"), {.overwrite = true}));
  EXPECT_EQ(fs_->ReadFile(dir_.File("b")).value(), "1");
}

TEST_F(LocalFileSystemTest, PatternsFindSortedPathsAndNothingIsNoError) {
  for (const char* name : {"x/1", "x/2", "y/1", "z"}) {
    ASSERT_OK(fs_->WriteFile(dir_.File(name), name));
  }
  EXPECT_THAT(Glob("*/1"), ::testing::ElementsAre("/x/1", "/y/1"));
  EXPECT_THAT(Glob("{x/2,z}"), ::testing::ElementsAre("/x/2", "/z"));
  EXPECT_THAT(Glob("x/*/deeper"), ::testing::IsEmpty());
  EXPECT_THAT(Glob("none*"), ::testing::IsEmpty());
  EXPECT_THAT(Glob("z"), ::testing::ElementsAre("/z"));
}

}  // namespace
}  // namespace tusk::client
