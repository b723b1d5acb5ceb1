#include "namenode/namesystem/tree_walk.h"

namespace tusk::namenode {

StatusOr<bool> TreeWalk::Step(const Directory& directory, int limit,
                              const std::function<Status(const Inode&)>& visit) {
  if (!started_) {
    started_ = true;
    const Inode* root = directory.Find(root_);
    if (root == nullptr) return false;
    RETURN_IF_ERROR(visit(*root));
    if (root->directory) stack_.push_back({root_, {}});
    --limit;
  }
  while (!stack_.empty()) {
    if (limit-- <= 0) return true;
    Frame& frame = stack_.back();
    const Inode* parent = directory.Find(frame.directory);
    const size_t position = parent == nullptr ? 0 : directory.ChildPosition(*parent, frame.last);
    if (parent == nullptr || position >= directory.ChildCount(*parent)) {
      stack_.pop_back();
      continue;
    }
    const Inode* child = directory.Get((*parent->children)[position]);
    frame.last = std::string(directory.NameOf(*child));
    RETURN_IF_ERROR(visit(*child));
    if (child->directory) stack_.push_back({child->id, {}});
  }
  return false;
}

}  // namespace tusk::namenode
