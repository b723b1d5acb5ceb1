// What the NameNode knows of one DataNode, apart from its replicas.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/protocol/datanode_info.h"

namespace tusk::namenode {

using NodeIndex = uint32_t;  // dense, never used again for another uuid
inline constexpr NodeIndex kNoNode = std::numeric_limits<uint32_t>::max();

struct DatanodeDescriptor {
  DatanodeInfo info;
  std::vector<StorageReport> storages;
  int32_t recovery_port = 0;
  int32_t transfers_in_progress = 0;
  int32_t failed_volumes = 0;
  std::string software_version;

  bool expected = false;    // registered before the stop, not seen since
  bool registered = false;  // since the start of this NameNode
  bool connected = false;   // its stream stands; else it is suspect
  bool alive = false;
  bool reported = false;  // in full, since its registration
  TimePoint last_heartbeat;
  // Blocks given to it lately that its reports do not show yet; halves by the roll-over.
  int32_t scheduled_blocks = 0;
  int32_t scheduled_before = 0;

  bool StaleAt(TimePoint now, Duration stale_interval) const {
    return !connected || now - last_heartbeat > stale_interval;
  }
  bool Leaving() const { return info.admin_state != AdminState::kNormal; }
};

// A snapshot for callers outside of the DatanodeManager's lock.
struct NodeStatus {
  DatanodeInfo info;
  int32_t recovery_port = 0;
  int32_t transfers_in_progress = 0;
  bool alive = false;
  bool connected = false;
  bool stale = false;
};

}  // namespace tusk::namenode
