#include "namenode/blocks/block_map.h"

#include <algorithm>

#include "common/base/check.h"

namespace tusk::namenode {

void ReplicaList::Add(const ReplicaLink& link) {
  if (size_ == capacity_) {
    const auto larger = static_cast<uint16_t>(capacity_ * 2);
    auto* moved = new ReplicaLink[larger];
    std::copy(begin(), end(), moved);
    if (capacity_ != kInside) delete[] heap();
    set_heap(moved);
    capacity_ = larger;
  }
  data()[size_++] = link;
}

void ReplicaList::Remove(ReplicaLink* link) {
  *link = data()[size_ - 1];
  --size_;
}

void ReplicaList::Clear() {
  if (capacity_ != kInside) delete[] heap();
  capacity_ = kInside;
  size_ = 0;
}

BlockMap::BlockMap() : slots_(1024, kNoIndex) {}

size_t BlockMap::SlotOf(BlockId id) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = std::hash<BlockId>()(id) & mask;
  while (slots_[slot] != kNoIndex && (*this)[slots_[slot]].block.id != id) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

RecordIndex BlockMap::Find(BlockId id) const {
  return slots_[SlotOf(id)];
}

void BlockMap::Grow() {
  slots_.assign(slots_.size() * 2, kNoIndex);
  for (RecordIndex i = 0; i < end_index(); ++i) {
    if ((*this)[i].used) slots_[SlotOf((*this)[i].block.id)] = i;
  }
}

RecordIndex BlockMap::Insert(const Block& block, InodeId inode, int32_t replication,
                             BlockState state) {
  if ((size_ + 1) * 3 > slots_.size() * 2) Grow();
  RecordIndex index = kNoIndex;
  if (free_.empty()) {
    index = end_++;
    if (index / kChunk == records_.size()) {
      records_.push_back(std::make_unique<BlockRecord[]>(kChunk));
    }
  } else {
    index = free_.back();
    free_.pop_back();
  }
  BlockRecord& record = (*this)[index];
  record.block = block;
  record.inode = inode;
  record.replication = static_cast<int16_t>(replication);
  record.state = state;
  record.used = true;
  record.has_live = false;
  const size_t slot = SlotOf(block.id);
  CHECK_EQ(slots_[slot], kNoIndex) << "block inserted twice: " << BlockName(block);
  slots_[slot] = index;
  ++size_;
  return index;
}

void BlockMap::Erase(RecordIndex index) {
  BlockRecord& record = (*this)[index];
  for (const ReplicaLink& link : record.replicas) Unlink(link);
  const size_t mask = slots_.size() - 1;
  size_t hole = SlotOf(record.block.id);
  // Those behind the hole move up where a look-up would otherwise stop before them.
  for (size_t slot = (hole + 1) & mask; slots_[slot] != kNoIndex; slot = (slot + 1) & mask) {
    const size_t home = std::hash<BlockId>()((*this)[slots_[slot]].block.id) & mask;
    if (((slot - home) & mask) >= ((slot - hole) & mask)) {
      slots_[hole] = slots_[slot];
      hole = slot;
    }
  }
  slots_[hole] = kNoIndex;
  record.replicas.Clear();
  record.used = false;
  free_.push_back(index);
  --size_;
}

ReplicaLink* BlockMap::LinkOf(RecordIndex index, StorageIndex storage) {
  for (ReplicaLink& link : (*this)[index].replicas) {
    if (link.storage == storage) return &link;
  }
  return nullptr;
}

bool BlockMap::HasReplica(RecordIndex index, StorageIndex storage) const {
  return const_cast<BlockMap*>(this)->LinkOf(index, storage) != nullptr;
}

bool BlockMap::AddReplica(RecordIndex index, StorageIndex storage) {
  if (HasReplica(index, storage)) return false;
  if (storages_.size() <= storage) storages_.resize(storage + 1);
  StorageBlocks& list = storages_[storage];
  if (list.first != kNoIndex) LinkOf(list.first, storage)->previous = index;
  (*this)[index].replicas.Add({.storage = storage, .next = list.first});
  list.first = index;
  ++list.count;
  return true;
}

bool BlockMap::RemoveReplica(RecordIndex index, StorageIndex storage) {
  ReplicaLink* link = LinkOf(index, storage);
  if (link == nullptr) return false;
  Unlink(*link);
  (*this)[index].replicas.Remove(link);
  return true;
}

void BlockMap::Unlink(const ReplicaLink& link) {
  StorageBlocks& list = storages_[link.storage];
  if (link.previous == kNoIndex) {
    list.first = link.next;
  } else {
    LinkOf(link.previous, link.storage)->next = link.next;
  }
  if (link.next != kNoIndex) LinkOf(link.next, link.storage)->previous = link.previous;
  --list.count;
}

size_t BlockMap::CountOn(StorageIndex storage) const {
  return storage < storages_.size() ? storages_[storage].count : 0;
}

std::vector<RecordIndex> BlockMap::BlocksOn(StorageIndex storage) const {
  std::vector<RecordIndex> blocks;
  if (storage >= storages_.size()) return blocks;
  blocks.reserve(storages_[storage].count);
  RecordIndex at = storages_[storage].first;
  while (at != kNoIndex) {
    blocks.push_back(at);
    at = const_cast<BlockMap*>(this)->LinkOf(at, storage)->next;
  }
  return blocks;
}

}  // namespace tusk::namenode
