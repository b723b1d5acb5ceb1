#include "yarnlite/nodemanager/localizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "common/concurrent/notification.h"
#include "common/process/child_process.h"
#include "common/testing/fake_clock.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::yarnlite {
namespace {

using testing::HasSubstr;

class FakeSource final : public ResourceSource {
 public:
  StatusOr<Info> Stat(const std::string& uri, const std::string&) override {
    const auto it = files.find(uri);
    if (it == files.end()) {
      return NotFoundError("File does not exist: " + uri, Reason::kFileNotFound);
    }
    return Info{static_cast<int64_t>(it->second.size()), modified_ms};
  }
  Status Fetch(const std::string& uri, const std::string&, const std::string& to) override {
    ++fetches;
    if (gate != nullptr) gate->Wait();
    std::ofstream(to, std::ios::binary) << files.at(uri);
    return failure;
  }
  std::map<std::string, std::string> files;
  int64_t modified_ms = 5;
  std::atomic<int> fetches = 0;
  Notification* gate = nullptr;
  Status failure;
};

class LocalizerTest : public testing::Test {
 protected:
  LocalizerTest() : localizer_({dir_.path()}, 1 << 20, &clock_, &source_) {
    source_.files["hdfs://n/job"] = "content";
  }
  static LocalResource Resource(const std::string& uri, int64_t size) {
    return {.uri = uri, .size_bytes = size, .timestamp_ms = 5};
  }
  StatusOr<std::vector<LocalizedFile>> Get(const ApplicationId& application,
                                           const LocalResource& resource) {
    return localizer_.Localize(application, "alice", {{"job", resource}});
  }
  static std::string Content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  const ApplicationId one_{1, 1};
  const ApplicationId two_{1, 2};
  TempDir dir_;
  FakeClock clock_;
  FakeSource source_;
  Localizer localizer_;
};

TEST_F(LocalizerTest, FetchesOnceAndSharesWithinTheApplication) {
  ASSERT_OK_AND_ASSIGN(const auto first, Get(one_, Resource("hdfs://n/job", 7)));
  EXPECT_EQ(Content(first[0].path), "content");
  EXPECT_EQ(first[0].name, "job");
  ASSERT_OK_AND_ASSIGN(const auto second, Get(one_, Resource("hdfs://n/job", 7)));
  EXPECT_EQ(second[0].path, first[0].path);
  EXPECT_EQ(source_.fetches, 1);
  ASSERT_OK(Get(two_, Resource("hdfs://n/job", 7)));
  EXPECT_EQ(source_.fetches, 2) << "another application has its own";
}

TEST_F(LocalizerTest, PublicFilesAreSharedByAllApplications) {
  LocalResource resource = Resource("hdfs://n/job", 7);
  resource.visibility = LocalResource::Visibility::kPublic;
  ASSERT_OK(Get(one_, resource));
  ASSERT_OK(Get(two_, resource));
  EXPECT_EQ(source_.fetches, 1);
}

TEST_F(LocalizerTest, AFileThatChangedSinceItsSubmissionIsRefused) {
  source_.modified_ms = 6;
  EXPECT_THAT(
      Get(one_, Resource("hdfs://n/job", 7)),
      MessageContains("Resource hdfs://n/job changed on src filesystem (expected 5, was 6)"));
  source_.modified_ms = 5;
  EXPECT_THAT(Get(one_, Resource("hdfs://n/job", 8)), MessageContains("changed on src filesystem"));
  EXPECT_THAT(Get(one_, Resource("hdfs://n/gone", 8)), HasReason(Reason::kFileNotFound));
}

TEST_F(LocalizerTest, AFailedFetchLeavesNothingAndIsTriedAgain) {
  source_.failure = UnavailableError("no DataNode");
  EXPECT_THAT(Get(one_, Resource("hdfs://n/job", 7)), HasCode(Code::kUnavailable));
  source_.failure = Status::Ok();
  EXPECT_OK(Get(one_, Resource("hdfs://n/job", 7)));
  EXPECT_EQ(source_.fetches, 2);
}

TEST_F(LocalizerTest, ContainersWaitForTheOneThatFetches) {
  Notification gate;
  source_.gate = &gate;
  StatusOr<std::vector<LocalizedFile>> first = UnknownError(""), second = UnknownError("");
  std::thread a([&] { first = Get(one_, Resource("hdfs://n/job", 7)); });
  std::thread b([&] { second = Get(one_, Resource("hdfs://n/job", 7)); });
  gate.Notify();
  a.join();
  b.join();
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_EQ(source_.fetches, 1);
}

TEST_F(LocalizerTest, IdleFilesGoWhenTheCacheIsOverItsTarget) {
  source_.files["hdfs://n/a"] = std::string(700 << 10, 'a');
  source_.files["hdfs://n/b"] = std::string(700 << 10, 'b');
  std::string path;
  {
    ASSERT_OK_AND_ASSIGN(const auto a, Get(one_, Resource("hdfs://n/a", 700 << 10)));
    path = a[0].path;
  }
  clock_.Advance(std::chrono::seconds(1));
  ASSERT_OK_AND_ASSIGN(const auto b, Get(one_, Resource("hdfs://n/b", 700 << 10)));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::exists(b[0].path)) << "in use";
  EXPECT_EQ(localizer_.stats().cached_bytes, 700 << 10);
}

TEST_F(LocalizerTest, UnpacksTarArchivesIntoADirectory) {
  std::ofstream(dir_.File("member")) << "inside";
  ASSERT_OK(RunCommand({.argv = {"tar", "-czf", dir_.File("a.tgz"), "-C", dir_.path(), "member"}},
                       "", std::chrono::seconds(10)));
  source_.files["hdfs://n/a.tgz"] = Content(dir_.File("a.tgz"));
  LocalResource resource =
      Resource("hdfs://n/a.tgz", static_cast<int64_t>(source_.files["hdfs://n/a.tgz"].size()));
  resource.type = LocalResource::Type::kArchive;
  ASSERT_OK_AND_ASSIGN(const auto files, Get(one_, resource));
  EXPECT_EQ(Content(files[0].path + "/member"), "inside");
}

TEST_F(LocalizerTest, WhatIsNotSupportedSaysSo) {
  LocalResource resource = Resource("hdfs://n/job", 7);
  resource.type = LocalResource::Type::kPattern;
  EXPECT_THAT(Get(one_, resource), MessageContains("not supported yet"));
  resource.type = LocalResource::Type::kArchive;
  EXPECT_THAT(Get(one_, resource), MessageContains("not supported yet"));
}

TEST_F(LocalizerTest, ANewLocalizerTrustsNothingOfAnEarlierLife) {
  ASSERT_OK_AND_ASSIGN(const auto files, Get(one_, Resource("hdfs://n/job", 7)));
  const Localizer later({dir_.path()}, 1 << 20, &clock_, &source_);
  EXPECT_FALSE(std::filesystem::exists(files[0].path));
}

}  // namespace
}  // namespace tusk::yarnlite
