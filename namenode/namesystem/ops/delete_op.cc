// delete: the subtree goes from the tree at once with one edit, its inodes and blocks afterwards,
// in slices (background.cc). At most once.
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {

StatusOr<bool> Namesystem::Delete(const Caller& caller, const std::string& path, bool recursive) {
  if (recursive) RETURN_IF_ERROR(CheckSubtree(caller, path));
  {
    WriterLock lock(mu_);
    if (FindRetry(caller) != nullptr) return true;
    RETURN_IF_ERROR(CheckNotInSafeMode("Cannot delete " + path));
    ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
    RETURN_IF_ERROR(Checker(caller).CheckParent(resolved, FsAction::kWrite));
    const Inode* inode = resolved.last();
    if (inode == nullptr || resolved.components.empty()) return false;
    if (!recursive && state_.directory.ChildCount(*inode) > 0) {
      return FailedPreconditionError("`" + path + " is non empty': Directory is not empty",
                                     Reason::kPathIsNotEmptyDirectory);
    }
    proto::edits::EditOp op;
    op.mutable_delete_()->set_inode_id(inode->id.value());
    op.mutable_delete_()->set_time_ms(NowMs());
    Log(&op, &caller);
  }
  ScheduleFreeing();
  return true;
}

Status Namesystem::CheckSubtree(const Caller& caller, const std::string& path) {
  std::optional<TreeWalk> walk;
  for (bool more = true; more;) {
    ReaderLock lock(mu_);
    const PermissionChecker checker = Checker(caller);
    if (checker.is_superuser()) return Status::Ok();
    if (!walk.has_value()) {
      ASSIGN_OR_RETURN(const ResolvedPath resolved, Resolve(path));
      RETURN_IF_ERROR(checker.CheckTraverse(resolved));
      if (!resolved.exists() || !resolved.last()->directory) return Status::Ok();
      walk.emplace(resolved.last()->id);
    }
    const Directory& directory = state_.directory;
    ASSIGN_OR_RETURN(more, walk->Step(directory, TreeWalk::kInodesPerStep, [&](const Inode& inode) {
      return directory.ChildCount(inode) == 0 ? Status::Ok()
                                              : checker.CheckInode(inode, FsAction::kAll);
    }));
  }
  return Status::Ok();
}

}  // namespace tusk::namenode
