#include "namenode/namesystem/directory.h"

#include <algorithm>

#include "common/base/check.h"

namespace tusk::namenode {
namespace {}  // namespace

std::string ResolvedPath::Prefix(size_t depth) const {
  std::string prefix;
  for (size_t i = 0; i < depth; ++i) prefix += "/" + components[i];
  return prefix.empty() ? "/" : prefix;
}

// ---- looking -----------------------------------------------------------------------------------

Inode* Directory::FindRaw(InodeId id) const {
  const InodeIndex index = inodes_.Find(id);
  return index == kNoInode ? nullptr : Get(index);
}

Inode* Directory::Find(InodeId id) const {
  Inode* inode = FindRaw(id);
  const Inode* top = inode;
  while (top != nullptr && top->parent != kNoInode) top = Get(top->parent);
  return top == root_ ? inode : nullptr;
}

std::string_view Directory::NameOf(const Inode& inode) const {
  return &inode == root_ ? std::string_view() : names_.Get(inode.name);
}

size_t Directory::ChildPosition(const Inode& directory, std::string_view after) const {
  if (ChildCount(directory) == 0) return 0;
  const auto& children = *directory.children;
  // New names mostly come in order: look at the last one first.
  if (NameOf(*Get(children.back())) <= after) return children.size();
  const auto at = std::upper_bound(
      children.begin(), children.end(), after,
      [this](std::string_view name, InodeIndex child) { return name < NameOf(*Get(child)); });
  return static_cast<size_t>(at - children.begin());
}

Inode* Directory::Child(const Inode& directory, std::string_view name) const {
  const size_t at = ChildPosition(directory, name);
  if (at == 0) return nullptr;
  Inode* child = Get((*directory.children)[at - 1]);
  return NameOf(*child) == name ? child : nullptr;
}

bool Directory::IsBelow(const Inode& inode, const Inode& ancestor) const {
  for (const Inode* at = &inode;; at = Get(at->parent)) {
    if (at == &ancestor) return true;
    if (at->parent == kNoInode) return false;
  }
}

std::string Directory::PathOf(const Inode& inode) const {
  if (&inode == root_) return "/";
  std::vector<std::string_view> names;
  size_t size = 0;
  for (const Inode* at = &inode; at != root_; at = Get(at->parent)) {
    names.push_back(NameOf(*at));
    size += names.back().size() + 1;
    if (at->parent == kNoInode) break;  // below a detached root: from there
  }
  std::string path;
  path.reserve(size);
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    path += '/';
    path += *name;
  }
  return path;
}

int64_t Directory::FileLength(const Inode& inode) const {
  int64_t length = 0;
  for (const BlockEntry& block : inode.blocks) length += block.length();
  return length;
}

FileStatus Directory::StatusOf(const Inode& inode, std::string_view name) const {
  const AccessEntry& access = AccessOf(inode);
  FileStatus status;
  status.type = inode.directory ? FileType::kDirectory : FileType::kFile;
  status.name = std::string(name);
  status.permission = access.permission;
  status.owner = access.owner;
  status.group = access.group;
  status.modification_time_ms = inode.mtime_ms;
  status.file_id = inode.id;
  if (inode.directory) {
    status.children_num = static_cast<int32_t>(ChildCount(inode));
    // Hadoop's root is snapshottable, with room for no snapshot, and clients see that flag.
    if (&inode == root_) status.flags = 8;
  } else {
    status.length = FileLength(inode);
    status.access_time_ms = inode.atime_ms;
    status.replication = inode.replication;
    status.block_size = inode.block_size;
    status.children_num = 0;
  }
  return status;
}

StatusOr<ResolvedPath> Directory::Resolve(const ParsedPath& path) const {
  ResolvedPath resolved;
  Inode* at = root_;
  std::string text;
  if (path.base.has_value()) {
    at = Find(*path.base);
    if (at == nullptr) {
      return NotFoundError(
          "File does not exist: /.reserved/.inodes/" + std::to_string(path.base->value()),
          Reason::kFileNotFound);
    }
    // Permissions are checked on the way from the root, as for any path.
    std::vector<std::string> names;
    for (Inode* up = at; up != root_; up = Get(up->parent)) names.emplace_back(NameOf(*up));
    resolved.components.assign(names.rbegin(), names.rend());
  }
  resolved.components.insert(resolved.components.end(), path.components.begin(),
                             path.components.end());
  for (const std::string& name : resolved.components) text += "/" + name;
  resolved.text = text.empty() ? "/" : text;
  at = root_;
  resolved.inodes.push_back(at);
  for (const std::string& name : resolved.components) {
    at = at->directory ? Child(*at, name) : nullptr;
    if (at == nullptr) break;
    resolved.inodes.push_back(at);
  }
  return resolved;
}

// ---- changing ----------------------------------------------------------------------------------

void Directory::Measure(const BlockEntry& block, int sign) {
  if (sign > 0) {
    sum_of_lengths_ += block.num_bytes;
    ++block_count_;
  } else {
    sum_of_lengths_ -= block.num_bytes;
    --block_count_;
  }
}

Inode* Directory::Allocate(const NewInode& from) {
  Inode* inode = inodes_.Allocate(from.id);
  inode->directory = from.directory;
  inode->access = access_.Intern(from.owner, from.group, from.permission);
  inode->mtime_ms = from.mtime_ms;
  inode->atime_ms = from.atime_ms;
  inode->replication = static_cast<uint16_t>(from.replication);
  if (!from.directory) inode->block_size = from.block_size;
  inode->name = names_.Add(from.name);
  return inode;
}

void Directory::Format(const std::string& owner, const std::string& group, int64_t now_ms) {
  CHECK(root_ == nullptr);
  root_ = Allocate({.id = kRootInodeId,
                    .name = "",
                    .directory = true,
                    .owner = owner,
                    .group = group,
                    .permission = FsPermission{0755},
                    .mtime_ms = now_ms});
  BeforeChange(root_);
}

void Directory::Link(Inode* parent, Inode* child) {
  CHECK(parent->directory);
  if (parent->children == nullptr) parent->children = new std::vector<InodeIndex>;
  const auto at = static_cast<std::ptrdiff_t>(ChildPosition(*parent, names_.Get(child->name)));
  parent->children->insert(parent->children->begin() + at, IndexOf(*child));
  child->parent = IndexOf(*parent);
}

void Directory::Unlink(Inode* child) {
  Inode* parent = Get(child->parent);
  const size_t at = ChildPosition(*parent, NameOf(*child));
  CHECK(at > 0 && Get((*parent->children)[at - 1]) == child);
  parent->children->erase(parent->children->begin() + static_cast<std::ptrdiff_t>(at - 1));
  if (parent->children->empty()) {
    delete parent->children;
    parent->children = nullptr;
  } else if (parent->children->capacity() > 4 * parent->children->size() + 64) {
    parent->children->shrink_to_fit();
  }
  child->parent = kNoInode;
}

// A parent's list of children is not in its record, so linking and unlinking do not change it; its
// times are set by the caller.
Inode* Directory::Add(const NewInode& from) {
  Inode* parent = FindRaw(from.parent);
  CHECK(parent != nullptr && parent->directory);
  Inode* inode = Allocate(from);
  BeforeChange(inode);
  Link(parent, inode);
  return inode;
}

void Directory::Move(Inode* inode, Inode* new_parent, std::string_view name) {
  BeforeChange(inode);
  Unlink(inode);
  if (NameOf(*inode) != name) {
    const std::string kept(name);  // may lie in the arena
    names_.Free(inode->name);
    inode->name = names_.Add(kept);
  }
  Link(new_parent, inode);
}

void Directory::Detach(Inode* inode) {
  BeforeChange(inode);
  Unlink(inode);
  inode->detached_root = true;
  detached_.push_back(inode->id);
}

void Directory::SetTimes(Inode* inode, int64_t mtime_ms, int64_t atime_ms) {
  BeforeChange(inode);
  if (mtime_ms >= 0) inode->mtime_ms = mtime_ms;
  if (atime_ms >= 0) inode->atime_ms = atime_ms;
}

void Directory::SetReplication(Inode* file, int32_t replication) {
  BeforeChange(file);
  file->replication = static_cast<uint16_t>(replication);
}

void Directory::SetPermission(Inode* inode, FsPermission permission) {
  BeforeChange(inode);
  const AccessEntry& access = AccessOf(*inode);
  inode->access = access_.Intern(access.owner, access.group, permission);
}

void Directory::SetOwner(Inode* inode, const std::string* owner, const std::string* group) {
  BeforeChange(inode);
  const AccessEntry& access = AccessOf(*inode);
  inode->access = access_.Intern(owner != nullptr ? *owner : access.owner,
                                 group != nullptr ? *group : access.group, access.permission);
}

void Directory::SetOpen(Inode* file, OpenFile info) {
  BeforeChange(file);
  file->open = true;
  open_files_[file->id] = std::move(info);
}

void Directory::SetClosed(Inode* file) {
  BeforeChange(file);
  file->open = false;
  open_files_.erase(file->id);
}

void Directory::SetRecovery(Inode* file, const std::string& holder, int64_t recovery_id) {
  BeforeChange(file);
  OpenFile& info = open_files_.at(file->id);
  info.client_name = holder;
  info.recovery_id = recovery_id;
}

void Directory::AddBlock(Inode* file, const BlockEntry& block) {
  BeforeChange(file);
  file->blocks.push_back(block);
  Measure(block, +1);
}

void Directory::SetBlock(Inode* file, uint32_t position, const BlockEntry& block) {
  BeforeChange(file);
  Measure(file->blocks[position], -1);
  file->blocks[position] = block;
  Measure(block, +1);
}

void Directory::RemoveLastBlock(Inode* file) {
  BeforeChange(file);
  Measure(file->blocks.back(), -1);
  file->blocks.pop_back();
}

void Directory::FreeInode(Inode* inode, std::vector<BlockId>* blocks,
                          std::vector<InodeId>* open_files) {
  if (observer_ != nullptr) observer_->BeforeFree(inode);
  for (const BlockEntry& block : inode->blocks) {
    blocks->push_back(block.id);
    Measure(block, -1);
  }
  if (inode->open) {
    open_files_.erase(inode->id);
    open_files->push_back(inode->id);
  }
  names_.Free(inode->name);
  inodes_.Free(IndexOf(*inode));
}

bool Directory::FreeSome(int limit, std::vector<BlockId>* blocks,
                         std::vector<InodeId>* open_files) {
  while (!detached_.empty() && limit > 0) {
    Inode* root = FindRaw(detached_.back());
    CHECK(root != nullptr);
    // Deepest last child first: what is left hangs together at every moment.
    Inode* inode = root;
    while (ChildCount(*inode) > 0) {
      inode = Get(inode->children->back());
    }
    for (; limit > 0; --limit) {
      Inode* parent = inode == root ? nullptr : Get(inode->parent);
      FreeInode(inode, blocks, open_files);
      if (parent == nullptr) {
        detached_.pop_back();
        --limit;
        break;
      }
      parent->children->pop_back();
      inode = parent;
      while (ChildCount(*inode) > 0) {
        inode = Get(inode->children->back());
      }
    }
  }
  return !detached_.empty();
}

// ---- loading -----------------------------------------------------------------------------------

namespace {

Status LacksDirectory(InodeId id) {
  return DataLossError("the image lacks directory " + std::to_string(id.value()));
}

}  // namespace

Status Directory::Insert(const NewInode& from, const std::vector<BlockEntry>& blocks,
                         const OpenFile* open) {
  if (from.id < kRootInodeId || from.id >= InodeMap::kMaxId || FindRaw(from.id) != nullptr ||
      from.name.size() > NameArena::kMaxName) {
    return DataLossError("the image holds a bad inode " + std::to_string(from.id.value()));
  }
  Inode* inode = Allocate(from);
  for (const BlockEntry& block : blocks) {
    inode->blocks.push_back(block);
    Measure(block, +1);
  }
  if (open != nullptr) {
    inode->open = true;
    open_files_[from.id] = *open;
  }
  if (from.id == kRootInodeId) {
    root_ = inode;
  } else if (from.parent.value() == 0) {
    inode->detached_root = true;
    detached_.push_back(from.id);
  } else {
    Inode* const parent = FindRaw(from.parent);
    if (parent != nullptr) return LinkUnsorted(parent, inode);
    unlinked_.emplace_back(from.parent, from.id);  // it was moved below a younger directory
  }
  return Status::Ok();
}

Status Directory::LinkUnsorted(Inode* parent, Inode* child) {
  if (!parent->directory) return LacksDirectory(parent->id);
  if (parent->children == nullptr) parent->children = new std::vector<InodeIndex>;
  parent->children->push_back(IndexOf(*child));
  child->parent = IndexOf(*parent);
  return Status::Ok();
}

Status Directory::FinishLoad() {
  if (root_ == nullptr) return DataLossError("the image has no root directory");
  for (const auto& [parent_id, child] : unlinked_) {
    Inode* const parent = FindRaw(parent_id);
    if (parent == nullptr) return LacksDirectory(parent_id);
    RETURN_IF_ERROR(LinkUnsorted(parent, FindRaw(child)));
  }
  unlinked_ = {};
  for (InodeIndex i = 0; i < inodes_.end_index(); ++i) {
    if (ChildCount(*Get(i)) > 0) RETURN_IF_ERROR(SortChildren(Get(i)));
  }
  return Status::Ok();
}

Status Directory::SortChildren(Inode* directory) {
  auto& children = *directory->children;
  children.shrink_to_fit();
  std::sort(children.begin(), children.end(),
            [this](InodeIndex a, InodeIndex b) { return NameOf(*Get(a)) < NameOf(*Get(b)); });
  for (size_t i = 1; i < children.size(); ++i) {
    if (NameOf(*Get(children[i - 1])) == NameOf(*Get(children[i]))) {
      return DataLossError("the image has two entries " + PathOf(*Get(children[i])));
    }
  }
  return Status::Ok();
}

}  // namespace tusk::namenode
