// A file being read from HDFS.
//
// Sequential reads keep one BlockReader that streams the rest of its block (the DataNode and the
// socket's buffer read ahead); positional reads open one for just their range. When a replica
// fails, its DataNode is left alone by this reader and the next one goes on at the same byte; a
// replica with a bad checksum is reported to the NameNode.
//
// A descriptor accuses nobody: what it gives wrong may be a chunk that an append is just changing,
// and a disk that fails is for the DataNode to notice. So the bytes are asked for once more over a
// socket, and only what is wrong there counts.
//
// Threads: one caller, but PRead from any thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/block_reader.h"
#include "client/client_context.h"
#include "client/file_blocks.h"
#include "client/file_system.h"
#include "client/replica_choice.h"
#include "client/short_circuit.h"
#include "common/concurrent/mutex.h"

namespace tusk::client {

class HdfsFileReader final : public FileReader {
 public:
  HdfsFileReader(std::shared_ptr<const FileSystem> keep_alive,
                 std::shared_ptr<const ClientContext> context, std::unique_ptr<FileBlocks> blocks,
                 const ReadOptions& options);

  StatusOr<size_t> Read(char* to, size_t count) override;
  StatusOr<size_t> PRead(int64_t offset, char* to, size_t count) override;
  Status Seek(int64_t position) override;
  int64_t position() const override { return position_; }
  int64_t length() const override { return blocks_->length(); }
  ReadStatistics statistics() const override;
  StatusOr<std::vector<std::string>> ReplicaHosts(int64_t offset) override;

 private:
  using ReplicaKey = std::pair<BlockId, std::string>;  // and the DataNode's transfer address

  // A replica being read.
  struct Source {
    LocatedBlock block;
    size_t location = 0;  // which of the block's
    std::unique_ptr<BlockReader> reader;
  };

  // A reader of up to `length` bytes from `offset` of the file on, from the first replica that
  // opens. Waits and asks the NameNode again before it gives up with kDataLoss.
  StatusOr<Source> OpenSource(int64_t offset, int64_t length, int* failures);
  StatusOr<std::unique_ptr<BlockReader>> OpenReplica(const LocatedBlock& block, size_t location,
                                                     const BlockRange& range);
  StatusOr<std::shared_ptr<const LocalReplica>> DescriptorsOf(const LocatedBlock& block,
                                                              const DatanodeId& datanode)
      EXCLUDES(mu_);
  // One Read of the source. After an error it is of no more use, and another one has to be opened:
  // the same replica over a socket, if this was a descriptor, else another replica.
  StatusOr<size_t> ReadSource(Source* source, char* to, size_t count);
  void NoteBad(const LocatedBlock& block, size_t location, const Status& error) EXCLUDES(mu_);
  // From now on this replica is read over a socket.
  void GiveUpDescriptors(const LocatedBlock& block, const DatanodeId& datanode, const Status& error)
      EXCLUDES(mu_);
  Status NoReplicaLeft(const LocatedBlock& block) EXCLUDES(mu_);

  const std::shared_ptr<const FileSystem> keep_alive_;
  const std::shared_ptr<const ClientContext> context_;
  const std::unique_ptr<FileBlocks> blocks_;
  const ReadOptions options_;
  const OwnHost own_host_;

  // The sequential caller's.
  int64_t position_ = 0;
  std::unique_ptr<Source> source_;

  std::atomic<int64_t> descriptor_bytes_{0};
  std::atomic<int64_t> local_bytes_{0};
  std::atomic<int64_t> remote_bytes_{0};

  Mutex mu_;
  std::set<std::string> dead_ GUARDED_BY(mu_);  // transfer addresses
  std::set<ReplicaKey> corrupt_ GUARDED_BY(mu_);
  std::map<ReplicaKey, std::shared_ptr<const LocalReplica>> descriptors_ GUARDED_BY(mu_);
  std::set<ReplicaKey> sockets_only_ GUARDED_BY(mu_);     // a descriptor of theirs gave an error
  std::set<std::string> no_descriptors_ GUARDED_BY(mu_);  // DataNodes that pass none at all
  std::string last_error_ GUARDED_BY(mu_);
};

}  // namespace tusk::client
