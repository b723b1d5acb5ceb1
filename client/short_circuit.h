// Reading a replica of the DataNode on the client's own address through descriptors that it passes
// over its unix socket (op 87, without shared-memory slots).
//
// Threads: LocalReplica is immutable after opening; any number of readers may share one.
// Fails:   opening fails quietly for the user: the caller goes on over TCP. A checksum that does
//          not match is kDataLoss, as with a remote reader.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "client/block_reader.h"
#include "common/base/status.h"
#include "common/net/socket.h"

namespace tusk::client {

// The two open files of a replica.
class LocalReplica {
 public:
  // kUnimplemented when the DataNode passes no descriptors at all.
  static StatusOr<std::shared_ptr<const LocalReplica>> Open(const std::string& socket_path,
                                                            const ExtendedBlock& block,
                                                            const Token& token, Duration timeout);
  // Descriptors of a block file and its meta file.
  static StatusOr<std::shared_ptr<const LocalReplica>> FromFiles(const ExtendedBlock& block,
                                                                 Fd data, Fd meta);

  // Fills `to` with `count` bytes from `offset` on, or fewer at the end of the file. With
  // verification both ends have to stand on chunk boundaries, but for the end of the file.
  StatusOr<size_t> ReadChunks(int64_t offset, char* to, size_t count, bool verify) const;

  const DataChecksum& checksum() const { return checksum_; }

 private:
  LocalReplica(const ExtendedBlock& block, Fd data, Fd meta, const DataChecksum& checksum);

  const std::string name_;
  const Fd data_;
  const Fd meta_;
  const DataChecksum checksum_;
};

// The path of the DataNode's socket: _HOST and _PORT in the configured one filled in.
std::string DomainSocketPath(const std::string& configured, const DatanodeId& datanode);

std::unique_ptr<BlockReader> MakeLocalReader(std::shared_ptr<const LocalReplica> replica,
                                             const BlockRange& range);

}  // namespace tusk::client
