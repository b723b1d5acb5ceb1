// Who may do what: Hadoop's permission checks over a resolved path, with its exact texts.
//
// Threads: a value for one call, under the namesystem's lock.
#pragma once

#include <string>

#include "common/base/status.h"
#include "common/security/user.h"
#include "namenode/namesystem/directory.h"

namespace tusk::namenode {

class PermissionChecker {
 public:
  PermissionChecker(const User& user, const std::string& owner, const std::string& supergroup,
                    bool enabled, const Directory* directory);

  bool is_superuser() const { return superuser_; }

  // kAccessControl, naming the first directory on the way that the user may not search; also where
  // a file stands in the way ("/f (is not a directory)").
  Status CheckTraverse(const ResolvedPath& path) const;
  // After CheckTraverse, `action` on the last inode, if it exists.
  Status CheckPath(const ResolvedPath& path, FsAction action) const;
  // ... on the directory that holds the last component, and the sticky bit where it exists.
  Status CheckParent(const ResolvedPath& path, FsAction action) const;
  // ... on the last ancestor that exists.
  Status CheckAncestor(const ResolvedPath& path, FsAction action) const;
  Status CheckOwner(const ResolvedPath& path) const;
  // Of one inode, wherever it hangs.
  Status CheckInode(const Inode& inode, FsAction action) const;

 private:
  bool Allows(const Inode& inode, FsAction action) const;
  Status CheckSticky(const Inode& parent, const Inode& child) const;
  Status Denied(const Inode& inode, FsAction action) const;
  // "/t":root:supergroup:drwxr-xr-x
  std::string Describe(const Inode& inode) const;

  const User& user_;
  const Directory* const directory_;
  const bool enabled_;
  const bool superuser_;  // or permissions are off
};

}  // namespace tusk::namenode
