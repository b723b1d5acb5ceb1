// rename (booleans, "into" an existing directory) and rename2 (errors, replaces). At most once.
#include "namenode/namesystem/namesystem.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {
namespace {

proto::edits::EditOp RenameEdit(const Inode& inode, const Inode& parent, const std::string& name,
                                int64_t now_ms) {
  proto::edits::EditOp op;
  auto* rename = op.mutable_rename();
  rename->set_inode_id(inode.id.value());
  rename->set_parent_id(parent.id.value());
  rename->set_name(name);
  rename->set_time_ms(now_ms);
  return op;
}

// What rename2 says where rename answers false. `target` is under construction of its path only.
Status CheckReplaced(const Directory& directory, const std::string& source,
                     const std::string& target, const Inode& from, const Inode& replaced,
                     bool overwrite) {
  if (from.directory != replaced.directory) {
    return FailedPreconditionError("Source " + source + " and destination " + target +
                                   " must both be directories");
  }
  if (!overwrite) {
    return AlreadyExistsError("rename destination " + target + " already exists",
                              Reason::kFileAlreadyExists);
  }
  if (replaced.directory && directory.ChildCount(replaced) > 0) {
    return FailedPreconditionError("rename destination directory is not empty: " + target);
  }
  return Status::Ok();
}

}  // namespace

StatusOr<bool> Namesystem::Rename(const Caller& caller, const std::string& source,
                                  const std::string& target) {
  WriterLock lock(mu_);
  if (FindRetry(caller) != nullptr) return true;
  RETURN_IF_ERROR(CheckNotInSafeMode("Cannot rename " + source));
  ASSIGN_OR_RETURN(const ResolvedPath from, Resolve(source));
  ASSIGN_OR_RETURN(ResolvedPath to, ResolveNew(target));
  const PermissionChecker checker = Checker(caller);
  RETURN_IF_ERROR(checker.CheckParent(from, FsAction::kWrite));
  if (to.exists() && to.last()->directory && !from.components.empty()) {
    // Into the directory, under the name it has. The target may be "/.reserved/.inodes/<id>".
    to.components.push_back(from.name());
    to.text += (to.text == "/" ? "" : "/") + from.name();
    Inode* child = state_.directory.Child(*to.inodes.back(), from.name());
    if (child != nullptr) to.inodes.push_back(child);
  }
  RETURN_IF_ERROR(checker.CheckAncestor(to, FsAction::kWrite));
  Inode* const inode = from.last();
  if (inode == nullptr || from.components.empty()) return false;
  if (from.text == to.text) return inode->is_file();
  if (to.exists() || to.parent() == nullptr) return false;
  if (state_.directory.IsBelow(*to.parent(), *inode)) return false;
  RETURN_IF_ERROR(CheckRoom(*to.parent()));
  proto::edits::EditOp op = RenameEdit(*inode, *to.parent(), to.name(), NowMs());
  Log(&op, &caller);
  return true;
}

Status Namesystem::Rename2(const Caller& caller, const std::string& source,
                           const std::string& target, bool overwrite, bool to_trash) {
  if (to_trash) RETURN_IF_ERROR(CheckSubtree(caller, source));
  {
    WriterLock lock(mu_);
    if (FindRetry(caller) != nullptr) return Status::Ok();
    RETURN_IF_ERROR(CheckNotInSafeMode("Cannot rename " + source));
    ASSIGN_OR_RETURN(const ResolvedPath from, Resolve(source));
    ASSIGN_OR_RETURN(const ResolvedPath to, ResolveNew(target));
    const PermissionChecker checker = Checker(caller);
    RETURN_IF_ERROR(checker.CheckParent(from, FsAction::kWrite));
    RETURN_IF_ERROR(to.exists() ? checker.CheckParent(to, FsAction::kWrite)
                                : checker.CheckAncestor(to, FsAction::kWrite));
    Inode* const inode = from.last();
    if (inode == nullptr) {
      return NotFoundError("rename source " + source + " is not found.", Reason::kFileNotFound);
    }
    if (from.components.empty()) {
      return FailedPreconditionError("rename source cannot be the root");
    }
    if (from.text == to.text) {
      return AlreadyExistsError(
          "The source " + source + " and destination " + target + " are the same",
          Reason::kFileAlreadyExists);
    }
    if (state_.directory.IsBelow(*to.inodes.back(), *inode)) {
      return FailedPreconditionError("Rename destination " + target +
                                     " is a directory or file under source " + source);
    }
    if (to.components.empty()) {
      return FailedPreconditionError("rename destination cannot be the root");
    }
    if (to.exists()) {
      RETURN_IF_ERROR(
          CheckReplaced(state_.directory, source, target, *inode, *to.last(), overwrite));
    } else {
      if (to.parent() == nullptr) {
        return NotFoundError(
            "rename destination parent " + to.Prefix(to.components.size() - 1) + " not found.",
            Reason::kFileNotFound);
      }
      RETURN_IF_ERROR(CheckRoom(*to.parent()));
    }
    proto::edits::EditOp op = RenameEdit(*inode, *to.parent(), to.name(), NowMs());
    if (to.exists()) op.mutable_rename()->set_overwritten_id(to.last()->id.value());
    Log(&op, &caller);
    if (!to.exists()) return Status::Ok();
  }
  ScheduleFreeing();
  return Status::Ok();
}

}  // namespace tusk::namenode
