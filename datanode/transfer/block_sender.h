// Sends the bytes of a replica as packets: to a reader, or to another DataNode.
//
// Packets of 64 KiB, many of them with one system call, from one buffer that is read into with
// large reads. The first starts on the chunk boundary at or below the offset asked for, the last
// ends on one, or at the end of what is visible; then comes the empty packet.
//
// Threads: one.
// Fails:   kOutOfRange when the range does not lie in the visible bytes, kDataLoss when the files
//          end early, kUnavailable when the other end has closed (for a reader nothing unusual).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/datatransfer/data_checksum.h"
#include "datanode/storage/replica_store.h"
#include "datanode/transfer/peer_connection.h"

namespace tusk::datanode {

class BlockSender {
 public:
  struct Options {
    bool checksums = true;
    // Compare data and checksums before they leave: for copies, so that a bad replica is found at
    // its source.
    bool verify = false;
  };

  // Borrows `reader`.
  static StatusOr<BlockSender> Make(const ReplicaReader* reader, int64_t offset, int64_t length,
                                    const Options& options);

  // What the answer to a READ_BLOCK says.
  ReadChecksumInfo Info() const { return {sent_checksum_, start_}; }

  // All packets, the empty last one too.
  Status Send(PeerConnection* to);
  int64_t bytes_sent() const { return bytes_sent_; }

 private:
  BlockSender(const ReplicaReader* reader, int64_t start, int64_t end, const Options& options);

  // Data and checksums of [at, at + size) into the buffers.
  Status Load(int64_t at, int64_t size);
  Status SendLoaded(PeerConnection* to, int64_t at, int64_t size);

  const ReplicaReader* const reader_;
  const Options options_;
  DataChecksum sent_checksum_;
  int64_t start_;
  int64_t end_;
  int64_t seqno_ = 0;
  int64_t bytes_sent_ = 0;
  std::unique_ptr<char[]> data_;
  std::string sums_;
};

}  // namespace tusk::datanode
