// Replicas that are to be deleted, per DataNode.
//
// An entry is queued, then sent, and goes when the DataNode reports the deletion. When the node's
// stream breaks, what was sent is queued again.
//
// Threads: not thread-safe; the BlockManager's lock guards it.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "common/protocol/block.h"
#include "namenode/blocks/datanode_descriptor.h"

namespace tusk::namenode {

class InvalidationQueue {
 public:
  // `block`: the replica's generation stamp or a later one; older replicas go too.
  void Add(NodeIndex node, const Block& block);
  // The DataNode has deleted it, or has another replica of it by now.
  void Remove(NodeIndex node, BlockId block);
  bool Contains(NodeIndex node, BlockId block) const;
  // Whether what is queued deletes this very replica: its generation stamp or an older one.
  bool Covers(NodeIndex node, const Block& replica) const;

  // Up to `limit` entries to be sent now.
  std::vector<Block> Take(NodeIndex node, size_t limit);
  std::vector<NodeIndex> NodesWithWork() const;

  void Requeue(NodeIndex node);  // what was sent may be lost
  void Clear(NodeIndex node);    // the node is dead, or will report in full

  size_t size() const { return size_; }
  bool HasWork() const { return unsent_ > 0; }

 private:
  struct Entry {
    Block block;
    bool sent = false;
  };
  struct PerNode {
    std::unordered_map<BlockId, Entry> entries;
    size_t unsent = 0;
  };

  std::map<NodeIndex, PerNode> nodes_;
  size_t size_ = 0;
  size_t unsent_ = 0;  // over all nodes
};

}  // namespace tusk::namenode
