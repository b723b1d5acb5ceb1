// ResourceManager and NodeManagers as real processes: an application from submission to its logs,
// and what remains when one of them is killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "common/http/http_client.h"
#include "common/testing/eventually.h"
#include "common/testing/status_matchers.h"
#include "tests/integration/yarn_cluster.h"

namespace tusk::yarnlite {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::SizeIs;

class SchedulerTest : public testing::Test {
 protected:
  void StartCluster(int nodes) {
    cluster_.StartResourceManager();
    for (int i = 0; i < nodes; ++i) cluster_.StartNodeManager();
    ASSERT_TRUE(cluster_.WaitForNodes(nodes));
  }
  // An unmanaged application whose master is this test.
  void BecomeMaster() {
    const Token token = cluster_.SubmitUnmanaged(&application_);
    auto master = cluster_.Master(token);
    ASSERT_OK(master);
    master_ = *std::move(master);
    ASSERT_OK(master_->Register("127.0.0.1", 4711, ""));
  }
  GrantedContainer Grant(const ContainerNeed& need) {
    master_->AddNeed(need);
    GrantedContainer granted;
    Eventually(seconds(20), [&] {
      const auto news = master_->Poll();
      if (news.ok() && !news->granted.empty()) granted = news->granted.front();
      return !news.ok() || !news->granted.empty();
    });
    return granted;
  }
  Status Launch(const GrantedContainer& granted, const std::string& command) {
    ContainerLaunchContext context;
    context.commands = {command};
    return cluster_.containers()
        .StartContainer(granted.container, granted.nm_token, context)
        .status();
  }
  // Its status once it has completed, as the ResourceManager tells it.
  ContainerStatus WaitForEnd(const ContainerId& id) {
    ContainerStatus ended;
    Eventually(seconds(20), [&] {
      const auto news = master_->Poll();
      if (!news.ok()) return true;
      for (const ContainerStatus& status : news->completed) {
        if (status.id == id) ended = status;
      }
      return ended.id == id;
    });
    return ended;
  }
  // The process id that a container's command wrote with `echo $$ > FILE`.
  int PidFrom(const std::string& file) {
    int pid = 0;
    Eventually(seconds(20), [&] {
      std::ifstream(file) >> pid;
      return pid > 0;
    });
    return pid;
  }
  static bool Gone(int pid) {
    return Eventually(seconds(20), [&] { return ::kill(pid, 0) != 0; });
  }
  std::string NodeLog(int node, const ContainerId& id, const std::string& file) {
    HttpClient client;
    const auto answer = client.Get({cluster_.NodeHost(node), cluster_.node_web_port()},
                                   "/node/containerlogs/" + id.ToString() + "/" + file);
    return answer.ok() && answer->status == 200 ? answer->body : "";
  }

  YarnCluster cluster_;
  TempDir scratch_;
  ApplicationId application_;
  std::unique_ptr<AppMasterClient> master_;
};

TEST_F(SchedulerTest, AnApplicationRunsFromItsSubmissionToItsLogs) {
  StartCluster(2);
  ASSERT_OK_AND_ASSIGN(const auto created, cluster_.client().CreateApplication());
  EXPECT_EQ(created.maximum, (Resource{1024, 4}));
  ApplicationSubmission submission;
  submission.id = created.id;
  submission.name = "three echoes";
  submission.type = kTuskApplicationType;
  submission.master_resource = {128, 1};
  submission.master.environment["TUSK_CONF_DIR"] = cluster_.config_dir();
  submission.master.commands = {TUSK_TEST_MASTER, "'echo out of $CONTAINER_ID'", "3"};
  ASSERT_OK(cluster_.client().Submit(submission));
  const ApplicationReport report =
      cluster_.WaitForState(created.id, {ApplicationState::kFinished, ApplicationState::kFailed});
  EXPECT_EQ(report.state, ApplicationState::kFinished) << report.diagnostics;
  EXPECT_EQ(report.final_status, FinalStatus::kSucceeded);
  EXPECT_EQ(report.diagnostics, "0 of 3 failed");
  EXPECT_EQ(report.user, "alice");

  int logs = 0;
  for (int node = 0; node < 2; ++node) {
    for (int64_t number = 2; number <= 4; ++number) {
      const ContainerId id{{created.id, 1}, number};
      if (NodeLog(node, id, "stdout") == "out of " + id.ToString() + "\n") ++logs;
    }
  }
  EXPECT_EQ(logs, 3) << "logs stay after the application";
  // Its local files do not.
  for (int node = 0; node < 2; ++node) {
    EXPECT_TRUE(Eventually(seconds(20), [&] {
      return !std::filesystem::exists(cluster_.NodeDir(node) + "/local/usercache/alice/appcache/" +
                                      created.id.ToString());
    }));
  }
}

TEST_F(SchedulerTest, AMasterThatFailsIsTriedTwiceAndItsErrorIsShown) {
  StartCluster(1);
  ASSERT_OK_AND_ASSIGN(const auto created, cluster_.client().CreateApplication());
  ApplicationSubmission submission;
  submission.id = created.id;
  submission.master.commands = {"echo 'cannot go on' >&2; exit 3"};
  ASSERT_OK(cluster_.client().Submit(submission));
  const ApplicationReport report = cluster_.WaitForState(created.id, {ApplicationState::kFailed});
  EXPECT_EQ(report.state, ApplicationState::kFailed);
  EXPECT_THAT(report.diagnostics, HasSubstr("failed 2 times"));
  EXPECT_THAT(report.diagnostics, HasSubstr("exitCode: 3"));
  EXPECT_THAT(report.diagnostics, HasSubstr("cannot go on"));
}

TEST_F(SchedulerTest, GrantsFollowHostsAndStatusAndStopWork) {
  StartCluster(2);
  BecomeMaster();
  const GrantedContainer granted =
      Grant({.resource = {64, 1}, .hosts = {cluster_.NodeHost(1)}, .allocation_request_id = 9});
  ASSERT_EQ(granted.container.node.host, cluster_.NodeHost(1));
  EXPECT_EQ(granted.container.allocation_request_id, 9);
  ASSERT_OK(Launch(granted, "sleep 1000"));
  EXPECT_TRUE(Eventually(seconds(20), [&] {
    const auto status = cluster_.containers().GetStatus(granted.container.node,
                                                        granted.container.id, granted.nm_token);
    return status.ok() && status->state == ContainerState::kRunning;
  }));
  EXPECT_THAT(Launch(granted, "true"), MessageContains("relaunch the same container"));
  ASSERT_OK(cluster_.containers().StopContainer(granted.container.node, granted.container.id,
                                                granted.nm_token));
  EXPECT_EQ(WaitForEnd(granted.container.id).exit_status, exit_status::kKilledByAppMaster);
  ASSERT_OK(master_->Unregister(FinalStatus::kSucceeded, "", ""));
  EXPECT_EQ(cluster_.WaitForState(application_, {ApplicationState::kFinished}).state,
            ApplicationState::kFinished);
}

TEST_F(SchedulerTest, ANeedAddedWhileAPollIsHeldTravelsAtOnce) {
  StartCluster(1);
  BecomeMaster();
  std::thread adder([&] { master_->AddNeed({.resource = {64, 1}}); });
  int polls = 0;
  bool granted = false;
  while (!granted && polls < 10) {
    const auto news = master_->Poll();
    ASSERT_OK(news);
    ++polls;
    granted = !news->granted.empty();
  }
  adder.join();
  EXPECT_TRUE(granted);
  EXPECT_LE(polls, 3) << "at most one that found nothing, one that was held and one that was told";
}

TEST_F(SchedulerTest, AContainerThatTakesTooMuchMemoryIsKilled) {
  StartCluster(1);
  BecomeMaster();
  const GrantedContainer granted = Grant({.resource = {64, 1}});
  ASSERT_OK(
      Launch(granted, "exec python3 -c 'import time; x = bytearray(128 << 20); time.sleep(1000)'"));
  const ContainerStatus status = WaitForEnd(granted.container.id);
  EXPECT_EQ(status.exit_status, exit_status::kKilledExceededPmem);
  EXPECT_THAT(status.diagnostics, HasSubstr("of 64.0 MB physical memory used. Killing container."));
}

TEST_F(SchedulerTest, MoreThanAnyNodeHasIsRefused) {
  StartCluster(1);
  BecomeMaster();
  master_->AddNeed({.resource = {1 << 20, 1}});
  const auto news = master_->Poll();
  EXPECT_THAT(news, HasReason(Reason::kInvalidResourceRequest));
  EXPECT_THAT(news, MessageContains("maximum allowed allocation=<memory:1024, vCores:4>"));
}

TEST_F(SchedulerTest, KillingAnApplicationLeavesNoProcess) {
  StartCluster(1);
  BecomeMaster();
  const GrantedContainer granted = Grant({.resource = {64, 1}});
  ASSERT_OK(Launch(granted, "trap '' TERM; echo $$ > " + scratch_.File("pid") + "; sleep 1000"));
  const int pid = PidFrom(scratch_.File("pid"));
  ASSERT_GT(pid, 0);
  ASSERT_OK(cluster_.client().Kill(application_, "enough"));
  EXPECT_TRUE(Gone(pid));
  const ApplicationReport report = cluster_.WaitForState(application_, {ApplicationState::kKilled});
  EXPECT_EQ(report.state, ApplicationState::kKilled);
  EXPECT_THAT(report.diagnostics, HasSubstr("was killed by user alice"));
  EXPECT_THAT(report.diagnostics, HasSubstr("enough"));
  EXPECT_THAT(master_->Poll(), HasReason(Reason::kApplicationAttemptNotFound));
}

TEST_F(SchedulerTest, AKilledNodeManagerLeavesNoProcessAndItsContainersCountAsLost) {
  StartCluster(2);
  BecomeMaster();
  const GrantedContainer granted = Grant({.resource = {64, 1}, .hosts = {cluster_.NodeHost(0)}});
  ASSERT_EQ(granted.container.node.host, cluster_.NodeHost(0));
  ASSERT_OK(Launch(granted, "trap '' TERM; setsid sleep 1000 & echo $! > " +
                                scratch_.File("child") + "; echo $$ > " + scratch_.File("pid") +
                                "; wait"));
  const int pid = PidFrom(scratch_.File("pid"));
  const int child = PidFrom(scratch_.File("child"));
  ASSERT_GT(pid, 0);
  ASSERT_GT(child, 0);
  cluster_.CrashNodeManager(0);
  EXPECT_TRUE(Gone(pid));
  EXPECT_TRUE(Gone(child));
  const ContainerStatus status = WaitForEnd(granted.container.id);
  EXPECT_EQ(status.exit_status, exit_status::kAborted);
  EXPECT_THAT(status.diagnostics, HasSubstr("*lost* node"));
  ASSERT_OK_AND_ASSIGN(const auto lost, cluster_.client().Nodes({NodeState::kLost}));
  EXPECT_THAT(lost, SizeIs(1));
}

TEST_F(SchedulerTest, AStoppedNodeManagerEndsItsContainersAndSaysGoodbye) {
  StartCluster(1);
  BecomeMaster();
  const GrantedContainer granted = Grant({.resource = {64, 1}});
  ASSERT_OK(Launch(granted, "echo $$ > " + scratch_.File("pid") + "; exec sleep 1000"));
  const int pid = PidFrom(scratch_.File("pid"));
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(cluster_.StopNodeManager(0));
  EXPECT_TRUE(Gone(pid));
  EXPECT_EQ(WaitForEnd(granted.container.id).exit_status, exit_status::kAborted);
  ASSERT_OK_AND_ASSIGN(const auto nodes, cluster_.client().Nodes({NodeState::kShutdown}));
  EXPECT_THAT(nodes, SizeIs(1));
}

TEST_F(SchedulerTest, ARestartedResourceManagerEndsWhatTheOldOneGranted) {
  StartCluster(1);
  BecomeMaster();
  const GrantedContainer granted = Grant({.resource = {64, 1}});
  ASSERT_OK(Launch(granted, "echo $$ > " + scratch_.File("pid") + "; exec sleep 1000"));
  const int pid = PidFrom(scratch_.File("pid"));
  ASSERT_GT(pid, 0);
  cluster_.CrashResourceManager();
  EXPECT_EQ(::kill(pid, 0), 0) << "a missing ResourceManager ends nothing by itself";
  cluster_.StartResourceManager();
  ASSERT_TRUE(cluster_.WaitForNodes(1));
  EXPECT_TRUE(Gone(pid));
  EXPECT_THAT(cluster_.client().GetReport(application_),
              MessageContains("lost by a ResourceManager restart"));
  EXPECT_FALSE(master_->Poll().ok()) << "its token is of the old one";
  BecomeMaster();
  EXPECT_OK(Launch(Grant({.resource = {64, 1}}), "true"));
}

TEST_F(SchedulerTest, OnlyTokensOpenTheMastersPortsAndTheNodes) {
  StartCluster(1);
  BecomeMaster();
  Token forged = cluster_.SubmitUnmanaged(&application_);
  forged.password[0] = static_cast<char>(forged.password[0] ^ 1);
  auto stranger = cluster_.Master(forged);
  ASSERT_OK(stranger);
  EXPECT_THAT((*stranger)->Register("127.0.0.1", 1, ""), HasReason(Reason::kInvalidToken));

  GrantedContainer granted = Grant({.resource = {64, 1}});
  GrantedContainer changed = granted;
  changed.container.token.password[0] = static_cast<char>(changed.container.token.password[0] ^ 1);
  EXPECT_THAT(Launch(changed, "true"), HasReason(Reason::kInvalidToken));
  changed = granted;
  changed.nm_token.password[0] = static_cast<char>(changed.nm_token.password[0] ^ 1);
  EXPECT_THAT(Launch(changed, "true"), HasReason(Reason::kInvalidToken));
  EXPECT_OK(Launch(granted, "true"));
}

}  // namespace
}  // namespace tusk::yarnlite
