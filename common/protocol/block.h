// A block as the protocols name it, and the states of its replicas on a DataNode.
#pragma once

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>

#include "common/base/checksum_type.h"
#include "common/protocol/ids.h"

namespace tusk {

// Id, generation stamp and length of one block (of one replica, where a DataNode speaks).
struct Block {
  BlockId id;
  GenerationStamp generation_stamp;
  int64_t num_bytes = 0;

  auto operator<=>(const Block&) const = default;
};

// A block and the pool (namespace) it belongs to.
struct ExtendedBlock {
  std::string pool_id;
  Block block;

  bool operator==(const ExtendedBlock&) const = default;
};

// "blk_1073741825_1001", as in Hadoop's messages and file names.
inline std::string BlockName(const Block& block) {
  return "blk_" + std::to_string(block.id.value()) + "_" +
         std::to_string(block.generation_stamp.value());
}
inline std::string BlockName(const ExtendedBlock& block) {
  return block.pool_id + ":" + BlockName(block.block);
}
inline std::ostream& operator<<(std::ostream& out, const Block& block) {
  return out << BlockName(block) << " len=" << block.num_bytes;
}

// Hadoop's replica states. kTemporary: being copied by a DataNode, never visible to readers.
enum class ReplicaState : uint8_t {
  kFinalized = 0,
  kRbw = 1,  // replica being written
  kRwr = 2,  // replica waiting to be recovered: an rbw found after a restart
  kRur = 3,  // replica under recovery
  kTemporary = 4,
};

enum class StorageType : uint8_t {  // numbers of the wire
  kDisk = 1,
  kSsd = 2,
  kArchive = 3,
  kRamDisk = 4,
  kProvided = 5,
  kNvdimm = 6,
};

}  // namespace tusk
