#include "namenode/blocks/redundancy_queue.h"

namespace tusk::namenode {

Urgency RedundancyQueue::Judge(int32_t live, int32_t leaving, int32_t expected) {
  if (live == 0) return leaving > 0 ? Urgency::kHighest : Urgency::kNoReplica;
  if (live >= expected) return Urgency::kMisplaced;
  if (live == 1) return Urgency::kHighest;
  return live * 3 < expected ? Urgency::kVeryLow : Urgency::kLow;
}

void RedundancyQueue::Put(BlockId block, Urgency urgency) {
  const auto it = where_.find(block);
  if (it != where_.end()) {
    if (it->second.urgency == urgency) return;
    levels_[static_cast<size_t>(it->second.urgency)].erase(it->second.number);
    where_.erase(it);
  }
  const uint64_t number = next_number_++;
  levels_[static_cast<size_t>(urgency)].emplace(number, block);
  where_.emplace(block, Place{urgency, number});
}

void RedundancyQueue::Remove(BlockId block) {
  const auto it = where_.find(block);
  if (it == where_.end()) return;
  levels_[static_cast<size_t>(it->second.urgency)].erase(it->second.number);
  where_.erase(it);
}

std::vector<BlockId> RedundancyQueue::Next(size_t limit) {
  std::vector<BlockId> blocks;
  for (size_t level = 0; level < static_cast<size_t>(Urgency::kNoReplica); ++level) {
    const auto& queue = levels_[level];
    auto it = level == 0 ? queue.begin() : queue.upper_bound(resume_after_[level]);
    while (it != queue.end() && blocks.size() < limit) {
      blocks.push_back(it->second);
      resume_after_[level] = it->first;
      ++it;
    }
    if (it == queue.end()) resume_after_[level] = 0;  // from the front next time
  }
  return blocks;
}

std::vector<BlockId> RedundancyQueue::All(Urgency urgency) const {
  std::vector<BlockId> blocks;
  for (const auto& [number, block] : levels_[static_cast<size_t>(urgency)]) {
    blocks.push_back(block);
  }
  return blocks;
}

}  // namespace tusk::namenode
