// The NodeManagers the ResourceManager knows: which run, which it has lost, and since when.
//
// A node runs from its registration. When its stream breaks it gets nothing new; when it stays away
// for the expiry time it is lost. The same node with another incarnation has lost all it ran.
//
// Threads: not thread-safe; belongs to the ResourceManager's core.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "yarnlite/api/node_protocol.h"
#include "yarnlite/api/queue.h"

namespace tusk::yarnlite {

// One stream of one NodeManager. Its messages count only while it is the node's newest.
using NodeSession = uint64_t;

struct Node {
  NodeRegistration registration;
  std::string rack;
  NodeState state = NodeState::kRunning;
  NodeSession session = 0;
  bool connected = false;
  TimePoint last_heard{};
  int64_t last_heard_ms = 0;
  NodeHeartbeat health;

  bool live() const { return state == NodeState::kRunning || state == NodeState::kUnhealthy; }
  std::string http_address() const {
    return registration.id.host + ":" + std::to_string(registration.http_port);
  }
};

class NodeTable {
 public:
  Node* Find(const NodeId& id);
  const Node* Find(const NodeId& id) const;
  // The node if `session` is its newest stream and it is live, else nullptr.
  Node* FindLive(const NodeId& id, NodeSession session);

  // Enters or replaces the node.
  Node* Put(const NodeRegistration& registration, const std::string& rack, NodeSession session,
            TimePoint now, int64_t now_ms);

  // Live nodes last heard of before `limit`.
  std::vector<NodeId> SilentSince(TimePoint limit) const;

  const std::map<NodeId, Node>& all() const { return nodes_; }
  int live() const;
  ClusterMetrics Metrics() const;

 private:
  std::map<NodeId, Node> nodes_;  // lost ones stay, for `yarn node -list -all`
};

}  // namespace tusk::yarnlite
