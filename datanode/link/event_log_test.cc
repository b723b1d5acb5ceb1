#include "datanode/link/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::datanode {
namespace {

Block TestBlockOf(int64_t id) {
  return {BlockId(id), GenerationStamp(1001), 10};
}

TEST(EventLogTest, NumbersCountFromOneAndEventsStayUntilTaken) {
  EventLog log;
  int news = 0;
  log.SetOnNews([&] { ++news; });
  log.OnReceiving(TestBlockOf(1), "DS-1");
  log.OnReceived(TestBlockOf(1), "DS-1");
  log.OnDeleted(TestBlockOf(2), "DS-1");
  EXPECT_EQ(news, 2);  // the replica that is only begun waits for the next
  EXPECT_EQ(log.last_number(), 3u);
  const auto after_one = log.After(1, 10);
  ASSERT_EQ(after_one.size(), 2u);
  EXPECT_EQ(after_one[0].number, 2u);
  EXPECT_EQ(after_one[0].type, ReplicaEventType::kReceived);
  log.Taken(2);
  EXPECT_EQ(log.kept(), 1u);
  EXPECT_EQ(log.After(0, 10).front().number, 3u);
  EXPECT_TRUE(log.HasAllAfter(2));
  EXPECT_FALSE(log.HasAllAfter(1));
}

TEST(EventLogTest, BeyondItsBoundTheOldestGoAndAFullReportIsNeeded) {
  EventLog log(3);
  for (int64_t id = 1; id <= 5; ++id) log.OnReceived(TestBlockOf(id), "DS-1");
  EXPECT_EQ(log.kept(), 3u);
  EXPECT_FALSE(log.HasAllAfter(1));
  EXPECT_TRUE(log.HasAllAfter(2));
  EXPECT_EQ(log.After(0, 10).front().number, 3u);
}

TEST(EventLogTest, ABadReplicaIsToldOnce) {
  EventLog log;
  log.OnBadReplica(TestBlockOf(1), "DS-1");
  log.OnBadReplica(TestBlockOf(1), "DS-1");
  BadReplica bad;
  ASSERT_TRUE(log.NextBad(&bad));
  EXPECT_EQ(bad.block, TestBlockOf(1));
  log.PopBad();
  EXPECT_FALSE(log.NextBad(&bad));
}

}  // namespace
}  // namespace tusk::datanode
