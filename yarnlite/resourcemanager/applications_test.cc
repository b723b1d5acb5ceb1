#include "yarnlite/resourcemanager/core_fixture.h"
#include "yarnlite/wire/tokens.h"

namespace tusk::yarnlite {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST_F(ResourceManagerTest, AMasterIsLaunchedOnANodeWithItsTokenAmongItsCredentials) {
  AddNode(1);
  const ApplicationId id = Submit();
  ASSERT_THAT(link_.sent[1].launches, SizeIs(1));
  const LaunchMaster& launch = link_.sent[1].launches[0];
  EXPECT_THAT(launch.context.commands, ElementsAre("run-master"));
  EXPECT_EQ(launch.context.environment.at("APPLICATION_WEB_PROXY_BASE"), "/proxy/" + id.ToString());
  ASSERT_OK_AND_ASSIGN(const Credentials credentials, ParseCredentials(launch.context.tokens));
  const Token* token = credentials.FindKind(kAmRmTokenKind);
  ASSERT_NE(token, nullptr);
  ASSERT_OK_AND_ASSIGN(const auto verified,
                       VerifyAmRmIdentifier(rm_->amrm_secrets(), token->identifier));
  EXPECT_EQ(verified.attempt, AttemptOf(id));
  EXPECT_EQ(Report(id).state, ApplicationState::kAccepted);
}

TEST_F(ResourceManagerTest, AnApplicationWithoutNodesSaysWhatItWaitsFor) {
  const ApplicationId id = Submit();
  EXPECT_EQ(Report(id).state, ApplicationState::kAccepted);
  EXPECT_THAT(Report(id).diagnostics, HasSubstr("no NodeManager is registered"));
  AddNode(1);
  EXPECT_THAT(link_.sent[1].launches, SizeIs(1)) << "granted as soon as there is a node";
}

TEST_F(ResourceManagerTest, ARegisteredMasterMakesTheApplicationRun) {
  AddNode(1);
  const auto attempt = RunMaster();
  const ApplicationReport report = Report(attempt.application);
  EXPECT_EQ(report.state, ApplicationState::kRunning);
  EXPECT_EQ(report.host, "127.0.10.1");
  EXPECT_EQ(report.rpc_port, 4711);
  EXPECT_EQ(report.current_attempt, attempt);
  EXPECT_EQ(report.used, (Resource{256, 1}));
}

TEST_F(ResourceManagerTest, AGrantCarriesTokensAndTheNodesTokenComesOnce) {
  AddNode(1);
  const auto attempt = RunMaster();
  Allocate(attempt, 0, {Ask(2)});
  ASSERT_OK(*allocated_);
  EXPECT_EQ((*allocated_)->response_id, 1);
  ASSERT_THAT((*allocated_)->news.granted, SizeIs(2));
  EXPECT_THAT((*allocated_)->news.nm_tokens, SizeIs(1));
  const Container& container = (*allocated_)->news.granted[0];
  EXPECT_EQ(container.id, (ContainerId{attempt, 2}));
  EXPECT_EQ(container.node_http_address, "127.0.10.1:8042");
  EXPECT_EQ(container.token.kind, kContainerTokenKind);
  Allocate(attempt, 1, {Ask(1)});
  ASSERT_THAT((*allocated_)->news.granted, SizeIs(1));
  EXPECT_THAT((*allocated_)->news.nm_tokens, SizeIs(0));
}

TEST_F(ResourceManagerTest, AnAllocateWithoutNewsIsHeldForTuskAndAnsweredByTheNews) {
  AddNode(1);
  const auto attempt = RunMaster();
  Allocate(attempt, 0, {Ask(1)}, true);
  ASSERT_TRUE(allocated_.has_value()) << "a grant is news";
  const ContainerId task = (*allocated_)->news.granted[0].id;
  Allocate(attempt, 1, {}, true);
  EXPECT_FALSE(allocated_.has_value());
  Started(1, task);
  EXPECT_FALSE(allocated_.has_value());
  Completed(1, task, 3);
  ASSERT_TRUE(allocated_.has_value());
  EXPECT_EQ((*allocated_)->response_id, 2);
  ASSERT_THAT((*allocated_)->news.completed, SizeIs(1));
  EXPECT_EQ((*allocated_)->news.completed[0].exit_status, 3);
}

TEST_F(ResourceManagerTest, AHeldAllocateEndsAfterASecond) {
  AddNode(1);
  const auto attempt = RunMaster();
  Allocate(attempt, 0, {}, true);
  clock_.Advance(milliseconds(900));
  rm_->Tick();
  EXPECT_FALSE(allocated_.has_value());
  clock_.Advance(milliseconds(100));
  rm_->Tick();
  ASSERT_TRUE(allocated_.has_value());
  EXPECT_EQ((*allocated_)->response_id, 1);
}

TEST_F(ResourceManagerTest, ANewerAllocateEndsTheHeldOneWithItsIdUnchanged) {
  AddNode(1);
  const auto attempt = RunMaster();
  std::optional<StatusOr<AllocateAnswer>> first;
  rm_->Allocate(attempt, {.response_id = 0, .may_hold = true},
                [&](auto answer) { first = std::move(answer); });
  EXPECT_FALSE(first.has_value());
  Allocate(attempt, 0, {Ask(1)}, true);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ((*first)->response_id, 0);
  EXPECT_TRUE((*first)->news.empty());
  ASSERT_TRUE(allocated_.has_value());
  EXPECT_EQ((*allocated_)->response_id, 1);
  EXPECT_THAT((*allocated_)->news.granted, SizeIs(1));
}

TEST_F(ResourceManagerTest, OtherTypesOfApplicationsAreNeverHeld) {
  AddNode(1);
  const auto attempt = RunMaster("MAPREDUCE");
  Allocate(attempt, 0, {}, true);
  EXPECT_TRUE(allocated_.has_value());
}

TEST_F(ResourceManagerTest, ALostAllocateReplyIsGivenAgain) {
  AddNode(1);
  const auto attempt = RunMaster();
  Allocate(attempt, 0, {Ask(1)});
  Allocate(attempt, 0, {Ask(1)});
  EXPECT_EQ((*allocated_)->response_id, 1);
  ASSERT_THAT((*allocated_)->news.granted, SizeIs(1));
  EXPECT_EQ((*allocated_)->news.granted[0].id.id, 2);
}

TEST_F(ResourceManagerTest, UnregisteredAndUnknownMastersAreToldApart) {
  AddNode(1);
  const auto attempt = AttemptOf(Submit());
  Allocate(attempt, 0);
  EXPECT_THAT(*allocated_, HasReason(Reason::kApplicationMasterNotRegistered));
  Allocate(AttemptOf({kStartMs, 77}), 0);
  EXPECT_THAT(*allocated_, HasReason(Reason::kApplicationAttemptNotFound));
  EXPECT_THAT(rm_->FinishMaster(attempt, FinalStatus::kSucceeded, "", ""),
              HasReason(Reason::kApplicationMasterNotRegistered));
}

TEST_F(ResourceManagerTest, AReleasedContainerIsKilledAndToldAsAborted) {
  AddNode(1);
  const auto attempt = RunMaster();
  Allocate(attempt, 0, {Ask(1)});
  const ContainerId task = (*allocated_)->news.granted[0].id;
  AllocateRequest request;
  request.response_id = 1;
  request.release = {task};
  rm_->Allocate(attempt, request, [this](auto answer) { allocated_ = std::move(answer); });
  ASSERT_THAT((*allocated_)->news.completed, SizeIs(1));
  EXPECT_EQ((*allocated_)->news.completed[0].exit_status, exit_status::kAborted);
  ASSERT_THAT(link_.sent[1].kills, SizeIs(1));
  EXPECT_EQ(link_.sent[1].kills[0].id, task);
}

TEST_F(ResourceManagerTest, AFinishedApplicationSparesItsMasterUntilItExits) {
  AddNode(1);
  const auto attempt = RunMaster();
  Allocate(attempt, 0, {Ask(1)});
  ASSERT_OK_AND_ASSIGN(const bool done,
                       rm_->FinishMaster(attempt, FinalStatus::kSucceeded, "fine", ""));
  EXPECT_TRUE(done);
  EXPECT_EQ(Report(attempt.application).state, ApplicationState::kFinished);
  EXPECT_EQ(Report(attempt.application).final_status, FinalStatus::kSucceeded);
  ASSERT_THAT(link_.sent[1].kills, SizeIs(1)) << "the task, not the master";
  EXPECT_EQ(link_.sent[1].kills[0].id.id, 2);
  EXPECT_THAT(link_.sent[1].ended_applications, SizeIs(0));
  Completed(1, {attempt, 1}, 0);
  EXPECT_THAT(link_.sent[1].ended_applications, ElementsAre(attempt.application));
  EXPECT_EQ(rm_->UsedAndTotal().first, (Resource{0, 0}));
}

TEST_F(ResourceManagerTest, AMasterThatStaysAfterUnregisteringIsEnded) {
  AddNode(1);
  const auto attempt = RunMaster();
  ASSERT_OK(rm_->FinishMaster(attempt, FinalStatus::kSucceeded, "", ""));
  for (int i = 0; i < 15; ++i) {
    clock_.Advance(seconds(1));
    Heartbeat(1);
    rm_->Tick();
  }
  EXPECT_THAT(link_.sent[1].ended_applications, ElementsAre(attempt.application));
  EXPECT_EQ(Report(attempt.application).state, ApplicationState::kFinished);
}

TEST_F(ResourceManagerTest, ADeadMasterIsTriedAgainAndThenTheApplicationFails) {
  AddNode(1);
  const auto attempt = RunMaster();
  Allocate(attempt, 0, {Ask(1)});
  Completed(1, {attempt, 1}, 1);
  EXPECT_EQ(Report(attempt.application).state, ApplicationState::kAccepted);
  EXPECT_EQ(Report(attempt.application).current_attempt.attempt, 2);
  EXPECT_EQ(Report(attempt.application).rpc_port, -1);
  EXPECT_THAT(link_.sent[1].kills, SizeIs(1)) << "the dead attempt's task";
  EXPECT_THAT(link_.sent[1].launches, SizeIs(2));
  EXPECT_THAT(link_.sent[1].ended_applications, SizeIs(0)) << "its files stay for attempt 2";

  Completed(1, {AttemptOf(attempt.application, 2), 1}, 7);
  const ApplicationReport report = Report(attempt.application);
  EXPECT_EQ(report.state, ApplicationState::kFailed);
  EXPECT_EQ(report.final_status, FinalStatus::kFailed);
  EXPECT_THAT(report.diagnostics, HasSubstr("failed 2 times due to AM Container for "));
  EXPECT_THAT(report.diagnostics, HasSubstr("exited with  exitCode: 7"));
  EXPECT_THAT(report.diagnostics, HasSubstr("it ended"));
  EXPECT_THAT(link_.sent[1].ended_applications, ElementsAre(attempt.application));
}

TEST_F(ResourceManagerTest, ASilentMasterIsGivenUp) {
  AddNode(1);
  const auto attempt = RunMaster();
  for (int i = 0; i < 60; ++i) {
    clock_.Advance(seconds(1));
    Heartbeat(1);
    rm_->Tick();
  }
  EXPECT_EQ(Report(attempt.application).current_attempt.attempt, 2);
  EXPECT_THAT(Report(attempt.application).diagnostics, HasSubstr("timed out"));
  Allocate(attempt, 0);
  EXPECT_THAT(*allocated_, HasReason(Reason::kApplicationAttemptNotFound));
}

TEST_F(ResourceManagerTest, OwnerAndSuperuserMayKillOthersMayNot) {
  AddNode(1);
  const auto attempt = RunMaster();
  Allocate(attempt, 0, {}, true);
  EXPECT_THAT(rm_->Kill({.name = "bob"}, attempt.application, "", ""),
              HasCode(Code::kPermissionDenied));
  ASSERT_OK_AND_ASSIGN(const bool killed, rm_->Kill(alice_, attempt.application, "", "127.0.0.1"));
  EXPECT_TRUE(killed);
  EXPECT_EQ(Report(attempt.application).state, ApplicationState::kKilled);
  EXPECT_THAT(Report(attempt.application).diagnostics, HasSubstr("was killed by user alice"));
  EXPECT_THAT(link_.sent[1].kills, SizeIs(1)) << "the master";
  EXPECT_THAT(*allocated_, HasReason(Reason::kApplicationAttemptNotFound)) << "its held call";
  EXPECT_OK(rm_->Kill({.name = "root"}, attempt.application, "", ""));
}

TEST_F(ResourceManagerTest, AReportIsHeldUntilItChanges) {
  AddNode(1);
  const ApplicationId id = Submit();
  ASSERT_OK_AND_ASSIGN(const VersionedReport first, rm_->Report(alice_, id));
  std::optional<StatusOr<VersionedReport>> next;
  const auto take = [&](auto answer) { next = std::move(answer); };
  rm_->ReportWhenChanged(alice_, id, first.version, take);
  EXPECT_FALSE(next.has_value());
  Started(1, {AttemptOf(id), 1});
  ASSERT_OK(rm_->RegisterMaster(AttemptOf(id), {"127.0.10.1", 4711, ""}));
  ASSERT_TRUE(next.has_value());
  const uint64_t seen = rm_->Report(alice_, id)->version;
  next.reset();
  rm_->ReportWhenChanged(alice_, id, seen, take);
  EXPECT_FALSE(next.has_value());
  clock_.Advance(seconds(1));
  rm_->Tick();
  ASSERT_TRUE(next.has_value()) << "its time is over";
  EXPECT_EQ((*next)->version, seen);
  next.reset();
  rm_->ReportWhenChanged(alice_, id, seen - 1, take);
  EXPECT_TRUE(next.has_value()) << "it has changed since";
}

TEST_F(ResourceManagerTest, AnIdOfAnEarlierLifeIsToldSo) {
  const ApplicationId old{kStartMs - 5000, 3};
  EXPECT_THAT(rm_->Report(alice_, old), HasReason(Reason::kApplicationNotFound));
  EXPECT_THAT(rm_->Report(alice_, old), MessageContains("lost by a ResourceManager restart"));
  EXPECT_THAT(rm_->Report(alice_, {kStartMs, 9}), HasReason(Reason::kApplicationNotFound));
  ApplicationSubmission submission;
  submission.id = old;
  EXPECT_THAT(rm_->Submit(alice_, submission), HasReason(Reason::kApplicationNotFound));
}

TEST_F(ResourceManagerTest, BadSubmissionsAreRefusedWithHadoopsWords) {
  AddNode(1);
  ApplicationSubmission submission = Submission();
  submission.queue = "prod";
  EXPECT_THAT(rm_->Submit(alice_, submission), MessageContains("unknown queue: prod"));
  submission = Submission();
  submission.master_resource = {1 << 20, 1};
  EXPECT_THAT(rm_->Submit(alice_, submission), HasReason(Reason::kInvalidResourceRequest));
  submission = Submission();
  submission.master.tokens = "no credentials";
  EXPECT_THAT(rm_->Submit(alice_, submission), HasCode(Code::kInvalidArgument));
}

TEST_F(ResourceManagerTest, SubmittingTwiceIsOneApplication) {
  AddNode(1);
  const ApplicationSubmission submission = Submission();
  EXPECT_OK(rm_->Submit(alice_, submission));
  EXPECT_OK(rm_->Submit(alice_, submission));
  EXPECT_THAT(link_.sent[1].launches, SizeIs(1));
}

TEST_F(ResourceManagerTest, AnUnmanagedMastersOwnerGetsItsToken) {
  AddNode(1);
  ApplicationSubmission submission = Submission();
  submission.unmanaged = true;
  ASSERT_OK(rm_->Submit(alice_, submission));
  EXPECT_EQ(Report(submission.id).amrm_token.kind, kAmRmTokenKind);
  ASSERT_OK_AND_ASSIGN(const auto other, rm_->Report({.name = "bob"}, submission.id));
  EXPECT_EQ(other.report.amrm_token, Token{});
  const auto attempt = AttemptOf(submission.id);
  ASSERT_OK(rm_->RegisterMaster(attempt, {"127.0.0.1", 1, ""}));
  ASSERT_OK(rm_->FinishMaster(attempt, FinalStatus::kSucceeded, "", ""));
  EXPECT_EQ(Report(submission.id).state, ApplicationState::kFinished);
}

}  // namespace
}  // namespace tusk::yarnlite
