// The DataNodes this NameNode knows: identity, storages, space, load, rack, liveness.
//
// A node is live while its control stream stands or its last heartbeat is younger than the expiry
// (2 x recheck + 10 x heartbeat, Hadoop's formula); suspect from the moment its stream breaks;
// stale after the stale interval without a heartbeat.
//
// Owns:    the descriptors. Which blocks lie where is the BlockManager's.
// Threads: thread-safe; its lock is the last of the order namesystem, blocks, datanodes.
// Life:    nodes are added by registration (or restored as expected after a start), never removed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/protocol/client_protocol.h"
#include "common/protocol/datanode_info.h"
#include "common/protocol/datanode_protocol.h"
#include "namenode/blocks/block_types.h"

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
  int32_t in_maintenance = 0;
  int32_t expected = 0;  // registered before the stop, neither back nor dead yet
};

class DatanodeManager {
 public:
  DatanodeManager(DatanodeManagerOptions options, const Clock* clock, Random random);
  ~DatanodeManager();

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

 private:
  mutable Mutex mu_;
};

}  // namespace tusk::namenode
