#include "mapreduce/server/dfs_output_committer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/config/configuration.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "mapreduce/client/staging.h"

namespace tusk::mapreduce {
namespace {

class DfsOutputCommitterTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(file_system_, FileSystem::Connect(Configuration(), {.uri = "file:///"}));
    std::filesystem::create_directory(Path("staging"));
  }

  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  DfsOutputCommitter Attempt(int driver_attempt) const {
    return {file_system_, "application_1_0001", driver_attempt, Path("staging")};
  }
  Status Write(DfsOutputCommitter committer, const std::string& name, JobNumber job) {
    ASSIGN_OR_RETURN(const OutputPlace place, committer.Begin({Path(name)}, job));
    if (place.already_committed) return AlreadyExistsError("already committed");
    RETURN_IF_ERROR(file_system_->WriteFile(place.work_directory + "/part-0", "x\n"));
    return committer.CommitJob(place, job);
  }

  TempDir directory_;
  std::shared_ptr<FileSystem> file_system_;
};

TEST_F(DfsOutputCommitterTest, AnotherDriverAttemptFindsWhatTheFirstCommitted) {
  ASSERT_OK(Write(Attempt(1), "out", JobNumber(1)));
  EXPECT_EQ(std::filesystem::file_size(Path("out/_SUCCESS")), 0u);
  ASSERT_OK_AND_ASSIGN(const OutputPlace place, Attempt(2).Begin({Path("out")}, JobNumber(1)));
  EXPECT_TRUE(place.already_committed);
  ASSERT_OK_AND_ASSIGN(const bool done, Attempt(2).IsDone({Path("out")}));
  EXPECT_TRUE(done);
}

TEST_F(DfsOutputCommitterTest, TheSameAttemptOrAnotherJobFindsTheOutputInTheWay) {
  ASSERT_OK(Write(Attempt(1), "out", JobNumber(1)));
  EXPECT_THAT(Attempt(1).Begin({Path("out")}, JobNumber(1)), HasCode(Code::kAlreadyExists));
  EXPECT_THAT(Attempt(1).IsDone({Path("out")}), HasCode(Code::kAlreadyExists));
  EXPECT_THAT(Attempt(2).Begin({Path("out")}, JobNumber(2)), HasCode(Code::kAlreadyExists));
}

TEST_F(DfsOutputCommitterTest, ADirectoryPutInPlaceOfTheOutputIsNotTakenForIt) {
  ASSERT_OK(Write(Attempt(1), "out", JobNumber(1)));
  std::filesystem::rename(Path("out"), Path("moved"));
  std::filesystem::create_directory(Path("out"));
  EXPECT_THAT(Attempt(2).Begin({Path("out")}, JobNumber(1)), HasCode(Code::kAlreadyExists));
  EXPECT_THAT(Attempt(2).IsDone({Path("out")}), HasCode(Code::kAlreadyExists));
  ASSERT_OK_AND_ASSIGN(const bool done, Attempt(2).IsDone({Path("nothing")}));
  EXPECT_FALSE(done);
}

TEST_F(DfsOutputCommitterTest, ALateCommitOfAnOlderAttemptLoses) {
  DfsOutputCommitter old = Attempt(1);
  ASSERT_OK_AND_ASSIGN(const OutputPlace place, old.Begin({Path("out")}, JobNumber(1)));
  ASSERT_OK(Write(Attempt(2), "out", JobNumber(1)));
  EXPECT_FALSE(old.CommitJob(place, JobNumber(1)).ok());
  EXPECT_EQ(std::filesystem::file_size(Path("out/part-0")), 2u);
}

TEST_F(DfsOutputCommitterTest, AnAttemptThatOutlivesItsJobCannotBringTheWorkDirectoryBack) {
  DfsOutputCommitter committer = Attempt(1);
  ASSERT_OK_AND_ASSIGN(const OutputPlace place, committer.Begin({Path("out")}, JobNumber(1)));
  const TaskAttemptId attempt;
  ASSERT_OK(committer.MakeAttemptDirectory(place.work_directory, attempt));
  committer.AbortJob(place);
  EXPECT_FALSE(committer.MakeAttemptDirectory(place.work_directory, attempt).ok());
  EXPECT_FALSE(std::filesystem::exists(place.work_directory));
}

TEST_F(DfsOutputCommitterTest, ADriverThatIsTakenAwayRemovesItsUnfinishedOutputsOnly) {
  DfsOutputCommitter committer = Attempt(1);
  ASSERT_OK_AND_ASSIGN(const OutputPlace done, committer.Begin({Path("done")}, JobNumber(1)));
  ASSERT_OK(committer.CommitJob(done, JobNumber(1)));
  ASSERT_OK_AND_ASSIGN(const OutputPlace open, committer.Begin({Path("open")}, JobNumber(2)));
  ASSERT_OK(file_system_->WriteFile(open.work_directory + "/part-0", "x\n"));
  committer.AbortAll();
  EXPECT_TRUE(std::filesystem::exists(Path("done/_SUCCESS")));
  EXPECT_FALSE(std::filesystem::exists(open.work_directory));
}

TEST_F(DfsOutputCommitterTest, WhatAKilledDriverLeavesIsFoundByItsRecordAndNothingElseGoes) {
  std::filesystem::create_directory(Path("application_1_0001"));
  DfsOutputCommitter committer(file_system_, "application_1_0001", 1, Path("application_1_0001"));
  ASSERT_OK_AND_ASSIGN(const OutputPlace done, committer.Begin({Path("done")}, JobNumber(1)));
  ASSERT_OK(committer.CommitJob(done, JobNumber(1)));
  ASSERT_OK_AND_ASSIGN(const OutputPlace open, committer.Begin({Path("open")}, JobNumber(2)));
  ASSERT_OK(file_system_->WriteFile(open.work_directory + "/part-0", "x\n"));
  ASSERT_OK(file_system_->WriteFile(Path("application_1_0001/open-1-3"), Path("done")));
  ASSERT_OK(file_system_->WriteFile(Path("application_1_0001/open-1-4"), ""));

  ASSERT_OK_AND_ASSIGN(Staging staging, Staging::Create(Configuration(), file_system_));
  ASSERT_OK(staging.RemoveUnfinishedOutputs(Path("application_1_0001")));
  EXPECT_FALSE(std::filesystem::exists(open.work_directory));
  EXPECT_TRUE(std::filesystem::exists(Path("done/_SUCCESS")));
}

}  // namespace
}  // namespace tusk::mapreduce
