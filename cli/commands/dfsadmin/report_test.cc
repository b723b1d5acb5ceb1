#include "cli/commands/dfsadmin/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tusk::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReportTest, BytesAreGivenTwice) {
  EXPECT_EQ(ByteText(0), "0 B");
  EXPECT_EQ(ByteText(811659522048), "755.92 GB");
}

TEST(ReportTest, TheSummaryAddsUpWhatIsThere) {
  FsStats space;
  space.capacity_bytes = 1000;
  space.used_bytes = 100;
  space.remaining_bytes = 300;
  FsStats replicated;
  replicated.under_replicated = 7;
  const std::string text = SummaryText(space, replicated, FsStats());
  EXPECT_THAT(text, HasSubstr("Present Capacity: 400 (400 B)\n"));
  EXPECT_THAT(text, HasSubstr("DFS Used%: 25.00%\n"));
  EXPECT_THAT(text, HasSubstr("\tUnder replicated blocks: 7\n"));
}

TEST(ReportTest, ANodeShowsItsRackOnlyWhenItHasOne) {
  DatanodeInfo node;
  node.id.ip_addr = "127.0.10.1";
  node.id.xfer_port = 9866;
  node.capacity_bytes = 1 << 20;
  node.remaining_bytes = 1 << 19;
  EXPECT_THAT(DatanodeText(node, ""), HasSubstr("Name: 127.0.10.1:9866\n"));
  EXPECT_THAT(DatanodeText(node, ""), Not(HasSubstr("Rack:")));
  EXPECT_THAT(DatanodeText(node, "w1"), HasSubstr("Name: 127.0.10.1:9866 (w1)\n"));
  EXPECT_THAT(DatanodeText(node, ""), HasSubstr("DFS Remaining%: 50.00%\n"));
  EXPECT_THAT(DatanodeText(node, ""), HasSubstr("Cache Used%: 100.00%\n"));  // of nothing: all
  EXPECT_THAT(DatanodeText(node, ""), HasSubstr("Last Block Report: Never\n"));
  node.network_location = "/rack1";
  node.admin_state = AdminState::kDecommissioned;
  EXPECT_THAT(DatanodeText(node, ""), HasSubstr("Rack: /rack1\n"));
  EXPECT_THAT(DatanodeText(node, ""), HasSubstr("Decommission Status : Decommissioned\n"));
}

}  // namespace
}  // namespace tusk::cli
