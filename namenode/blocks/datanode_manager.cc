#include "namenode/blocks/datanode_manager.h"

#include <algorithm>
#include <set>

#include "common/base/log.h"
#include "common/net/topology.h"

namespace tusk::namenode {
namespace {

constexpr Duration kScheduledRollOver = std::chrono::minutes(10);

bool SameAddresses(const DatanodeId& a, const DatanodeId& b) {
  return a == b;
}

}  // namespace

DatanodeManager::DatanodeManager(DatanodeManagerOptions options, const Clock* clock, Random random)
    : options_(options),
      clock_(clock),
      started_at_(clock->Now()),
      random_(random),
      scheduled_rolled_at_(started_at_) {}

DatanodeManager::~DatanodeManager() = default;

NodeIndex DatanodeManager::AddLocked(const DatanodeId& id) {
  const auto index = static_cast<NodeIndex>(nodes_.size());
  nodes_.emplace_back();
  nodes_.back().info.id = id;
  by_uuid_[id.uuid] = index;
  return index;
}

void DatanodeManager::RestoreExpected(const DatanodeId& id) {
  MutexLock lock(mu_);
  if (by_uuid_.count(id.uuid) != 0) return;
  DatanodeDescriptor& node = nodes_[AddLocked(id)];
  node.expected = true;
  node.last_heartbeat = clock_->Now();
}

DatanodeManager::Registered DatanodeManager::Register(const DatanodeRegistration& registration,
                                                      const std::string& rack) {
  Registered result;
  MutexLock lock(mu_);
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    DatanodeDescriptor& other = nodes_[i];
    if (other.info.id.uuid == registration.id.uuid ||
        other.info.id.XferAddr() != registration.id.XferAddr() ||
        by_uuid_.count(other.info.id.uuid) == 0) {
      continue;
    }
    // Its disks were exchanged: the old node will not come back.
    by_uuid_.erase(other.info.id.uuid);
    other.alive = other.connected = other.expected = other.registered = false;
    result.replaced = i;
  }
  const auto known = by_uuid_.find(registration.id.uuid);
  result.remember = known == by_uuid_.end();
  result.node = result.remember ? AddLocked(registration.id) : known->second;
  DatanodeDescriptor& node = nodes_[result.node];
  if (!SameAddresses(node.info.id, registration.id)) {
    node.info.id = registration.id;
    result.remember = true;
  }
  node.info.network_location = rack.empty() ? std::string("/default-rack") : rack;
  node.recovery_port = registration.recovery_port;
  node.software_version = registration.software_version;
  node.expected = false;
  node.registered = node.connected = node.alive = true;
  node.reported = false;
  node.last_heartbeat = clock_->Now();
  SetStoragesLocked(&node, registration.storages);
  return result;
}

void DatanodeManager::SetStoragesLocked(DatanodeDescriptor* node,
                                        const std::vector<tusk::StorageReport>& storages) {
  node->storages = storages;
  DatanodeInfo& info = node->info;
  info.capacity_bytes = info.dfs_used_bytes = info.remaining_bytes = 0;
  info.non_dfs_used_bytes = info.block_pool_used_bytes = 0;
  for (const auto& storage : storages) {
    if (storage.failed) continue;
    info.capacity_bytes += storage.capacity_bytes;
    info.dfs_used_bytes += storage.dfs_used_bytes;
    info.remaining_bytes += storage.remaining_bytes;
    info.non_dfs_used_bytes += storage.non_dfs_used_bytes;
    info.block_pool_used_bytes += storage.block_pool_used_bytes;
  }
  info.last_update_ms = clock_->WallMillis();
  info.last_update_monotonic_ms = ToMillis(clock_->Now().time_since_epoch());
}

void DatanodeManager::TakeHeartbeat(NodeIndex index, const Heartbeat& heartbeat,
                                    int32_t num_blocks) {
  MutexLock lock(mu_);
  DatanodeDescriptor& node = nodes_[index];
  node.last_heartbeat = clock_->Now();
  node.info.xceiver_count = heartbeat.xceiver_count;
  node.info.num_blocks = num_blocks;
  node.transfers_in_progress = heartbeat.transfers_in_progress;
  node.failed_volumes = heartbeat.failed_volumes;
  if (!heartbeat.storages.empty()) SetStoragesLocked(&node, heartbeat.storages);
}

void DatanodeManager::TakeFullReport(NodeIndex index, int32_t num_blocks) {
  MutexLock lock(mu_);
  nodes_[index].reported = true;
  nodes_[index].info.num_blocks = num_blocks;
  nodes_[index].info.last_block_report_ms = clock_->WallMillis();
}

void DatanodeManager::MarkReported(NodeIndex index) {
  MutexLock lock(mu_);
  nodes_[index].reported = true;
}

void DatanodeManager::TakeReceived(NodeIndex index) {
  MutexLock lock(mu_);
  DatanodeDescriptor& node = nodes_[index];
  if (node.scheduled_before > 0) {
    --node.scheduled_before;
  } else if (node.scheduled_blocks > 0) {
    --node.scheduled_blocks;
  }
}

void DatanodeManager::Disconnect(NodeIndex index) {
  MutexLock lock(mu_);
  nodes_[index].connected = false;
  nodes_[index].transfers_in_progress = 0;
}

std::vector<NodeIndex> DatanodeManager::ExpireSilent() {
  std::vector<NodeIndex> dead;
  const TimePoint now = clock_->Now();
  MutexLock lock(mu_);
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    DatanodeDescriptor& node = nodes_[i];
    if (now - node.last_heartbeat <= options_.Expiry()) continue;
    if (node.alive) dead.push_back(i);
    node.alive = node.connected = node.expected = false;
  }
  if (now - scheduled_rolled_at_ > kScheduledRollOver) {
    scheduled_rolled_at_ = now;
    for (DatanodeDescriptor& node : nodes_) {
      node.scheduled_before = std::exchange(node.scheduled_blocks, 0);
    }
  }
  return dead;
}

NodeIndex DatanodeManager::IndexOf(const std::string& uuid) const {
  MutexLock lock(mu_);
  const auto it = by_uuid_.find(uuid);
  return it == by_uuid_.end() ? kNoNode : it->second;
}

std::optional<DatanodeInfo> DatanodeManager::Find(const std::string& uuid) const {
  MutexLock lock(mu_);
  const auto it = by_uuid_.find(uuid);
  if (it == by_uuid_.end()) return std::nullopt;
  return nodes_[it->second].info;
}

NodeStatus DatanodeManager::StatusLocked(NodeIndex index) const {
  const DatanodeDescriptor& node = nodes_[index];
  return {.info = node.info,
          .recovery_port = node.recovery_port,
          .transfers_in_progress = node.transfers_in_progress,
          .alive = node.alive,
          .connected = node.connected,
          .stale = node.StaleAt(clock_->Now(), options_.stale_interval)};
}

std::vector<NodeStatus> DatanodeManager::StatusOf(const std::vector<NodeIndex>& nodes) const {
  std::vector<NodeStatus> result;
  result.reserve(nodes.size());
  MutexLock lock(mu_);
  for (const NodeIndex node : nodes) result.push_back(StatusLocked(node));
  return result;
}

std::vector<std::pair<size_t, NodeStatus>> DatanodeManager::SortedFor(
    const std::vector<NodeIndex>& nodes, const std::string& client_host) const {
  struct Key {
    int rank;
    uint64_t tie;
    size_t position;
  };
  std::vector<std::pair<Key, NodeStatus>> keyed;
  MutexLock lock(mu_);
  std::string client_rack;
  for (const DatanodeDescriptor& node : nodes_) {
    if (node.alive && node.info.id.ip_addr == client_host) client_rack = node.info.network_location;
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    NodeStatus status = StatusLocked(nodes[i]);
    int rank = NetworkDistance(client_host, client_rack.empty() ? "/no-rack" : client_rack,
                               status.info.id.ip_addr, status.info.network_location);
    if (status.stale) rank += 1000;
    if (status.info.admin_state != AdminState::kNormal) rank += 2000;
    if (!status.alive) rank += 4000;
    keyed.push_back({{rank, random_.Next(), i}, std::move(status)});
  }
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.rank, a.first.tie) < std::tie(b.first.rank, b.first.tie);
  });
  std::vector<std::pair<size_t, NodeStatus>> sorted;
  sorted.reserve(keyed.size());
  for (auto& [key, status] : keyed) sorted.emplace_back(key.position, std::move(status));
  return sorted;
}

std::vector<std::pair<NodeIndex, ReplicaTarget>> DatanodeManager::Choose(
    const PlacementRequest& request, const std::vector<NodeIndex>& existing,
    const std::vector<NodeIndex>& excluded, std::string* left_out) {
  std::vector<std::pair<NodeIndex, ReplicaTarget>> targets;
  MutexLock lock(mu_);
  Placement placement = ChoosePlacement(nodes_, request,
                                        {.now = clock_->Now(),
                                         .stale_interval = options_.stale_interval,
                                         .consider_load = options_.consider_load,
                                         .load_factor = options_.load_factor,
                                         .existing = existing,
                                         .excluded = excluded},
                                        &random_);
  if (left_out != nullptr) *left_out = std::move(placement.left_out);
  for (const Placement::Choice& choice : placement.choices) {
    DatanodeDescriptor& node = nodes_[choice.node];
    ++node.scheduled_blocks;
    const auto& storage = node.storages[choice.storage];
    targets.emplace_back(choice.node, ReplicaTarget{.node = node.info,
                                                    .storage_id = storage.storage_uuid,
                                                    .storage_type = storage.type});
  }
  return targets;
}

NodeIndex DatanodeManager::ChooseExcessOf(const std::vector<NodeIndex>& holders,
                                          NodeIndex hint) const {
  MutexLock lock(mu_);
  return ChooseExcess(nodes_, holders, hint);
}

bool DatanodeManager::Matches(const DatanodeDescriptor& node, DatanodeReportType type) const {
  // Replaced ones are gone; expected ones count as neither until the expiry has passed.
  if (by_uuid_.count(node.info.id.uuid) == 0 || node.expected) return false;
  const AdminState state = node.info.admin_state;
  switch (type) {
    case DatanodeReportType::kAll:
      return true;
    case DatanodeReportType::kLive:
      return node.alive;
    case DatanodeReportType::kDead:
      return !node.alive;
    case DatanodeReportType::kDecommissioning:
      return node.alive && state == AdminState::kDecommissionInProgress;
    case DatanodeReportType::kEnteringMaintenance:
      return node.alive && state == AdminState::kEnteringMaintenance;
    case DatanodeReportType::kInMaintenance:
      return node.alive && state == AdminState::kInMaintenance;
  }
  return false;
}

std::vector<DatanodeInfo> DatanodeManager::Report(DatanodeReportType type) const {
  std::vector<DatanodeInfo> report;
  MutexLock lock(mu_);
  for (const DatanodeDescriptor& node : nodes_) {
    if (Matches(node, type)) report.push_back(node.info);
  }
  return report;
}

std::vector<DatanodeStorageReport> DatanodeManager::StorageReport(DatanodeReportType type) const {
  std::vector<DatanodeStorageReport> report;
  MutexLock lock(mu_);
  for (const DatanodeDescriptor& node : nodes_) {
    if (Matches(node, type)) report.push_back({node.info, node.storages});
  }
  return report;
}

DatanodeCounts DatanodeManager::Counts() const {
  DatanodeCounts counts;
  std::set<std::string> racks;
  const TimePoint now = clock_->Now();
  MutexLock lock(mu_);
  for (const DatanodeDescriptor& node : nodes_) {
    if (node.expected) ++counts.expected;
    if (Matches(node, DatanodeReportType::kDead)) ++counts.dead;
    if (!node.alive) continue;
    ++counts.live;
    racks.insert(node.info.network_location);
    if (node.StaleAt(now, options_.stale_interval)) ++counts.stale;
    if (!node.reported) ++counts.unreported;
    counts.failed_volumes += node.failed_volumes;
    counts.xceivers += node.info.xceiver_count;
    if (Matches(node, DatanodeReportType::kDecommissioning)) ++counts.decommissioning;
    if (node.info.admin_state == AdminState::kDecommissioned) ++counts.decommissioned;
    if (Matches(node, DatanodeReportType::kInMaintenance)) ++counts.in_maintenance;
  }
  counts.racks = static_cast<int32_t>(racks.size());
  return counts;
}

FsStats DatanodeManager::Space() const {
  FsStats stats;
  MutexLock lock(mu_);
  for (const DatanodeDescriptor& node : nodes_) {
    if (!node.alive) continue;
    stats.capacity_bytes += node.info.capacity_bytes;
    stats.used_bytes += node.info.dfs_used_bytes;
    stats.remaining_bytes += node.info.remaining_bytes;
  }
  return stats;
}

int64_t DatanodeManager::BlockPoolUsedBytes() const {
  int64_t bytes = 0;
  MutexLock lock(mu_);
  for (const DatanodeDescriptor& node : nodes_) {
    if (node.alive) bytes += node.info.block_pool_used_bytes;
  }
  return bytes;
}

}  // namespace tusk::namenode
