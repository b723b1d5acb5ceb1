// What the block manager takes from the namespace and hands back to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/protocol/block.h"
#include "common/protocol/datanode_info.h"
#include "common/protocol/datanode_protocol.h"
#include "common/protocol/ids.h"

namespace tusk::namenode {

// under construction -> committed (the client has said its length) -> complete (the minimum of
// replicas is reported with that length). Append and truncate lead back to under construction.
enum class BlockState : uint8_t { kUnderConstruction = 0, kCommitted = 1, kComplete = 2 };

// A block as the image or a replayed edit knows it. Replicas come from DataNodes only.
struct RestoredBlock {
  Block block;
  InodeId inode;
  int32_t replication = 1;
  BlockState state = BlockState::kComplete;
};

// One replica that is to be: a DataNode and one of its storages.
struct ReplicaTarget {
  DatanodeInfo node;
  std::string storage_id;
  StorageType storage_type = StorageType::kDisk;
};

struct PlacementRequest {
  std::string path;        // named in the error
  int32_t additional = 1;  // how many targets
  int32_t minimum = 1;     // fewer than this many is an error; 0: an empty answer is fine
  int64_t block_size_bytes = 128LL << 20;
  std::string writer_host;  // address of the writing client; empty: none
  std::vector<DatanodeId> excluded;
  std::vector<std::string> favored_nodes;  // "host:port" or "host"
  bool no_local_write = false;
  bool ignore_client_locality = false;
  std::vector<ReplicaTarget> existing;  // already hold a replica; racks are counted with them
};

// What a DataNode's message, or the passing of time, means for the namespace. The receiver checks
// again by id: the file may be gone, the block may be another one by now.
struct BlockEffect {
  enum class Kind : uint8_t {
    kBlockComplete,       // committed, and the minimum of replicas is there: wakes held calls
    kSynchronized,        // outcome of a block recovery: to be logged, then ApplySynchronization
    kRecoveryFailed,      // the primary died or gave up: start again with a new recovery id
    kDatanodeRegistered,  // first time this uuid is seen (or its addresses changed): to be
                          // remembered
    kLeftSafeMode,
  };
  Kind kind = Kind::kBlockComplete;
  BlockId block;
  InodeId inode;
  std::optional<BlockSynchronization> synchronization;  // kSynchronized
  std::optional<DatanodeId> datanode;                   // kDatanodeRegistered
};
using BlockEffects = std::vector<BlockEffect>;

// One replica as fsck, the status page and tests see it.
struct ReplicaView {
  DatanodeInfo node;
  std::string storage_id;
  StorageType storage_type = StorageType::kDisk;
  bool corrupt = false;
  bool stale = false;  // its DataNode has been silent for the stale interval
  bool excess = false;
  bool dead = false;
};

struct BlockView {
  Block block;
  InodeId inode;
  BlockState state = BlockState::kComplete;
  int32_t replication = 0;  // expected
  int32_t live = 0;         // replicas that count: not corrupt, not excess, not decommissioned
  int32_t corrupt = 0;
  int32_t excess = 0;
  int32_t pending = 0;                // copies under way
  int32_t racks = 0;                  // distinct racks of the live ones
  bool misplaced = false;             // all on one rack although there are more
  std::vector<ReplicaView> replicas;  // expected locations while not complete
};

}  // namespace tusk::namenode
