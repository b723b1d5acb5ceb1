// Every block of the namespace and the storages that hold its replicas, in little memory: 80 bytes
// a block and 4 to 8 of hash table, with up to three replicas inside.
//
// A replica is an entry of its block's record, and at the same time a link in the list of all
// blocks of its storage: so both "who holds this block" and "what does this storage hold" need no
// other structure.
//
// Threads: not thread-safe; the BlockManager's lock guards it.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "namenode/blocks/block_types.h"

namespace tusk::namenode {

using RecordIndex = uint32_t;   // of a block; stays while the block lives, is used again afterwards
using StorageIndex = uint32_t;  // of one storage of one DataNode, never used again
inline constexpr uint32_t kNoIndex = std::numeric_limits<uint32_t>::max();

struct ReplicaLink {
  StorageIndex storage = kNoIndex;
  RecordIndex previous = kNoIndex;  // neighbours in the storage's list
  RecordIndex next = kNoIndex;
};

// A few links inside, more of them on the heap.
class ReplicaList {
 public:
  ReplicaList() = default;
  ~ReplicaList() { Clear(); }
  ReplicaList(const ReplicaList&) = delete;
  ReplicaList& operator=(const ReplicaList&) = delete;

  size_t size() const { return size_; }
  ReplicaLink* begin() { return data(); }
  ReplicaLink* end() { return data() + size_; }
  const ReplicaLink* begin() const { return const_cast<ReplicaList*>(this)->data(); }
  const ReplicaLink* end() const { return begin() + size_; }

  void Add(const ReplicaLink& link);
  void Remove(ReplicaLink* link);  // the last one takes its place
  void Clear();

 private:
  static constexpr uint16_t kInside = 3;
  ReplicaLink* data() { return capacity_ == kInside ? inside_ : heap(); }
  // The pointer lies in the links' place, which is not aligned for it.
  ReplicaLink* heap() const {
    ReplicaLink* heap = nullptr;
    std::memcpy(&heap, inside_, sizeof(heap));
    return heap;
  }
  void set_heap(ReplicaLink* heap) {
    std::memcpy(static_cast<void*>(inside_), &heap, sizeof(heap));
  }

  ReplicaLink inside_[kInside]{};
  uint16_t size_ = 0;
  uint16_t capacity_ = kInside;
};

struct BlockRecord {
  Block block;  // num_bytes counts once the block is committed
  InodeId inode;
  ReplicaList replicas;  // finalized, of a committed or complete block; corrupt ones too
  int16_t replication = 1;
  BlockState state = BlockState::kComplete;
  bool used = false;
  bool has_live = false;  // counted as available
};
static_assert(sizeof(BlockRecord) == 80);

class BlockMap {
 public:
  BlockMap();

  RecordIndex Find(BlockId id) const;  // kNoIndex where there is none
  RecordIndex Insert(const Block& block, InodeId inode, int32_t replication, BlockState state);
  // Takes its replicas out of their storages' lists too.
  void Erase(RecordIndex index);

  BlockRecord& operator[](RecordIndex index) { return records_[index / kChunk][index % kChunk]; }
  const BlockRecord& operator[](RecordIndex index) const {
    return records_[index / kChunk][index % kChunk];
  }
  size_t size() const { return size_; }
  // Indexes are below this; some of them are not in use.
  RecordIndex end_index() const { return end_; }

  // False when it was there already.
  bool AddReplica(RecordIndex index, StorageIndex storage);
  bool RemoveReplica(RecordIndex index, StorageIndex storage);
  bool HasReplica(RecordIndex index, StorageIndex storage) const;

  size_t CountOn(StorageIndex storage) const;
  std::vector<RecordIndex> BlocksOn(StorageIndex storage) const;

 private:
  struct StorageBlocks {
    RecordIndex first = kNoIndex;
    size_t count = 0;
  };

  size_t SlotOf(BlockId id) const;  // where it is, or the free slot where it would be
  void Grow();
  ReplicaLink* LinkOf(RecordIndex index, StorageIndex storage);
  void Unlink(const ReplicaLink& link);

  static constexpr RecordIndex kChunk = 4096;  // records

  std::vector<std::unique_ptr<BlockRecord[]>> records_;
  RecordIndex end_ = 0;
  std::vector<RecordIndex> free_;
  std::vector<RecordIndex> slots_;  // open addressing, at most two thirds full
  size_t size_ = 0;
  std::vector<StorageBlocks> storages_;
};

}  // namespace tusk::namenode
