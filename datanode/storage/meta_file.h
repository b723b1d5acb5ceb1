// The checksum file of a replica, blk_<id>_<gs>.meta: seven bytes of header (common/datatransfer's
// layout), then one big-endian checksum per chunk of the block file blk_<id>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/datatransfer/data_checksum.h"
#include "common/io/env.h"
#include "common/protocol/block.h"

namespace tusk::datanode {

std::string BlockFileName(BlockId id);                        // "blk_1073741825"
std::string MetaFileName(BlockId id, GenerationStamp stamp);  // "blk_1073741825_1001.meta"

// What a file's name says: a block file has no generation stamp. Empty for other names.
struct ReplicaFileName {
  BlockId id;
  std::optional<GenerationStamp> stamp;
};
std::optional<ReplicaFileName> ParseReplicaFileName(std::string_view name);

// kDataLoss naming the file when it is too short or no meta file.
StatusOr<DataChecksum> ReadMetaHeader(File* meta);

// `count` checksums from chunk number `first_chunk` on; kDataLoss when the file has fewer.
StatusOr<std::string> ReadChecksums(File* meta, const DataChecksum& checksum, int64_t first_chunk,
                                    int64_t count);

// Reads all of the block file and says how long its prefix with right checksums is. `last_crc`: the
// checksum of the last chunk if that is partial, else 0.
struct ValidPrefix {
  DataChecksum checksum;
  int64_t length = 0;
  uint32_t last_crc = 0;
};
StatusOr<ValidPrefix> FindValidPrefix(File* data, File* meta);

// Cuts both files to the first `length` bytes of the block; a chunk cut in two gets its new
// checksum, after the old one was verified (kDataLoss if that fails). Returns the checksum of the
// last chunk if that is partial, else 0.
StatusOr<uint32_t> CutReplica(File* data, File* meta, const DataChecksum& checksum,
                              int64_t old_length, int64_t length);

// The stored checksum of the partial chunk at the end of a replica of `length` bytes, after it was
// verified against the data; 0 when the last chunk is full.
StatusOr<uint32_t> LoadLastChunkCrc(File* data, File* meta, const DataChecksum& checksum,
                                    int64_t length);

}  // namespace tusk::datanode
