#include "yarnlite/scheduler/asks.h"

#include <gtest/gtest.h>

namespace tusk::yarnlite {
namespace {

constexpr Resource kSize{512, 1};
const AskKey kKey{1, kSize, -1};

ResourceRequest Request(const std::string& name, int containers) {
  return {.priority = 1, .name = name, .capability = kSize, .containers = containers};
}

TEST(AsksTest, TotalsAreAbsoluteNotAdded) {
  Asks asks;
  asks.Update({Request("*", 3)});
  asks.Update({Request("*", 2)});
  EXPECT_EQ(asks.containers(), 2);
  EXPECT_EQ(asks.total(), (Resource{1024, 2}));
}

TEST(AsksTest, AGrantLowersHostRackAndAny) {
  Asks asks;
  asks.Update({Request("h1", 2), Request("/r", 2), Request("*", 3)});
  asks.Lower(kKey, "h1", "/r");
  const AskGroup& group = asks.groups().at(kKey);
  EXPECT_EQ(group.wanted, 2);
  EXPECT_EQ(group.hosts.at("h1").wanted, 1);
  EXPECT_EQ(group.racks.at("/r").wanted, 1);
}

TEST(AsksTest, AGrantElsewhereLeavesTheHostsWish) {
  Asks asks;
  asks.Update({Request("h1", 1), Request("/r", 1), Request("*", 2)});
  asks.Lower(kKey, "h2", "/other");
  const AskGroup& group = asks.groups().at(kKey);
  EXPECT_EQ(group.wanted, 1);
  EXPECT_EQ(group.hosts.at("h1").wanted, 1);
}

TEST(AsksTest, ZeroTakesANameBackAndAnEmptyGroupGoes) {
  Asks asks;
  asks.Update({Request("h1", 1), Request("*", 1)});
  asks.Update({Request("h1", 0)});
  EXPECT_TRUE(asks.groups().at(kKey).hosts.empty());
  asks.Update({Request("*", 0)});
  EXPECT_TRUE(asks.groups().empty());
}

TEST(AsksTest, PrioritiesSizesAndRequestIdsAreKeptApart) {
  Asks asks;
  ResourceRequest other = Request("*", 1);
  other.allocation_request_id = 7;
  ResourceRequest larger = Request("*", 1);
  larger.capability = {1024, 1};
  ResourceRequest later = Request("*", 1);
  later.priority = 2;
  asks.Update({Request("*", 1), other, larger, later});
  EXPECT_EQ(asks.groups().size(), 4u);
  EXPECT_EQ(asks.groups().begin()->first.capability, (Resource{1024, 1})) << "larger ones first";
}

}  // namespace
}  // namespace tusk::yarnlite
