#include "yarnlite/api/ids.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"
#include "yarnlite/api/application.h"
#include "yarnlite/api/queue.h"

namespace tusk::yarnlite {
namespace {

constexpr int64_t kStart = 1700000000123;

TEST(IdsTest, TextFormsAreHadoops) {
  const ApplicationId application{kStart, 7};
  EXPECT_EQ(application.ToString(), "application_1700000000123_0007");
  EXPECT_EQ((ApplicationId{kStart, 12345}.ToString()), "application_1700000000123_12345");
  const ApplicationAttemptId attempt{application, 2};
  EXPECT_EQ(attempt.ToString(), "appattempt_1700000000123_0007_000002");
  EXPECT_EQ((ContainerId{attempt, 3}.ToString()), "container_1700000000123_0007_02_000003");
}

TEST(IdsTest, ContainerIdsCarryTheEpochInTheirHighBits) {
  const ContainerId id{{{kStart, 7}, 2}, (int64_t{5} << 40) | 3};
  EXPECT_EQ(id.ToString(), "container_e05_1700000000123_0007_02_000003");
  ASSERT_OK_AND_ASSIGN(const ContainerId parsed, ContainerId::Parse(id.ToString()));
  EXPECT_EQ(parsed, id);
}

TEST(IdsTest, ParseTakesBackWhatToStringGave) {
  const ContainerId id{{{kStart, 12345}, 1}, 1000000};
  ASSERT_OK_AND_ASSIGN(const ContainerId container, ContainerId::Parse(id.ToString()));
  EXPECT_EQ(container, id);
  ASSERT_OK_AND_ASSIGN(const auto attempt, ApplicationAttemptId::Parse(id.attempt.ToString()));
  EXPECT_EQ(attempt, id.attempt);
  ASSERT_OK_AND_ASSIGN(const auto application,
                       ApplicationId::Parse(id.attempt.application.ToString()));
  EXPECT_EQ(application, id.attempt.application);
  ASSERT_OK_AND_ASSIGN(const NodeId node, NodeId::Parse("127.0.10.1:8041"));
  EXPECT_EQ(node, (NodeId{"127.0.10.1", 8041}));
}

TEST(IdsTest, ParseRefusesWhatIsNoId) {
  for (const char* text :
       {"", "application", "application_1", "application_1_x", "job_1_0001", "application_1_0001_2",
        "application_-1_0001", "application_1_", "application_1_99999999999"}) {
    EXPECT_THAT(ApplicationId::Parse(text), HasCode(Code::kInvalidArgument)) << text;
  }
  for (const char* text : {"container_1_1_1", "container_ex_1_1_1_1", "container_1_1_1_1_1",
                           "container_1_1_1_9999999999999", "container_e99999999_1_1_1_1"}) {
    EXPECT_THAT(ContainerId::Parse(text), HasCode(Code::kInvalidArgument)) << text;
  }
  EXPECT_FALSE(NodeId::Parse("host").ok());
  EXPECT_FALSE(NodeId::Parse(":80").ok());
  EXPECT_FALSE(NodeId::Parse("host:70000").ok());
}

TEST(StatesTest, NamesGoBothWays) {
  EXPECT_EQ(ApplicationStateName(ApplicationState::kAccepted), "ACCEPTED");
  ASSERT_OK_AND_ASSIGN(const auto killed, ParseApplicationState("KILLED"));
  EXPECT_EQ(killed, ApplicationState::kKilled);
  EXPECT_FALSE(ParseApplicationState("").ok());
  EXPECT_FALSE(ParseApplicationState("killed").ok());
  EXPECT_EQ(FinalStatusName(FinalStatus::kEnded), "ENDED");
  EXPECT_EQ(NodeStateName(NodeState::kShutdown), "SHUTDOWN");
  ASSERT_OK_AND_ASSIGN(const auto lost, ParseNodeState("LOST"));
  EXPECT_EQ(lost, NodeState::kLost);
}

}  // namespace
}  // namespace tusk::yarnlite
