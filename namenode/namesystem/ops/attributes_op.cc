// setReplication, setPermission, setOwner, setTimes: idempotent by themselves.
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {

StatusOr<bool> Namesystem::SetReplication(const Caller& caller, const std::string& path,
                                          int32_t replication) {
  RETURN_IF_ERROR(CheckReplication(path, replication, ""));
  WriterLock lock(mu_);
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot set replication for " + path));
  ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
  RETURN_IF_ERROR(Checker(caller).CheckPath(resolved, FsAction::kWrite));
  Inode* const file = resolved.last();
  if (file == nullptr || file->directory) return false;
  if (file->replication == replication) return true;
  proto::edits::EditOp op;
  op.mutable_set_replication()->set_inode_id(file->id.value());
  op.mutable_set_replication()->set_replication(static_cast<uint32_t>(replication));
  Log(&op);
  std::vector<BlockId> blocks;
  for (const BlockEntry& block : file->blocks) blocks.push_back(block.id);
  blocks_->SetReplication(blocks, replication);
  return true;
}

Status Namesystem::SetPermission(const Caller& caller, const std::string& path,
                                 FsPermission permission) {
  WriterLock lock(mu_);
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot set permission for " + path));
  ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
  RETURN_IF_ERROR(Checker(caller).CheckOwner(resolved));
  if (!resolved.exists()) {
    return NotFoundError("File does not exist: " + path, Reason::kFileNotFound);
  }
  proto::edits::EditOp op;
  op.mutable_set_permission()->set_inode_id(resolved.last()->id.value());
  op.mutable_set_permission()->set_permission(permission.bits & 01777);
  Log(&op);
  return Status::Ok();
}

Status Namesystem::SetOwner(const Caller& caller, const std::string& path, const std::string& owner,
                            const std::string& group) {
  WriterLock lock(mu_);
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot set owner for " + path));
  ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
  const PermissionChecker checker = Checker(caller);
  RETURN_IF_ERROR(checker.CheckOwner(resolved));
  if (!resolved.exists()) {
    return NotFoundError("File does not exist: " + path, Reason::kFileNotFound);
  }
  if (options_.permissions_enabled && !checker.is_superuser()) {
    if (!owner.empty() && owner != caller.user.name) {
      return PermissionDeniedError(
          "User " + caller.user.name + " is not a super user (non-super user cannot change owner).",
          Reason::kAccessControl);
    }
    if (!group.empty() && !caller.user.IsIn(group)) {
      return PermissionDeniedError("User " + caller.user.name + " does not belong to " + group,
                                   Reason::kAccessControl);
    }
  }
  proto::edits::EditOp op;
  auto* set = op.mutable_set_owner();
  set->set_inode_id(resolved.last()->id.value());
  if (!owner.empty()) set->set_owner(owner);
  if (!group.empty()) set->set_group(group);
  Log(&op);
  return Status::Ok();
}

Status Namesystem::SetTimes(const Caller& caller, const std::string& path, int64_t mtime_ms,
                            int64_t atime_ms) {
  if (options_.access_time_precision <= Duration(0) && atime_ms >= 0) {
    return FailedPreconditionError(
        "Access time for hdfs is not configured.  Please set dfs.namenode.accesstime.precision "
        "configuration parameter");
  }
  WriterLock lock(mu_);
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot set times " + path));
  ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
  RETURN_IF_ERROR(Checker(caller).CheckPath(resolved, FsAction::kWrite));
  if (!resolved.exists()) {
    return NotFoundError("File/Directory " + path + " does not exist.", Reason::kFileNotFound);
  }
  proto::edits::EditOp op;
  auto* set = op.mutable_set_times();
  set->set_inode_id(resolved.last()->id.value());
  if (mtime_ms >= 0) set->set_mtime_ms(mtime_ms);
  if (atime_ms >= 0) set->set_atime_ms(atime_ms);
  Log(&op);
  return Status::Ok();
}

}  // namespace tusk::namenode
