#include "namenode/blocks/invalidation_queue.h"

#include <algorithm>

namespace tusk::namenode {

void InvalidationQueue::Add(NodeIndex node, const Block& block) {
  PerNode& per_node = nodes_[node];
  const auto [it, added] = per_node.entries.try_emplace(block.id, Entry{block});
  if (added) {
    ++size_;
    ++per_node.unsent;
    ++unsent_;
    return;
  }
  // A later replica of the block is to go too: send again.
  if (it->second.block.generation_stamp < block.generation_stamp) {
    if (it->second.sent) {
      ++per_node.unsent;
      ++unsent_;
    }
    it->second = Entry{block};
  }
}

void InvalidationQueue::Remove(NodeIndex node, BlockId block) {
  const auto per_node = nodes_.find(node);
  if (per_node == nodes_.end()) return;
  const auto it = per_node->second.entries.find(block);
  if (it == per_node->second.entries.end()) return;
  if (!it->second.sent) {
    --per_node->second.unsent;
    --unsent_;
  }
  per_node->second.entries.erase(it);
  --size_;
}

bool InvalidationQueue::Contains(NodeIndex node, BlockId block) const {
  const auto it = nodes_.find(node);
  return it != nodes_.end() && it->second.entries.count(block) != 0;
}

bool InvalidationQueue::Covers(NodeIndex node, const Block& replica) const {
  const auto per_node = nodes_.find(node);
  if (per_node == nodes_.end()) return false;
  const auto it = per_node->second.entries.find(replica.id);
  return it != per_node->second.entries.end() &&
         it->second.block.generation_stamp >= replica.generation_stamp;
}

std::vector<Block> InvalidationQueue::Take(NodeIndex node, size_t limit) {
  std::vector<Block> blocks;
  const auto it = nodes_.find(node);
  if (it == nodes_.end() || it->second.unsent == 0) return blocks;
  for (auto& [id, entry] : it->second.entries) {
    if (blocks.size() >= limit || it->second.unsent == 0) break;
    if (entry.sent) continue;
    entry.sent = true;
    --it->second.unsent;
    --unsent_;
    blocks.push_back(entry.block);
  }
  return blocks;
}

std::vector<NodeIndex> InvalidationQueue::NodesWithWork() const {
  std::vector<NodeIndex> nodes;
  for (const auto& [node, per_node] : nodes_) {
    if (per_node.unsent > 0) nodes.push_back(node);
  }
  return nodes;
}

void InvalidationQueue::Requeue(NodeIndex node) {
  const auto it = nodes_.find(node);
  if (it == nodes_.end()) return;
  for (auto& [id, entry] : it->second.entries) entry.sent = false;
  unsent_ += it->second.entries.size() - it->second.unsent;
  it->second.unsent = it->second.entries.size();
}

void InvalidationQueue::Clear(NodeIndex node) {
  const auto it = nodes_.find(node);
  if (it == nodes_.end()) return;
  size_ -= it->second.entries.size();
  unsent_ -= it->second.unsent;
  nodes_.erase(it);
}

}  // namespace tusk::namenode
