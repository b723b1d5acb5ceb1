#include "namenode/web/namenode_beans.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <ctime>

#include "common/metrics/jmx_json.h"
#include "common/rpc/server.h"
#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {
namespace {

constexpr char kService[] = "NameNode";
constexpr char kActive[] = "active";  // there is one NameNode for now, and it is active

double Percent(int64_t part, int64_t whole) {
  return whole <= 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string AdminText(AdminState state) {
  switch (state) {
    case AdminState::kNormal:
      return "In Service";
    case AdminState::kDecommissionInProgress:
      return "Decommission In Progress";
    case AdminState::kDecommissioned:
      return "Decommissioned";
    case AdminState::kEnteringMaintenance:
      return "Entering Maintenance";
    case AdminState::kInMaintenance:
      return "In Maintenance";
  }
  return "";
}

// {"host:port":{...},...}, the form Hadoop's own pages and many dashboards read.
std::string NodesJson(const NamenodeView& view, DatanodeReportType type) {
  std::string json = "{";
  for (const DatanodeInfo& node : view.datanodes->Report(type)) {
    if (json.size() > 1) json += ",";
    const std::string http = node.id.host_name + ":" + std::to_string(node.id.info_port);
    const int64_t silent_s = std::max<int64_t>(
        0, ToMillis(view.clock->Now().time_since_epoch()) - node.last_update_monotonic_ms);
    json +=
        JsonQuote(node.id.host_name + ":" + std::to_string(node.id.xfer_port)) +
        fmt::format(
            ":{{\"infoAddr\":{},\"xferaddr\":{},\"location\":{},\"lastContact\":{},"
            "\"usedSpace\":{},\"adminState\":{},\"nonDfsUsedSpace\":{},\"capacity\":{},"
            "\"numBlocks\":{},\"remaining\":{},\"blockPoolUsed\":{},"
            "\"blockPoolUsedPercent\":{:.4f},\"lastBlockReport\":{}}}",
            JsonQuote(http), JsonQuote(node.id.XferAddr()), JsonQuote(node.network_location),
            silent_s / 1000, node.dfs_used_bytes, JsonQuote(AdminText(node.admin_state)),
            node.non_dfs_used_bytes, node.capacity_bytes, node.num_blocks, node.remaining_bytes,
            node.block_pool_used_bytes, Percent(node.block_pool_used_bytes, node.capacity_bytes),
            node.last_block_report_ms == 0
                ? -1
                : (view.clock->WallMillis() - node.last_block_report_ms) / 60'000);
  }
  return json + "}";
}

// Spread of the DataNodes' usage, as the overview page shows it.
std::string NodeUsageJson(const NamenodeView& view) {
  std::vector<double> used;
  for (const DatanodeInfo& node : view.datanodes->Report(DatanodeReportType::kLive)) {
    used.push_back(Percent(node.dfs_used_bytes, node.capacity_bytes));
  }
  std::sort(used.begin(), used.end());
  const double low = used.empty() ? 0 : used.front();
  const double high = used.empty() ? 0 : used.back();
  const double median = used.empty() ? 0 : used[used.size() / 2];
  return fmt::format(
      "{{\"nodeUsage\":{{\"min\":\"{:.2f}%\",\"median\":\"{:.2f}%\",\"max\":\"{:.2f}%\"}}}}", low,
      median, high);
}

int64_t CallsOf(const RpcServerStats& stats, std::string_view method) {
  int64_t calls = 0;
  for (const RpcMethodStats& entry : stats.methods) {
    if (entry.method == method) calls += entry.calls;
  }
  return calls;
}

double AverageMillis(Duration total, int64_t count) {
  return count == 0 ? 0.0 : ToSeconds(total) * 1000.0 / static_cast<double>(count);
}

}  // namespace

NamenodeBeans::NamenodeBeans(const NamenodeView& view, MetricsRegistry* registry)
    : view_(view), registry_(registry) {
  AddInfo();
  AddNamesystem();
  AddBlockStates();
  AddActivity();
  AddRpc();
  beans_.push_back(AddProcessBean(registry_, kService));
}

NamenodeBeans::~NamenodeBeans() = default;

void NamenodeBeans::AddInfo() {
  const NamenodeView view = view_;
  MetricsBean info = registry_->AddBean(kService, "NameNodeInfo");
  info.AddText("ClusterId", [view] { return view.namespace_info.cluster_id; });
  info.AddText("BlockPoolId", [view] { return view.namespace_info.block_pool_id; });
  info.AddText("Safemode", [view] {
    return view.blocks->InSafeMode() ? "Safe mode is ON. " + view.blocks->SafeModeTip()
                                     : std::string();
  });
  info.AddText("LiveNodes", [view] { return NodesJson(view, DatanodeReportType::kLive); });
  info.AddText("DeadNodes", [view] { return NodesJson(view, DatanodeReportType::kDead); });
  info.AddText("DecomNodes",
               [view] { return NodesJson(view, DatanodeReportType::kDecommissioning); });
  info.AddText("NodeUsage", [view] { return NodeUsageJson(view); });
  info.AddText("NameDirStatuses", [view] {
    return "{\"active\":{" + JsonQuote(view.name_dir) + ":\"IMAGE_AND_EDITS\"},\"failed\":{}}";
  });
  info.AddGauge("NNStartedTimeInMillis", "When the NameNode was started",
                [view] { return view.started_ms; });
  info.AddGauge("Total", "Capacity of all live DataNodes",
                [view] { return view.datanodes->Space().capacity_bytes; });
  info.AddGauge("Used", "Bytes the DFS uses",
                [view] { return view.datanodes->Space().used_bytes; });
  info.AddGauge("Free", "Bytes left", [view] { return view.datanodes->Space().remaining_bytes; });
  info.AddGauge("PercentUsed", "Share of the capacity in use", [view] {
    const FsStats space = view.datanodes->Space();
    return Percent(space.used_bytes, space.capacity_bytes);
  });
  info.AddGauge("PercentRemaining", "Share of the capacity left", [view] {
    const FsStats space = view.datanodes->Space();
    return Percent(space.remaining_bytes, space.capacity_bytes);
  });
  info.AddGauge("BlockPoolUsedSpace", "Bytes of this block pool",
                [view] { return view.datanodes->BlockPoolUsedBytes(); });
  info.AddGauge("TotalBlocks", "Blocks", [view] { return view.blocks->GetTotals().blocks; });
  info.AddGauge("TotalFiles", "Files and directories",
                [view] { return view.namesystem->Counts().inodes; });
  info.AddGauge("NumberOfMissingBlocks", "Blocks without a good replica",
                [view] { return view.blocks->Stats().missing_blocks; });
  info.AddGauge("NumberOfMissingBlocksWithReplicationFactorOne",
                "Those of them that should have one replica",
                [view] { return view.blocks->Stats().missing_repl_one_blocks; });
  beans_.push_back(std::move(info));

  MetricsBean status = registry_->AddBean(kService, "NameNodeStatus");
  status.AddText("NNRole", [] { return std::string("NameNode"); });
  status.AddText("State", [] { return std::string(kActive); });
  status.AddText("HostAndPort", [view] { return view.rpc_address; });
  status.AddGauge("SecurityEnabled", "Whether Kerberos is on", [] { return false; });
  beans_.push_back(std::move(status));
}

void NamenodeBeans::AddNamesystem() {
  const NamenodeView view = view_;
  MetricsBean names = registry_->AddBean(kService, "FSNamesystem", {{"HAState", kActive}});
  MetricsBean state = registry_->AddBean(kService, "FSNamesystemState");
  const auto both = [&](const char* name, const char* help, auto read) {
    names.AddGauge(name, help, read);
    state.AddGauge(name, help, read);
  };
  both("CapacityTotal", "Capacity of all live DataNodes",
       [view] { return view.datanodes->Space().capacity_bytes; });
  both("CapacityUsed", "Bytes the DFS uses", [view] { return view.datanodes->Space().used_bytes; });
  both("CapacityRemaining", "Bytes left",
       [view] { return view.datanodes->Space().remaining_bytes; });
  both("FilesTotal", "Files and directories", [view] { return view.namesystem->Counts().inodes; });
  both("BlocksTotal", "Blocks", [view] { return view.blocks->GetTotals().blocks; });
  both("TotalLoad", "Block streams under way on all DataNodes",
       [view] { return view.datanodes->Counts().xceivers; });
  both("PendingReplicationBlocks", "Blocks whose copies are under way",
       [view] { return view.blocks->GetTotals().pending_copies; });
  both("PendingReconstructionBlocks", "Blocks whose copies are under way",
       [view] { return view.blocks->GetTotals().pending_copies; });
  both("UnderReplicatedBlocks", "Blocks with too few replicas",
       [view] { return view.blocks->Stats().under_replicated; });
  both("LowRedundancyBlocks", "Blocks with too few replicas",
       [view] { return view.blocks->Stats().under_replicated; });
  both("PendingDeletionBlocks", "Replicas that wait for their deletion",
       [view] { return view.blocks->Stats().pending_deletion_blocks; });
  both("NumLiveDataNodes", "DataNodes alive", [view] { return view.datanodes->Counts().live; });
  both("NumDeadDataNodes", "DataNodes dead", [view] { return view.datanodes->Counts().dead; });
  both("StaleDataNodes", "DataNodes silent for the stale interval",
       [view] { return view.datanodes->Counts().stale; });
  both("NumStaleDataNodes", "DataNodes silent for the stale interval",
       [view] { return view.datanodes->Counts().stale; });
  both("NumDecommissioningDataNodes", "DataNodes being decommissioned",
       [view] { return view.datanodes->Counts().decommissioning; });
  both("VolumeFailuresTotal", "Failed volumes of live DataNodes",
       [view] { return view.datanodes->Counts().failed_volumes; });
  names.AddGauge("MissingBlocks", "Blocks without a good replica",
                 [view] { return view.blocks->Stats().missing_blocks; });
  names.AddGauge("MissingReplOneBlocks", "Those of them that should have one replica",
                 [view] { return view.blocks->Stats().missing_repl_one_blocks; });
  names.AddGauge("CorruptBlocks", "Blocks with a corrupt replica",
                 [view] { return view.blocks->Stats().corrupt_blocks; });
  names.AddGauge("ExcessBlocks", "Blocks with too many replicas",
                 [view] { return view.blocks->GetTotals().excess; });
  names.AddGauge("NumFilesUnderConstruction", "Files being written",
                 [view] { return view.namesystem->Counts().open_files; });
  names.AddGauge("NumActiveClients", "Clients that hold a lease",
                 [view] { return view.namesystem->Counts().leases; });
  names.AddGauge("LastWrittenTransactionId", "The last txid",
                 [view] { return view.namesystem->Counts().last_txid.value(); });
  names.AddGauge("TransactionsSinceLastCheckpoint", "Edits after the last checkpoint", [view] {
    const NamesystemCounts counts = view.namesystem->Counts();
    return counts.last_txid.value() - counts.checkpoint_txid.value();
  });
  names.AddGauge("LastCheckpointTime", "When the last checkpoint was written",
                 [view] { return view.namesystem->Counts().checkpoint_time_ms; });
  state.AddText("FSState", [view] {
    return std::string(view.blocks->InSafeMode() ? "safeMode" : "Operational");
  });
  beans_.push_back(std::move(names));
  beans_.push_back(std::move(state));
}

void NamenodeBeans::AddBlockStates() {
  const NamenodeView view = view_;
  MetricsBean bean = registry_->AddBean(kService, "ReplicatedBlocksState");
  bean.AddGauge("TotalReplicatedBlocks", "Blocks",
                [view] { return view.blocks->GetTotals().blocks; });
  bean.AddGauge("LowRedundancyReplicatedBlocks", "Blocks with too few replicas",
                [view] { return view.blocks->Stats().under_replicated; });
  bean.AddGauge("CorruptReplicatedBlocks", "Blocks with a corrupt replica",
                [view] { return view.blocks->Stats().corrupt_blocks; });
  bean.AddGauge("MissingReplicatedBlocks", "Blocks without a good replica",
                [view] { return view.blocks->Stats().missing_blocks; });
  bean.AddGauge("MissingReplicationOneBlocks", "Those of them that should have one replica",
                [view] { return view.blocks->Stats().missing_repl_one_blocks; });
  bean.AddGauge("PendingDeletionReplicatedBlocks", "Replicas that wait for their deletion",
                [view] { return view.blocks->Stats().pending_deletion_blocks; });
  beans_.push_back(std::move(bean));
}

void NamenodeBeans::AddActivity() {
  const NamenodeView view = view_;
  MetricsBean bean = registry_->AddBean(kService, "NameNodeActivity");
  const std::pair<const char*, const char*> kOperations[] = {
      {"CreateFileOps", "create"},
      {"FilesAppended", "append"},
      {"GetBlockLocations", "getBlockLocations"},
      {"GetListingOps", "getListing"},
      {"DeleteFileOps", "delete"},
      {"FileInfoOps", "getFileInfo"},
      {"AddBlockOps", "addBlock"},
      {"GetAdditionalDatanodeOps", "getAdditionalDatanode"},
  };
  for (const auto& [name, method] : kOperations) {
    bean.AddCounter(name, std::string("Calls of ") + method,
                    [view, method = method] { return CallsOf(view.rpc->stats(), method); });
  }
  bean.AddCounter("FilesRenamed", "Calls of rename and rename2", [view] {
    const RpcServerStats stats = view.rpc->stats();
    return CallsOf(stats, "rename") + CallsOf(stats, "rename2");
  });
  bean.AddCounter("SyncsNumOps", "Batches of edits written and synced",
                  [view] { return view.namesystem->Counts().log_syncs; });
  bean.AddGauge("FsImageLoadTime", "Milliseconds to read image and edits at the start",
                [view] { return view.load_ms; });
  beans_.push_back(std::move(bean));

  MetricsBean startup = registry_->AddBean(kService, "StartupProgress");
  startup.AddGauge("SafeModeCount", "Complete blocks that are reported",
                   [view] { return view.blocks->GetTotals().reported; });
  startup.AddGauge("SafeModeTotal", "Complete blocks",
                   [view] { return view.blocks->GetTotals().complete; });
  startup.AddGauge("SafeModePercentComplete", "Share of the complete blocks that are reported",
                   [view] {
                     const BlockManager::Totals totals = view.blocks->GetTotals();
                     if (totals.complete == 0 || !view.blocks->InSafeMode()) return 1.0;
                     return Percent(totals.reported, totals.complete) / 100.0;
                   });
  beans_.push_back(std::move(startup));
}

void NamenodeBeans::AddRpc() {
  const RpcServer* rpc = view_.rpc;
  MetricsBean bean =
      registry_->AddBean(kService, "RpcActivityForPort" + std::to_string(rpc->port()),
                         {{"port", std::to_string(rpc->port())}});
  bean.AddCounter("ReceivedBytes", "Bytes received", [rpc] { return rpc->stats().received_bytes; });
  bean.AddCounter("SentBytes", "Bytes sent", [rpc] { return rpc->stats().sent_bytes; });
  bean.AddCounter("RpcQueueTimeNumOps", "Calls", [rpc] { return rpc->stats().calls; });
  bean.AddGauge("RpcQueueTimeAvgTime", "Milliseconds from read to handler", [rpc] {
    const RpcServerStats stats = rpc->stats();
    return AverageMillis(stats.queue_time, stats.calls);
  });
  bean.AddCounter("RpcProcessingTimeNumOps", "Calls", [rpc] { return rpc->stats().calls; });
  bean.AddGauge("RpcProcessingTimeAvgTime", "Milliseconds from handler to answer", [rpc] {
    const RpcServerStats stats = rpc->stats();
    return AverageMillis(stats.processing_time, stats.calls);
  });
  bean.AddCounter("RpcAuthenticationSuccesses", "Connections that authenticated",
                  [rpc] { return rpc->stats().authentication_successes; });
  bean.AddCounter("RpcAuthenticationFailures", "Connections that failed to",
                  [rpc] { return rpc->stats().authentication_failures; });
  bean.AddGauge("NumOpenConnections", "Open connections",
                [rpc] { return rpc->stats().open_connections; });
  bean.AddCounter("NumDroppedConnections", "Connections closed for what they sent or did not read",
                  [rpc] { return rpc->stats().dropped_connections; });
  bean.AddGauge("CallQueueLength", "Calls not yet answered",
                [rpc] { return rpc->stats().unanswered_calls; });
  beans_.push_back(std::move(bean));
}

}  // namespace tusk::namenode
