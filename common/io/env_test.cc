#include "common/io/env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/io/buffer.h"
#include "common/testing/fault_env.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk {
namespace {

using testing::ElementsAre;

// The same behaviour of the machine's disk and of the tests' one.
class EnvTest : public testing::TestWithParam<bool> {
 protected:
  EnvTest() : env_(GetParam() ? static_cast<Env*>(&fake_) : Env::Posix()) {}
  void SetUp() override {
    root_ = GetParam() ? "/root" : dir_.path();
    ASSERT_OK(env_->MakeDirs(root_));
  }
  std::string Path(const std::string& name) const { return root_ + "/" + name; }

  TempDir dir_;
  FaultEnv fake_;
  Env* const env_;
  std::string root_;
};

TEST_P(EnvTest, OpenModesSayWhatMustExist) {
  EXPECT_THAT(env_->Open(Path("f"), OpenMode::kRead), HasCode(Code::kNotFound));
  EXPECT_THAT(env_->Open(Path("f"), OpenMode::kReadWrite), HasCode(Code::kNotFound));
  ASSERT_OK_AND_ASSIGN(auto file, env_->Open(Path("f"), OpenMode::kCreateNew));
  ASSERT_OK(file->Append("abc"));
  EXPECT_THAT(env_->Open(Path("f"), OpenMode::kCreateNew), HasCode(Code::kAlreadyExists));
  EXPECT_EQ(*(*env_->Open(Path("f"), OpenMode::kCreateOrOpen))->Size(), 3);
  EXPECT_EQ(*(*env_->Open(Path("f"), OpenMode::kCreateTruncate))->Size(), 0);
  EXPECT_FALSE(env_->Open(root_, OpenMode::kRead).ok());
  EXPECT_THAT(env_->Open(Path("no/f"), OpenMode::kCreateNew), HasCode(Code::kNotFound));
}

TEST_P(EnvTest, ReadsAndWritesAtOffsets) {
  ASSERT_OK_AND_ASSIGN(auto file, env_->Open(Path("f"), OpenMode::kCreateNew));
  ASSERT_OK(file->Append("0123456789"));
  ASSERT_OK(file->WriteAt(3, "xyz"));
  ASSERT_OK(file->Append("!"));
  char buffer[20];
  EXPECT_EQ(*file->ReadAt(2, buffer, 5), 5u);
  EXPECT_EQ(std::string_view(buffer, 5), "2xyz6");
  EXPECT_EQ(*file->ReadAt(9, buffer, 20), 2u);
  EXPECT_EQ(*file->ReadAt(50, buffer, 20), 0u);
  ASSERT_OK(file->Truncate(4));
  ASSERT_OK(file->Append("+"));
  ASSERT_OK(file->Allocate(0, 1 << 16));
  EXPECT_EQ(*env_->ReadFile(Path("f")), "012x+");
}

TEST_P(EnvTest, ListsSortedAndTellsFoldersApart) {
  ASSERT_OK(env_->MakeDirs(Path("b/deep")));
  ASSERT_OK(env_->WriteFileAtomically(Path("a"), "x"));
  ASSERT_OK_AND_ASSIGN(const auto entries, env_->List(root_));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_FALSE(entries[0].is_dir);
  EXPECT_EQ(entries[1].name, "b");
  EXPECT_TRUE(entries[1].is_dir);
  EXPECT_THAT(env_->List(Path("none")), HasCode(Code::kNotFound));
}

TEST_P(EnvTest, RenameReplacesAndRemoveRefusesFullFolders) {
  ASSERT_OK(env_->WriteFileAtomically(Path("a"), "new"));
  ASSERT_OK(env_->WriteFileAtomically(Path("b"), "old"));
  ASSERT_OK(env_->Rename(Path("a"), Path("b")));
  EXPECT_EQ(*env_->ReadFile(Path("b")), "new");
  EXPECT_FALSE(env_->Exists(Path("a")));
  ASSERT_OK(env_->MakeDir(Path("d")));
  ASSERT_OK(env_->WriteFileAtomically(Path("d/f"), ""));
  EXPECT_FALSE(env_->Remove(Path("d")).ok());
  ASSERT_OK(env_->RemoveTree(Path("d")));
  EXPECT_FALSE(env_->Exists(Path("d")));
  EXPECT_OK(env_->RemoveTree(Path("d")));
}

TEST_P(EnvTest, AHardLinkIsTheSameFile) {
  ASSERT_OK(env_->WriteFileAtomically(Path("a"), "x"));
  ASSERT_OK(env_->HardLink(Path("a"), Path("b")));
  ASSERT_OK((*env_->Open(Path("a"), OpenMode::kReadWrite))->Append("y"));
  EXPECT_EQ(*env_->ReadFile(Path("b")), "xy");
}

TEST_P(EnvTest, ALockHasOneHolder) {
  ASSERT_OK_AND_ASSIGN(auto lock, env_->Lock(Path("in_use.lock")));
  EXPECT_THAT(env_->Lock(Path("in_use.lock")), HasCode(Code::kFailedPrecondition));
  lock.reset();
  EXPECT_OK(env_->Lock(Path("in_use.lock")));
}

INSTANTIATE_TEST_SUITE_P(Disks, EnvTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "FaultEnv" : "Posix"; });

TEST(PosixEnvTest, ALockedFileNamesItsHolder) {
  TempDir dir;
  ASSERT_OK_AND_ASSIGN(const auto lock, Env::Posix()->Lock(dir.File("l")));
  EXPECT_THAT(Env::Posix()->Lock(dir.File("l")),
              MessageContains("locked by process " + std::to_string(::getpid())));
}

TEST(PosixEnvTest, SecretsAreWrittenForTheirOwnerOnly) {
  TempDir dir;
  ASSERT_OK(Env::Posix()->WriteFileAtomically(dir.File("s"), "secret", 0600));
  struct stat info;
  ASSERT_EQ(::stat(dir.File("s").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(PosixEnvTest, SpaceIsKnown) {
  ASSERT_OK_AND_ASSIGN(const DiskSpace space, Env::Posix()->Space("/"));
  EXPECT_GT(space.total_bytes, space.available_bytes);
}

TEST(PathTest, SplitsAndJoins) {
  EXPECT_EQ(ParentDir("/a/b"), "/a");
  EXPECT_EQ(ParentDir("/a"), "/");
  EXPECT_EQ(ParentDir("a"), ".");
  EXPECT_EQ(ParentDir("/a/b/"), "/a");
  EXPECT_EQ(BaseName("/a/b/"), "b");
  EXPECT_EQ(BaseName("/"), "/");
  EXPECT_EQ(JoinPath("/", "a"), "/a");
  EXPECT_EQ(JoinPath("/a", "b"), "/a/b");
}

TEST(BufferTest, KeepsItsContentAndItsMemory) {
  Buffer buffer(3);
  buffer.Clear();
  buffer.Append("abc");
  buffer.Append("def");
  EXPECT_EQ(buffer.view(), "abcdef");
  const size_t capacity = buffer.capacity();
  buffer.Clear();
  buffer.ResizeDiscarding(capacity);
  EXPECT_EQ(buffer.capacity(), capacity);
}

}  // namespace
}  // namespace tusk
