#include "yarnlite/scheduler/asks.h"

#include <algorithm>

namespace tusk::yarnlite {
namespace {

void SetPlace(std::map<std::string, AskGroup::Place>* places, const ResourceRequest& request) {
  if (request.containers <= 0) {
    places->erase(request.name);
  } else {
    (*places)[request.name] = {request.containers, request.relax_locality};
  }
}

void LowerPlace(std::map<std::string, AskGroup::Place>* places, const std::string& name) {
  const auto it = places->find(name);
  if (it != places->end() && --it->second.wanted <= 0) places->erase(it);
}

}  // namespace

void Asks::Update(const std::vector<ResourceRequest>& requests) {
  for (const ResourceRequest& request : requests) {
    const AskKey key{request.priority, request.capability, request.allocation_request_id};
    AskGroup& group = groups_[key];
    if (request.name == kAnyNode) {
      if (request.containers > group.wanted) group.delay.Reset();
      group.wanted = std::max(request.containers, 0);
      group.relax = request.relax_locality;
    } else if (request.name.starts_with('/')) {
      SetPlace(&group.racks, request);
    } else {
      SetPlace(&group.hosts, request);
    }
  }
  std::erase_if(groups_, [](const auto& entry) {
    const AskGroup& group = entry.second;
    return group.wanted == 0 && group.hosts.empty() && group.racks.empty();
  });
}

void Asks::Lower(const AskKey& key, const std::string& host, const std::string& rack) {
  const auto it = groups_.find(key);
  if (it == groups_.end()) return;
  AskGroup& group = it->second;
  if (group.wanted > 0) --group.wanted;
  LowerPlace(&group.hosts, host);
  LowerPlace(&group.racks, rack);
}

int Asks::containers() const {
  int sum = 0;
  for (const auto& [key, group] : groups_) sum += group.wanted;
  return sum;
}

Resource Asks::total() const {
  Resource sum;
  for (const auto& [key, group] : groups_) {
    sum.memory_mb += key.capability.memory_mb * group.wanted;
    sum.vcores += key.capability.vcores * group.wanted;
  }
  return sum;
}

}  // namespace tusk::yarnlite
