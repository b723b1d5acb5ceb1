// Chooses where new replicas go. A pure function of the nodes as they stand and a Random.
//
// Hadoop's default policy: the first replica on the writer's own node, the second on another rack,
// the third on the second's rack, more of them anywhere with racks filled evenly. Of the nodes that
// fit, two are drawn and the less loaded one is taken. Who does not fit: full, excluded, dead,
// suspect, leaving; stale or busy ones are the last choice instead of none.
//
// Owns:    nothing; it keeps nothing between two calls.
// Threads: thread-safe, but for the Random, which is the caller's. Called under DatanodeManager's
//          lock.
// Fails:   never: it answers as few choices as there are, and why the other nodes were left out.
#pragma once

#include <string>
#include <vector>

#include "common/base/random.h"
#include "namenode/blocks/block_types.h"
#include "namenode/blocks/datanode_descriptor.h"

namespace tusk::namenode {

struct PlacementContext {
  TimePoint now;
  Duration stale_interval{0};
  bool consider_load = true;
  double load_factor = 2.0;
  std::vector<NodeIndex> existing;  // hold a replica (or will): their racks count
  std::vector<NodeIndex> excluded;  // by us, beside the request's own
};

struct Placement {
  struct Choice {
    NodeIndex node = kNoNode;
    size_t storage = 0;  // in the descriptor's list
  };
  std::vector<Choice> choices;
  // Why the others were left out: "127.0.10.1:9866 (no room: 10 MB left, 128 MB needed), ...".
  std::string left_out;
};

Placement ChoosePlacement(const std::vector<DatanodeDescriptor>& nodes,
                          const PlacementRequest& request, const PlacementContext& context,
                          Random* random);

// Of a block's replicas on `holders` (at least two), the one to give up so that the racks stay as
// many as they can: on the rack with most replicas, then with the least room. `hint`: preferred
// where racks allow; kNoNode for none.
NodeIndex ChooseExcess(const std::vector<DatanodeDescriptor>& nodes,
                       const std::vector<NodeIndex>& holders, NodeIndex hint);

}  // namespace tusk::namenode
