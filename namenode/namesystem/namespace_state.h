// All that an edit can change, and what the image holds: one value, filled by load and replay, then
// changed by live operations through the same code (apply.h).
//
// Threads: not thread-safe but for the leases (the namesystem's lock).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/protocol/datanode_info.h"
#include "common/protocol/ids.h"
#include "namenode/namesystem/directory.h"
#include "namenode/namesystem/lease_manager.h"
#include "namenode/namesystem/retry_cache.h"

namespace tusk::namenode {

struct NamespaceState {
  NamespaceState(LeaseManager::Limits limits, const Clock* clock, int64_t retry_entries,
                 int64_t retry_expiry_ms)
      : leases(limits, clock), retries(retry_entries, retry_expiry_ms) {}

  Directory directory;
  LeaseManager leases;
  RetryCache retries;
  std::map<std::string, DatanodeId> datanodes;  // by uuid
  std::vector<std::string> changed_datanodes;   // since the last checkpoint

  InodeId last_inode = kRootInodeId;
  BlockId last_block = kLastReservedBlockId;
  GenerationStamp last_generation_stamp = kLastReservedGenerationStamp;
};

}  // namespace tusk::namenode
