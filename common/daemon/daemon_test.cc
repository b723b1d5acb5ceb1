#include "common/daemon/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

using testing::ElementsAre;

StatusOr<DaemonArguments> Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "daemon");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return ParseDaemonArguments(static_cast<int>(argv.size()), argv.data());
}

TEST(DaemonArgumentsTest, TakesConfigAndOverridesAndLeavesTheRest) {
  ASSERT_OK_AND_ASSIGN(const auto arguments,
                       Parse({"-format", "--config", "/etc/tusk", "-D", "a=1", "-Db=2", "-x"}));
  EXPECT_EQ(arguments.config_dir, "/etc/tusk");
  EXPECT_THAT(arguments.overrides, ElementsAre("a=1", "b=2"));
  EXPECT_THAT(arguments.rest, ElementsAre("-format", "-x"));
}

TEST(DaemonArgumentsTest, AnOptionWithoutItsValueIsRefused) {
  EXPECT_THAT(Parse({"--config"}), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(Parse({"-D"}), MessageContains("-D needs a value"));
}

TEST(DaemonSignalsTest, MainHearsOfASignalToTheProcess) {
  int heard = 0;
  std::thread main_like([&] {
    BlockStopSignals();
    pthread_kill(pthread_self(), SIGTERM);
    heard = WaitForStopSignal();
  });
  main_like.join();
  EXPECT_EQ(heard, SIGTERM);
}

}  // namespace
}  // namespace tusk
