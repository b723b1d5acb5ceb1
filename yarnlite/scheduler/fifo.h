// One queue, "default", first in first out: who was submitted first is served first.
//
// An ask that does not fit now lets later ones pass (no reservations yet). Masters may hold at most
// `master_share` of the cluster, because a cluster full of masters would run no task; one master
// always may. Among nodes equally near, the one with most memory free is taken, so load spreads.
//
// Owns:    the ledger of every node's room, the asks of every attempt, who holds which container.
// Threads: not thread-safe; the ResourceManager calls it under its own lock.
// Life:    soft state: nodes and attempts are added as they register, a new one knows nothing.
// Fails:   an ask that no node could ever meet is refused (kInvalidResourceRequest, all or
//          nothing); one that only does not fit now waits, and WaitReason says for what.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "yarnlite/scheduler/asks.h"
#include "yarnlite/scheduler/node_ledger.h"
#include "yarnlite/scheduler/scheduler.h"

namespace tusk::yarnlite {

class FifoScheduler final : public Scheduler {
 public:
  explicit FifoScheduler(const SchedulerOptions& options) : options_(options) {}

  void AddNode(const NodeId& id, const std::string& rack, const Resource& capability) override;
  std::vector<ContainerId> RemoveNode(const NodeId& id) override;
  void SetNodeUsable(const NodeId& id, bool usable) override;

  Status CheckQueue(const std::string& queue) const override;
  void AddAttempt(const AttemptEntry& entry) override;
  std::vector<ContainerId> RemoveAttempt(const ApplicationAttemptId& id) override;

  StatusOr<Resource> Normalize(const Resource& asked) const override;
  Resource Maximum() const override;

  Status UpdateAsks(const ApplicationAttemptId& id, const AskUpdate& update) override;
  void DropAsks(const ApplicationAttemptId& id) override;
  bool Free(const NodeId& node, const ContainerId& id) override;

  std::vector<Grant> Assign(TimePoint now) override;
  std::optional<TimePoint> NextDeadline() const override { return deadline_; }

  std::string WaitReason(const ApplicationAttemptId& id) const override;
  Resource Headroom(const ApplicationAttemptId& id) const override;
  Resource ClusterTotal() const override { return ledger_.total(); }
  Resource ClusterUsed() const override { return ledger_.used(); }
  Resource NodeUsed(const NodeId& id) const override;
  int NodeContainers(const NodeId& id) const override;

 private:
  struct Attempt {
    AttemptEntry entry;
    Asks asks;
    std::set<std::string> blacklist;
    bool master_granted = false;
    int64_t next_container = 2;  // 1 is the master's
    std::map<ContainerId, NodeId> held;
  };
  struct Order {
    int application_priority;
    ApplicationAttemptId id;
    bool operator<(const Order& other) const {
      if (application_priority != other.application_priority) {
        return application_priority > other.application_priority;
      }
      return id < other.id;
    }
  };
  struct Choice {
    const NodeRoom* node = nullptr;
    Locality locality = Locality::kAny;
  };

  Attempt* Find(const ApplicationAttemptId& id);
  const Attempt* Find(const ApplicationAttemptId& id) const;
  void Forget(const ContainerId& container);

  bool MasterMayStart(const Attempt& attempt) const;
  void AssignMaster(Attempt* attempt, std::vector<Grant>* grants);
  void AssignGroup(Attempt* attempt, const AskKey& key, AskGroup* group, TimePoint now,
                   std::vector<Grant>* grants);
  // The best node for one container of the group, no farther than the group's delay allows.
  Choice Choose(const Attempt& attempt, const AskKey& key, AskGroup* group, TimePoint now);
  Choice ChooseAt(const Attempt& attempt, const AskKey& key, const AskGroup& group,
                  Locality level) const;
  // The nearest level at which some live node could ever meet the group.
  Locality NearestHope(const Attempt& attempt, const AskKey& key, const AskGroup& group) const;
  // Nodes that the group likes at `level`, room or not.
  std::vector<const NodeRoom*> Candidates(const Attempt& attempt, const AskGroup& group,
                                          Locality level) const;
  Grant Take(Attempt* attempt, const AskKey& key, const NodeRoom& node, Locality locality,
             bool is_master);

  const SchedulerOptions options_;
  NodeLedger ledger_;
  std::map<Order, Attempt> attempts_;
  std::map<ApplicationAttemptId, Order> orders_;
  Resource masters_;  // held by all masters
  std::map<ContainerId, Resource> master_containers_;
  std::optional<TimePoint> deadline_;
};

}  // namespace tusk::yarnlite
