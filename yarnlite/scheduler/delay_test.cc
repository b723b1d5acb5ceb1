#include "yarnlite/scheduler/delay.h"

#include <gtest/gtest.h>

namespace tusk::yarnlite {
namespace {

using std::chrono::milliseconds;

constexpr DelayOptions kOptions{.node = milliseconds(200), .rack = milliseconds(300)};
constexpr TimePoint kStart{std::chrono::hours(1)};

TEST(LocalityDelayTest, WidensFromNodeToRackToAny) {
  LocalityDelay delay;
  EXPECT_EQ(delay.Allowed(kStart, Locality::kNode, kOptions), Locality::kNode);
  EXPECT_EQ(delay.NextChange(kStart, Locality::kNode, kOptions), kStart + milliseconds(200));
  EXPECT_EQ(delay.Allowed(kStart + milliseconds(199), Locality::kNode, kOptions), Locality::kNode);
  EXPECT_EQ(delay.Allowed(kStart + milliseconds(200), Locality::kNode, kOptions), Locality::kRack);
  EXPECT_EQ(delay.NextChange(kStart + milliseconds(200), Locality::kNode, kOptions),
            kStart + milliseconds(500));
  EXPECT_EQ(delay.Allowed(kStart + milliseconds(500), Locality::kNode, kOptions), Locality::kAny);
  EXPECT_EQ(delay.NextChange(kStart + milliseconds(500), Locality::kNode, kOptions), std::nullopt);
}

TEST(LocalityDelayTest, DoesNotWaitForALevelThatCannotBe) {
  LocalityDelay rack_at_best;
  EXPECT_EQ(rack_at_best.Allowed(kStart, Locality::kRack, kOptions), Locality::kRack);
  EXPECT_EQ(rack_at_best.Allowed(kStart + milliseconds(300), Locality::kRack, kOptions),
            Locality::kAny);
  LocalityDelay anywhere;
  EXPECT_EQ(anywhere.Allowed(kStart, Locality::kAny, kOptions), Locality::kAny);
}

TEST(LocalityDelayTest, OnlyANearGrantBeginsTheWaitAnew) {
  LocalityDelay delay;
  delay.Allowed(kStart, Locality::kNode, kOptions);
  delay.Granted(Locality::kAny);
  EXPECT_EQ(delay.Allowed(kStart + milliseconds(600), Locality::kNode, kOptions), Locality::kAny);
  delay.Granted(Locality::kNode);
  EXPECT_EQ(delay.Allowed(kStart + milliseconds(700), Locality::kNode, kOptions), Locality::kNode);
}

}  // namespace
}  // namespace tusk::yarnlite
