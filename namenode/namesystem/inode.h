// One file or directory in memory: 80 bytes, its only block inside; its name, more blocks or its
// children beside it.
//
// Inodes live in a slab and refer to each other by 32-bit index; the 64-bit id on the wire is never
// used again. docs/design/namesystem.md has the byte count.
#pragma once

#include <cstdint>
#include <new>
#include <vector>

#include "common/protocol/block.h"
#include "common/protocol/ids.h"
#include "namenode/blocks/block_types.h"

namespace tusk::namenode {

using InodeIndex = uint32_t;
inline constexpr InodeIndex kNoInode = UINT32_MAX;

// A block of a file, as the image keeps it. Where its replicas lie is the BlockManager's.
struct BlockEntry {
  BlockId id;
  GenerationStamp generation_stamp;
  uint64_t num_bytes : 62 = 0;
  uint64_t state_bits : 2 = 0;

  BlockState state() const { return static_cast<BlockState>(state_bits); }
  void set_state(BlockState state) { state_bits = static_cast<uint64_t>(state) & 3; }
  bool complete() const { return state() == BlockState::kComplete; }
  int64_t length() const { return static_cast<int64_t>(num_bytes); }
  Block ToBlock() const { return {id, generation_stamp, length()}; }
};
static_assert(sizeof(BlockEntry) == 24);

// The blocks of one file: the only one inside, as most files have it, more of them on the heap,
// which grows by doubling without storing its capacity.
class BlockList {
 public:
  BlockList() : many_(nullptr) {}
  ~BlockList() {
    if (size_ > 1) delete[] many_;
  }
  BlockList(const BlockList&) = delete;
  BlockList& operator=(const BlockList&) = delete;

  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const BlockEntry* begin() const { return size_ <= 1 ? &one_ : many_; }
  const BlockEntry* end() const { return begin() + size_; }
  const BlockEntry& operator[](uint32_t i) const { return begin()[i]; }
  BlockEntry& operator[](uint32_t i) { return size_ <= 1 ? one_ : many_[i]; }
  const BlockEntry& back() const { return begin()[size_ - 1]; }
  BlockEntry& back() { return (*this)[size_ - 1]; }

  void push_back(const BlockEntry& entry) {
    if (size_ == 0) {
      new (&one_) BlockEntry(entry);
    } else {
      if ((size_ & (size_ - 1)) == 0) MoveTo(2 * size_);  // full at powers of two
      many_[size_] = entry;
    }
    ++size_;
  }
  void pop_back() {
    --size_;
    if (size_ == 1) {
      BlockEntry* const left = many_;
      new (&one_) BlockEntry(left[0]);
      delete[] left;
    } else if (size_ > 1 && (size_ & (size_ - 1)) == 0) {
      MoveTo(size_);
    }
  }

 private:
  void MoveTo(uint32_t capacity) {
    auto* const moved = new BlockEntry[capacity];
    for (uint32_t i = 0; i < size_; ++i) moved[i] = (*this)[i];
    if (size_ > 1) delete[] many_;
    many_ = moved;
  }

  union {
    BlockEntry one_;    // up to one block
    BlockEntry* many_;  // more
  };
  uint32_t size_ = 0;
};

struct Inode {
  InodeId id;
  int64_t mtime_ms = 0;
  int64_t atime_ms = 0;
  union {
    std::vector<InodeIndex>* children = nullptr;  // of a directory, in byte order of names
    int64_t block_size;                           // of a file
  };
  BlockList blocks;              // of a file
  InodeIndex parent = kNoInode;  // none: the root, a detached root, or a free slot
  uint32_t name = 0;             // in the name arena
  uint32_t access = 0;           // in the access table: owner, group, permission
  uint16_t replication = 0;
  bool directory : 1 = false;
  bool open : 1 = false;           // a file under construction
  uint8_t marks : 2 = 0;           // the checkpointer's: one bit per parity of its generation
  bool detached_root : 1 = false;  // deleted, being freed

  bool is_file() const { return !directory; }
};
static_assert(sizeof(Inode) <= 80);

}  // namespace tusk::namenode
