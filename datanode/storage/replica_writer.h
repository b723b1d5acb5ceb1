// Writes packets into one replica that is being written, and keeps its checksums.
//
// Bytes may come twice but never leave a gap. A packet starts on a chunk boundary, or continues the
// partial chunk at the end and then ends within it: a client that flushed in mid-chunk either sends
// the whole chunk again (its checksum replaces the last one) or, after an append, only the new
// bytes (the last checksum is continued).
//
// Owns:    the two open files, and the room promised to the replica.
// Threads: one thread writes; Acked may come from another.
// Life:    made by ReplicaStore, ended by ReplicaStore::Finalize or by its destructor, which leaves
//          the replica as it is: an rbw may be recovered, a temporary one is removed by the store.
// Fails:   kOutOfRange for a gap or a bad alignment, kDataLoss for wrong checksums, else the disk's
//          error with the file's name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/datatransfer/data_checksum.h"
#include "common/io/env.h"
#include "datanode/storage/replica.h"

namespace tusk::datanode {

class ReplicaStore;

class ReplicaWriter {
 public:
  ReplicaWriter(std::shared_ptr<Replica> replica, std::unique_ptr<File> data,
                std::unique_ptr<File> meta, const DataChecksum& checksum, int64_t promised_bytes,
                std::shared_ptr<WriterSession> session);
  ~ReplicaWriter();
  ReplicaWriter(const ReplicaWriter&) = delete;
  ReplicaWriter& operator=(const ReplicaWriter&) = delete;

  // Stores `data` at `offset` of the block. `sums` are its checksums by `sums_kind`, or empty:
  // then they are computed. They are taken as right: the receiver verifies them where it must.
  Status Write(int64_t offset, std::string_view data, std::string_view sums,
               const DataChecksum& sums_kind);

  // Data and checksums survive a power loss from here on, if their names do.
  Status Sync();
  // ... and so do the names, as a pipeline recovery left them: what a client's hsync promises.
  Status Hsync();

  // The whole pipeline has the first `bytes` bytes.
  void Acked(int64_t bytes) { replica_->SetAcked(bytes); }

  const std::shared_ptr<Replica>& replica() const { return replica_; }
  const DataChecksum& checksum() const { return checksum_; }
  int64_t length() const { return length_; }
  bool stopped() const { return session_->stopped(); }

 private:
  friend class ReplicaStore;

  Status WriteWithSums(int64_t offset, std::string_view data, std::string_view sums);
  Status WriteComputed(std::string_view data);
  // Puts new bytes at the end and checksums from chunk `first_chunk` on.
  Status Put(std::string_view data, int64_t first_chunk, std::string_view sums);
  Status ReserveSpace(int64_t end);
  int64_t PartialChunk() const;  // at the end; -1 when there is none

  const std::shared_ptr<Replica> replica_;
  const std::unique_ptr<File> data_;
  const std::unique_ptr<File> meta_;
  const DataChecksum checksum_;
  const std::shared_ptr<WriterSession> session_;

  int64_t length_;
  uint32_t last_crc_;  // of the partial chunk at the end
  int64_t promised_;
  int64_t allocated_ = 0;
  bool names_synced_ = false;
  // The partial chunk at the end whose bytes may be acknowledged as durable (found by this writer,
  // or hsynced), or -1: its checksum is replaced only once the data that goes with it is on the
  // disk.
  int64_t durable_chunk_;
  std::string sums_;  // reused
};

}  // namespace tusk::datanode
