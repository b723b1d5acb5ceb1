#include "namenode/namesystem/permission.h"

namespace tusk::namenode {

PermissionChecker::PermissionChecker(const User& user, const std::string& owner,
                                     const std::string& supergroup, bool enabled,
                                     const Directory* directory)
    : user_(user),
      directory_(directory),
      enabled_(enabled),
      superuser_(user.name == owner || user.IsIn(supergroup)) {}

bool PermissionChecker::Allows(const Inode& inode, FsAction action) const {
  const AccessEntry& access = directory_->AccessOf(inode);
  int shift = 0;
  if (user_.name == access.owner) {
    shift = 6;
  } else if (user_.IsIn(access.group)) {
    shift = 3;
  }
  const int wanted = static_cast<int>(action);
  return ((access.permission.bits >> shift) & wanted) == wanted;
}

std::string PermissionChecker::Describe(const Inode& inode) const {
  const AccessEntry& access = directory_->AccessOf(inode);
  return "\"" + directory_->PathOf(inode) + "\":" + access.owner + ":" + access.group + ":" +
         (inode.directory ? "d" : "-") + PermissionText(access.permission);
}

Status PermissionChecker::Denied(const Inode& inode, FsAction action) const {
  return PermissionDeniedError("Permission denied: user=" + user_.name + ", access=" +
                                   std::string(FsActionName(static_cast<int>(action))) +
                                   ", inode=" + Describe(inode),
                               Reason::kAccessControl);
}

Status PermissionChecker::CheckInode(const Inode& inode, FsAction action) const {
  if (!enabled_ || superuser_ || Allows(inode, action)) return Status::Ok();
  return Denied(inode, action);
}

Status PermissionChecker::CheckTraverse(const ResolvedPath& path) const {
  if (superuser_ || !enabled_) return Status::Ok();
  for (size_t i = 0; i < path.inodes.size() && i < path.components.size(); ++i) {
    const Inode& inode = *path.inodes[i];
    if (!inode.directory) {
      return PermissionDeniedError(directory_->PathOf(inode) + " (is not a directory)",
                                   Reason::kAccessControl);
    }
    if (!Allows(inode, FsAction::kExecute)) return Denied(inode, FsAction::kExecute);
  }
  return Status::Ok();
}

Status PermissionChecker::CheckPath(const ResolvedPath& path, FsAction action) const {
  RETURN_IF_ERROR(CheckTraverse(path));
  return path.exists() ? CheckInode(*path.last(), action) : Status::Ok();
}

Status PermissionChecker::CheckSticky(const Inode& parent, const Inode& child) const {
  if (!enabled_ || superuser_) return Status::Ok();
  const AccessEntry& of_parent = directory_->AccessOf(parent);
  if (!of_parent.permission.sticky() || of_parent.owner == user_.name ||
      directory_->AccessOf(child).owner == user_.name) {
    return Status::Ok();
  }
  return PermissionDeniedError("Permission denied by sticky bit: user=" + user_.name +
                                   ", path=" + Describe(child) + ", parent=" + Describe(parent),
                               Reason::kAccessControl);
}

Status PermissionChecker::CheckParent(const ResolvedPath& path, FsAction action) const {
  RETURN_IF_ERROR(CheckTraverse(path));
  if (path.parent() == nullptr) return Status::Ok();
  RETURN_IF_ERROR(CheckInode(*path.parent(), action));
  return path.exists() ? CheckSticky(*path.parent(), *path.last()) : Status::Ok();
}

Status PermissionChecker::CheckAncestor(const ResolvedPath& path, FsAction action) const {
  RETURN_IF_ERROR(CheckTraverse(path));
  // The last inode that exists; when the whole path does, its parent.
  const size_t count =
      path.exists() && path.inodes.size() > 1 ? path.inodes.size() - 1 : path.inodes.size();
  return CheckInode(*path.inodes[count - 1], action);
}

Status PermissionChecker::CheckOwner(const ResolvedPath& path) const {
  RETURN_IF_ERROR(CheckTraverse(path));
  if (!enabled_ || superuser_ || !path.exists()) return Status::Ok();
  if (directory_->AccessOf(*path.last()).owner == user_.name) return Status::Ok();
  return PermissionDeniedError(
      "Permission denied. user=" + user_.name + " is not the owner of inode=" + path.text,
      Reason::kAccessControl);
}

}  // namespace tusk::namenode
