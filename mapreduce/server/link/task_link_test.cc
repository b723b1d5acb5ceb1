#include "mapreduce/server/link/task_link.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>

#include "common/base/random.h"
#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/concurrent/timer.h"
#include "common/testing/status_matchers.h"

namespace tusk::mapreduce {
namespace {

using namespace std::chrono_literals;  // NOLINT

class TaskLinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(
        server_, StartTaskServer("127.0.0.1", &driver_, secret_, Clock::Real(), &driver_inbox_));
  }
  void TearDown() override {
    driver_.Stop();
    server_->Stop(10s);
  }

  const std::string secret_ = SecureRandomBytes(32);
  RealTimer timer_;
  ThreadPool driver_inbox_{"driver-inbox", 1};
  ThreadPool links_{"driver-link", 1};
  Driver driver_{{}, nullptr, nullptr, Clock::Real(), &timer_};
  std::unique_ptr<GrpcServer> server_;
};

// An empty task is done before the thread that opened the stream goes on: its outcome must not meet
// a link that does not know its stream yet.
TEST_F(TaskLinkTest, WhatARunnerSaysUponTheDriversFirstWordIsHeard) {
  for (int i = 0; i < 200; ++i) {
    ASSERT_OK_AND_ASSIGN(
        const auto link,
        DriverLink::Create({.driver = "127.0.0.1:" + std::to_string(server_->port()),
                            .local_address = "127.0.0.1",
                            .caller = "runner",
                            .secret = secret_},
                           Clock::Real(), &links_));
    Notification answered;
    Notification closed;
    RunnerHello hello;
    hello.container = "c" + std::to_string(i);
    hello.host = "127.0.0.1";
    hello.slots = 1;
    link->Open(
        hello,
        [&](const ToRunner& message) {
          if (std::holds_alternative<RunnerWelcome>(message)) link->Send(RunnerHeartbeat());
          if (std::holds_alternative<HeartbeatAnswer>(message)) answered.Notify();
        },
        [&](const Status&) { closed.Notify(); });
    ASSERT_TRUE(answered.WaitFor(10s)) << "runner " << i;
    link->Close(&timer_, 10s);
    ASSERT_TRUE(closed.WaitFor(10s));
  }
}

}  // namespace
}  // namespace tusk::mapreduce
