// A file being written to HDFS: cuts the bytes into packets and blocks.
//
// A packet begins on a chunk boundary. After a flush in the middle of a chunk the next packet sends
// that chunk again from its start, so that its checksum covers all of it; only in the first chunk
// of an append, whose bytes are not ours, a packet carries just the new bytes. Threads: one caller.
// Owns: its lease, through the context's LeaseRenewer, until Close or Abort.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/block_writer.h"
#include "client/client_context.h"
#include "client/file_system.h"

namespace tusk::client {

class HdfsFileWriter final : public FileWriter {
 public:
  // `keep_alive` lives as long as the writer. `file.path` has just been created by this client.
  HdfsFileWriter(std::shared_ptr<const FileSystem> keep_alive,
                 std::shared_ptr<const ClientContext> context, WrittenFile file);
  // Continues a file opened for append, whose length is `length`.
  static StatusOr<std::unique_ptr<HdfsFileWriter>> Continue(
      std::shared_ptr<const FileSystem> keep_alive, std::shared_ptr<const ClientContext> context,
      WrittenFile file, int64_t length, const std::optional<LocatedBlock>& last_block);
  ~HdfsFileWriter() override;

  Status Write(std::string_view bytes) override;
  Status Hflush() override { return Flush(/*sync=*/false); }
  Status Hsync() override { return Flush(/*sync=*/true); }
  Status Close() override;
  void Abort() override;
  int64_t position() const override { return position_; }
  std::vector<DatanodeInfo> pipeline() const override;

 private:
  // The bytes of the block so far, those waiting in pending_ included.
  int64_t BlockLength() const { return pending_offset_ + static_cast<int64_t>(pending_.size()); }
  size_t PendingCapacity() const;
  Status OpenBlock();
  Status SendPending(bool sync);
  Status EndBlock();
  Status Flush(bool sync);
  Status Complete();
  Status Keep(Status status);
  void ReleaseLease();

  const std::shared_ptr<const FileSystem> keep_alive_;
  const std::shared_ptr<const ClientContext> context_;
  WrittenFile file_;
  const size_t packet_data_bytes_;  // a whole number of chunks

  int64_t position_ = 0;
  std::unique_ptr<BlockWriter> block_;     // null between blocks
  std::optional<ExtendedBlock> previous_;  // the block finished last
  std::string pending_;                    // not sent, or sent and kept: the chunk begun
  int64_t pending_offset_ = 0;             // of pending_[0] in the block
  size_t pending_sent_ = 0;                // how much of pending_ a flush has sent already
  bool block_known_to_namenode_ = false;   // fsync was called for it
  Status status_;
  bool closed_ = false;
  bool leased_ = true;
};

}  // namespace tusk::client
