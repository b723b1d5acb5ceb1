// complete and fsync: what a client says of the blocks it has written.
//
// complete is idempotent: on a file that is closed with that last block it answers true.
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {
namespace {

bool WasClosedWith(const Inode& file, const std::optional<ExtendedBlock>& last) {
  if (file.open) return false;
  if (!last.has_value()) return true;
  return !file.blocks.empty() && file.blocks.back().id == last->block.id &&
         file.blocks.back().generation_stamp == last->block.generation_stamp;
}

}  // namespace

void Namesystem::Complete(const Caller& /*caller*/, const std::string& path,
                          const std::string& client_name, const std::optional<ExtendedBlock>& last,
                          InodeId file_id, HeldCall<bool> held) {
  Hold<bool>(
      [=, this](const WaitForFile* wait) {
        return TryComplete(path, client_name, last, file_id, wait);
      },
      false, std::move(held));
}

std::optional<StatusOr<bool>> Namesystem::TryComplete(const std::string& path,
                                                      const std::string& client_name,
                                                      const std::optional<ExtendedBlock>& last,
                                                      InodeId file_id, const WaitForFile* wait) {
  WriterLock lock(mu_);
  Status status = CheckNotInSafeMode("Cannot complete file " + path);
  if (status.ok() && last.has_value()) status = CheckBlockPool(*last);
  if (!status.ok()) return status;
  auto found = FileOpenFor(path, file_id, client_name);
  if (!found.ok()) {
    Inode* inode = state_.directory.Find(file_id);
    if (file_id.value() <= 0) {
      auto resolved = Resolve(path);
      inode = resolved.ok() ? resolved->last() : nullptr;
    }
    if (inode != nullptr && inode->is_file() && WasClosedWith(*inode, last)) return true;
    return std::move(found).status();
  }
  Inode* const file = *found;
  proto::edits::EditOp op;
  auto* close = op.mutable_close_file();
  if (!file->blocks.empty() && last.has_value() && !file->blocks.back().complete()) {
    status = blocks_->Commit(last->block);
    if (!status.ok()) return status;
    close->mutable_last()->set_id(last->block.id.value());
    close->mutable_last()->set_generation_stamp(last->block.generation_stamp.value());
    close->mutable_last()->set_length(last->block.num_bytes);
    close->mutable_last()->set_state(static_cast<uint32_t>(BlockState::kComplete));
  } else if (file->blocks.empty() && last.has_value()) {
    return FailedPreconditionError("Commit block " + BlockName(*last) + " of " + path +
                                   ", which has no blocks");
  }
  for (const BlockEntry& block : file->blocks) {
    if (block.complete() || blocks_->IsComplete(block.id)) continue;
    if (wait != nullptr) (*wait)(file->id);
    return std::nullopt;
  }
  close->set_inode_id(file->id.value());
  close->set_time_ms(NowMs());
  Log(&op);
  return true;
}

Status Namesystem::Fsync(const Caller& /*caller*/, const std::string& path,
                         const std::string& client_name, int64_t last_block_length,
                         InodeId file_id) {
  WriterLock lock(mu_);
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot fsync file " + path));
  ASSIGN_OR_RETURN(Inode* const file, FileOpenFor(path, file_id, client_name));
  // The block list itself is logged as it grows; only a new visible length is news.
  if (last_block_length <= 0 || file->blocks.empty()) return Status::Ok();
  const BlockEntry& last = file->blocks.back();
  if (last.state() != BlockState::kUnderConstruction || last.length() == last_block_length) {
    return Status::Ok();
  }
  proto::edits::EditOp op;
  auto* update = op.mutable_update_last_block();
  update->set_inode_id(file->id.value());
  update->mutable_block()->set_id(last.id.value());
  update->mutable_block()->set_generation_stamp(last.generation_stamp.value());
  update->mutable_block()->set_length(last_block_length);
  update->mutable_block()->set_state(static_cast<uint32_t>(BlockState::kUnderConstruction));
  Log(&op);
  return Status::Ok();
}

}  // namespace tusk::namenode
