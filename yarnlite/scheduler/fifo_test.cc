#include "yarnlite/scheduler/fifo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace tusk::yarnlite {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Resource kSize{512, 1};
constexpr TimePoint kStart{std::chrono::hours(1)};

class FifoSchedulerTest : public testing::Test {
 protected:
  static SchedulerOptions Options() {
    return {.minimum = {64, 1}, .delay = {.node = milliseconds(200), .rack = milliseconds(300)}};
  }
  static ApplicationAttemptId Attempt(int application, int attempt = 1) {
    return {{1, application}, attempt};
  }
  static NodeId Node(int number) { return {"127.0.10." + std::to_string(number), 8041}; }
  void AddNode(int number, const std::string& rack = "/r1", Resource size = {1024, 2}) {
    scheduler_.AddNode(Node(number), rack, size);
  }
  // An attempt whose master runs elsewhere, so that all grants are answers to its asks.
  void AddUnmanaged(const ApplicationAttemptId& id, int application_priority = 0) {
    AttemptEntry entry;
    entry.id = id;
    entry.unmanaged = true;
    entry.application_priority = application_priority;
    scheduler_.AddAttempt(entry);
  }
  void AddManaged(const ApplicationAttemptId& id, Resource master = {256, 1}) {
    AttemptEntry entry;
    entry.id = id;
    entry.master = master;
    scheduler_.AddAttempt(entry);
  }
  static ResourceRequest Ask(const std::string& name, int containers, bool relax = true) {
    return {.priority = 1,
            .name = name,
            .capability = kSize,
            .containers = containers,
            .relax_locality = relax};
  }
  void Update(const ApplicationAttemptId& id, std::vector<ResourceRequest> asks) {
    ASSERT_OK(scheduler_.UpdateAsks(id, {.asks = std::move(asks)}));
  }
  std::vector<std::string> GrantedHosts(Duration after = Duration(0)) {
    std::vector<std::string> hosts;
    for (const Grant& grant : scheduler_.Assign(kStart + after)) hosts.push_back(grant.node.host);
    return hosts;
  }

  FifoScheduler scheduler_{Options()};
};

TEST_F(FifoSchedulerTest, GrantsOnTheAskedNodeFirst) {
  for (int i = 1; i <= 3; ++i) AddNode(i);
  AddUnmanaged(Attempt(1));
  Update(Attempt(1), {Ask("127.0.10.2", 1), Ask("/r1", 1), Ask("*", 1)});
  const auto grants = scheduler_.Assign(kStart);
  ASSERT_THAT(grants, SizeIs(1));
  EXPECT_EQ(grants[0].node, Node(2));
  EXPECT_EQ(grants[0].locality, Locality::kNode);
  EXPECT_EQ(grants[0].resource, kSize);
  EXPECT_THAT(GrantedHosts(), IsEmpty()) << "one need, told three times";
}

TEST_F(FifoSchedulerTest, WaitsForABusyNodeBeforeItsRackAndForThatBeforeAnother) {
  AddNode(1, "/r1", {512, 1});
  AddNode(2, "/r1", {512, 1});
  AddNode(3, "/r2");
  AddUnmanaged(Attempt(1));
  Update(Attempt(1), {Ask("127.0.10.1", 3), Ask("/r1", 3), Ask("*", 3)});
  EXPECT_THAT(GrantedHosts(), ElementsAre("127.0.10.1"));
  ASSERT_EQ(scheduler_.NextDeadline(), kStart + milliseconds(200));
  EXPECT_THAT(GrantedHosts(milliseconds(199)), IsEmpty());
  EXPECT_THAT(GrantedHosts(milliseconds(200)), ElementsAre("127.0.10.2"));
  ASSERT_EQ(scheduler_.NextDeadline(), kStart + milliseconds(500));
  EXPECT_THAT(GrantedHosts(milliseconds(500)), ElementsAre("127.0.10.3"));
}

TEST_F(FifoSchedulerTest, AFreedContainerOnTheAskedNodeEndsTheWaitAtOnce) {
  AddNode(1, "/r1", {512, 1});
  AddNode(2, "/r2");
  AddUnmanaged(Attempt(1));
  Update(Attempt(1), {Ask("127.0.10.1", 1), Ask("*", 1)});
  const auto first = scheduler_.Assign(kStart);
  ASSERT_THAT(first, SizeIs(1));
  Update(Attempt(1), {Ask("127.0.10.1", 1), Ask("*", 1)});
  EXPECT_THAT(GrantedHosts(milliseconds(10)), IsEmpty());
  EXPECT_TRUE(scheduler_.Free(first[0].node, first[0].id));
  EXPECT_THAT(GrantedHosts(milliseconds(20)), ElementsAre("127.0.10.1"));
}

TEST_F(FifoSchedulerTest, DoesNotWaitForANodeThatIsNotThere) {
  AddNode(1);
  AddUnmanaged(Attempt(1));
  Update(Attempt(1), {Ask("127.0.10.9", 1), Ask("/r9", 1), Ask("*", 1)});
  EXPECT_THAT(GrantedHosts(), ElementsAre("127.0.10.1"));
}

TEST_F(FifoSchedulerTest, HostsWithoutRacksMeanTheirRacksToo) {
  AddNode(1, "/r1", {512, 1});
  AddNode(2, "/r2", {8192, 8});
  AddNode(3, "/r1", {512, 1});
  AddUnmanaged(Attempt(1));
  Update(Attempt(1), {Ask("127.0.10.1", 2), Ask("*", 2)});
  EXPECT_THAT(GrantedHosts(), ElementsAre("127.0.10.1"));
  EXPECT_THAT(GrantedHosts(milliseconds(200)), ElementsAre("127.0.10.3"));
}

TEST_F(FifoSchedulerTest, AStrictAskStaysOnItsNode) {
  AddNode(1, "/r1", {512, 1});
  AddNode(2);
  AddUnmanaged(Attempt(1));
  Update(Attempt(1), {Ask("127.0.10.1", 2), Ask("/r1", 2, false), Ask("*", 2, false)});
  EXPECT_THAT(GrantedHosts(), ElementsAre("127.0.10.1"));
  EXPECT_THAT(GrantedHosts(std::chrono::hours(1)), IsEmpty());
}

TEST_F(FifoSchedulerTest, FirstSubmittedIsServedFirst) {
  AddNode(1, "/r1", {512, 1});
  AddUnmanaged(Attempt(2));
  AddUnmanaged(Attempt(1));
  Update(Attempt(2), {Ask("*", 1)});
  Update(Attempt(1), {Ask("*", 1)});
  const auto grants = scheduler_.Assign(kStart);
  ASSERT_THAT(grants, SizeIs(1));
  EXPECT_EQ(grants[0].id.attempt, Attempt(1));
}

TEST_F(FifoSchedulerTest, AnAskThatDoesNotFitLetsALaterOnePass) {
  AddNode(1, "/r1", {1024, 2});
  AddUnmanaged(Attempt(1));
  AddUnmanaged(Attempt(2));
  ResourceRequest large = Ask("*", 2);
  large.capability = {768, 1};
  Update(Attempt(1), {large});
  ResourceRequest small = Ask("*", 1);
  small.capability = {256, 1};
  Update(Attempt(2), {small});
  const auto grants = scheduler_.Assign(kStart);
  ASSERT_THAT(grants, SizeIs(2));
  EXPECT_EQ(grants[1].id.attempt, Attempt(2));
}

TEST_F(FifoSchedulerTest, ApplicationPriorityGoesBeforeSubmission) {
  AddNode(1, "/r1", {512, 1});
  AddUnmanaged(Attempt(1));
  AddUnmanaged(Attempt(2), /*application_priority=*/5);
  Update(Attempt(1), {Ask("*", 1)});
  Update(Attempt(2), {Ask("*", 1)});
  const auto grants = scheduler_.Assign(kStart);
  ASSERT_THAT(grants, SizeIs(1));
  EXPECT_EQ(grants[0].id.attempt, Attempt(2));
}

TEST_F(FifoSchedulerTest, SpreadsOverTheRoomiestNodes) {
  for (int i = 1; i <= 3; ++i) AddNode(i, "/r1", {4096, 8});
  AddUnmanaged(Attempt(1));
  Update(Attempt(1), {Ask("*", 3)});
  EXPECT_THAT(GrantedHosts(), ElementsAre("127.0.10.1", "127.0.10.2", "127.0.10.3"));
}

TEST_F(FifoSchedulerTest, TheMasterIsContainerOneAndComesBeforeAllElse) {
  AddNode(1);
  AddManaged(Attempt(1));
  Update(Attempt(1), {Ask("*", 1)});
  const auto master = scheduler_.Assign(kStart);
  ASSERT_THAT(master, SizeIs(1));
  EXPECT_TRUE(master[0].is_master);
  EXPECT_EQ(master[0].id, (ContainerId{Attempt(1), 1}));
  const auto task = scheduler_.Assign(kStart);
  ASSERT_THAT(task, SizeIs(1));
  EXPECT_EQ(task[0].id, (ContainerId{Attempt(1), 2}));
}

TEST_F(FifoSchedulerTest, MastersLeaveHalfTheClusterToTasks) {
  AddNode(1, "/r1", {4096, 4});
  for (int i = 1; i <= 4; ++i) AddManaged(Attempt(i));
  EXPECT_THAT(scheduler_.Assign(kStart), SizeIs(2));
  EXPECT_THAT(scheduler_.WaitReason(Attempt(3)), HasSubstr("AM resource limit exceeded"));
  scheduler_.RemoveAttempt(Attempt(1));
  const auto next = scheduler_.Assign(kStart);
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(next[0].id.attempt, Attempt(3));
}

TEST_F(FifoSchedulerTest, OneMasterMayAlwaysStart) {
  AddNode(1, "/r1", {1024, 1});
  AddManaged(Attempt(1), {1024, 1});
  EXPECT_THAT(scheduler_.Assign(kStart), SizeIs(1));
}

TEST_F(FifoSchedulerTest, MoreThanAnyNodeHasIsRefusedInHadoopsWords) {
  AddNode(1, "/r1", {1024, 2});
  AddNode(2, "/r1", {2048, 1});
  const Status memory = scheduler_.Normalize({4096, 1}).status();
  EXPECT_THAT(memory, HasReason(Reason::kInvalidResourceRequest));
  EXPECT_THAT(memory.message(),
              HasSubstr("Requested resource type=[memory-mb], Requested resource=<memory:4096, "
                        "vCores:1>, maximum allowed allocation=<memory:2048, vCores:2>"));
  EXPECT_THAT(scheduler_.Normalize({10, 3}).status().message(), HasSubstr("type=[vcores]"));
  EXPECT_THAT(scheduler_.Normalize({-1, 1}).status().message(), HasSubstr("less than 0"));
}

TEST_F(FifoSchedulerTest, ARefusedAskChangesNoTotal) {
  AddNode(1);
  AddUnmanaged(Attempt(1));
  ResourceRequest huge = Ask("*", 1);
  huge.capability = {1 << 20, 1};
  EXPECT_THAT(scheduler_.UpdateAsks(Attempt(1), {.asks = {Ask("*", 1), huge}}),
              HasReason(Reason::kInvalidResourceRequest));
  EXPECT_THAT(scheduler_.Assign(kStart), IsEmpty());
  EXPECT_THAT(scheduler_.UpdateAsks(Attempt(9), {}),
              HasReason(Reason::kApplicationAttemptNotFound));
}

TEST_F(FifoSchedulerTest, MemoryIsRoundedUpToTheStep) {
  AddNode(1);
  ASSERT_OK_AND_ASSIGN(const Resource rounded, scheduler_.Normalize({100, 0}));
  EXPECT_EQ(rounded, (Resource{128, 1}));
  ASSERT_OK_AND_ASSIGN(const Resource least, scheduler_.Normalize({0, 1}));
  EXPECT_EQ(least, (Resource{64, 1}));
}

TEST_F(FifoSchedulerTest, ALostNodesContainersAreFreedAndNamed) {
  AddNode(1);
  AddUnmanaged(Attempt(1));
  Update(Attempt(1), {Ask("*", 1)});
  const auto grants = scheduler_.Assign(kStart);
  ASSERT_THAT(grants, SizeIs(1));
  EXPECT_THAT(scheduler_.RemoveNode(Node(1)), ElementsAre(grants[0].id));
  EXPECT_EQ(scheduler_.ClusterUsed(), (Resource{0, 0}));
  EXPECT_THAT(scheduler_.RemoveAttempt(Attempt(1)), IsEmpty());
}

TEST_F(FifoSchedulerTest, ABlacklistedNodeIsPassedOver) {
  AddNode(1);
  AddNode(2);
  AddUnmanaged(Attempt(1));
  ASSERT_OK(scheduler_.UpdateAsks(Attempt(1),
                                  {.asks = {Ask("*", 1)}, .blacklist_additions = {"127.0.10.1"}}));
  EXPECT_THAT(GrantedHosts(), ElementsAre("127.0.10.2"));
}

TEST_F(FifoSchedulerTest, SaysWhyAnApplicationWaits) {
  AddManaged(Attempt(1));
  EXPECT_EQ(scheduler_.WaitReason(Attempt(1)), "no NodeManager is registered");
  AddNode(1, "/r1", {128, 1});
  EXPECT_THAT(scheduler_.WaitReason(Attempt(1)),
              HasSubstr("its master needs <memory:256, vCores:1>, the roomiest node has "
                        "<memory:128, vCores:1> free"));
  AddNode(2);
  EXPECT_THAT(scheduler_.Assign(kStart), SizeIs(1));
  EXPECT_EQ(scheduler_.WaitReason(Attempt(1)), "");
  Update(Attempt(1), {Ask("*", 5)});
  scheduler_.Assign(kStart);
  EXPECT_THAT(scheduler_.WaitReason(Attempt(1)), HasSubstr("it still asks for 4 containers"));
}

TEST_F(FifoSchedulerTest, OnlyTheDefaultQueueExists) {
  EXPECT_OK(scheduler_.CheckQueue("default"));
  EXPECT_OK(scheduler_.CheckQueue("root.default"));
  EXPECT_THAT(scheduler_.CheckQueue("prod"), MessageContains("unknown queue: prod"));
}

}  // namespace
}  // namespace tusk::yarnlite
