#include "client/file_blocks.h"

#include <utility>

namespace tusk::client {

FileBlocks::FileBlocks(std::shared_ptr<const ClientContext> context, std::string path)
    : context_(std::move(context)), path_(std::move(path)) {}

StatusOr<std::unique_ptr<FileBlocks>> FileBlocks::Open(std::shared_ptr<const ClientContext> context,
                                                       const std::string& path) {
  std::unique_ptr<FileBlocks> file(new FileBlocks(context, path));
  const int64_t prefetch = context->options.prefetch_blocks * context->options.block_size;
  ASSIGN_OR_RETURN(const LocatedBlocks blocks,
                   context->namenode->GetBlockLocations(path, 0, prefetch));
  file->length_ = blocks.file_length;
  if (blocks.last_block && !blocks.last_block_complete) {
    file->open_block_offset_ = blocks.last_block->offset;
    ASSIGN_OR_RETURN(file->open_block_length_, file->VisibleLength(*blocks.last_block));
    file->length_ = blocks.last_block->offset + file->open_block_length_;
  }
  file->Take(blocks);
  return file;
}

StatusOr<int64_t> FileBlocks::VisibleLength(const LocatedBlock& last) {
  if (last.locations.empty()) return last.block.block.num_bytes;
  Status error;
  bool all_missing = true;
  for (const DatanodeInfo& node : last.locations) {
    StatusOr<int64_t> length = context_->datanodes->VisibleLength(node.id, last.block);
    if (length.ok()) return length;
    if (length.status().reason() != Reason::kReplicaNotFound) {
      all_missing = false;
      error = std::move(length).status();
    }
  }
  if (all_missing) return int64_t{0};  // allocated, but no DataNode has begun with it
  return UnavailableError("Cannot obtain block length for " + BlockName(last.block) + " of " +
                          path_ + ": " + error.message());
}

void FileBlocks::Take(const LocatedBlocks& blocks) {
  MutexLock lock(mu_);
  for (const LocatedBlock& block : blocks.blocks) {
    blocks_[block.offset] = block;
  }
  // The NameNode may think that a block being written is still empty, and not list it.
  if (blocks.last_block && blocks.last_block->offset == open_block_offset_) {
    LocatedBlock& last = blocks_[open_block_offset_];
    last = *blocks.last_block;
    last.block.block.num_bytes = open_block_length_;
  }
}

Status FileBlocks::Fetch(int64_t offset, int64_t length) {
  ASSIGN_OR_RETURN(const LocatedBlocks blocks,
                   context_->namenode->GetBlockLocations(path_, offset, length));
  Take(blocks);
  return Status::Ok();
}

StatusOr<LocatedBlock> FileBlocks::Locate(int64_t offset) {
  for (bool fetched = false;; fetched = true) {
    {
      MutexLock lock(mu_);
      const auto after = blocks_.upper_bound(offset);
      if (after != blocks_.begin()) {
        const LocatedBlock& block = std::prev(after)->second;
        if (offset < block.offset + block.block.block.num_bytes) return block;
      }
    }
    if (fetched) {
      return UnavailableError("the NameNode knows no block at offset " + std::to_string(offset) +
                              " of " + path_);
    }
    RETURN_IF_ERROR(
        Fetch(offset, context_->options.prefetch_blocks * context_->options.block_size));
  }
}

StatusOr<LocatedBlock> FileBlocks::Refresh(int64_t offset) {
  RETURN_IF_ERROR(Fetch(offset, 1));
  return Locate(offset);
}

bool FileBlocks::IsBeingWritten(const LocatedBlock& block) const {
  return block.offset == open_block_offset_;
}

}  // namespace tusk::client
