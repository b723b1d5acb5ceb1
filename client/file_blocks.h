// Where the blocks of an open file lie, fetched from the NameNode as they are needed, and how long
// the file was when it was opened.
//
// Threads: thread-safe; the lock is never held across a call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "client/client_context.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/protocol/located_block.h"

namespace tusk::client {

class FileBlocks {
 public:
  // Asks the NameNode, and the DataNodes for the visible length of a last block that is still being
  // written. kUnavailable when none of those DataNodes answers.
  static StatusOr<std::unique_ptr<FileBlocks>> Open(std::shared_ptr<const ClientContext> context,
                                                    const std::string& path);

  const std::string& path() const { return path_; }
  int64_t length() const { return length_; }

  // The block that holds `offset`, which lies below length(). Its num_bytes is what may be read.
  StatusOr<LocatedBlock> Locate(int64_t offset) EXCLUDES(mu_);
  // The same, asking the NameNode again: its locations had failed.
  StatusOr<LocatedBlock> Refresh(int64_t offset) EXCLUDES(mu_);
  // True for the last block of a file that was open for writing: its replicas may still grow.
  bool IsBeingWritten(const LocatedBlock& block) const;

 private:
  FileBlocks(std::shared_ptr<const ClientContext> context, std::string path);

  Status Fetch(int64_t offset, int64_t length) EXCLUDES(mu_);
  void Take(const LocatedBlocks& blocks) EXCLUDES(mu_);
  StatusOr<int64_t> VisibleLength(const LocatedBlock& last);

  const std::shared_ptr<const ClientContext> context_;
  const std::string path_;

  // Constant after Open.
  int64_t length_ = 0;
  int64_t open_block_offset_ = -1;  // of a last block being written; -1: none
  int64_t open_block_length_ = 0;

  Mutex mu_;
  std::map<int64_t, LocatedBlock> blocks_ GUARDED_BY(mu_);  // by offset in the file
};

}  // namespace tusk::client
