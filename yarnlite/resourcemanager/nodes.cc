#include "yarnlite/resourcemanager/nodes.h"

#include <algorithm>

namespace tusk::yarnlite {

Node* NodeTable::Find(const NodeId& id) {
  const auto it = nodes_.find(id);
  return it == nodes_.end() ? nullptr : &it->second;
}

const Node* NodeTable::Find(const NodeId& id) const {
  const auto it = nodes_.find(id);
  return it == nodes_.end() ? nullptr : &it->second;
}

Node* NodeTable::FindLive(const NodeId& id, NodeSession session) {
  Node* node = Find(id);
  return node != nullptr && node->live() && node->session == session ? node : nullptr;
}

Node* NodeTable::Put(const NodeRegistration& registration, const std::string& rack,
                     NodeSession session, TimePoint now, int64_t now_ms) {
  Node& node = nodes_[registration.id];
  node.registration = registration;
  node.rack = rack;
  node.state = NodeState::kRunning;
  node.session = session;
  node.connected = true;
  node.last_heard = now;
  node.last_heard_ms = now_ms;
  node.health = {};
  return &node;
}

std::vector<NodeId> NodeTable::SilentSince(TimePoint limit) const {
  std::vector<NodeId> silent;
  for (const auto& [id, node] : nodes_) {
    if (node.live() && node.last_heard <= limit) silent.push_back(id);
  }
  return silent;
}

int NodeTable::live() const {
  return static_cast<int>(
      std::count_if(nodes_.begin(), nodes_.end(), [](const auto& n) { return n.second.live(); }));
}

ClusterMetrics NodeTable::Metrics() const {
  ClusterMetrics metrics;
  for (const auto& [id, node] : nodes_) {
    if (node.live()) ++metrics.node_managers;
    if (node.state == NodeState::kRunning) ++metrics.active;
    if (node.state == NodeState::kUnhealthy) ++metrics.unhealthy;
    if (node.state == NodeState::kLost) ++metrics.lost;
    if (node.state == NodeState::kShutdown) ++metrics.shut_down;
  }
  return metrics;
}

}  // namespace tusk::yarnlite
