#include "common/fault/fault_point.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

FAULT_POINT(kFirst, "test.first");
FAULT_POINT(kSecond, "test.second");

TEST(FaultPointTest, DoesNothingWhenOff) {
  EXPECT_OK(kFirst.Hit());
  EXPECT_EQ(kFirst.hits(), 0);
}

TEST(FaultPointTest, FailsOnTheChosenHitOnly) {
  ScopedFault fault("test.first", Fault::ErrorOnHit(2));
  EXPECT_OK(kFirst.Hit());
  EXPECT_THAT(kFirst.Hit(), MessageContains("test.first"));
  EXPECT_OK(kFirst.Hit());
  EXPECT_EQ(fault.hits(), 3);
}

TEST(FaultPointTest, IsOffAgainAfterItsScope) {
  {
    ScopedFault fault("test.first", Fault::Error());
  }
  EXPECT_OK(kFirst.Hit());
}

TEST(FaultPointTest, ArmsSeveralPointsFromOneText) {
  ASSERT_OK(ArmFaults("test.first=error@2+,test.second=delay:1ms"));
  EXPECT_OK(kFirst.Hit());
  EXPECT_THAT(kFirst.Hit(), HasCode(Code::kUnavailable));
  EXPECT_THAT(kFirst.Hit(), HasCode(Code::kUnavailable));
  EXPECT_OK(kSecond.Hit());
  EXPECT_EQ(kSecond.hits(), 1);
  ASSERT_OK(DisarmFault("test.first"));
  ASSERT_OK(DisarmFault("test.second"));
}

TEST(FaultPointTest, ACallRunsWhereThePointIs) {
  int calls = 0;
  const ScopedFault fault("test.first", Fault::Call([&] { ++calls; }));
  EXPECT_OK(kFirst.Hit());
  EXPECT_OK(kFirst.Hit());
  EXPECT_EQ(calls, 2);
}

TEST(FaultPointTest, AnUnknownNameArmsNothing) {
  EXPECT_THAT(ArmFaults("test.first=error,test.third=error"), HasCode(Code::kNotFound));
  EXPECT_OK(kFirst.Hit());
}

TEST(FaultPointTest, MalformedTextsAreRefused) {
  for (const char* text : {"test.first", "test.first=", "test.first=boom", "test.first=error@x",
                           "test.first=delay:5", "test.first=crash@"}) {
    EXPECT_THAT(ArmFaults(text), HasCode(Code::kInvalidArgument)) << text;
  }
}

TEST(FaultPointDeathTest, ACrashEndsTheProcessWithoutDestructors) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        ScopedFault fault("test.second", Fault::CrashOnHit(1));
        IgnoreError(kSecond.Hit(), "it does not return");
      },
      testing::KilledBySignal(SIGKILL), "");
}

}  // namespace
}  // namespace tusk
