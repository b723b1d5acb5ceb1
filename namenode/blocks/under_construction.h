// What is known of a block that is not complete: its pipeline as ordered and as reported.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/base/clock.h"
#include "common/protocol/block.h"
#include "namenode/blocks/block_map.h"
#include "namenode/blocks/datanode_descriptor.h"

namespace tusk::namenode {

struct ExpectedReplica {
  NodeIndex node = kNoNode;
  StorageIndex storage = kNoIndex;
  bool reported = false;  // the DataNode has said what it has, as follows
  ReplicaState state = ReplicaState::kRbw;
  GenerationStamp generation_stamp;
  int64_t num_bytes = 0;

  bool finalized() const { return reported && state == ReplicaState::kFinalized; }
};

struct UnderConstruction {
  std::vector<ExpectedReplica> replicas;
  // Left the pipeline, or have told of an older generation stamp than the block's by now: what they
  // have is of no use at the end.
  std::vector<NodeIndex> dropped;
  GenerationStamp recovery_id;  // 0: none was started
  NodeIndex primary = kNoNode;  // leads the recovery under way
  size_t next_primary = 0;
  TimePoint recovery_started;

  ExpectedReplica* Of(NodeIndex node) {
    const auto it = std::find_if(replicas.begin(), replicas.end(),
                                 [&](const ExpectedReplica& r) { return r.node == node; });
    return it == replicas.end() ? nullptr : &*it;
  }

  // What a DataNode says it has; one outside of the pipeline joins it. Its word on an older
  // generation stamp does not replace one on a newer.
  void Note(const ExpectedReplica& reported) {
    ExpectedReplica* known = Of(reported.node);
    if (known == nullptr) {
      replicas.push_back(reported);
    } else if (!known->reported || reported.generation_stamp >= known->generation_stamp) {
      *known = reported;
    }
    std::erase(dropped, reported.node);
  }

  void Drop(NodeIndex node) {
    if (!IsDropped(node)) dropped.push_back(node);
  }
  bool IsDropped(NodeIndex node) const {
    return std::find(dropped.begin(), dropped.end(), node) != dropped.end();
  }
};

}  // namespace tusk::namenode
