#include "namenode/blocks/pending_copies.h"

#include <algorithm>

namespace tusk::namenode {

void PendingCopies::Add(BlockId block, NodeIndex source, const std::vector<NodeIndex>& targets,
                        TimePoint now) {
  if (targets.empty()) return;
  auto& copies = blocks_[block];
  for (const NodeIndex target : targets) {
    copies.push_back({source, target, now});
    ++from_[source];
  }
}

template <typename Predicate>
std::vector<BlockId> PendingCopies::DropIf(Predicate drop) {
  std::vector<BlockId> concerned;
  for (auto it = blocks_.begin(); it != blocks_.end();) {
    auto& copies = it->second;
    const size_t before = copies.size();
    std::erase_if(copies, [&](const Copy& copy) {
      if (!drop(copy)) return false;
      --from_[copy.source];
      return true;
    });
    if (copies.size() != before) concerned.push_back(it->first);
    it = copies.empty() ? blocks_.erase(it) : std::next(it);
  }
  return concerned;
}

void PendingCopies::Remove(BlockId block, NodeIndex target) {
  const auto it = blocks_.find(block);
  if (it == blocks_.end()) return;
  std::erase_if(it->second, [&](const Copy& copy) {
    if (copy.target != target) return false;
    --from_[copy.source];
    return true;
  });
  if (it->second.empty()) blocks_.erase(it);
}

void PendingCopies::Remove(BlockId block) {
  const auto it = blocks_.find(block);
  if (it == blocks_.end()) return;
  for (const Copy& copy : it->second) --from_[copy.source];
  blocks_.erase(it);
}

int32_t PendingCopies::Count(BlockId block) const {
  const auto it = blocks_.find(block);
  return it == blocks_.end() ? 0 : static_cast<int32_t>(it->second.size());
}

std::vector<NodeIndex> PendingCopies::TargetsOf(BlockId block) const {
  std::vector<NodeIndex> targets;
  const auto it = blocks_.find(block);
  if (it == blocks_.end()) return targets;
  for (const Copy& copy : it->second) targets.push_back(copy.target);
  return targets;
}

int32_t PendingCopies::CountFrom(NodeIndex source) const {
  const auto it = from_.find(source);
  return it == from_.end() ? 0 : it->second;
}

std::vector<BlockId> PendingCopies::DropNode(NodeIndex node) {
  return DropIf([&](const Copy& copy) { return copy.source == node || copy.target == node; });
}

std::vector<BlockId> PendingCopies::DropOlderThan(TimePoint when) {
  return DropIf([&](const Copy& copy) { return copy.since < when; });
}

}  // namespace tusk::namenode
