// All inodes: the slab they live in, and the way from id to slot.
//
// Owns:    inodes, their children vectors and block lists. Names are the directory's.
// Threads: not thread-safe (the namesystem's lock).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "namenode/namesystem/inode.h"

namespace tusk::namenode {

class InodeMap {
 public:
  // No inode has this id or a greater one: a wild id would ask for a table without end.
  static constexpr InodeId kMaxId{int64_t{1} << 42};

  InodeMap() = default;
  ~InodeMap();
  InodeMap(const InodeMap&) = delete;
  InodeMap& operator=(const InodeMap&) = delete;

  // A fresh inode with `id`, which is in no slot and in [root, kMaxId). Pointers stay valid until
  // Free.
  Inode* Allocate(InodeId id);
  void Free(InodeIndex index);

  Inode* Get(InodeIndex index) { return &chunks_[index / kChunk][index % kChunk]; }
  const Inode* Get(InodeIndex index) const { return &chunks_[index / kChunk][index % kChunk]; }

  // Indexes are below this; some of them are not in use.
  InodeIndex end_index() const { return next_; }

  // kNoInode when there is none. Says nothing on whether it hangs in the tree.
  InodeIndex Find(InodeId id) const;

  int64_t size() const { return size_; }
  uint64_t sum_of_ids() const { return sum_of_ids_; }

 private:
  static constexpr size_t kChunk = 4096;   // inodes
  static constexpr size_t kPage = 256;     // ids
  static constexpr size_t kBranch = 4096;  // pages
  struct Page {
    std::array<InodeIndex, kPage> slots;
    uint32_t used = 0;
  };
  struct Branch {
    std::array<std::unique_ptr<Page>, kBranch> pages;
    uint32_t used = 0;
  };

  std::vector<std::unique_ptr<Inode[]>> chunks_;
  std::vector<InodeIndex> free_;
  InodeIndex next_ = 0;  // first slot never used
  // Ids are given out in order, so a page table is denser than a hash table and never rehashes
  // under the lock. A page goes when its last inode does, a branch with its last page: of old ids
  // whose inodes are gone eight bytes per million stay.
  std::deque<std::unique_ptr<Branch>> branches_;
  int64_t size_ = 0;
  uint64_t sum_of_ids_ = 0;
};

}  // namespace tusk::namenode
