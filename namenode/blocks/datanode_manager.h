// The DataNodes this NameNode knows: identity, storages, space, load, rack, liveness.
//
// A node is live from its registration until the expiry without a heartbeat (2 x recheck + 10 x
// heartbeat, Hadoop's formula); suspect from the moment its control stream breaks; stale after the
// stale interval without a heartbeat.
//
// Owns:    the descriptors. Which blocks lie where is the BlockManager's.
// Threads: thread-safe; its lock is the last of the order namesystem, blocks, datanodes.
// Life:    nodes are added by registration (or restored as expected after a start). A node that
//          comes back under a new uuid at an old one's address takes the old one's place.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/protocol/client_protocol.h"
#include "common/protocol/datanode_info.h"
#include "common/protocol/datanode_protocol.h"
#include "common/protocol/file_status.h"
#include "namenode/blocks/block_types.h"
#include "namenode/blocks/datanode_descriptor.h"
#include "namenode/blocks/placement_policy.h"

namespace tusk::namenode {

struct DatanodeManagerOptions {
  Duration heartbeat_interval = std::chrono::seconds(1);  // dfs.heartbeat.interval
  Duration stale_interval = std::chrono::seconds(3);      // dfs.namenode.stale.datanode.interval
  Duration recheck_interval = std::chrono::seconds(10);   // dfs.namenode.heartbeat.recheck-interval
  bool consider_load = true;                              // dfs.namenode.redundancy.considerLoad
  double load_factor = 2.0;                               // ...considerLoad.factor

  Duration Expiry() const { return 2 * recheck_interval + 10 * heartbeat_interval; }
};

struct DatanodeCounts {
  int32_t live = 0;
  int32_t dead = 0;
  int32_t stale = 0;
  int32_t decommissioning = 0;
  int32_t decommissioned = 0;
  int32_t in_maintenance = 0;
  int32_t expected = 0;    // registered before the stop, neither back nor dead yet
  int32_t unreported = 0;  // live, its full report is still to come
  int32_t failed_volumes = 0;
  int32_t xceivers = 0;
  int32_t racks = 0;  // of live nodes
};

class DatanodeManager {
 public:
  DatanodeManager(DatanodeManagerOptions options, const Clock* clock, Random random);
  ~DatanodeManager();

  const DatanodeManagerOptions& options() const { return options_; }

  // At load: a DataNode that was registered before the stop. It is shown as dead once it has not
  // registered within the expiry; redundancy work waits for it until then.
  void RestoreExpected(const DatanodeId& id) EXCLUDES(mu_);

  // By uuid. Empty where unknown.
  std::optional<DatanodeInfo> Find(const std::string& uuid) const EXCLUDES(mu_);

  // getDatanodeReport and getDatanodeStorageReport.
  std::vector<DatanodeInfo> Report(DatanodeReportType type) const EXCLUDES(mu_);
  std::vector<DatanodeStorageReport> StorageReport(DatanodeReportType type) const EXCLUDES(mu_);
  DatanodeCounts Counts() const EXCLUDES(mu_);

  // capacity, used, remaining over the live nodes; the block counts stay 0.
  FsStats Space() const EXCLUDES(mu_);
  int64_t BlockPoolUsedBytes() const EXCLUDES(mu_);

  // ---- for the BlockManager and the link -------------------------------------------------------

  struct Registered {
    NodeIndex node = kNoNode;
    bool remember = false;         // a new uuid, or other addresses than before
    NodeIndex replaced = kNoNode;  // the node whose address this one has; dead now
  };
  Registered Register(const DatanodeRegistration& registration, const std::string& rack)
      EXCLUDES(mu_);
  void TakeHeartbeat(NodeIndex node, const Heartbeat& heartbeat, int32_t num_blocks) EXCLUDES(mu_);
  void TakeFullReport(NodeIndex node, int32_t num_blocks) EXCLUDES(mu_);
  // It has reported in full before, and has missed nothing since.
  void MarkReported(NodeIndex node) EXCLUDES(mu_);
  // A block that was scheduled has arrived, or never will.
  void TakeReceived(NodeIndex node) EXCLUDES(mu_);
  void Disconnect(NodeIndex node) EXCLUDES(mu_);
  // Nodes that have become dead since the last call.
  std::vector<NodeIndex> ExpireSilent() EXCLUDES(mu_);

  NodeIndex IndexOf(const std::string& uuid) const EXCLUDES(mu_);
  std::vector<NodeStatus> StatusOf(const std::vector<NodeIndex>& nodes) const EXCLUDES(mu_);
  // The same, nearest to `client_host` first, in random order within a distance; stale, leaving
  // and dead ones last. The result says which of `nodes` stands where.
  std::vector<std::pair<size_t, NodeStatus>> SortedFor(const std::vector<NodeIndex>& nodes,
                                                       const std::string& client_host) const
      EXCLUDES(mu_);

  // Also counts what was chosen as scheduled. `left_out` may be null.
  std::vector<std::pair<NodeIndex, ReplicaTarget>> Choose(const PlacementRequest& request,
                                                          const std::vector<NodeIndex>& existing,
                                                          const std::vector<NodeIndex>& excluded,
                                                          std::string* left_out) EXCLUDES(mu_);
  NodeIndex ChooseExcessOf(const std::vector<NodeIndex>& holders, NodeIndex hint) const
      EXCLUDES(mu_);

 private:
  bool Matches(const DatanodeDescriptor& node, DatanodeReportType type) const REQUIRES(mu_);
  void SetStoragesLocked(DatanodeDescriptor* node, const std::vector<tusk::StorageReport>& storages)
      REQUIRES(mu_);
  NodeStatus StatusLocked(NodeIndex node) const REQUIRES(mu_);
  NodeIndex AddLocked(const DatanodeId& id) REQUIRES(mu_);

  // Constant after construction.
  const DatanodeManagerOptions options_;
  const Clock* const clock_;
  const TimePoint started_at_;

  mutable Mutex mu_;
  mutable Random random_ GUARDED_BY(mu_);
  std::vector<DatanodeDescriptor> nodes_ GUARDED_BY(mu_);
  std::unordered_map<std::string, NodeIndex> by_uuid_ GUARDED_BY(mu_);
  TimePoint scheduled_rolled_at_ GUARDED_BY(mu_);
};

}  // namespace tusk::namenode
