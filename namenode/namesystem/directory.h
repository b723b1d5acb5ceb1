// The tree of names: inodes, their places, attributes and blocks, and the primitive changes of
// them.
//
// A change first tells the observer, while the inode is still as it was: that is how a checkpoint
// under way keeps its cut exact. No checks of permission or state happen here.
//
// Owns:    inodes, names, access table.
// Threads: not thread-safe (the namesystem's lock).
// Life:    begins with the root (Format) or empty, to be filled by Insert and linked by FinishLoad.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/protocol/file_status.h"
#include "namenode/namesystem/access_table.h"
#include "namenode/namesystem/inode_map.h"
#include "namenode/namesystem/name_arena.h"
#include "namenode/namesystem/path.h"

namespace tusk::namenode {

// What only a file under construction has.
struct OpenFile {
  std::string client_name;  // lease holder
  std::string client_host;
  int64_t recovery_id = 0;  // of the newest recovery of the last block; 0: none
};

// Hears of each inode before it changes or goes.
class DirectoryObserver {
 public:
  virtual ~DirectoryObserver() = default;
  virtual void BeforeChange(Inode* inode) = 0;
  virtual void BeforeFree(Inode* inode) = 0;
};

// A path as far as it exists: inodes[0] is where it begins (the root, mostly).
struct ResolvedPath {
  std::string text;                     // "/a/b", normalized, for messages
  std::vector<std::string> components;  // below inodes[0]
  std::vector<Inode*> inodes;           // 1 .. components.size() + 1

  bool exists() const { return inodes.size() == components.size() + 1; }
  Inode* last() const { return exists() ? inodes.back() : nullptr; }
  // The directory the last component is or would be in; null when that is missing too, or there is
  // no last component.
  Inode* parent() const {
    return !components.empty() && inodes.size() >= components.size() ? inodes[components.size() - 1]
                                                                     : nullptr;
  }
  const std::string& name() const { return components.back(); }
  // "/a" for depth 1.
  std::string Prefix(size_t depth) const;
};

struct NewInode {
  InodeId id;
  InodeId parent;  // 0: the root or a detached root (Insert only)
  std::string_view name;
  bool directory = false;
  std::string owner;
  std::string group;
  FsPermission permission;
  int64_t mtime_ms = 0;
  int64_t atime_ms = 0;
  int32_t replication = 0;
  int64_t block_size = 0;
};

class Directory {
 public:
  Directory() = default;

  void set_observer(DirectoryObserver* observer) { observer_ = observer; }

  // ---- looking ---------------------------------------------------------------------------------

  Inode* root() const { return root_; }
  // Null for an unknown id and for whatever lies below a detached root.
  Inode* Find(InodeId id) const;
  // Also below a detached root.
  Inode* FindRaw(InodeId id) const;
  Inode* Get(InodeIndex index) const { return const_cast<InodeMap&>(inodes_).Get(index); }
  Inode* Child(const Inode& directory, std::string_view name) const;
  // A file has none.
  size_t ChildCount(const Inode& directory) const {
    return !directory.directory || directory.children == nullptr ? 0 : directory.children->size();
  }
  // First child whose name is greater than `after`; its position among the children.
  size_t ChildPosition(const Inode& directory, std::string_view after) const;
  bool IsBelow(const Inode& inode, const Inode& ancestor) const;  // or the same

  std::string_view NameOf(const Inode& inode) const;
  std::string PathOf(const Inode& inode) const;
  const AccessEntry& AccessOf(const Inode& inode) const { return access_.Get(inode.access); }
  const OpenFile& OpenInfo(const Inode& inode) const { return open_files_.at(inode.id); }
  int64_t FileLength(const Inode& inode) const;
  FileStatus StatusOf(const Inode& inode, std::string_view name) const;

  // kFileNotFound when the path begins at an inode that is gone.
  StatusOr<ResolvedPath> Resolve(const ParsedPath& path) const;

  int64_t size() const { return inodes_.size(); }
  uint64_t sum_of_ids() const { return inodes_.sum_of_ids(); }
  uint64_t sum_of_lengths() const { return sum_of_lengths_; }
  int64_t block_count() const { return block_count_; }
  int64_t open_file_count() const { return static_cast<int64_t>(open_files_.size()); }
  const std::unordered_map<InodeId, OpenFile>& open_files() const { return open_files_; }
  const std::vector<InodeId>& detached_roots() const { return detached_; }

  // ---- changing --------------------------------------------------------------------------------

  // The root of a fresh namespace.
  void Format(const std::string& owner, const std::string& group, int64_t now_ms);

  Inode* Add(const NewInode& inode);
  void Move(Inode* inode, Inode* new_parent, std::string_view name);
  // Takes the subtree out of the tree at once; FreeSome returns it to memory later.
  void Detach(Inode* inode);

  void SetTimes(Inode* inode, int64_t mtime_ms, int64_t atime_ms);  // -1: stays
  void SetReplication(Inode* file, int32_t replication);
  void SetPermission(Inode* inode, FsPermission permission);
  void SetOwner(Inode* inode, const std::string* owner, const std::string* group);
  void SetOpen(Inode* file, OpenFile info);
  void SetClosed(Inode* file);
  void SetRecovery(Inode* file, const std::string& holder, int64_t recovery_id);

  void AddBlock(Inode* file, const BlockEntry& block);
  void SetBlock(Inode* file, uint32_t position, const BlockEntry& block);
  void RemoveLastBlock(Inode* file);

  // Frees up to `limit` inodes below detached roots. Their blocks' ids go to `blocks`, ids of files
  // that were open to `open_files`. False when nothing is left to free.
  bool FreeSome(int limit, std::vector<BlockId>* blocks, std::vector<InodeId>* open_files);

  // ---- loading ---------------------------------------------------------------------------------

  // kDataLoss for an id that is taken or out of range. Parents may come later.
  Status Insert(const NewInode& inode, const std::vector<BlockEntry>& blocks, const OpenFile* open);
  // Links what is left, and sorts. kDataLoss for a parent that is missing, no root, two
  // children of one name.
  Status FinishLoad();

 private:
  void BeforeChange(Inode* inode) {
    if (observer_ != nullptr) observer_->BeforeChange(inode);
  }
  InodeIndex IndexOf(const Inode& inode) const { return inodes_.Find(inode.id); }
  Inode* Allocate(const NewInode& inode);
  void Link(Inode* parent, Inode* child);
  void Unlink(Inode* child);
  // While loading.
  Status LinkUnsorted(Inode* parent, Inode* child);
  Status SortChildren(Inode* directory);
  void FreeInode(Inode* inode, std::vector<BlockId>* blocks, std::vector<InodeId>* open_files);
  void Measure(const BlockEntry& block, int sign);

  InodeMap inodes_;
  NameArena names_;
  AccessTable access_;
  std::unordered_map<InodeId, OpenFile> open_files_;
  std::vector<InodeId> detached_;  // roots not yet freed
  // While loading: parent and child, where the parent is still to come.
  std::vector<std::pair<InodeId, InodeId>> unlinked_;
  DirectoryObserver* observer_ = nullptr;
  Inode* root_ = nullptr;
  uint64_t sum_of_lengths_ = 0;
  int64_t block_count_ = 0;
};

}  // namespace tusk::namenode
