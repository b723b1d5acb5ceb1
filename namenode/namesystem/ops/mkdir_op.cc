// mkdirs: idempotent, an existing directory is success.
#include "namenode/namesystem/namesystem.h"
#include "namenode/namesystem/ops/new_directories.h"

namespace tusk::namenode {

StatusOr<bool> Namesystem::Mkdirs(const Caller& caller, const std::string& path,
                                  FsPermission masked, bool create_parent) {
  WriterLock lock(mu_);
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot create directory " + path));
  ASSIGN_OR_RETURN(const ResolvedPath resolved, ResolveNew(path));
  const PermissionChecker checker = Checker(caller);
  RETURN_IF_ERROR(checker.CheckTraverse(resolved));
  if (resolved.exists()) {
    if (resolved.last()->directory) return true;
    return AlreadyExistsError("Path is not a directory: " + path, Reason::kFileAlreadyExists);
  }
  RETURN_IF_ERROR(checker.CheckAncestor(resolved, FsAction::kWrite));
  if (!create_parent && resolved.parent() == nullptr) {
    return NotFoundError(
        "Parent directory doesn't exist: " + resolved.Prefix(resolved.components.size() - 1),
        Reason::kFileNotFound);
  }
  RETURN_IF_ERROR(CheckRoom(*resolved.inodes.back()));

  proto::edits::EditOp op;
  auto* made = op.mutable_make_directories();
  made->set_time_ms(NowMs());
  InodeId last = state_.last_inode;
  // Ancestors get the permission asked for, and their owner must be able to go on in them.
  const FsPermission ancestors{static_cast<uint16_t>(masked.bits | 0300)};
  const size_t depth = resolved.components.size();
  AppendMissing(state_, resolved, depth, ancestors, caller.user.name, &last,
                made->mutable_directories());
  made->mutable_directories(made->directories_size() - 1)->set_permission(masked.bits);
  Log(&op);
  return true;
}

}  // namespace tusk::namenode
