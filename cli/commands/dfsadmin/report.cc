#include "cli/commands/dfsadmin/report.h"

#include <cstdio>

#include "cli/commands/dfs/format.h"

namespace tusk::cli {
namespace {

std::string Percent(int64_t part, int64_t whole, double of_nothing) {
  const double percent =
      whole <= 0 ? of_nothing : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f%%", percent);
  return text;
}

std::string Sized(const char* label, int64_t bytes) {
  return std::string(label) + ": " + std::to_string(bytes) + " (" + ByteText(bytes) + ")\n";
}

std::string Counted(const char* label, int64_t count) {
  return std::string("\t") + label + ": " + std::to_string(count) + "\n";
}

const char* AdminStateText(AdminState state) {
  switch (state) {
    case AdminState::kNormal:
      return "Normal";
    case AdminState::kDecommissionInProgress:
      return "Decommission in progress";
    case AdminState::kDecommissioned:
      return "Decommissioned";
    case AdminState::kEnteringMaintenance:
      return "Entering maintenance";
    case AdminState::kInMaintenance:
      return "In maintenance";
  }
  return "Normal";
}

std::string DateText(int64_t millis) {
  return TimeText(millis, "%a %b %d %H:%M:%S %Z %Y", /*utc=*/false);
}

}  // namespace

std::string ByteText(int64_t bytes) {
  const std::string human = HumanSize(bytes, 2);
  return human.find(' ') == std::string::npos ? human + " B" : human + "B";
}

std::string SummaryText(const FsStats& space, const FsStats& replicated, const FsStats& ec) {
  const int64_t present = space.used_bytes + space.remaining_bytes;
  std::string text = Sized("Configured Capacity", space.capacity_bytes);
  text += Sized("Present Capacity", present);
  text += Sized("DFS Remaining", space.remaining_bytes);
  text += Sized("DFS Used", space.used_bytes);
  text += "DFS Used%: " + Percent(space.used_bytes, present, 0) + "\n";
  text += "Replicated Blocks:\n";
  text += Counted("Under replicated blocks", replicated.under_replicated);
  text += Counted("Blocks with corrupt replicas", replicated.corrupt_blocks);
  text += Counted("Missing blocks", replicated.missing_blocks);
  text += Counted("Missing blocks (with replication factor 1)", replicated.missing_repl_one_blocks);
  text += Counted("Low redundancy blocks with highest priority to recover",
                  replicated.highest_priority_low_redundancy_blocks);
  text += Counted("Pending deletion blocks", replicated.pending_deletion_blocks);
  text += "Erasure Coded Block Groups: \n";
  text += Counted("Low redundancy block groups", ec.under_replicated);
  text += Counted("Block groups with corrupt internal blocks", ec.corrupt_blocks);
  text += Counted("Missing block groups", ec.missing_blocks);
  text += Counted("Low redundancy blocks with highest priority to recover",
                  ec.highest_priority_low_redundancy_blocks);
  text += Counted("Pending deletion blocks", ec.pending_deletion_blocks);
  return text;
}

std::string DatanodeText(const DatanodeInfo& node, const std::string& name) {
  std::string text = "Name: " + node.id.XferAddr() + (name.empty() ? "" : " (" + name + ")") + "\n";
  text += "Hostname: " + node.id.host_name + "\n";
  if (node.network_location != kDefaultRack) text += "Rack: " + node.network_location + "\n";
  text += std::string("Decommission Status : ") + AdminStateText(node.admin_state) + "\n";
  text += Sized("Configured Capacity", node.capacity_bytes);
  text += Sized("DFS Used", node.dfs_used_bytes);
  text += Sized("Non DFS Used", node.non_dfs_used_bytes);
  text += Sized("DFS Remaining", node.remaining_bytes);
  text += "DFS Used%: " + Percent(node.dfs_used_bytes, node.capacity_bytes, 100) + "\n";
  text += "DFS Remaining%: " + Percent(node.remaining_bytes, node.capacity_bytes, 0) + "\n";
  const int64_t cache_left = node.cache_capacity_bytes - node.cache_used_bytes;
  text += Sized("Configured Cache Capacity", node.cache_capacity_bytes);
  text += Sized("Cache Used", node.cache_used_bytes);
  text += Sized("Cache Remaining", cache_left);
  text += "Cache Used%: " + Percent(node.cache_used_bytes, node.cache_capacity_bytes, 100) + "\n";
  text += "Cache Remaining%: " + Percent(cache_left, node.cache_capacity_bytes, 0) + "\n";
  text += "Xceivers: " + std::to_string(node.xceiver_count) + "\n";
  text += "Last contact: " + DateText(node.last_update_ms) + "\n";
  text += "Last Block Report: " +
          (node.last_block_report_ms == 0 ? "Never" : DateText(node.last_block_report_ms)) + "\n";
  text += "Num of Blocks: " + std::to_string(node.num_blocks) + "\n";
  return text;
}

}  // namespace tusk::cli
