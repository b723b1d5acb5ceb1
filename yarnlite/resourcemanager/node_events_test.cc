#include "yarnlite/resourcemanager/core_fixture.h"

namespace tusk::yarnlite {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// A running master on node 1 with one running task on node 2.
class NodeEventsTest : public ResourceManagerTest {
 protected:
  void SetUp() override {
    AddNode(1);
    attempt_ = RunMaster();
    AddNode(2);
    Allocate(attempt_, 0, {Ask(1, "127.0.10.2"), Ask(1)});
    ASSERT_THAT((*allocated_)->news.granted, SizeIs(1));
    task_ = (*allocated_)->news.granted[0].id;
    ASSERT_EQ((*allocated_)->news.granted[0].node, Node(2));
    Started(2, task_);
  }
  NodeState StateOf(int number) {
    for (const NodeReport& report : rm_->Nodes()) {
      if (report.id == Node(number)) return report.state;
    }
    return NodeState::kNew;
  }
  NodeRegistration Again(int number, std::vector<ContainerStatus> containers) {
    NodeRegistration registration = Registration(number);
    registration.resource_manager = kStartMs;
    registration.containers = std::move(containers);
    return registration;
  }
  ContainerStatus Running() const { return {task_, ContainerState::kRunning, -1000, "", {}}; }

  ApplicationAttemptId attempt_;
  ContainerId task_;
};

TEST_F(NodeEventsTest, ASilentNodeIsLostAndItsContainersAreAborted) {
  Allocate(attempt_, 1, {}, true);
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(seconds(1));
    Heartbeat(1);
    rm_->Tick();
  }
  EXPECT_EQ(StateOf(2), NodeState::kLost);
  EXPECT_EQ(StateOf(1), NodeState::kRunning);
  Allocate(attempt_, 2);
  ASSERT_TRUE(allocated_.has_value());
}

TEST_F(NodeEventsTest, ALostNodesContainersReachTheMasterAsAborted) {
  rm_->NodeGone(Node(2), 2, /*leaving=*/true);
  EXPECT_EQ(StateOf(2), NodeState::kShutdown);
  Allocate(attempt_, 1);
  ASSERT_THAT((*allocated_)->news.completed, SizeIs(1));
  EXPECT_EQ((*allocated_)->news.completed[0].exit_status, exit_status::kAborted);
  EXPECT_THAT((*allocated_)->news.completed[0].diagnostics, HasSubstr("*lost* node"));
  ASSERT_FALSE((*allocated_)->news.updated_nodes.empty());
}

TEST_F(NodeEventsTest, AContainerStartedAfterItsReleaseIsKilled) {
  Completed(2, task_, 0);
  link_.sent.clear();
  Started(2, task_);
  ASSERT_THAT(link_.sent[2].kills, SizeIs(1));
  EXPECT_EQ(link_.sent[2].kills[0].id, task_);
  EXPECT_THAT(link_.sent[2].ended_applications, SizeIs(0));
}

TEST_F(NodeEventsTest, AContainerStartedAfterTheEndOfItsApplicationLeavesNothing) {
  ASSERT_OK(rm_->Kill(alice_, attempt_.application, "", ""));
  link_.sent.clear();
  Started(2, task_);
  EXPECT_THAT(link_.sent[2].kills, SizeIs(1));
  EXPECT_THAT(link_.sent[2].ended_applications, ElementsAre(attempt_.application));
  link_.sent.clear();
  Completed(2, task_, 1);
  EXPECT_THAT(link_.sent[2].kills, SizeIs(0));
  EXPECT_THAT(link_.sent[2].ended_applications, ElementsAre(attempt_.application));
}

TEST_F(NodeEventsTest, ABrokenStreamStopsGrantsButLosesNothing) {
  rm_->NodeGone(Node(2), 2, /*leaving=*/false);
  Allocate(attempt_, 1, {Ask(1, "127.0.10.2"), Ask(1)});
  ASSERT_THAT((*allocated_)->news.granted, SizeIs(1));
  EXPECT_EQ((*allocated_)->news.granted[0].node, Node(1));
  Register(Again(2, {Running()}), 12);
  EXPECT_EQ(StateOf(2), NodeState::kRunning);
  Allocate(attempt_, 2);
  EXPECT_THAT((*allocated_)->news.completed, SizeIs(0));
  EXPECT_EQ(Report(attempt_.application).used_containers, 3);
}

TEST_F(NodeEventsTest, WhatEndedWhileTheStreamWasBrokenIsLearntFromTheRegistration) {
  rm_->NodeGone(Node(2), 2, false);
  Register(Again(2, {{task_, ContainerState::kComplete, 9, "bad", {}}}), 12);
  EXPECT_THAT(link_.sent[12].forget, ElementsAre(task_));
  Allocate(attempt_, 1);
  ASSERT_THAT((*allocated_)->news.completed, SizeIs(1));
  EXPECT_EQ((*allocated_)->news.completed[0].exit_status, 9);
}

TEST_F(NodeEventsTest, AStartedAgainNodeManagerHasLostItsContainers) {
  NodeRegistration fresh = Registration(2, /*incarnation=*/77);
  Register(fresh, 12);
  EXPECT_EQ(StateOf(2), NodeState::kRunning);
  Allocate(attempt_, 1);
  ASSERT_THAT((*allocated_)->news.completed, SizeIs(1));
  EXPECT_EQ((*allocated_)->news.completed[0].exit_status, exit_status::kAborted);
}

TEST_F(NodeEventsTest, AContainerNobodyCountsOnIsKilled) {
  rm_->NodeGone(Node(2), 2, false);
  const ContainerId stranger{attempt_, 99};
  Register(Again(2, {Running(), {stranger, ContainerState::kRunning, -1000, "", {}}}), 12);
  ASSERT_THAT(link_.sent[12].kills, SizeIs(1));
  EXPECT_EQ(link_.sent[12].kills[0].id, stranger);
}

TEST_F(NodeEventsTest, WordsOfAnOldStreamDoNotCount) {
  Register(Again(2, {Running()}), 12);
  NodeMessage message;
  message.completed.push_back({task_, ContainerState::kComplete, 1, "", {}});
  EXPECT_FALSE(rm_->NodeSays(Node(2), 2, message));
  rm_->NodeGone(Node(2), 2, true);
  EXPECT_EQ(StateOf(2), NodeState::kRunning);
  EXPECT_EQ(Report(attempt_.application).used_containers, 2);
}

TEST_F(NodeEventsTest, ALaunchThatWasLostWithTheStreamIsSentAgain) {
  const ApplicationId second = Submit();
  ASSERT_THAT(link_.sent[1].launches, SizeIs(2)) << "node 1 has more room left";
  rm_->NodeGone(Node(1), 1, false);
  Register(Again(1, {{{attempt_, 1}, ContainerState::kRunning, -1000, "", {}}}), 11);
  ASSERT_THAT(link_.sent[11].launches, SizeIs(1));
  EXPECT_EQ(link_.sent[11].launches[0].container_token, link_.sent[1].launches[1].container_token);
  EXPECT_EQ(Report(second).state, ApplicationState::kAccepted);
}

TEST_F(NodeEventsTest, AnUnhealthyNodeGetsNothingNew) {
  Heartbeat(2, "1/1 local-dirs are bad: /d");
  EXPECT_EQ(StateOf(2), NodeState::kUnhealthy);
  Allocate(attempt_, 1, {Ask(1, "127.0.10.2"), Ask(1)});
  ASSERT_THAT((*allocated_)->news.granted, SizeIs(1));
  EXPECT_EQ((*allocated_)->news.granted[0].node, Node(1));
  Heartbeat(2);
  EXPECT_EQ(StateOf(2), NodeState::kRunning);
}

TEST_F(NodeEventsTest, AGrantThatIsNeverUsedExpires) {
  Allocate(attempt_, 1, {Ask(1)});
  ASSERT_THAT((*allocated_)->news.granted, SizeIs(1));
  for (int i = 0; i <= 600; ++i) {
    clock_.Advance(seconds(1));
    Heartbeat(1);
    Heartbeat(2);
    if (i % 30 == 0) Allocate(attempt_, (*allocated_)->response_id);
    rm_->Tick();
  }
  Allocate(attempt_, (*allocated_)->response_id);
  EXPECT_EQ(Report(attempt_.application).used_containers, 2) << "master and running task";
}

TEST_F(NodeEventsTest, ARegistrationWithoutResourcesIsRefused) {
  NodeRegistration registration = Registration(3);
  registration.capability = {0, 4};
  std::optional<StatusOr<NodeAccepted>> answer;
  rm_->RegisterNode(registration, 3, [&](auto a) { answer = std::move(a); });
  EXPECT_THAT(*answer, HasCode(Code::kInvalidArgument));
}

}  // namespace
}  // namespace tusk::yarnlite
