// What each node can hold and what it holds: vcores, memory, containers.
//
// Owns:    the table of nodes the scheduler may use, by id and by host.
// Threads: not thread-safe; belongs to its scheduler.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "yarnlite/api/ids.h"
#include "yarnlite/api/resource.h"

namespace tusk::yarnlite {

struct NodeRoom {
  NodeId id;
  std::string rack;
  Resource capability;
  Resource used;
  bool usable = true;  // false: gets nothing new (unhealthy), keeps what runs
  std::map<ContainerId, Resource> containers;

  Resource free() const { return capability - used; }
  bool Fits(const Resource& resource) const { return usable && resource.FitsIn(free()); }
  bool CouldEverFit(const Resource& resource) const {
    return usable && resource.FitsIn(capability);
  }
};

class NodeLedger {
 public:
  // The node must not be known.
  void Add(const NodeId& id, const std::string& rack, const Resource& capability);
  // Returns the containers that were there; none for an unknown node.
  std::vector<ContainerId> Remove(const NodeId& id);
  void SetUsable(const NodeId& id, bool usable);

  // The container must fit.
  void Take(const NodeId& id, const ContainerId& container, const Resource& resource);
  // False for a container that is not there (freed before, or its node is gone).
  bool Free(const NodeId& id, const ContainerId& container);

  const NodeRoom* Find(const NodeId& id) const;
  // Several NodeManagers may share a host.
  const std::set<NodeId>& OnHost(const std::string& host) const;
  const std::set<NodeId>& OnRack(const std::string& rack) const;
  const std::map<NodeId, NodeRoom>& nodes() const { return nodes_; }

  Resource total() const { return total_; }
  Resource used() const { return used_; }
  // The largest of each kind on any one node; zero without nodes.
  Resource LargestNode() const;
  // The roomiest usable node's room, by memory; zero without nodes.
  Resource LargestRoom() const;

 private:
  std::map<NodeId, NodeRoom> nodes_;
  std::map<std::string, std::set<NodeId>> by_host_;
  std::map<std::string, std::set<NodeId>> by_rack_;
  Resource total_;
  Resource used_;
};

}  // namespace tusk::yarnlite
