// Copies that DataNodes were told to make and have not reported yet.
//
// They count as if they were there, so that nobody orders them twice; a copy whose source or target
// dies, breaks off or fails is given back at once, one that nobody mentions after the time limit.
//
// Threads: not thread-safe; the BlockManager's lock guards it.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/protocol/ids.h"
#include "namenode/blocks/datanode_descriptor.h"

namespace tusk::namenode {

class PendingCopies {
 public:
  // `source` kNoNode: a writer's pipeline is expected to deliver it.
  void Add(BlockId block, NodeIndex source, const std::vector<NodeIndex>& targets, TimePoint now);

  // The replica on `target` is there, or will not come.
  void Remove(BlockId block, NodeIndex target);
  void Remove(BlockId block);

  int32_t Count(BlockId block) const;
  std::vector<NodeIndex> TargetsOf(BlockId block) const;
  // Copies under way out of this node.
  int32_t CountFrom(NodeIndex source) const;

  // Drops what this node has to do with; returns the blocks concerned.
  std::vector<BlockId> DropNode(NodeIndex node);
  std::vector<BlockId> DropOlderThan(TimePoint when);

  size_t blocks() const { return blocks_.size(); }

 private:
  struct Copy {
    NodeIndex source;
    NodeIndex target;
    TimePoint since;
  };

  template <typename Predicate>
  std::vector<BlockId> DropIf(Predicate drop);

  std::unordered_map<BlockId, std::vector<Copy>> blocks_;
  std::unordered_map<NodeIndex, int32_t> from_;
};

}  // namespace tusk::namenode
