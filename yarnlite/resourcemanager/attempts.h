// One try of an application's master: its state, its containers and its half of `allocate`.
//
// AllocateSession keeps YARN's bookkeeping of allocate calls: the master sends the last response id
// it got, the answer carries the next one; a call that repeats the id before gets the last answer
// again (its reply was lost), every other id is an error. What happens between two calls gathers as
// news. A call without news may be held; then the news itself, its time or a newer call ends it.
//
// Threads: not thread-safe; both belong to the ResourceManager's core and stand under its lock.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "yarnlite/api/application.h"
#include "yarnlite/api/container.h"
#include "yarnlite/api/node_protocol.h"
#include "yarnlite/api/queue.h"
#include "yarnlite/scheduler/scheduler.h"

namespace tusk::yarnlite {

struct MasterNews {
  std::vector<Container> granted;
  std::vector<std::pair<NodeId, Token>> nm_tokens;
  std::vector<ContainerStatus> completed;
  std::vector<NodeReport> updated_nodes;
  AmCommand command = AmCommand::kNone;

  bool empty() const {
    return granted.empty() && nm_tokens.empty() && completed.empty() && updated_nodes.empty() &&
           command == AmCommand::kNone;
  }
};

struct AllocateRequest {
  int32_t response_id = 0;
  float progress = 0;
  AskUpdate update;
  std::vector<ContainerId> release;
  bool may_hold = false;  // the edge can keep the call unanswered
};

struct AllocateAnswer {
  int32_t response_id = 0;
  MasterNews news;
  Resource headroom;
  int cluster_nodes = 0;
};

using AllocateDone = std::function<void(StatusOr<AllocateAnswer>)>;

class AllocateSession {
 public:
  // Ok: a new turn. The last answer: the call repeats the one before. An error otherwise.
  StatusOr<std::optional<AllocateAnswer>> Begin(const ApplicationAttemptId& attempt,
                                                int32_t response_id) const;

  MasterNews& news() { return news_; }
  bool has_news() const { return !news_.empty(); }

  // The answer of this turn: all news, and the next response id. Kept for a repetition.
  AllocateAnswer Answer(const Resource& headroom, int cluster_nodes);
  // Tells nothing and does not count: what a held call gets that a newer one replaces.
  AllocateAnswer EmptyAnswer() const;

  void Hold(AllocateDone done, TimePoint until);
  bool holds() const { return held_ != nullptr; }
  TimePoint held_until() const { return held_until_; }
  // The held call, to be answered; empty when there is none.
  AllocateDone TakeHeld() { return std::exchange(held_, nullptr); }

 private:
  int32_t last_id_ = 0;
  std::optional<AllocateAnswer> last_;
  MasterNews news_;
  AllocateDone held_;
  TimePoint held_until_{};
};

// A container between its grant and its end.
struct LiveContainer {
  enum class Phase : uint8_t { kGranted, kRunning };  // kRunning: its NodeManager said so

  NodeId node;
  std::string node_http_address;
  Resource resource;
  int priority = 0;
  Phase phase = Phase::kGranted;
  TimePoint granted_at{};
  int64_t granted_ms = 0;
};

struct Attempt {
  using State = AttemptReport::State;

  ApplicationAttemptId id;
  State state = State::kScheduled;
  bool registered = false;
  std::string host = "N/A";
  int rpc_port = -1;
  std::string tracking_url;
  std::string diagnostics;
  int64_t start_ms = 0;
  int64_t finish_ms = 0;
  TimePoint last_heard{};
  TimePoint finishing_since{};
  std::optional<ContainerId> master;   // absent for an unmanaged one, or not granted yet
  std::optional<LaunchMaster> launch;  // until its NodeManager says that it runs
  std::map<ContainerId, LiveContainer> containers;
  std::set<NodeId> nodes_with_token;
  AllocateSession session;

  bool ended() const {
    return state == State::kFailed || state == State::kFinished || state == State::kKilled;
  }
};

}  // namespace tusk::yarnlite
