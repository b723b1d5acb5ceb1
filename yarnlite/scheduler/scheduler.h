// Who gets which room next: the interface behind which a queue policy stands.
//
// A plain state machine: it is told of nodes, attempts, asks and freed containers, and says in
// Assign what is granted. It knows no clock, no wire, no tokens.
//
// Threads: not thread-safe; the ResourceManager calls it under its own lock.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "yarnlite/api/application.h"
#include "yarnlite/api/queue.h"
#include "yarnlite/scheduler/delay.h"

namespace tusk::yarnlite {

struct SchedulerOptions {
  Resource minimum{64, 1};  // asks are rounded up to a multiple of its memory
  Resource maximum{INT64_MAX / 4,
                   1 << 20};  // the administrator's limit; the largest node's if less
  double master_share = 0.5;  // of the cluster's memory and vcores, for masters
  DelayOptions delay;
};

// An attempt enters a queue; its master is granted like any other container, unless it is
// unmanaged.
struct AttemptEntry {
  ApplicationAttemptId id;
  std::string queue = "default";
  int application_priority = 0;  // higher first; then in order of submission
  bool unmanaged = false;
  Resource master;  // normalized
};

struct Grant {
  ContainerId id;
  NodeId node;
  Resource resource;
  int priority = 0;
  int64_t allocation_request_id = -1;
  Locality locality = Locality::kAny;
  bool is_master = false;
};

struct AskUpdate {
  std::vector<ResourceRequest> asks;
  std::vector<std::string> blacklist_additions;  // hosts or racks
  std::vector<std::string> blacklist_removals;
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;

  virtual void AddNode(const NodeId& id, const std::string& rack, const Resource& capability) = 0;
  // Returns the containers that were granted there; they are freed.
  virtual std::vector<ContainerId> RemoveNode(const NodeId& id) = 0;
  virtual void SetNodeUsable(const NodeId& id, bool usable) = 0;

  // kInvalidArgument: no such queue.
  virtual Status CheckQueue(const std::string& queue) const = 0;
  virtual void AddAttempt(const AttemptEntry& entry) = 0;
  // Returns the containers it still held; they are freed.
  virtual std::vector<ContainerId> RemoveAttempt(const ApplicationAttemptId& id) = 0;

  // What a container of `asked` really gets; kInvalidResourceRequest when no node may give it.
  virtual StatusOr<Resource> Normalize(const Resource& asked) const = 0;
  virtual Resource Maximum() const = 0;

  // All or nothing: one ask that is refused leaves every total as it was.
  virtual Status UpdateAsks(const ApplicationAttemptId& id, const AskUpdate& update) = 0;
  // It asks for nothing more; what it holds stays.
  virtual void DropAsks(const ApplicationAttemptId& id) = 0;
  // The container ended, or is given back: its room is free. False when it was not held.
  virtual bool Free(const NodeId& node, const ContainerId& id) = 0;

  // Grants what can be granted now. To be called after every event above and at NextDeadline.
  virtual std::vector<Grant> Assign(TimePoint now) = 0;
  // When waiting alone will allow a further grant (delay scheduling); after Assign.
  virtual std::optional<TimePoint> NextDeadline() const = 0;

  // Why the attempt has not what it asked for; empty when it has.
  virtual std::string WaitReason(const ApplicationAttemptId& id) const = 0;
  virtual Resource Headroom(const ApplicationAttemptId& id) const = 0;
  virtual Resource ClusterTotal() const = 0;
  virtual Resource ClusterUsed() const = 0;
  virtual Resource NodeUsed(const NodeId& id) const = 0;
  virtual int NodeContainers(const NodeId& id) const = 0;
};

}  // namespace tusk::yarnlite
