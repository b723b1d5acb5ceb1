#include "yarnlite/client/ask_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::yarnlite {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Resource kSize{500, 1};

ContainerNeed Need(std::vector<std::string> hosts, int count = 1) {
  ContainerNeed need;
  need.resource = kSize;
  need.hosts = std::move(hosts);
  need.count = count;
  return need;
}

// As the ResourceManager rounds it up.
Container On(const std::string& host) {
  Container container;
  container.node = {host, 8041};
  container.resource = {512, 1};
  container.priority = 1;
  return container;
}

std::vector<std::pair<std::string, int>> Changes(AskTable* table) {
  std::vector<std::pair<std::string, int>> changes;
  for (const ResourceRequest& request : table->TakeChanges()) {
    changes.emplace_back(request.name, request.containers);
  }
  return changes;
}

TEST(AskTableTest, ANeedForHostsIsToldForEachOfThemAndForAny) {
  AskTable table;
  table.Add(Need({"a", "b"}, 2));
  EXPECT_THAT(Changes(&table),
              UnorderedElementsAre(std::pair("a", 2), std::pair("b", 2), std::pair("*", 2)));
  EXPECT_THAT(Changes(&table), IsEmpty()) << "told once";
}

TEST(AskTableTest, TotalsOfSeveralNeedsAddUp) {
  AskTable table;
  table.Add(Need({"a"}));
  table.Add(Need({"b"}));
  EXPECT_THAT(Changes(&table),
              UnorderedElementsAre(std::pair("a", 1), std::pair("b", 1), std::pair("*", 2)));
}

TEST(AskTableTest, AGrantIsMirroredAndOnlyTheOtherHostsAreTakenBack) {
  AskTable table;
  table.Add(Need({"a", "b"}));
  Changes(&table);
  EXPECT_TRUE(table.Satisfy(On("a")));
  EXPECT_THAT(Changes(&table), ElementsAre(std::pair("b", 0)))
      << "a and * were lowered by the grant itself";
  EXPECT_EQ(table.outstanding(), 0);
}

TEST(AskTableTest, AGrantElsewhereTakesTheHostBack) {
  AskTable table;
  table.Add(Need({"a"}));
  Changes(&table);
  EXPECT_TRUE(table.Satisfy(On("z")));
  EXPECT_THAT(Changes(&table), ElementsAre(std::pair("a", 0)));
}

TEST(AskTableTest, AGrantGoesToTheNeedThatNamesItsHost) {
  AskTable table;
  table.Add(Need({"a"}));
  table.Add(Need({"b"}));
  Changes(&table);
  EXPECT_TRUE(table.Satisfy(On("b")));
  EXPECT_THAT(Changes(&table), IsEmpty());
  EXPECT_TRUE(table.Satisfy(On("a")));
  EXPECT_THAT(Changes(&table), IsEmpty());
}

TEST(AskTableTest, WhatNobodyWantsIsGivenBack) {
  AskTable table;
  table.Add(Need({}));
  Changes(&table);
  EXPECT_EQ(table.Remove(Need({})), 1);
  EXPECT_THAT(Changes(&table), ElementsAre(std::pair("*", 0)));
  EXPECT_FALSE(table.Satisfy(On("a")));
  EXPECT_EQ(table.Remove(Need({})), 0);
}

TEST(AskTableTest, AnotherSizePriorityOrRequestIdDoesNotFit) {
  AskTable table;
  table.Add(Need({}));
  Container small = On("a");
  small.resource = {256, 1};
  EXPECT_FALSE(table.Satisfy(small));
  Container later = On("a");
  later.priority = 2;
  EXPECT_FALSE(table.Satisfy(later));
  Container other = On("a");
  other.allocation_request_id = 5;
  EXPECT_FALSE(table.Satisfy(other));
}

TEST(AskTableTest, AStrictNeedIsNotRelaxed) {
  AskTable table;
  ContainerNeed need = Need({"a"});
  need.racks = {"/r"};
  need.relax_locality = false;
  table.Add(need);
  for (const ResourceRequest& request : table.TakeChanges()) {
    EXPECT_EQ(request.relax_locality, request.name == "a") << request.name;
  }
  need.racks.clear();
  AskTable host_only;
  host_only.Add(need);
  EXPECT_FALSE(host_only.Satisfy(On("z")));
}

TEST(AskTableTest, WhatWasLostOnTheWayIsDueAgain) {
  AskTable table;
  table.Add(Need({}));
  const auto lost = table.TakeChanges();
  table.Unsent(lost);
  EXPECT_THAT(Changes(&table), ElementsAre(std::pair("*", 1)));
  table.Remove(Need({}));
  const auto zero = table.TakeChanges();
  table.Unsent(zero);
  EXPECT_THAT(Changes(&table), ElementsAre(std::pair("*", 0))) << "a zero must arrive too";
}

}  // namespace
}  // namespace tusk::yarnlite
