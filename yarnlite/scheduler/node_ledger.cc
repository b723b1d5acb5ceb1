#include "yarnlite/scheduler/node_ledger.h"

#include <algorithm>

#include "common/base/check.h"

namespace tusk::yarnlite {
namespace {

const std::set<NodeId>& FindOrEmpty(const std::map<std::string, std::set<NodeId>>& index,
                                    const std::string& name) {
  static const std::set<NodeId> kNone;
  const auto it = index.find(name);
  return it == index.end() ? kNone : it->second;
}

void Unindex(std::map<std::string, std::set<NodeId>>* index, const std::string& name,
             const NodeId& id) {
  const auto it = index->find(name);
  CHECK(it != index->end());
  it->second.erase(id);
  if (it->second.empty()) index->erase(it);
}

}  // namespace

void NodeLedger::Add(const NodeId& id, const std::string& rack, const Resource& capability) {
  NodeRoom room;
  room.id = id;
  room.rack = rack;
  room.capability = capability;
  CHECK(nodes_.emplace(id, std::move(room)).second) << id;
  by_host_[id.host].insert(id);
  by_rack_[rack].insert(id);
  total_ += capability;
}

std::vector<ContainerId> NodeLedger::Remove(const NodeId& id) {
  std::vector<ContainerId> lost;
  const auto it = nodes_.find(id);
  if (it == nodes_.end()) return lost;
  for (const auto& [container, resource] : it->second.containers) lost.push_back(container);
  total_ -= it->second.capability;
  used_ -= it->second.used;
  Unindex(&by_host_, id.host, id);
  Unindex(&by_rack_, it->second.rack, id);
  nodes_.erase(it);
  return lost;
}

void NodeLedger::SetUsable(const NodeId& id, bool usable) {
  const auto it = nodes_.find(id);
  if (it != nodes_.end()) it->second.usable = usable;
}

void NodeLedger::Take(const NodeId& id, const ContainerId& container, const Resource& resource) {
  const auto it = nodes_.find(id);
  CHECK(it != nodes_.end()) << id;
  CHECK(resource.FitsIn(it->second.free())) << container;
  CHECK(it->second.containers.emplace(container, resource).second) << container;
  it->second.used += resource;
  used_ += resource;
}

bool NodeLedger::Free(const NodeId& id, const ContainerId& container) {
  const auto node = nodes_.find(id);
  if (node == nodes_.end()) return false;
  const auto it = node->second.containers.find(container);
  if (it == node->second.containers.end()) return false;
  node->second.used -= it->second;
  used_ -= it->second;
  node->second.containers.erase(it);
  return true;
}

const NodeRoom* NodeLedger::Find(const NodeId& id) const {
  const auto it = nodes_.find(id);
  return it == nodes_.end() ? nullptr : &it->second;
}

const std::set<NodeId>& NodeLedger::OnHost(const std::string& host) const {
  return FindOrEmpty(by_host_, host);
}

const std::set<NodeId>& NodeLedger::OnRack(const std::string& rack) const {
  return FindOrEmpty(by_rack_, rack);
}

Resource NodeLedger::LargestNode() const {
  Resource largest;
  for (const auto& [id, node] : nodes_) {
    largest.memory_mb = std::max(largest.memory_mb, node.capability.memory_mb);
    largest.vcores = std::max(largest.vcores, node.capability.vcores);
  }
  return largest;
}

Resource NodeLedger::LargestRoom() const {
  Resource largest;
  for (const auto& [id, node] : nodes_) {
    if (node.usable && node.free().memory_mb > largest.memory_mb) largest = node.free();
  }
  return largest;
}

}  // namespace tusk::yarnlite
