// create: a new file under construction, with its lease. At most once: its retry gets the first
// answer.
#include "common/base/check.h"
#include "namenode/namesystem/namesystem.h"
#include "namenode/namesystem/ops/new_directories.h"

namespace tusk::namenode {

StatusOr<FileStatus> Namesystem::RetriedCreate(const RetryCache::Entry& entry) const {
  proto::edits::EditOp op;
  if (!op.ParseFromString(entry.answer) || !op.has_create_file()) {
    return FailedPreconditionError("the call was answered before as another method");
  }
  const auto& create = op.create_file();
  FileStatus status;
  status.permission = {static_cast<uint16_t>(create.permission())};
  status.owner = create.owner();
  status.group = create.group();
  status.modification_time_ms = create.time_ms();
  status.access_time_ms = create.time_ms();
  status.replication = static_cast<int32_t>(create.replication());
  status.block_size = create.block_size();
  status.file_id = InodeId(create.inode_id());
  status.children_num = 0;
  return status;
}

StatusOr<FileStatus> Namesystem::Create(const Caller& caller, const CreateArgs& args) {
  const bool overwrite = (args.flags & kCreateFlagOverwrite) != 0;
  if (args.client_name.empty()) return InvalidArgumentError("create needs a client name");
  RETURN_IF_ERROR(CheckReplication(args.path, args.replication, args.client_name));
  if (args.block_size < options_.min_block_size) {
    return InvalidArgumentError(
        "Specified block size is less than configured minimum value "
        "(dfs.namenode.fs-limits.min-block-size): " +
        std::to_string(args.block_size) + " < " + std::to_string(options_.min_block_size));
  }
  FileStatus status;
  {
    WriterLock lock(mu_);
    if (const auto* entry = FindRetry(caller)) return RetriedCreate(*entry);
    RETURN_IF_ERROR(CheckNotInSafeMode("Cannot create file" + args.path));
    ASSIGN_OR_RETURN(const ResolvedPath resolved, ResolveNew(args.path));
    const PermissionChecker checker = Checker(caller);
    RETURN_IF_ERROR(checker.CheckTraverse(resolved));
    Inode* existing = resolved.last();
    if (existing != nullptr && existing->directory) {
      return AlreadyExistsError(args.path + " already exists as a directory",
                                Reason::kFileAlreadyExists);
    }
    if (existing != nullptr && overwrite) {
      RETURN_IF_ERROR(checker.CheckPath(resolved, FsAction::kWrite));
    }
    RETURN_IF_ERROR(checker.CheckAncestor(resolved, FsAction::kWrite));
    if (!args.create_parent && resolved.parent() == nullptr) {
      return NotFoundError(
          "Parent directory doesn't exist: " + resolved.Prefix(resolved.components.size() - 1),
          Reason::kFileNotFound);
    }
    if (existing != nullptr && !overwrite) {
      ASSIGN_OR_RETURN(const bool closed,
                       TakeOverLease("CREATE_FILE", existing, args.path, args.client_name,
                                     caller.host, /*force=*/false));
      CHECK(closed);
      return AlreadyExistsError(args.path + " for client " + caller.host + " already exists",
                                Reason::kFileAlreadyExists);
    }
    if (existing == nullptr && (args.flags & kCreateFlagCreate) == 0) {
      return NotFoundError(
          "Can't overwrite non-existent " + args.path + " for client " + caller.host,
          Reason::kFileNotFound);
    }
    if (existing == nullptr) RETURN_IF_ERROR(CheckRoom(*resolved.inodes.back()));

    proto::edits::EditOp op;
    auto* create = op.mutable_create_file();
    InodeId last = state_.last_inode;
    if (existing != nullptr) {
      create->set_overwritten_id(existing->id.value());
      create->set_parent_id(resolved.parent()->id.value());
    } else {
      // Missing ancestors are as open as the nearest one that exists.
      const AccessEntry& nearest = state_.directory.AccessOf(*resolved.inodes.back());
      const FsPermission permission{static_cast<uint16_t>(nearest.permission.bits | 0300)};
      const InodeId parent =
          AppendMissing(state_, resolved, resolved.components.size() - 1, permission,
                        caller.user.name, &last, create->mutable_directories());
      create->set_parent_id(parent.value());
    }
    const Inode& nearest = existing != nullptr ? *resolved.parent() : *resolved.inodes.back();
    const InodeId id(last.value() + 1);
    create->set_inode_id(id.value());
    create->set_name(resolved.name());
    create->set_permission(args.masked.bits & 01777);
    create->set_owner(caller.user.name);
    create->set_group(state_.directory.AccessOf(nearest).group);
    create->set_time_ms(NowMs());
    create->set_replication(static_cast<uint32_t>(args.replication));
    create->set_block_size(args.block_size);
    create->set_client_name(args.client_name);
    create->set_client_host(caller.host);
    Log(&op, &caller);
    status = state_.directory.StatusOf(*state_.directory.Find(id), "");
    if (existing == nullptr) return status;
  }
  ScheduleFreeing();
  return status;
}

}  // namespace tusk::namenode
