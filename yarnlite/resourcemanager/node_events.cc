// ResourceManager: what NodeManagers say, and what follows from their silence.
#include <algorithm>

#include "common/base/log.h"
#include "yarnlite/resourcemanager/resource_manager.h"

namespace tusk::yarnlite {
namespace {

std::string MasterDiagnostics(const ApplicationAttemptId& attempt, const ContainerStatus& status,
                              const std::string& logs) {
  std::string text = "AM Container for " + attempt.ToString() +
                     " exited with  exitCode: " + std::to_string(status.exit_status) +
                     "\nFailing this attempt.Diagnostics: " + status.diagnostics;
  if (!logs.empty()) text += "\nIts logs: " + logs;
  return text;
}

}  // namespace

// ---- registration

void ResourceManager::RegisterNode(const NodeRegistration& registration, NodeSession session,
                                   std::function<void(StatusOr<NodeAccepted>)> done) {
  const NodeId& id = registration.id;
  const Resource& capability = registration.capability;
  if (id.host.empty() || id.port <= 0 || capability.memory_mb <= 0 || capability.vcores <= 0) {
    done(InvalidArgumentError("a NodeManager registered as " + id.ToString() + " with " +
                              capability.ToString() + ": host, port and resources are needed"));
    return;
  }
  const std::string rack = options_.rack_of ? options_.rack_of(id.host) : "/default-rack";
  bool known = false;
  {
    MutexLock lock(mu_);
    Node* node = nodes_.Find(id);
    known = node != nullptr && node->live() &&
            node->registration.incarnation == registration.incarnation &&
            node->registration.capability == capability && node->rack == rack;
    if (node != nullptr && node->live() && !known) {
      LoseNodeLocked(node, NodeState::kRebooted, "was started again");
    }
    node = nodes_.Put(registration, rack, session, clock_->Now(), clock_->WallMillis());
    ReplyLocked([done = std::move(done),
                 answer = NodeAccepted{options_.start_ms, *container_secrets_.Current(),
                                       *nm_secrets_.Current(), options_.heartbeat_interval}] {
      done(answer);
    });
    if (known) {
      scheduler_->SetNodeUsable(id, true);
    } else {
      scheduler_->AddNode(id, rack, capability);
    }
    ReconcileLocked(node);
    TellMastersLocked(*node);
    AssignLocked();
  }
  LOG_INFO("node registered id={} rack={} capability={} again={}", id.ToString(), rack,
           capability.ToString(), known);
  Drain();
}

void ResourceManager::ReconcileLocked(Node* node) {
  const NodeId id = node->registration.id;
  NodeCommand command;
  std::set<ContainerId> reported;
  // Containers of an earlier ResourceManager are ended by the NodeManager itself.
  const bool ours = node->registration.resource_manager == options_.start_ms;
  for (const ContainerStatus& status : node->registration.containers) {
    if (!ours) break;
    reported.insert(status.id);
    const Attempt* attempt = applications_.FindAttempt(status.id.attempt);
    const bool known = attempt != nullptr && attempt->containers.contains(status.id);
    DisownLocked(status.id, status.state != ContainerState::kComplete, &command);
    if (status.state == ContainerState::kComplete) {
      CompletedLocked(status);
      command.forget.push_back(status.id);
    } else if (known) {
      StartedLocked(status.id);
    }
  }
  std::vector<ContainerId> lost;
  for (const auto& [application_id, application] : applications_.all()) {
    const Attempt* attempt = application.current();
    if (attempt == nullptr) continue;
    for (const auto& [container, live] : attempt->containers) {
      if (live.node != id || reported.contains(container)) continue;
      if (live.phase == LiveContainer::Phase::kRunning) {
        lost.push_back(container);
      } else if (attempt->launch && attempt->master == container) {
        command.launches.push_back(*attempt->launch);  // it may have been lost with the stream
      }
    }
  }
  for (const ContainerId& container : lost) {
    CompletedLocked({container,
                     ContainerState::kComplete,
                     exit_status::kAborted,
                     "The NodeManager " + id.ToString() + " knows nothing of it",
                     {}});
  }
  SendLocked(id, std::move(command));
}

// ---- messages

bool ResourceManager::NodeSays(const NodeId& id, NodeSession session, const NodeMessage& message) {
  {
    MutexLock lock(mu_);
    Node* node = nodes_.FindLive(id, session);
    if (node == nullptr) return false;
    node->last_heard = clock_->Now();
    node->last_heard_ms = clock_->WallMillis();
    if (message.has_heartbeat) {
      node->health = message.heartbeat;
      const NodeState state =
          node->health.health_report.empty() ? NodeState::kRunning : NodeState::kUnhealthy;
      if (state != node->state) {
        node->state = state;
        scheduler_->SetNodeUsable(id, state == NodeState::kRunning);
        TellMastersLocked(*node);
        room_changed_ = true;
      }
    }
    NodeCommand command;
    for (const ContainerStatus& status : message.started) {
      StartedLocked(status.id);
      DisownLocked(status.id, /*runs=*/true, &command);
    }
    for (const ContainerStatus& status : message.completed) {
      DisownLocked(status.id, /*runs=*/false, &command);
      CompletedLocked(status);
      command.forget.push_back(status.id);
    }
    SendLocked(id, std::move(command));
    AssignIfRoomChangedLocked();
  }
  Drain();
  return true;
}

void ResourceManager::NodeGone(const NodeId& id, NodeSession session, bool leaving) {
  {
    MutexLock lock(mu_);
    Node* node = nodes_.FindLive(id, session);
    if (node == nullptr) return;
    if (leaving) {
      LoseNodeLocked(node, NodeState::kShutdown, "was shut down");
    } else {
      node->connected = false;
      scheduler_->SetNodeUsable(id, false);
    }
    AssignIfRoomChangedLocked();
  }
  LOG_INFO("node stream ended id={} leaving={}", id.ToString(), leaving);
  Drain();
}

void ResourceManager::LoseNodeLocked(Node* node, NodeState state, const std::string& why) {
  const NodeId id = node->registration.id;
  node->state = state;
  node->connected = false;
  for (const ContainerId& container : scheduler_->RemoveNode(id)) {
    CompletedLocked({container,
                     ContainerState::kComplete,
                     exit_status::kAborted,
                     "Container released on a *lost* node: " + id.ToString() + " " + why,
                     {}});
  }
  TellMastersLocked(*node);
  room_changed_ = true;
}

void ResourceManager::TellMastersLocked(const Node& node) {
  for (auto& [id, application] : applications_.all()) {
    Attempt* attempt = application.current();
    if (attempt == nullptr || attempt->state != Attempt::State::kRunning) continue;
    attempt->session.news().updated_nodes.push_back(NodeReportLocked(node));
    FeedLocked(attempt);
  }
}

// ---- containers

// The master's order to start it may reach a node later than our order to end it, or to end its
// whole application: then the node learns it once more.
void ResourceManager::DisownLocked(const ContainerId& id, bool runs, NodeCommand* command) {
  const Application* application = applications_.Find(id.attempt.application);
  const Attempt* attempt = applications_.FindAttempt(id.attempt);
  if (runs && (attempt == nullptr || !attempt->containers.contains(id))) {
    command->kills.push_back({id, exit_status::kKilledByResourceManager,
                              "The ResourceManager no longer counts on this container"});
  }
  const bool over = application == nullptr ||
                    (IsFinal(application->state) &&
                     (application->current() == nullptr || application->current()->ended()));
  if (over && std::ranges::count(command->ended_applications, id.attempt.application) == 0) {
    command->ended_applications.push_back(id.attempt.application);
  }
}

void ResourceManager::StartedLocked(const ContainerId& id) {
  Attempt* attempt = applications_.FindAttempt(id.attempt);
  if (attempt == nullptr) return;
  const auto it = attempt->containers.find(id);
  if (it == attempt->containers.end()) return;
  it->second.phase = LiveContainer::Phase::kRunning;
  if (attempt->master == id && attempt->state == Attempt::State::kAllocated) {
    attempt->launch.reset();
    attempt->state = Attempt::State::kLaunched;
    attempt->last_heard = clock_->Now();
    ChangedLocked(applications_.Find(id.attempt.application));
  }
}

void ResourceManager::AccountLocked(Application* application, const LiveContainer& container) {
  const int64_t held_ms = clock_->WallMillis() - container.granted_ms;
  application->memory_millis += container.resource.memory_mb * held_ms;
  application->vcore_millis += container.resource.vcores * held_ms;
}

void ResourceManager::CompletedLocked(const ContainerStatus& status) {
  Application* application = applications_.Find(status.id.attempt.application);
  Attempt* attempt = applications_.FindAttempt(status.id.attempt);
  if (attempt == nullptr) return;
  const auto it = attempt->containers.find(status.id);
  if (it == attempt->containers.end()) return;  // counted before
  ContainerStatus told = status;
  told.state = ContainerState::kComplete;
  told.resource = it->second.resource;
  AccountLocked(application, it->second);
  scheduler_->Free(it->second.node, status.id);
  attempt->containers.erase(it);
  room_changed_ = true;
  if (attempt->master == status.id) {
    MasterEndedLocked(application, attempt, told);
    return;
  }
  attempt->session.news().completed.push_back(std::move(told));
  FeedLocked(attempt);
}

void ResourceManager::MasterEndedLocked(Application* application, Attempt* attempt,
                                        const ContainerStatus& status) {
  if (attempt->state == Attempt::State::kFinishing) {
    attempt->state = Attempt::State::kFinished;
    scheduler_->RemoveAttempt(attempt->id);
    CleanUpLocked(application);
    return;
  }
  AttemptFailedLocked(
      application, attempt,
      MasterDiagnostics(attempt->id, status,
                        "yarn logs -applicationId " + application->id().ToString()));
}

}  // namespace tusk::yarnlite
