// Reads a range of one replica, verifying checksums: over a connection to its DataNode, or through
// descriptors the DataNode passed (short_circuit.h).
//
// Threads: one caller.
// Fails:   kDataLoss for a checksum that does not match: the replica is corrupt. kUnavailable and
//          kDeadlineExceeded for a DataNode that is gone or refuses; another replica may do. After
//          an error the reader is of no more use.
#pragma once

#include <memory>
#include <string>

#include "client/client_context.h"
#include "common/base/status.h"
#include "common/protocol/located_block.h"

namespace tusk::client {

class BlockReader {
 public:
  virtual ~BlockReader() = default;

  // At least one byte, at most `count`; 0 only at the end of the range.
  virtual StatusOr<size_t> Read(char* to, size_t count) = 0;
  virtual bool through_descriptor() const = 0;
};

// The bytes [offset, offset + length) of a replica. `length` > 0.
struct BlockRange {
  ExtendedBlock block;
  Token token;
  int64_t offset = 0;
  int64_t length = 0;
  bool verify_checksums = true;
};

// Over a connection, a cached one first. At its end the connection goes back to the cache.
StatusOr<std::unique_ptr<BlockReader>> OpenRemoteReader(
    std::shared_ptr<const ClientContext> context, const DatanodeInfo& datanode,
    const BlockRange& range);

}  // namespace tusk::client
