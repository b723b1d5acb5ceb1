#include "cli/commands/yarn/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/commands/yarn/container_logs.h"
#include "common/testing/status_matchers.h"

namespace tusk::cli {
namespace {

using testing::HasSubstr;

yarnlite::ApplicationReport Report() {
  yarnlite::ApplicationReport report;
  report.id = {1795264459171, 2};
  report.name = "try me";
  report.type = "TUSK";
  report.user = "root";
  report.queue = "default";
  report.state = yarnlite::ApplicationState::kFinished;
  report.final_status = yarnlite::FinalStatus::kSucceeded;
  report.progress = 0.1234f;
  report.original_tracking_url = "N/A";
  report.diagnostics = "0 of 2 failed";
  report.rpc_port = 4711;
  return report;
}

// The stock command's own lines for the same application.
TEST(ReportTextTest, ApplicationsAreListedAsHadoopListsThem) {
  EXPECT_EQ(ApplicationTable({Report()}),
            "                Application-Id\t    Application-Name\t    Application-Type\t      "
            "User\t     Queue\t             State\t       Final-State\t       Progress\t          "
            "             Tracking-URL\n"
            "application_1795264459171_0002\t              try me\t                TUSK\t      "
            "root\t   default\t          FINISHED\t         SUCCEEDED\t         12.34%\t          "
            "                      N/A\n");
}

TEST(ReportTextTest, AnApplicationsStatusHasHadoopsLines) {
  const std::string text = ApplicationStatus(Report());
  EXPECT_TRUE(
      text.starts_with("Application Report : \n\tApplication-Id : "
                       "application_1795264459171_0002\n\tApplication-Name : try me\n"));
  EXPECT_THAT(text, HasSubstr("\tFinal-State : SUCCEEDED\n"));
  EXPECT_THAT(text, HasSubstr("\tRPC Port : 4711\n"));
  EXPECT_THAT(text, HasSubstr("\tDiagnostics : 0 of 2 failed\n"));
}

TEST(ReportTextTest, NodesAreListedAsHadoopListsThem) {
  yarnlite::NodeReport node;
  node.id = {"127.0.10.1", 29041};
  node.state = yarnlite::NodeState::kRunning;
  node.http_address = "127.0.10.1:29042";
  node.containers = 1;
  EXPECT_EQ(NodeTable({node}),
            "         Node-Id\t     Node-State\tNode-Http-Address\tNumber-of-Running-Containers\n"
            "127.0.10.1:29041\t        RUNNING\t 127.0.10.1:29042\t                           1\n");
  EXPECT_THAT(NodeStatus(node), HasSubstr("\tNode-State : RUNNING\n"));
}

TEST(ContainerLogsTest, ANodesListOfLogsIsRead) {
  yarnlite::NodeReport node;
  node.id = {"127.0.10.1", 8041};
  node.http_address = "127.0.10.1:8042";
  const auto logs = ParseLogList(
      "container_1_0002_01_000003\tstderr\t0\t1000\ncontainer_1_0002_01_000003\tstdout\t3\t2000\n",
      node);
  ASSERT_OK(logs);
  ASSERT_EQ(logs->size(), 2u);
  EXPECT_EQ((*logs)[1].name, "stdout");
  EXPECT_EQ((*logs)[1].size_bytes, 3);
  EXPECT_THAT(LogHeading((*logs)[1]),
              HasSubstr("Container: container_1_0002_01_000003 on 127.0.10.1:8041\n"
                        "LogAggregationType: LOCAL\n"));
  EXPECT_THAT(LogEnding((*logs)[1]), HasSubstr("\nEnd of LogType:stdout\n*****"));
  EXPECT_FALSE(ParseLogList("<html>", node).ok());
  EXPECT_FALSE(ParseLogList("x\ty\t1\t2\n", node).ok());
}

}  // namespace
}  // namespace tusk::cli
