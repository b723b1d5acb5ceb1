// BLOCK_CHECKSUM: one checksum over a replica, from the stored checksums of its chunks.
#pragma once

#include "common/datatransfer/op_header.h"
#include "datanode/storage/replica_store.h"

namespace tusk::datanode {

// Over the first `length` bytes (at most what is visible). MD5CRC: MD5 of the chunk checksums as
// they stand in the meta file, the last one computed where `length` cuts a chunk. COMPOSITE_CRC:
// the CRC of the bytes themselves, composed; one per stripe where a stripe length is given.
// kDataLoss for a replica whose files do not fit together.
StatusOr<BlockChecksumAnswer> ComputeBlockChecksum(const ReplicaReader& reader, int64_t length,
                                                   const BlockChecksumOptions& options);

}  // namespace tusk::datanode
