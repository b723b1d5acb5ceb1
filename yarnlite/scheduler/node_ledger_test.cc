#include "yarnlite/scheduler/node_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::yarnlite {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const NodeId kOne{"127.0.10.1", 8041};
const NodeId kTwo{"127.0.10.2", 8041};

ContainerId Numbered(int64_t id) {
  return {{{1, 1}, 1}, id};
}

TEST(NodeLedgerTest, TakenRoomIsGoneUntilFreed) {
  NodeLedger ledger;
  ledger.Add(kOne, "/r", {1024, 2});
  ledger.Take(kOne, Numbered(1), {1000, 1});
  EXPECT_FALSE(ledger.Find(kOne)->Fits({100, 1}));
  EXPECT_TRUE(ledger.Find(kOne)->CouldEverFit({1024, 2}));
  EXPECT_TRUE(ledger.Free(kOne, Numbered(1)));
  EXPECT_TRUE(ledger.Find(kOne)->Fits({1024, 2}));
  EXPECT_EQ(ledger.used(), (Resource{0, 0}));
}

TEST(NodeLedgerTest, FreeingTwiceCountsOnce) {
  NodeLedger ledger;
  ledger.Add(kOne, "/r", {1024, 2});
  ledger.Take(kOne, Numbered(1), {512, 1});
  ledger.Take(kOne, Numbered(2), {512, 1});
  EXPECT_TRUE(ledger.Free(kOne, Numbered(1)));
  EXPECT_FALSE(ledger.Free(kOne, Numbered(1)));
  EXPECT_FALSE(ledger.Free(kTwo, Numbered(2)));
  EXPECT_EQ(ledger.used(), (Resource{512, 1}));
}

TEST(NodeLedgerTest, ALostNodeTakesItsContainersAlong) {
  NodeLedger ledger;
  ledger.Add(kOne, "/r", {1024, 2});
  ledger.Add(kTwo, "/r", {2048, 4});
  ledger.Take(kOne, Numbered(7), {512, 1});
  EXPECT_THAT(ledger.Remove(kOne), ElementsAre(Numbered(7)));
  EXPECT_THAT(ledger.Remove(kOne), IsEmpty());
  EXPECT_EQ(ledger.total(), (Resource{2048, 4}));
  EXPECT_EQ(ledger.used(), (Resource{0, 0}));
  EXPECT_THAT(ledger.OnHost(kOne.host), IsEmpty());
  EXPECT_THAT(ledger.OnRack("/r"), ElementsAre(kTwo));
}

TEST(NodeLedgerTest, AnUnusableNodeFitsNothing) {
  NodeLedger ledger;
  ledger.Add(kOne, "/r", {1024, 2});
  ledger.SetUsable(kOne, false);
  EXPECT_FALSE(ledger.Find(kOne)->Fits({1, 1}));
  EXPECT_FALSE(ledger.Find(kOne)->CouldEverFit({1, 1}));
  ledger.SetUsable(kOne, true);
  EXPECT_TRUE(ledger.Find(kOne)->Fits({1, 1}));
}

}  // namespace
}  // namespace tusk::yarnlite
