#include "yarnlite/client/ask_table.h"

#include <algorithm>

namespace tusk::yarnlite {
namespace {

// All but the count.
bool Alike(const ContainerNeed& a, ContainerNeed b) {
  b.count = a.count;
  return a == b;
}

bool Names(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

AskTable::Name AskTable::NameOf(const ContainerNeed& need, const std::string& place) {
  return {need.priority, place, need.resource.memory_mb, need.resource.vcores,
          need.allocation_request_id};
}

void AskTable::Add(const ContainerNeed& need) {
  if (need.count <= 0) return;
  for (ContainerNeed& known : needs_) {
    if (Alike(known, need)) {
      known.count += need.count;
      return;
    }
  }
  needs_.push_back(need);
}

int AskTable::Remove(const ContainerNeed& need) {
  const auto it = std::find_if(needs_.begin(), needs_.end(),
                               [&](const ContainerNeed& known) { return Alike(known, need); });
  if (it == needs_.end()) return 0;
  const int removed = std::min(it->count, need.count);
  it->count -= removed;
  if (it->count == 0) needs_.erase(it);
  return removed;
}

AskTable::Totals AskTable::Desired() const {
  Totals totals;
  for (const ContainerNeed& need : needs_) {
    for (const std::string& host : need.hosts) totals[NameOf(need, host)].containers += need.count;
    for (const std::string& rack : need.racks) {
      Total& total = totals[NameOf(need, rack)];
      total.containers += need.count;
      // Strict about hosts: the rack stands there for the form only.
      total.relax = need.relax_locality || need.hosts.empty();
    }
    Total& any = totals[NameOf(need, kAnyNode)];
    any.containers += need.count;
    any.relax = need.relax_locality || (need.hosts.empty() && need.racks.empty());
  }
  return totals;
}

std::vector<ResourceRequest> AskTable::TakeChanges() {
  const Totals desired = Desired();
  std::vector<ResourceRequest> changes;
  const auto tell = [&](const Name& name, const Total& total) {
    changes.push_back({name.priority,
                       name.name,
                       {name.memory_mb, name.vcores},
                       total.containers,
                       total.relax,
                       name.allocation_request_id});
  };
  for (const auto& [name, total] : desired) {
    const auto told = told_.find(name);
    if (told == told_.end() || told->second != total) tell(name, total);
  }
  for (const auto& [name, total] : told_) {
    if (total.containers != 0 && !desired.contains(name)) tell(name, {0, total.relax});
  }
  told_ = desired;
  return changes;
}

void AskTable::Unsent(const std::vector<ResourceRequest>& requests) {
  for (const ResourceRequest& request : requests) {
    // No total is -1: this one differs from whatever is wanted, also from nothing.
    told_[{request.priority, request.name, request.capability.memory_mb, request.capability.vcores,
           request.allocation_request_id}] = {-1, request.relax_locality};
  }
}

bool AskTable::Satisfy(const Container& container) {
  ContainerNeed* best = nullptr;
  for (ContainerNeed& need : needs_) {
    const bool fits = need.priority == container.priority &&
                      need.allocation_request_id == container.allocation_request_id &&
                      need.resource.FitsIn(container.resource);
    if (!fits) continue;
    const bool here = Names(need.hosts, container.node.host);
    if (!here && !need.relax_locality && need.racks.empty() && !need.hosts.empty()) continue;
    if (best == nullptr || (here && !Names(best->hosts, container.node.host))) best = &need;
  }
  if (best == nullptr) return false;
  // What the ResourceManager lowered when it granted: "*" and, if it was asked, the host.
  for (const std::string& place : {std::string(kAnyNode), container.node.host}) {
    const auto told = told_.find(NameOf(*best, place));
    if (told == told_.end() || told->second.containers <= 0) continue;
    if (--told->second.containers == 0) told_.erase(told);
  }
  if (--best->count == 0) needs_.erase(needs_.begin() + (best - needs_.data()));
  return true;
}

int AskTable::outstanding() const {
  int sum = 0;
  for (const ContainerNeed& need : needs_) sum += need.count;
  return sum;
}

}  // namespace tusk::yarnlite
