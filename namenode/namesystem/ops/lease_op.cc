// Leases: renewing, taking over, and what it needs to close a file whose writer is gone.
#include "common/base/log.h"
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {
namespace {

// Files one round of the lease check takes on; the rest follows in the next.
constexpr size_t kLeasesPerRound = 100;

}  // namespace

Status Namesystem::RenewLease(const std::string& client_name) {
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot renew lease for " + client_name));
  leases_->Renew(client_name);
  return Status::Ok();
}

StatusOr<bool> Namesystem::RecoverLease(const Caller& caller, const std::string& path,
                                        const std::string& client_name) {
  WriterLock lock(mu_);
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot recover the lease of " + path));
  ASSIGN_OR_RETURN(const ResolvedPath resolved, ResolveFile(path));
  RETURN_IF_ERROR(Checker(caller).CheckPath(resolved, FsAction::kWrite));
  if (!resolved.last()->open) return true;
  return TakeOverLease("RECOVER_LEASE", resolved.last(), path, client_name, caller.host,
                       /*force=*/true);
}

StatusOr<bool> Namesystem::TakeOverLease(const char* operation, Inode* file,
                                         const std::string& path, const std::string& holder,
                                         const std::string& host, bool force) {
  if (!file->open) return true;
  const OpenFile& open = state_.directory.OpenInfo(*file);
  const auto failed = [&](const std::string& why) {
    return std::string("Failed to ") + operation + " " + path + " for " + holder + " on " + host +
           " because " + why;
  };
  const bool recovering = std::string_view(open.client_name).starts_with(kNamenodeHolderPrefix);
  if (!force && open.client_name == holder) {
    return AlreadyExistsError(failed(holder + " is already the current lease holder."),
                              Reason::kAlreadyBeingCreated);
  }
  if (recovering && !state_.leases.RecoveryDue(open.client_name)) {
    if (force) return false;  // under way
    return FailedPreconditionError(failed("another recovery is in progress by " + open.client_name +
                                          " on " + open.client_host),
                                   Reason::kRecoveryInProgress);
  }
  if (force || recovering || state_.leases.SoftExpired(open.client_name)) {
    LOG_INFO("recovering lease path={} holder={} for={}", path, open.client_name, holder);
    ASSIGN_OR_RETURN(const bool closed, ReleaseLease(file));
    if (closed || force) return closed;
    return FailedPreconditionError(failed("lease recovery is in progress. Try again later."),
                                   Reason::kRecoveryInProgress);
  }
  return AlreadyExistsError(failed("this file lease is currently owned by " + open.client_name +
                                   " on " + open.client_host),
                            Reason::kAlreadyBeingCreated);
}

StatusOr<bool> Namesystem::ReleaseLease(Inode* file) {
  const uint32_t count = file->blocks.size();
  for (uint32_t i = 0; i + 1 < count; ++i) {
    const BlockEntry& block = file->blocks[i];
    if (block.complete() || blocks_->IsComplete(block.id)) continue;
    return FailedPreconditionError(
        "DIR* NameSystem.internalReleaseLease: Failed to release lease for file " +
            state_.directory.PathOf(*file) +
            ". Committed blocks are waiting to be minimally replicated. Try again later.",
        Reason::kAlreadyBeingCreated);
  }
  proto::edits::EditOp op;
  auto* close = op.mutable_close_file();
  close->set_inode_id(file->id.value());
  close->set_time_ms(NowMs());
  BlockId dropped;
  if (count > 0 && !file->blocks.back().complete()) {
    const BlockEntry last = file->blocks.back();
    const bool complete = blocks_->IsComplete(last.id);
    if (complete) {
      // The client had said its length; the block manager knows it.
      ASSIGN_OR_RETURN(const Block block, blocks_->Get(last.id));
      close->mutable_last()->set_id(block.id.value());
      close->mutable_last()->set_generation_stamp(block.generation_stamp.value());
      close->mutable_last()->set_length(block.num_bytes);
      close->mutable_last()->set_state(static_cast<uint32_t>(BlockState::kComplete));
    } else {
      const GenerationStamp recovery_id(state_.last_generation_stamp.value() + 1);
      proto::edits::EditOp start;
      start.mutable_start_recovery()->set_inode_id(file->id.value());
      start.mutable_start_recovery()->set_holder(std::string(kNamenodeHolderPrefix) +
                                                 std::to_string(NowMs()));
      start.mutable_start_recovery()->set_recovery_id(recovery_id.value());
      // Logged before the command is made: it leaves once the log has caught up.
      Log(&start);
      const auto started = blocks_->StartRecovery(last.id, recovery_id);
      if (!started.ok()) {
        // Its DataNodes are away: the lease check tries again, under our own name.
        LOG_WARN("block recovery waits block={} error={}", BlockName(last.ToBlock()),
                 started.status().message());
        return false;
      }
      if (*started) return false;
      // Nobody is known to hold a byte of it. While DataNodes from before a restart are still
      // expected, or a node's full report is, that means nothing yet.
      const DatanodeCounts nodes = datanodes_->Counts();
      if (last.length() > 0 || nodes.expected > 0 || nodes.unreported > 0) return false;
      close->set_dropped_block_id(last.id.value());
      dropped = last.id;
    }
  }
  Log(&op);
  if (dropped.value() != 0) blocks_->Remove({dropped});
  return true;
}

void Namesystem::CheckLeases() {
  if (blocks_->InSafeMode()) return;
  for (const InodeId id : leases_->Expired(kLeasesPerRound)) {
    WriterLock lock(mu_);
    Inode* file = state_.directory.Find(id);
    if (file == nullptr || !file->open) {
      state_.leases.Remove(id);  // deleted, its inode is not freed yet
      continue;
    }
    auto closed = ReleaseLease(file);
    // Not yet: again after the recovery interval, under the NameNode's name.
    if (!closed.ok()) state_.leases.Renew(state_.directory.OpenInfo(*file).client_name);
  }
  WriterLock lock(mu_);
  state_.retries.DropExpired(NowMs(), 1000);
}

}  // namespace tusk::namenode
