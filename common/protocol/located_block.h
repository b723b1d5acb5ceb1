// Where the blocks of a file lie, as getBlockLocations and addBlock answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/protocol/block.h"
#include "common/protocol/datanode_info.h"
#include "common/protocol/token.h"

namespace tusk {

struct LocatedBlock {
  ExtendedBlock block;                  // num_bytes: length of the block as the NameNode knows it
  int64_t offset = 0;                   // of its first byte in the file; -1 where it has no meaning
  std::vector<DatanodeInfo> locations;  // nearest to the asking client first
  std::vector<StorageType> storage_types;  // one per location
  std::vector<std::string> storage_ids;    // one per location
  bool corrupt = false;  // every replica is corrupt; locations are the corrupt ones
  Token token;
};

struct LocatedBlocks {
  int64_t file_length = 0;                 // without a last block under construction
  std::vector<LocatedBlock> blocks;        // those that overlap the range asked for
  std::optional<LocatedBlock> last_block;  // of the file, in range or not
  bool under_construction = false;
  bool last_block_complete = false;
};

}  // namespace tusk
