// These tests run the real launcher with real processes, which end in milliseconds.
#include "yarnlite/nodemanager/container_runner.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <map>
#include <sstream>

#include "common/testing/eventually.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "yarnlite/nodemanager/memory_watch.h"

namespace tusk::yarnlite {
namespace {

using std::chrono::seconds;

class ContainerRunnerTest : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // as daemons do: an order may meet a launcher that has ended
    auto runner = ContainerRunner::Create(TUSK_LAUNCHER, [this](const ContainerId& id, int code) {
      MutexLock lock(mu_);
      ended_[id] = code;
    });
    ASSERT_OK(runner);
    runner_ = *std::move(runner);
  }
  static ContainerId Id(int number) { return {{{1, 1}, 1}, number}; }
  int Start(int number, const std::string& script) {
    const auto pid = runner_->Start({.id = Id(number),
                                     .command = {"/bin/bash", "-c", script},
                                     .work_dir = dir_.path(),
                                     .stdout_file = dir_.File("out"),
                                     .stderr_file = dir_.File("err")});
    EXPECT_OK(pid);
    return pid.value_or(-1);
  }
  // -1 when it did not end in time.
  int ExitCode(int number) {
    int code = -1;
    Eventually(seconds(20), [&] {
      MutexLock lock(mu_);
      const auto it = ended_.find(Id(number));
      if (it != ended_.end()) code = it->second;
      return it != ended_.end();
    });
    return code;
  }
  std::string Output() {
    std::ostringstream text;
    text << std::ifstream(dir_.File("out")).rdbuf();
    return text.str();
  }
  // The process ids that the script printed.
  std::vector<int> PrintedPids(size_t count) {
    std::vector<int> pids;
    Eventually(seconds(20), [&] {
      std::istringstream in(Output());
      pids.clear();
      for (int pid; in >> pid;) pids.push_back(pid);
      return pids.size() >= count;
    });
    return pids;
  }
  static bool Gone(const std::vector<int>& pids) {
    return Eventually(seconds(20), [&] {
      for (const int pid : pids) {
        if (::kill(pid, 0) == 0) return false;
      }
      return true;
    });
  }

  TempDir dir_;
  Mutex mu_;
  std::map<ContainerId, int> ended_ GUARDED_BY(mu_);
  std::unique_ptr<ContainerRunner> runner_;
};

TEST_F(ContainerRunnerTest, TellsTheExitCodeAndKeepsTheOutput) {
  Start(1, "echo hello; exit 7");
  EXPECT_EQ(ExitCode(1), 7);
  EXPECT_EQ(Output(), "hello\n");
  Start(2, "kill -9 $$");
  EXPECT_EQ(ExitCode(2), 128 + SIGKILL);
}

TEST_F(ContainerRunnerTest, ACommandThatIsNotThereEndsWith127) {
  const auto pid = runner_->Start({.id = Id(1),
                                   .command = {"/no/such/program"},
                                   .work_dir = dir_.path(),
                                   .stdout_file = dir_.File("out"),
                                   .stderr_file = dir_.File("err")});
  ASSERT_OK(pid);
  EXPECT_EQ(ExitCode(1), 127);
}

TEST_F(ContainerRunnerTest, SigtermLetsTheCommandEndByItself) {
  Start(1, "trap 'exit 5' TERM; echo $$; while true; do sleep 0.01; done");
  ASSERT_EQ(PrintedPids(1).size(), 1u);
  runner_->Terminate(Id(1));
  EXPECT_EQ(ExitCode(1), 5);
}

TEST_F(ContainerRunnerTest, SigkillMeetsTheWholeTreeAlsoWhatHasLeftTheGroup) {
  Start(1, "trap '' TERM; sleep 1000 & echo $!; setsid sleep 1000 & echo $!; echo $$; wait");
  const auto pids = PrintedPids(3);
  ASSERT_EQ(pids.size(), 3u);
  runner_->Kill(Id(1));
  EXPECT_EQ(ExitCode(1), 128 + SIGKILL);
  EXPECT_TRUE(Gone(pids));
}

TEST_F(ContainerRunnerTest, WhatACommandLeavesBehindIsKilled) {
  Start(1, "setsid sleep 1000 & echo $!; exit 0");
  const auto pids = PrintedPids(1);
  EXPECT_EQ(ExitCode(1), 0);
  ASSERT_EQ(pids.size(), 1u);
  EXPECT_TRUE(Gone(pids));
}

TEST_F(ContainerRunnerTest, NothingOutlivesTheRunner) {
  Start(1, "trap '' TERM; echo $$; sleep 1000 & echo $!; wait");
  const auto pids = PrintedPids(2);
  ASSERT_EQ(pids.size(), 2u);
  runner_.reset();
  EXPECT_TRUE(Gone(pids));
}

TEST_F(ContainerRunnerTest, TheCommandDiesWithItsLauncher) {
  const int launcher = Start(1, "echo $$; exec sleep 1000");
  const auto pids = PrintedPids(1);
  ASSERT_EQ(pids.size(), 1u);
  ::kill(launcher, SIGKILL);
  EXPECT_EQ(ExitCode(1), 128 + SIGKILL);
  EXPECT_TRUE(Gone(pids));
}

TEST_F(ContainerRunnerTest, MemoryOfAllDescendantsIsCounted) {
  const int launcher =
      Start(1,
            "setsid /usr/bin/env python3 -c 'import time; x = bytearray(64 << 20); "
            "print(1, flush=True); time.sleep(1000)' & wait");
  ASSERT_EQ(PrintedPids(1).size(), 1u);
  const auto processes = MemoryBelow(launcher);
  EXPECT_GE(processes.size(), 2u);
  EXPECT_GT(TotalBytes(processes), int64_t{64} << 20);
  EXPECT_LT(TotalBytes(processes), int64_t{128} << 20);
  const std::string text = ExceededText("container_x", TotalBytes(processes), 32, processes);
  EXPECT_NE(text.find("beyond the 'PHYSICAL' memory limit"), std::string::npos);
  EXPECT_NE(text.find("bytearray"), std::string::npos) << text;
  runner_->Kill(Id(1));
  EXPECT_EQ(ExitCode(1), 128 + SIGKILL);
}

TEST(ContainerRunnerStartTest, AMissingLauncherIsNamed) {
  const auto runner = ContainerRunner::Create("/no/launcher", [](const ContainerId&, int) {});
  EXPECT_THAT(runner, MessageContains("/no/launcher"));
}

}  // namespace
}  // namespace tusk::yarnlite
