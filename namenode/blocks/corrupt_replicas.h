// Replicas known to be bad: wrong length or generation stamp, or a checksum that failed.
//
// A bad replica is kept until the block has enough good ones: bad bytes beat no bytes.
//
// Threads: not thread-safe; the BlockManager's lock guards it.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/protocol/ids.h"
#include "namenode/blocks/datanode_descriptor.h"

namespace tusk::namenode {

class CorruptReplicas {
 public:
  // False when it was known.
  bool Add(BlockId block, NodeIndex node, std::string reason) {
    return blocks_[block].emplace(node, std::move(reason)).second;
  }
  void Remove(BlockId block, NodeIndex node) {
    const auto it = blocks_.find(block);
    if (it == blocks_.end()) return;
    it->second.erase(node);
    if (it->second.empty()) blocks_.erase(it);
  }
  void Remove(BlockId block) { blocks_.erase(block); }

  bool Contains(BlockId block, NodeIndex node) const {
    const auto it = blocks_.find(block);
    return it != blocks_.end() && it->second.count(node) != 0;
  }
  std::vector<NodeIndex> NodesOf(BlockId block) const {
    std::vector<NodeIndex> nodes;
    const auto it = blocks_.find(block);
    if (it == blocks_.end()) return nodes;
    for (const auto& [node, reason] : it->second) nodes.push_back(node);
    return nodes;
  }

  size_t blocks() const { return blocks_.size(); }

 private:
  std::unordered_map<BlockId, std::map<NodeIndex, std::string>> blocks_;
};

}  // namespace tusk::namenode
