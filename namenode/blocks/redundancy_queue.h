// Blocks with too few replicas, most urgent first; within a level, first come first served.
//
// Threads: not thread-safe; the BlockManager's lock guards it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <vector>

#include "common/protocol/ids.h"

namespace tusk::namenode {

enum class Urgency : uint8_t {
  kHighest = 0,    // one live replica is left, or those left are on nodes that go away
  kVeryLow = 1,    // less than a third of what is wanted
  kLow = 2,        // fewer than wanted
  kMisplaced = 3,  // enough, but all on one rack
  kNoReplica = 4,  // nothing to copy from: waits for a DataNode to come back
};
inline constexpr size_t kUrgencyLevels = 5;

class RedundancyQueue {
 public:
  // What `live` good replicas (`on_leaving_nodes` of them on nodes being decommissioned) of
  // `expected` mean. Call only for blocks that need work.
  static Urgency Judge(int32_t live, int32_t leaving, int32_t expected);

  // Adds the block or moves it to another level; its place in a level it is in already stays.
  void Put(BlockId block, Urgency urgency);
  void Remove(BlockId block);
  bool Contains(BlockId block) const { return where_.count(block) != 0; }

  // Up to `limit` blocks that can be worked on, most urgent first, beginning after those that the
  // last call returned, so that blocks without a possible target do not keep others waiting. The
  // most urgent level is looked through from its front every time.
  std::vector<BlockId> Next(size_t limit);

  std::vector<BlockId> All(Urgency urgency) const;
  size_t size(Urgency urgency) const { return levels_[static_cast<size_t>(urgency)].size(); }
  // Without kNoReplica.
  size_t low_redundancy() const { return where_.size() - size(Urgency::kNoReplica); }
  size_t size() const { return where_.size(); }

 private:
  struct Place {
    Urgency urgency;
    uint64_t number;
  };

  std::array<std::map<uint64_t, BlockId>, kUrgencyLevels> levels_;
  std::array<uint64_t, kUrgencyLevels> resume_after_{};
  std::unordered_map<BlockId, Place> where_;
  uint64_t next_number_ = 1;
};

}  // namespace tusk::namenode
