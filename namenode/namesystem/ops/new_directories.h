// Missing parents of a path, as edits that make them.
#pragma once

#include <string>

#include "namenode/namesystem/directory.h"
#include "namenode/namesystem/namespace_state.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {

// The directories `components[inodes.size() - 1 .. upto)` of `path`, which do not exist, appended
// to `out`. Owner: `owner`; group: of the nearest ancestor. `last_id` counts the ids given out.
// Returns the id of the innermost one, or of the existing ancestor when there is none to make.
template <class Directories>
InodeId AppendMissing(const NamespaceState& state, const ResolvedPath& path, size_t upto,
                      FsPermission permission, const std::string& owner, InodeId* last_id,
                      Directories* out) {
  const Inode& ancestor = *path.inodes.back();
  const std::string& group = state.directory.AccessOf(ancestor).group;
  InodeId parent = ancestor.id;
  for (size_t i = path.inodes.size() - 1; i < upto; ++i) {
    *last_id = InodeId(last_id->value() + 1);
    proto::edits::NewDirectory* made = out->Add();
    made->set_inode_id(last_id->value());
    made->set_parent_id(parent.value());
    made->set_name(path.components[i]);
    made->set_permission(permission.bits);
    made->set_owner(owner);
    made->set_group(group);
    parent = *last_id;
  }
  return parent;
}

}  // namespace tusk::namenode
