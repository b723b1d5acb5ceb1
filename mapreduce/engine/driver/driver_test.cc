#include "mapreduce/engine/driver/driver.h"

#include <gtest/gtest.h>

#include "common/testing/fake_clock.h"
#include "common/testing/status_matchers.h"

namespace tusk::mapreduce {
namespace {

using namespace std::chrono_literals;  // NOLINT

class Deaf final : public RunnerOutlet {
 public:
  void Send(ToRunner message) override {
    if (std::holds_alternative<RunnerStop>(message)) stopped = true;
  }
  bool stopped = false;
};

class DriverTest : public ::testing::Test {
 protected:
  RunnerId Admit(const std::string& container, std::shared_ptr<Deaf> outlet) {
    RunnerHello hello;
    hello.container = container;
    hello.host = "127.0.10.1";
    const auto id = driver_.Admit(hello, std::move(outlet));
    EXPECT_OK(id);
    return id.ok() ? *id : RunnerId();
  }
  void Beat(RunnerId id, int64_t used, int64_t peak) {
    RunnerHeartbeat beat;
    beat.memory_used_bytes = used;
    beat.memory_peak_bytes = peak;
    driver_.Receive(id, beat);
  }
  int64_t Peak() const {
    return driver_.Snapshot().counters.Get(counter::kTuskGroup, counter::kRunnerMemoryPeak);
  }

  FakeClock clock_;
  FakeTimer timer_{&clock_};
  Driver driver_{{}, nullptr, nullptr, &clock_, &timer_};
};

TEST_F(DriverTest, TheLargestPeakOfAnyRunnerStandsInTheCountersAfterTheRunnersHaveGone) {
  const RunnerId first = Admit("c1", std::make_shared<Deaf>());
  const RunnerId second = Admit("c2", std::make_shared<Deaf>());
  Beat(first, 20, 50);
  Beat(second, 30, 40);
  Beat(first, 10, 50);
  const ProgramStatus status = driver_.Snapshot();
  EXPECT_EQ(status.runners.at(0).memory_used_bytes, 10);
  EXPECT_EQ(status.runners.at(0).memory_peak_bytes, 50);
  EXPECT_EQ(status.runners.at(1).memory_peak_bytes, 40);
  driver_.Stop();
  EXPECT_EQ(Peak(), 50);
}

TEST_F(DriverTest, ASilentRunnerIsToldToGoAndForgotten) {
  const auto silent = std::make_shared<Deaf>();
  Admit("c1", silent);
  const RunnerId alive = Admit("c2", std::make_shared<Deaf>());
  for (int i = 0; i < 11; ++i) {
    timer_.Advance(1s);
    Beat(alive, 1, 1);
  }
  EXPECT_TRUE(silent->stopped);
  ASSERT_EQ(driver_.Snapshot().runners.size(), 1u);
  EXPECT_EQ(driver_.Snapshot().runners.front().id, alive);
}

}  // namespace
}  // namespace tusk::mapreduce
