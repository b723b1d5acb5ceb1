#include "common/process/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "common/testing/eventually.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk {
namespace {

using namespace std::chrono_literals;

SpawnOptions Shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}};
}

TEST(ChildProcessTest, TellsHowItEnded) {
  ASSERT_OK_AND_ASSIGN(const auto result, RunCommand(Shell("exit 3"), "", 10s));
  EXPECT_EQ(result.status.code(), 3);
  EXPECT_EQ(result.status.ToString(), "exit code 3");
  ASSERT_OK_AND_ASSIGN(const auto killed, RunCommand(Shell("kill -9 $$"), "", 10s));
  EXPECT_EQ(killed.status.signal(), SIGKILL);
  EXPECT_EQ(killed.status.ShellCode(), 137);
  EXPECT_EQ(killed.status.ToString(), "killed by signal 9 (SIGKILL)");
}

TEST(ChildProcessTest, FeedsInputAndTakesBothOutputs) {
  ASSERT_OK_AND_ASSIGN(const auto result,
                       RunCommand(Shell("cat; echo oops >&2"), std::string(300'000, 'x'), 10s));
  EXPECT_EQ(result.output, std::string(300'000, 'x'));
  EXPECT_EQ(result.errors, "oops\n");
}

TEST(ChildProcessTest, AChildThatDoesNotReadItsInputIsNoError) {
  ASSERT_OK_AND_ASSIGN(const auto result,
                       RunCommand(Shell("exec <&-; exit 0"), std::string(1'000'000, 'x'), 10s));
  EXPECT_TRUE(result.status.ok());
}

TEST(ChildProcessTest, OutputBeyondTheBoundIsDropped) {
  ASSERT_OK_AND_ASSIGN(const auto result, RunCommand(Shell("echo 1234567"), "", 10s, 4));
  EXPECT_EQ(result.output, "1234");
}

TEST(ChildProcessTest, AMissingProgramIsNotFound) {
  EXPECT_THAT(ChildProcess::Spawn({.argv = {"/no/such/program"}}), HasCode(Code::kNotFound));
  EXPECT_THAT(ChildProcess::Spawn({.argv = {"/etc/passwd"}}), HasCode(Code::kPermissionDenied));
}

TEST(ChildProcessTest, EnvironmentDirectoryAndPassedDescriptorsReachIt) {
  TempDir dir;
  std::ofstream(dir.File("f")) << "through fd 3";
  const int fd = ::open(dir.File("f").c_str(), O_RDONLY | O_CLOEXEC);
  SpawnOptions options = Shell("echo $COLOR; pwd; cat <&3");
  options.environment = std::vector<std::string>{"COLOR=blue", "PATH=/usr/bin:/bin"};
  options.directory = dir.path();
  options.pass_fds = {fd};
  ASSERT_OK_AND_ASSIGN(const auto result, RunCommand(options, "", 10s));
  ::close(fd);
  EXPECT_EQ(result.output, "blue\n" + dir.path() + "\nthrough fd 3");
}

TEST(ChildProcessTest, NoOtherDescriptorReachesIt) {
  TempDir dir;
  const int leaked = ::open(dir.path().c_str(), O_RDONLY);  // without O_CLOEXEC
  ASSERT_GT(leaked, 2);
  ASSERT_OK_AND_ASSIGN(const auto result,
                       RunCommand(Shell("ls -l /proc/self/fd | grep -c " + dir.path()), "", 10s));
  ::close(leaked);
  EXPECT_EQ(result.output, "0\n");
}

TEST(ChildProcessTest, ATimeoutEndsTheWholeGroup) {
  TempDir dir;
  const std::string pid_file = dir.File("pid");
  EXPECT_THAT(RunCommand(Shell("sleep 1000 & echo $! > " + pid_file + "; wait"), "", 200ms),
              HasCode(Code::kDeadlineExceeded));
  int grandchild = 0;
  std::ifstream(pid_file) >> grandchild;
  ASSERT_GT(grandchild, 0);
  // Its parent is gone; whoever inherits it may take a moment to collect it.
  EXPECT_TRUE(Eventually(5s, [&] {
    std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
    std::string pid, name, state;
    return !(stat >> pid >> name >> state) || state == "Z";
  }));
}

TEST(ChildProcessTest, WaitForGivesUpAndTerminateEnds) {
  ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Spawn(Shell("exec sleep 1000")));
  EXPECT_EQ(child->WaitFor(1ms), std::nullopt);
  EXPECT_EQ(child->Terminate(10s).signal(), SIGTERM);
  EXPECT_OK(child->Signal(SIGTERM));  // after its end: nothing
}

TEST(ChildProcessTest, TheDestructorLeavesNoProcess) {
  int pid = 0;
  {
    ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Spawn(Shell("exec sleep 1000")));
    pid = child->pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(ChildProcessTest, UsageIsKnownAtItsEnd) {
  ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Spawn({.argv = {"true"}}));
  child->Wait();
  EXPECT_GT(child->usage().max_resident_bytes, 0);
}

}  // namespace
}  // namespace tusk
