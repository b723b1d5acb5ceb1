// append: a closed file is opened for writing at its end. At most once.
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {

StatusOr<AppendResult> Namesystem::RetriedAppend(const Caller& caller,
                                                 const RetryCache::Entry& entry,
                                                 uint32_t flags) const {
  proto::edits::EditOp op;
  if (!op.ParseFromString(entry.answer) || !op.has_reopen_file()) {
    return FailedPreconditionError("the call was answered before as another method");
  }
  const Inode* file = state_.directory.Find(InodeId(op.reopen_file().inode_id()));
  if (file == nullptr) {
    return NotFoundError("the file was deleted since", Reason::kFileNotFound);
  }
  AppendResult result;
  result.status = state_.directory.StatusOf(*file, "");
  if (op.reopen_file().has_last()) {
    const auto& last = op.reopen_file().last();
    const Block block{BlockId(last.id()), GenerationStamp(last.generation_stamp()), last.length()};
    result.last_block =
        blocks_->Locate(block, state_.directory.FileLength(*file) - last.length(), caller.host);
  } else if ((flags & kCreateFlagNewBlock) != 0 && !file->blocks.empty()) {
    const Block last = file->blocks.back().ToBlock();
    result.last_block =
        blocks_->Describe(last, state_.directory.FileLength(*file) - last.num_bytes, {});
  }
  return result;
}

StatusOr<AppendResult> Namesystem::Append(const Caller& caller, const std::string& path,
                                          const std::string& client_name, uint32_t flags) {
  if (client_name.empty()) return InvalidArgumentError("append needs a client name");
  WriterLock lock(mu_);
  if (const auto* entry = FindRetry(caller)) return RetriedAppend(caller, *entry, flags);
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot append to file" + path));
  ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
  RETURN_IF_ERROR(Checker(caller).CheckPath(resolved, FsAction::kWrite));
  Inode* const file = resolved.last();
  if (file == nullptr) {
    return NotFoundError(
        "Failed to append to non-existent file " + path + " for client " + caller.host,
        Reason::kFileNotFound);
  }
  if (file->directory) {
    return NotFoundError("Path is not a file: " + path, Reason::kFileNotFound);
  }
  RETURN_IF_ERROR(
      TakeOverLease("APPEND_FILE", file, path, client_name, caller.host, /*force=*/false).status());

  AppendResult result;
  proto::edits::EditOp op;
  auto* reopen = op.mutable_reopen_file();
  reopen->set_inode_id(file->id.value());
  reopen->set_client_name(client_name);
  reopen->set_client_host(caller.host);
  const bool new_block = (flags & kCreateFlagNewBlock) != 0;
  const BlockEntry* last = file->blocks.empty() ? nullptr : &file->blocks.back();
  if (last != nullptr && !new_block && last->length() < file->block_size) {
    if (blocks_->LiveReplicas(last->id) < options_.min_replication) {
      return UnavailableError("append: lastBlock=" + BlockName(last->ToBlock()) +
                                  " of src=" + path + " is not sufficiently replicated yet.",
                              Reason::kRetriable);
    }
    ASSIGN_OR_RETURN(const std::vector<ReplicaTarget> targets,
                     blocks_->Reopen(last->id, caller.host));
    reopen->mutable_last()->set_id(last->id.value());
    reopen->mutable_last()->set_generation_stamp(last->generation_stamp.value());
    reopen->mutable_last()->set_length(last->length());
    reopen->mutable_last()->set_state(static_cast<uint32_t>(BlockState::kUnderConstruction));
    result.last_block = blocks_->Describe(
        last->ToBlock(), state_.directory.FileLength(*file) - last->length(), targets);
  } else if (last != nullptr && new_block) {
    // For the `previous` of the client's first addBlock; nobody writes to it any more.
    result.last_block =
        blocks_->Describe(last->ToBlock(), state_.directory.FileLength(*file) - last->length(), {});
  }
  Log(&op, &caller);
  result.status = state_.directory.StatusOf(*file, "");
  return result;
}

}  // namespace tusk::namenode
