#include "namenode/namesystem/inode_map.h"

#include <new>

#include "common/base/check.h"

namespace tusk::namenode {

InodeMap::~InodeMap() {
  for (InodeIndex i = 0; i < next_; ++i) {
    if (Get(i)->directory) delete Get(i)->children;
  }
}

Inode* InodeMap::Allocate(InodeId id) {
  CHECK_GE(id, kRootInodeId);
  CHECK_LT(id, kMaxId);
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
  while (branches_.size() <= at / kPage / kBranch) branches_.emplace_back();
  auto& branch = branches_[at / kPage / kBranch];
  if (branch == nullptr) branch = std::make_unique<Branch>();
  auto& page = branch->pages[at / kPage % kBranch];
  if (page == nullptr) {
    page = std::make_unique<Page>();
    page->slots.fill(kNoInode);
    ++branch->used;
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
  auto& branch = branches_[at / kPage / kBranch];
  auto& page = branch->pages[at / kPage % kBranch];
  page->slots[at % kPage] = kNoInode;
  if (--page->used == 0) {
    page.reset();
    if (--branch->used == 0) branch.reset();
  }
  --size_;
  sum_of_ids_ -= static_cast<uint64_t>(inode->id.value());
  if (inode->directory) delete inode->children;
  inode->~Inode();
  new (inode) Inode;
  free_.push_back(index);
}

InodeIndex InodeMap::Find(InodeId id) const {
  if (id < kRootInodeId) return kNoInode;
  const auto at = static_cast<size_t>(id.value() - kRootInodeId.value());
  const size_t branch = at / kPage / kBranch;
  if (branch >= branches_.size() || branches_[branch] == nullptr) return kNoInode;
  const Page* const page = branches_[branch]->pages[at / kPage % kBranch].get();
  return page == nullptr ? kNoInode : page->slots[at % kPage];
}

}  // namespace tusk::namenode
