#include "mapreduce/client/staging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "client/local_file_system.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::mapreduce {
namespace {

class StagingTest : public ::testing::Test {
 protected:
  StagingTest() {
    configuration_.Set("yarn.app.mapreduce.am.staging-dir", dir_.File("tmp/yarn/staging"), "test");
    auto staging = Staging::Create(configuration_, fs_);
    EXPECT_OK(staging);
    staging_.emplace(std::move(staging).value());
    application_ = staging_->ApplicationDirectory(fs_->user(), {1, 1});
  }

  int ModeOf(const std::string& path) {
    const auto status = fs_->GetStatus(path);
    EXPECT_OK(status);
    return status.ok() ? status->permission.bits : -1;
  }

  // Of a file:// URI.
  static std::string ParentOf(const std::string& uri) {
    const std::string path = uri.substr(uri.find("//") + 2);
    return path.substr(0, path.rfind('/'));
  }

  TempDir dir_;
  const std::shared_ptr<FileSystem> fs_ = client::MakeLocalFileSystem();
  Configuration configuration_;
  std::optional<Staging> staging_;
  std::string application_;
};

TEST_F(StagingTest, TheFirstUserLeavesRoomForTheOthersAndKeepsItsOwnFoldersPrivate) {
  ASSERT_OK(staging_->Prepare(application_));
  EXPECT_EQ(ModeOf(dir_.File("tmp")), 01777);
  EXPECT_EQ(ModeOf(dir_.File("tmp/yarn")), 01777);
  EXPECT_EQ(ModeOf(dir_.File("tmp/yarn/staging")), 01777);
  EXPECT_EQ(ModeOf(dir_.File("tmp/yarn/staging/" + fs_->user() + "/.staging")), 0700);
  EXPECT_EQ(ModeOf(application_), 0700);
}

TEST_F(StagingTest, AFolderThatIsThereKeepsThePermissionItHas) {
  ASSERT_OK(fs_->Mkdirs(dir_.File("tmp")));
  ASSERT_OK(fs_->SetPermission(dir_.File("tmp"), {0711}));
  ASSERT_OK(staging_->Prepare(application_));
  EXPECT_EQ(ModeOf(dir_.File("tmp")), 0711);
  EXPECT_EQ(ModeOf(dir_.File("tmp/yarn")), 01777);
}

TEST_F(StagingTest, AProgramIsUploadedOnceUnderItsContent) {
  ASSERT_OK(staging_->Prepare(application_));
  ASSERT_OK(fs_->WriteFile(dir_.File("program"), "#!/bin/true\n"));
  ASSERT_OK_AND_ASSIGN(const auto first, staging_->PutProgram(dir_.File("program")));
  ASSERT_OK_AND_ASSIGN(const auto again, staging_->PutProgram(dir_.File("program")));
  EXPECT_EQ(first.uri, again.uri);
  EXPECT_EQ(first.timestamp_ms, again.timestamp_ms);
  EXPECT_EQ(first.size_bytes, 12);
}

TEST_F(StagingTest, SubmittersWhoUploadAProgramAtTheSameTimeShareTheFirstOnesFile) {
  ASSERT_OK(staging_->Prepare(application_));
  ASSERT_OK(fs_->WriteFile(dir_.File("program"), std::string(100'000, 'x')));
  std::vector<StatusOr<yarnlite::LocalResource>> told(8, InternalError("not asked"));
  std::vector<std::thread> submitters;
  for (auto& mine : told) {
    submitters.emplace_back([&] { mine = staging_->PutProgram(dir_.File("program")); });
  }
  for (std::thread& submitter : submitters) submitter.join();
  std::set<int64_t> times;
  for (const auto& resource : told) {
    ASSERT_OK(resource);
    times.insert(resource->timestamp_ms);
  }
  EXPECT_EQ(times.size(), 1u);
  ASSERT_OK_AND_ASSIGN(const auto files, fs_->ListStatus(ParentOf(told[0]->uri)));
  EXPECT_EQ(files.size(), 1u);  // no upload stays beside it
}

TEST_F(StagingTest, OfAnApplicationThatIsOverOnlyTheReportStays) {
  ASSERT_OK(staging_->Prepare(application_));
  ASSERT_OK(staging_->PutBytes(application_, "job.xml", "<configuration/>").status());
  ASSERT_OK(fs_->WriteFile(dir_.File("words"), "a b\n"));
  ASSERT_OK(staging_->PutFile(application_, "words", dir_.File("words")).status());
  ProgramReport report;
  report.status.name = "count";
  report.output_tail = "done\n";
  ASSERT_OK(staging_->WriteReport(application_, report));
  ASSERT_OK(staging_->KeepOnlyReport(application_));
  ASSERT_OK_AND_ASSIGN(const auto left, fs_->ListStatus(application_));
  ASSERT_EQ(left.size(), 1u);
  ASSERT_OK_AND_ASSIGN(const auto read, staging_->ReadReport(application_));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->status.name, "count");
  EXPECT_EQ(read->output_tail, "done\n");
}

TEST_F(StagingTest, ProgramsAndReportsThatNobodyTookForAWeekGo) {
  constexpr int64_t kDayMs = 24 * 3'600'000;
  const std::string running = staging_->ApplicationDirectory(fs_->user(), {1, 2});
  for (const std::string& application : {application_, running}) {
    ASSERT_OK(staging_->Prepare(application));
    ASSERT_OK(staging_->WriteReport(application, {}));
  }
  ASSERT_OK(staging_->PutBytes(running, "job.xml", "<configuration/>").status());
  ASSERT_OK(fs_->WriteFile(dir_.File("program"), "#!/bin/true\n"));
  ASSERT_OK_AND_ASSIGN(const auto program, staging_->PutProgram(dir_.File("program")));
  const std::string directory = ParentOf(program.uri);
  const int64_t now = program.timestamp_ms;
  const auto exists = [&](const std::string& path) {
    const auto there = fs_->FindStatus(path);
    EXPECT_OK(there);
    return there.ok() && there->has_value();
  };

  ASSERT_OK(staging_->RemoveOld(fs_->user(), now + 6 * kDayMs));
  EXPECT_TRUE(exists(application_));
  EXPECT_TRUE(exists(directory));

  // Submitted with again: as if on the fifth day.
  ASSERT_OK(fs_->SetTimes(directory + "/program", -1, now + 5 * kDayMs));
  ASSERT_OK(staging_->RemoveOld(fs_->user(), now + 8 * kDayMs));
  EXPECT_FALSE(exists(application_));
  EXPECT_TRUE(exists(running));
  EXPECT_TRUE(exists(directory));

  ASSERT_OK(staging_->RemoveOld(fs_->user(), now + 13 * kDayMs));
  EXPECT_FALSE(exists(directory));
  EXPECT_TRUE(exists(running));
}

TEST_F(StagingTest, ASubmissionKeepsItsProgramYoung) {
  ASSERT_OK(staging_->Prepare(application_));
  ASSERT_OK(fs_->WriteFile(dir_.File("program"), "#!/bin/true\n"));
  ASSERT_OK_AND_ASSIGN(const auto program, staging_->PutProgram(dir_.File("program")));
  const std::string path = ParentOf(program.uri) + "/program";
  ASSERT_OK(fs_->SetTimes(path, -1, 1'000));
  ASSERT_OK(staging_->PutProgram(dir_.File("program")).status());
  ASSERT_OK_AND_ASSIGN(const FileStatus status, fs_->GetStatus(path));
  EXPECT_GE(status.access_time_ms, program.timestamp_ms);
  EXPECT_EQ(status.modification_time_ms, program.timestamp_ms);
}

TEST_F(StagingTest, AFailedSubmissionLeavesNothing) {
  ASSERT_OK(staging_->Prepare(application_));
  ASSERT_OK(staging_->PutBytes(application_, "job.xml", "<configuration/>").status());
  ASSERT_OK(staging_->Remove(application_));
  ASSERT_OK_AND_ASSIGN(const auto there, fs_->FindStatus(application_));
  EXPECT_FALSE(there.has_value());
}

}  // namespace
}  // namespace tusk::mapreduce
