// What the operations have in common: resolving, safe mode, leases of writers, logging, locating.
#include "common/base/check.h"
#include "namenode/namesystem/apply.h"
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {

PermissionChecker Namesystem::Checker(const Caller& caller) const {
  return {caller.user, options_.fs_owner, options_.supergroup, options_.permissions_enabled,
          &state_.directory};
}

Status Namesystem::CheckSuperuser(const Caller& caller, const std::string& operation) const {
  if (!options_.permissions_enabled || caller.user.name == options_.fs_owner ||
      caller.user.IsIn(options_.supergroup)) {
    return Status::Ok();
  }
  return PermissionDeniedError("Access denied for user " + caller.user.name +
                                   ". Superuser privilege is required for operation " + operation,
                               Reason::kAccessControl);
}

StatusOr<ResolvedPath> Namesystem::Resolve(const std::string& path) const {
  ASSIGN_OR_RETURN(const ParsedPath parsed, ParsePath(path));
  return state_.directory.Resolve(parsed);
}

StatusOr<ResolvedPath> Namesystem::ResolveNew(const std::string& path) const {
  ASSIGN_OR_RETURN(const ParsedPath parsed, ParsePath(path));
  RETURN_IF_ERROR(CheckNewPath(path, parsed, static_cast<size_t>(options_.max_component_length)));
  ASSIGN_OR_RETURN(ResolvedPath resolved, state_.directory.Resolve(parsed));
  if (!resolved.exists() && !resolved.inodes.back()->directory) {
    return FailedPreconditionError(
        resolved.Prefix(resolved.inodes.size() - 1) + " (is not a directory)",
        Reason::kParentNotDirectory);
  }
  return resolved;
}

StatusOr<ResolvedPath> Namesystem::ResolveFile(const std::string& path) const {
  ASSIGN_OR_RETURN(ResolvedPath resolved, Resolve(path));
  if (!resolved.exists()) {
    return NotFoundError("File does not exist: " + path, Reason::kFileNotFound);
  }
  if (resolved.last()->directory) {
    return NotFoundError("Path is not a file: " + path, Reason::kFileNotFound);
  }
  return resolved;
}

Status Namesystem::CheckNotInSafeMode(const std::string& doing) const {
  if (!blocks_->InSafeMode()) return Status::Ok();
  return UnavailableError(doing + ". Name node is in safe mode.\n" + blocks_->SafeModeTip(),
                          Reason::kSafeMode);
}

void Namesystem::Log(proto::edits::EditOp* op, const Caller* retried) {
  if (retried != nullptr && !RetryCache::Key(retried->client_id, retried->call_id).empty()) {
    op->mutable_retry()->set_client_id(retried->client_id);
    op->mutable_retry()->set_call_id(retried->call_id);
    op->mutable_retry()->set_time_ms(NowMs());
  }
  edit_log_->Append(*op);
  const Status applied = ApplyEdit(*op, &state_);
  CHECK(applied.ok()) << "an edit that was checked does not apply: " << applied.message();
}

const RetryCache::Entry* Namesystem::FindRetry(const Caller& caller) const {
  return state_.retries.Find(RetryCache::Key(caller.client_id, caller.call_id), NowMs());
}

StatusOr<Inode*> Namesystem::FileOpenFor(const std::string& path, InodeId file_id,
                                         const std::string& holder) const {
  Inode* inode = nullptr;
  if (file_id.value() > 0) {
    inode = state_.directory.Find(file_id);
  } else {
    ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
    inode = resolved.last();
  }
  const InodeId named = inode == nullptr ? file_id : inode->id;
  const std::string which =
      path + " (inode " + std::to_string(named.value()) + ") " + state_.leases.Describe(holder);
  if (inode == nullptr) {
    return NotFoundError("File does not exist: " + which, Reason::kFileNotFound);
  }
  if (inode->directory) {
    return FailedPreconditionError("INode is not a regular file: " + which, Reason::kLeaseExpired);
  }
  if (!inode->open) {
    return FailedPreconditionError("File is not open for writing: " + which, Reason::kLeaseExpired);
  }
  const OpenFile& open = state_.directory.OpenInfo(*inode);
  if (open.client_name != holder) {
    return FailedPreconditionError(
        "Client (=" + holder + ") is not the lease owner (=" + open.client_name + ": " + which,
        Reason::kLeaseExpired);
  }
  return inode;
}

StatusOr<Inode*> Namesystem::FileWritingBlock(const ExtendedBlock& block,
                                              const std::string& client_name) const {
  RETURN_IF_ERROR(CheckBlockPool(block));
  const auto view = blocks_->View(block.block.id);
  if (!view.ok()) return FailedPreconditionError(BlockName(block) + " does not exist.");
  Inode* file = state_.directory.Find(view->inode);
  if (file == nullptr || !file->open || file->blocks.empty() ||
      file->blocks.back().id != block.block.id) {
    return FailedPreconditionError("The file " + BlockName(block) +
                                   " belonged to does not exist or it is not under construction.");
  }
  if (file->blocks.back().state() != BlockState::kUnderConstruction) {
    return FailedPreconditionError(BlockName(block) + " is not under construction");
  }
  if (state_.directory.OpenInfo(*file).client_name != client_name) {
    return FailedPreconditionError(
        "Lease mismatch: " + BlockName(block) + " is accessed by a non lease holder " + client_name,
        Reason::kLeaseExpired);
  }
  return file;
}

Status Namesystem::CheckBlockPool(const ExtendedBlock& block) const {
  if (block.pool_id == options_.block_pool_id) return Status::Ok();
  return FailedPreconditionError("Unexpected block pool id " + block.pool_id + ". Expected " +
                                 options_.block_pool_id);
}

Status Namesystem::CheckRoom(const Inode& parent) const {
  const auto count = static_cast<int64_t>(state_.directory.ChildCount(parent));
  if (count < options_.max_directory_items) return Status::Ok();
  return ResourceExhaustedError(
      "The directory item limit of " + state_.directory.PathOf(parent) + " is exceeded: limit=" +
          std::to_string(options_.max_directory_items) + " items=" + std::to_string(count + 1),
      Reason::kMaxDirectoryItems);
}

Status Namesystem::CheckReplication(const std::string& path, int32_t replication,
                                    const std::string& client_name) const {
  std::string what;
  if (replication > options_.max_replication) {
    what = " exceeds maximum of " + std::to_string(options_.max_replication);
  } else if (replication < options_.min_replication) {
    what = " is less than the required minimum of " + std::to_string(options_.min_replication);
  } else {
    return Status::Ok();
  }
  return InvalidArgumentError("Requested replication factor of " + std::to_string(replication) +
                              what + " for " + path +
                              (client_name.empty() ? "" : ", clientName=" + client_name));
}

LocatedBlocks Namesystem::Locate(const Caller& caller, const FileBlocks& file, int64_t offset,
                                 int64_t length) const {
  LocatedBlocks located;
  located.under_construction = file.open;
  const int64_t end = length > INT64_MAX - offset ? INT64_MAX : offset + length;
  int64_t at = 0;
  for (size_t i = 0; i < file.blocks.size(); ++i) {
    const BlockEntry& block = file.blocks[i];
    const bool last = i + 1 == file.blocks.size();
    const bool wanted = at < end && at + block.length() > offset;
    if (wanted || last) {
      LocatedBlock one = blocks_->Locate(block.ToBlock(), at, caller.host);
      if (last) located.last_block = one;
      if (wanted) located.blocks.push_back(std::move(one));
    }
    at += block.length();
    if (!last || block.complete()) located.file_length = at;
  }
  located.last_block_complete = !file.blocks.empty() && file.blocks.back().complete();
  return located;
}

template <typename T>
void Namesystem::Hold(Attempt<T> attempt, StatusOr<T> timeout, HeldCall<T> held) {
  // The first look does not wait: most calls end here.
  std::optional<StatusOr<T>> answer = attempt(nullptr);
  if (answer.has_value()) return held.done(std::move(*answer));
  if (!held.may_hold()) return held.done(std::move(timeout));

  struct Waiting : std::enable_shared_from_this<Waiting> {
    Namesystem* owner;
    TimePoint deadline;
    Attempt<T> attempt;
    StatusOr<T> timeout;
    std::function<void(StatusOr<T>)> done;

    Waiting(Namesystem* o, TimePoint d, Attempt<T> a, StatusOr<T> t,
            std::function<void(StatusOr<T>)> f)
        : owner(o), deadline(d), attempt(std::move(a)), timeout(std::move(t)), done(std::move(f)) {}

    void Look() {
      bool refused = false;
      const WaitForFile wait = [this, &refused](InodeId file) {
        refused = !owner->held_.Add(
            file, deadline,
            [self = this->shared_from_this()](HeldCalls::Wake why) { self->Woken(why); });
      };
      std::optional<StatusOr<T>> answer = attempt(&wait);
      if (answer.has_value()) return done(std::move(*answer));
      if (refused) Woken(HeldCalls::Wake::kStop);
    }
    void Woken(HeldCalls::Wake why) {
      if (why == HeldCalls::Wake::kEvent) return Look();
      if (why == HeldCalls::Wake::kTimeout) return done(std::move(timeout));
      done(UnavailableError("the NameNode is stopping", Reason::kRetriable));
    }
  };
  std::make_shared<Waiting>(this, clock_->Now() + options_.hold_limit, std::move(attempt),
                            std::move(timeout), std::move(held.done))
      ->Look();
}

template void Namesystem::Hold(Attempt<bool>, StatusOr<bool>, HeldCall<bool>);
template void Namesystem::Hold(Attempt<LocatedBlock>, StatusOr<LocatedBlock>,
                               HeldCall<LocatedBlock>);

}  // namespace tusk::namenode
