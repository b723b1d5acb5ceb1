#include "namenode/namesystem/inode_map.h"

#include <new>

#include "common/base/check.h"

namespace tusk::namenode {

InodeMap::~InodeMap() {
  for (InodeIndex i = 0; i < next_; ++i) delete Get(i)->children;
}

Inode* InodeMap::Allocate(InodeId id) {
  CHECK_GE(id, kRootInodeId);
  InodeIndex index = 0;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else {
    CHECK_LT(next_, kNoInode) << "the inode slab is full";
    index = next_++;
    if (index / kChunk == chunks_.size()) chunks_.push_back(std::make_unique<Inode[]>(kChunk));
  }
  const auto at = static_cast<size_t>(id.value() - kRootInodeId.value());
  while (pages_.size() <= at / kPage) pages_.emplace_back();
  auto& page = pages_[at / kPage];
  if (page == nullptr) {
    page = std::make_unique<Page>();
    page->slots.fill(kNoInode);
  }
  CHECK_EQ(page->slots[at % kPage], kNoInode) << "inode id used twice: " << id;
  page->slots[at % kPage] = index;
  ++page->used;
  ++size_;
  sum_of_ids_ += static_cast<uint64_t>(id.value());
  Inode* inode = Get(index);
  inode->id = id;
  return inode;
}

void InodeMap::Free(InodeIndex index) {
  Inode* inode = Get(index);
  const auto at = static_cast<size_t>(inode->id.value() - kRootInodeId.value());
  auto& page = pages_[at / kPage];
  page->slots[at % kPage] = kNoInode;
  if (--page->used == 0) page.reset();
  --size_;
  sum_of_ids_ -= static_cast<uint64_t>(inode->id.value());
  delete inode->children;
  inode->~Inode();
  new (inode) Inode;
  free_.push_back(index);
}

InodeIndex InodeMap::Find(InodeId id) const {
  const int64_t at = id.value() - kRootInodeId.value();
  if (at < 0) return kNoInode;
  const auto page = static_cast<size_t>(at) / kPage;
  if (page >= pages_.size() || pages_[page] == nullptr) return kNoInode;
  return pages_[page]->slots[static_cast<size_t>(at) % kPage];
}

}  // namespace tusk::namenode
