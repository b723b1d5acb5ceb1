// getBlockLocations: where a file's bytes lie. Reading sets the access time, in steps of hours.
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {

StatusOr<LocatedBlocks> Namesystem::GetBlockLocations(const Caller& caller, const std::string& path,
                                                      int64_t offset, int64_t length) {
  if (offset < 0) {
    return InvalidArgumentError("Negative offset is not supported. File: " + path,
                                Reason::kIllegalArgument);
  }
  if (length < 0) {
    return InvalidArgumentError("Negative length is not supported. File: " + path,
                                Reason::kIllegalArgument);
  }
  FileBlocks blocks;
  InodeId id;
  int64_t atime_ms = 0;
  {
    ReaderLock lock(mu_);
    ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
    const PermissionChecker checker = Checker(caller);
    RETURN_IF_ERROR(checker.CheckTraverse(resolved));
    if (!resolved.exists()) {
      return NotFoundError("File does not exist: " + path, Reason::kFileNotFound);
    }
    const Inode& file = *resolved.last();
    if (file.directory) {
      return NotFoundError("Path is not a file: " + path, Reason::kFileNotFound);
    }
    RETURN_IF_ERROR(checker.CheckInode(file, FsAction::kRead));
    blocks = BlocksOf(file);
    id = file.id;
    atime_ms = file.atime_ms;
  }
  LocatedBlocks located = Locate(caller, blocks, offset, length);
  if (blocks_->InSafeMode()) {
    for (const LocatedBlock& block : located.blocks) {
      if (!block.locations.empty()) continue;
      return CheckNotInSafeMode("Zero blocklocations for " + path);
    }
  } else if (options_.access_time_precision > Duration(0) &&
             NowMs() > atime_ms + ToMillis(options_.access_time_precision)) {
    UpdateAccessTime(id);
  }
  return located;
}

void Namesystem::UpdateAccessTime(InodeId id) {
  WriterLock lock(mu_);
  const Inode* file = state_.directory.Find(id);
  const int64_t now = NowMs();
  if (file == nullptr || now <= file->atime_ms + ToMillis(options_.access_time_precision)) return;
  proto::edits::EditOp op;
  op.mutable_set_times()->set_inode_id(id.value());
  op.mutable_set_times()->set_atime_ms(now);
  Log(&op);
}

}  // namespace tusk::namenode
