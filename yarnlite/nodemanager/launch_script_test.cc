#include "yarnlite/nodemanager/launch_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/process/child_process.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::yarnlite {
namespace {

using testing::HasSubstr;

class LaunchScriptTest : public testing::Test {
 protected:
  LaunchScriptInput Input() const {
    LaunchScriptInput input;
    input.id = {{{1700000000000, 3}, 1}, 2};
    input.user = "alice";
    input.node = {"127.0.10.1", 8041};
    input.node_http_port = 8042;
    input.work_dir = dir_.path();
    input.log_dir = "/logs/c";
    input.app_dirs = {"/l1/app", "/l2/app"};
    return input;
  }
  // What the script prints, run by a real shell in the work directory.
  std::string Output(const LaunchScriptInput& input, const ContainerLaunchContext& context) {
    const auto script = MakeLaunchScript(input, context);
    EXPECT_OK(script);
    std::ofstream(dir_.File("script.sh")) << script.value_or("");
    const auto result = RunCommand({.argv = {"/bin/bash", dir_.File("script.sh")},
                                    .environment = std::vector<std::string>{"PATH=/usr/bin:/bin"},
                                    .directory = dir_.path()},
                                   "", std::chrono::seconds(10));
    EXPECT_OK(result);
    EXPECT_TRUE(result->status.ok()) << result->errors;
    return result->output;
  }
  TempDir dir_;
};

TEST_F(LaunchScriptTest, TheContainerKnowsWhoAndWhereItIs) {
  ContainerLaunchContext context;
  context.commands = {"echo", "$CONTAINER_ID", "$NM_HOST", "$USER", "$LOCAL_DIRS", "$PWD"};
  EXPECT_EQ(Output(Input(), context),
            "container_1700000000000_0003_01_000002 127.0.10.1 alice /l1/app,/l2/app " +
                dir_.path() + "\n");
}

TEST_F(LaunchScriptTest, ExpandsYarnsPlaceholders) {
  ContainerLaunchContext context;
  context.environment = {{"A", "{{NM_HOST}}<CPS>x"}, {"Z", "$A"}};
  context.commands = {"echo", "$Z", "<LOG_DIR>/stdout", "{{A}}<ADD_OPENS>", "'{{\"x\": {}}}'"};
  EXPECT_EQ(Output(Input(), context), "127.0.10.1:x /logs/c/stdout 127.0.10.1:x {{\"x\": {}}}\n");
}

TEST_F(LaunchScriptTest, OwnVariablesWinOverInheritedOnesButNotOverIdentity) {
  ContainerLaunchContext context;
  context.environment = {{"LANG", "C"}, {"USER", "root"}, {"CONTAINER_ID", "x"}};
  context.commands = {"echo $LANG $USER $JAVA_HOME"};
  LaunchScriptInput input = Input();
  input.inherited = {{"LANG", "de_DE"}, {"JAVA_HOME", "/java"}};
  EXPECT_EQ(Output(input, context), "C alice /java\n");
}

TEST_F(LaunchScriptTest, QuotesAndNewlinesInValuesStayValues) {
  ContainerLaunchContext context;
  context.environment = {{"A", "say \"hi\" `id` \\ end"}};
  context.commands = {"printf '%s' \"$A\""};
  EXPECT_EQ(Output(Input(), context), "say \"hi\" `id` \\ end");
}

TEST_F(LaunchScriptTest, LinksLocalizedFilesAlsoBelowFolders) {
  std::ofstream(dir_.File("cached")) << "content";
  LaunchScriptInput input = Input();
  input.links = {{"sub/dir/job.bin", dir_.File("cached")}};
  ContainerLaunchContext context;
  context.commands = {"cat sub/dir/job.bin"};
  EXPECT_EQ(Output(input, context), "content");
}

TEST_F(LaunchScriptTest, RefusesNamesThatLeaveTheContainer) {
  for (const char* name : {"../x", "/etc/x", "a/../../x", ""}) {
    LaunchScriptInput input = Input();
    input.links = {{name, "/x"}};
    EXPECT_THAT(MakeLaunchScript(input, {}), HasCode(Code::kInvalidArgument)) << name;
  }
  ContainerLaunchContext context;
  context.environment = {{"A;rm", "x"}};
  EXPECT_THAT(MakeLaunchScript(Input(), context), MessageContains("A;rm"));
}

}  // namespace
}  // namespace tusk::yarnlite
