#include "yarnlite/scheduler/fifo.h"

#include <algorithm>

#include "common/base/check.h"

namespace tusk::yarnlite {
namespace {

constexpr int kMasterPriority = 0;

Status TooLarge(const char* kind, const Resource& asked, const Resource& maximum,
                const Resource& configured) {
  return InvalidArgumentError(
      "Invalid resource request! Cannot allocate containers as requested resource is greater than "
      "maximum allowed allocation. Requested resource type=[" +
          std::string(kind) + "], Requested resource=" + asked.ToString() +
          ", maximum allowed allocation=" + maximum.ToString() +
          ", please note that maximum allowed allocation is calculated by scheduler based on "
          "maximum resource of registered NodeManagers, which might be less than configured "
          "maximum allocation=" +
          configured.ToString(),
      Reason::kInvalidResourceRequest);
}

Status Negative(const char* kind, const Resource& asked) {
  return InvalidArgumentError(
      "Invalid resource request! Cannot allocate containers as requested resource is less than 0! "
      "Requested resource type=[" +
          std::string(kind) + "], Requested resource=" + asked.ToString(),
      Reason::kInvalidResourceRequest);
}

}  // namespace

// ---- nodes

void FifoScheduler::AddNode(const NodeId& id, const std::string& rack, const Resource& capability) {
  ledger_.Add(id, rack, capability);
}

std::vector<ContainerId> FifoScheduler::RemoveNode(const NodeId& id) {
  std::vector<ContainerId> lost = ledger_.Remove(id);
  for (const ContainerId& container : lost) Forget(container);
  return lost;
}

void FifoScheduler::SetNodeUsable(const NodeId& id, bool usable) {
  ledger_.SetUsable(id, usable);
}

// ---- attempts

Status FifoScheduler::CheckQueue(const std::string& queue) const {
  if (queue == "default" || queue == "root.default" || queue.empty()) return Status::Ok();
  return InvalidArgumentError("unknown queue: " + queue, Reason::kYarn);
}

void FifoScheduler::AddAttempt(const AttemptEntry& entry) {
  const Order order{entry.application_priority, entry.id};
  CHECK(orders_.emplace(entry.id, order).second) << entry.id;
  Attempt attempt;
  attempt.entry = entry;
  attempts_.emplace(order, std::move(attempt));
}

std::vector<ContainerId> FifoScheduler::RemoveAttempt(const ApplicationAttemptId& id) {
  std::vector<ContainerId> freed;
  const auto order = orders_.find(id);
  if (order == orders_.end()) return freed;
  const auto it = attempts_.find(order->second);
  const std::map<ContainerId, NodeId> held = it->second.held;
  for (const auto& [container, node] : held) {
    Free(node, container);
    freed.push_back(container);
  }
  attempts_.erase(it);
  orders_.erase(order);
  return freed;
}

FifoScheduler::Attempt* FifoScheduler::Find(const ApplicationAttemptId& id) {
  const auto order = orders_.find(id);
  return order == orders_.end() ? nullptr : &attempts_.at(order->second);
}

const FifoScheduler::Attempt* FifoScheduler::Find(const ApplicationAttemptId& id) const {
  const auto order = orders_.find(id);
  return order == orders_.end() ? nullptr : &attempts_.at(order->second);
}

// ---- asks

Resource FifoScheduler::Maximum() const {
  if (ledger_.nodes().empty()) return options_.maximum;
  const Resource largest = ledger_.LargestNode();
  return {std::min(options_.maximum.memory_mb, largest.memory_mb),
          std::min(options_.maximum.vcores, largest.vcores)};
}

StatusOr<Resource> FifoScheduler::Normalize(const Resource& asked) const {
  if (asked.memory_mb < 0) return Negative("memory-mb", asked);
  if (asked.vcores < 0) return Negative("vcores", asked);
  const Resource maximum = Maximum();
  if (asked.memory_mb > maximum.memory_mb) {
    return TooLarge("memory-mb", asked, maximum, options_.maximum);
  }
  if (asked.vcores > maximum.vcores) return TooLarge("vcores", asked, maximum, options_.maximum);
  const int64_t step = std::max<int64_t>(options_.minimum.memory_mb, 1);
  const int64_t rounded = std::max<int64_t>((asked.memory_mb + step - 1) / step, 1) * step;
  return Resource{std::min(rounded, maximum.memory_mb),
                  std::max(asked.vcores, options_.minimum.vcores)};
}

Status FifoScheduler::UpdateAsks(const ApplicationAttemptId& id, const AskUpdate& update) {
  Attempt* attempt = Find(id);
  if (attempt == nullptr) {
    return NotFoundError("Application attempt " + id.ToString() + " is not scheduled",
                         Reason::kApplicationAttemptNotFound);
  }
  std::vector<ResourceRequest> normalized = update.asks;
  for (ResourceRequest& request : normalized) {
    if (request.containers < 0) {
      return InvalidArgumentError("Invalid resource request, a negative number of containers: " +
                                      std::to_string(request.containers),
                                  Reason::kInvalidResourceRequest);
    }
    auto capability = Normalize(request.capability);
    // A total that is taken back needs no node that could hold it: the largest may be gone.
    if (!capability.ok() && request.containers > 0) return capability.status();
    if (capability.ok()) request.capability = *capability;
  }
  for (const std::string& name : update.blacklist_additions) attempt->blacklist.insert(name);
  for (const std::string& name : update.blacklist_removals) attempt->blacklist.erase(name);
  attempt->asks.Update(normalized);
  return Status::Ok();
}

void FifoScheduler::DropAsks(const ApplicationAttemptId& id) {
  if (Attempt* attempt = Find(id)) attempt->asks = Asks();
}

bool FifoScheduler::Free(const NodeId& node, const ContainerId& id) {
  const bool freed = ledger_.Free(node, id);
  Forget(id);
  return freed;
}

void FifoScheduler::Forget(const ContainerId& container) {
  if (const auto master = master_containers_.find(container); master != master_containers_.end()) {
    masters_ -= master->second;
    master_containers_.erase(master);
  }
  if (Attempt* attempt = Find(container.attempt)) attempt->held.erase(container);
}

// ---- granting

std::vector<Grant> FifoScheduler::Assign(TimePoint now) {
  deadline_.reset();
  std::vector<Grant> grants;
  for (auto& [order, attempt] : attempts_) {
    if (!attempt.entry.unmanaged && !attempt.master_granted) {
      AssignMaster(&attempt, &grants);
      continue;  // nothing else before its master
    }
    for (auto& [key, group] : attempt.asks.groups()) {
      AssignGroup(&attempt, key, &group, now, &grants);
    }
  }
  return grants;
}

bool FifoScheduler::MasterMayStart(const Attempt& attempt) const {
  if (master_containers_.empty()) return true;
  const Resource total = ledger_.total();
  const Resource after = masters_ + attempt.entry.master;
  return after.memory_mb <= total.memory_mb * options_.master_share &&
         after.vcores <= total.vcores * options_.master_share;
}

void FifoScheduler::AssignMaster(Attempt* attempt, std::vector<Grant>* grants) {
  if (!MasterMayStart(*attempt)) return;
  const AskKey key{kMasterPriority, attempt->entry.master, -1};
  const Choice choice = ChooseAt(*attempt, key, AskGroup{}, Locality::kAny);
  if (choice.node == nullptr) return;
  attempt->master_granted = true;
  grants->push_back(Take(attempt, key, *choice.node, Locality::kAny, /*is_master=*/true));
}

void FifoScheduler::AssignGroup(Attempt* attempt, const AskKey& key, AskGroup* group, TimePoint now,
                                std::vector<Grant>* grants) {
  while (group->wanted > 0) {
    const Choice choice = Choose(*attempt, key, group, now);
    if (choice.node == nullptr) return;
    group->delay.Granted(choice.locality);
    const NodeRoom& node = *choice.node;
    grants->push_back(Take(attempt, key, node, choice.locality, /*is_master=*/false));
    attempt->asks.Lower(key, node.id.host, node.rack);
  }
}

FifoScheduler::Choice FifoScheduler::Choose(const Attempt& attempt, const AskKey& key,
                                            AskGroup* group, TimePoint now) {
  if (const Choice near = ChooseAt(attempt, key, *group, Locality::kNode); near.node != nullptr) {
    return near;
  }
  const Locality nearest = NearestHope(attempt, key, *group);
  for (const Locality level : {Locality::kRack, Locality::kAny}) {
    const Choice choice = ChooseAt(attempt, key, *group, level);
    if (choice.node == nullptr) continue;
    if (group->delay.Allowed(now, nearest, options_.delay) >= level) return choice;
    const auto change = group->delay.NextChange(now, nearest, options_.delay);
    if (change && (!deadline_ || *change < *deadline_)) deadline_ = change;
    return {};
  }
  return {};
}

std::vector<const NodeRoom*> FifoScheduler::Candidates(const Attempt& attempt,
                                                       const AskGroup& group,
                                                       Locality level) const {
  std::vector<const NodeRoom*> found;
  const auto add = [&](const NodeId& id) {
    const NodeRoom* node = ledger_.Find(id);
    if (attempt.blacklist.contains(node->id.host) || attempt.blacklist.contains(node->rack)) return;
    found.push_back(node);
  };
  if (level == Locality::kNode) {
    for (const auto& [host, place] : group.hosts) {
      for (const NodeId& id : ledger_.OnHost(host)) add(id);
    }
  } else if (level == Locality::kRack) {
    std::set<std::string> racks;
    for (const auto& [rack, place] : group.racks) {
      if (place.relax) racks.insert(rack);
    }
    // A master that cannot resolve racks names hosts only: their racks are meant.
    if (group.racks.empty() && group.relax) {
      for (const NodeRoom* node : Candidates(attempt, group, Locality::kNode)) {
        racks.insert(node->rack);
      }
    }
    for (const std::string& rack : racks) {
      for (const NodeId& id : ledger_.OnRack(rack)) add(id);
    }
  } else if (group.relax) {
    for (const auto& [id, node] : ledger_.nodes()) add(id);
  }
  return found;
}

FifoScheduler::Choice FifoScheduler::ChooseAt(const Attempt& attempt, const AskKey& key,
                                              const AskGroup& group, Locality level) const {
  Choice best{nullptr, level};
  for (const NodeRoom* node : Candidates(attempt, group, level)) {
    if (!node->Fits(key.capability)) continue;
    if (best.node == nullptr || node->free().memory_mb > best.node->free().memory_mb) {
      best.node = node;
    }
  }
  return best;
}

Locality FifoScheduler::NearestHope(const Attempt& attempt, const AskKey& key,
                                    const AskGroup& group) const {
  for (const Locality level : {Locality::kNode, Locality::kRack}) {
    for (const NodeRoom* node : Candidates(attempt, group, level)) {
      if (node->CouldEverFit(key.capability)) return level;
    }
  }
  return Locality::kAny;
}

Grant FifoScheduler::Take(Attempt* attempt, const AskKey& key, const NodeRoom& node,
                          Locality locality, bool is_master) {
  Grant grant;
  grant.id = {attempt->entry.id, is_master ? 1 : attempt->next_container++};
  grant.node = node.id;
  grant.resource = key.capability;
  grant.priority = key.priority;
  grant.allocation_request_id = key.allocation_request_id;
  grant.locality = locality;
  grant.is_master = is_master;
  if (is_master) {
    masters_ += key.capability;
    master_containers_.emplace(grant.id, key.capability);
  }
  attempt->held.emplace(grant.id, node.id);
  ledger_.Take(node.id, grant.id, key.capability);
  return grant;
}

// ---- what users see

std::string FifoScheduler::WaitReason(const ApplicationAttemptId& id) const {
  const Attempt* attempt = Find(id);
  if (attempt == nullptr) return "";
  const bool wants_master = !attempt->entry.unmanaged && !attempt->master_granted;
  if (!wants_master && attempt->asks.containers() == 0) return "";
  if (ledger_.nodes().empty()) return "no NodeManager is registered";
  const std::string roomiest =
      "the roomiest node has " + ledger_.LargestRoom().ToString() + " free, the cluster " +
      (ledger_.total() - ledger_.used()).ToString() + " of " + ledger_.total().ToString();
  if (wants_master) {
    if (!MasterMayStart(*attempt)) {
      return "Queue's AM resource limit exceeded: masters hold " + masters_.ToString() +
             ", this one needs " + attempt->entry.master.ToString();
    }
    return "its master needs " + attempt->entry.master.ToString() + ", " + roomiest;
  }
  return "it still asks for " + std::to_string(attempt->asks.containers()) + " containers (" +
         attempt->asks.total().ToString() + "), " + roomiest;
}

Resource FifoScheduler::Headroom(const ApplicationAttemptId& /*id*/) const {
  return ledger_.total() - ledger_.used();
}

Resource FifoScheduler::NodeUsed(const NodeId& id) const {
  const NodeRoom* node = ledger_.Find(id);
  return node == nullptr ? Resource{} : node->used;
}

int FifoScheduler::NodeContainers(const NodeId& id) const {
  const NodeRoom* node = ledger_.Find(id);
  return node == nullptr ? 0 : static_cast<int>(node->containers.size());
}

}  // namespace tusk::yarnlite
