// ResourceManager: attempts, their masters' calls, and what is granted to them.
#include <algorithm>

#include "common/base/check.h"
#include "common/base/log.h"
#include "yarnlite/resourcemanager/resource_manager.h"
#include "yarnlite/wire/tokens.h"

namespace tusk::yarnlite {
namespace {

constexpr const char* kProxyBase = "APPLICATION_WEB_PROXY_BASE";
constexpr const char* kSubmitTime = "APP_SUBMIT_TIME_ENV";

Status AttemptGone(const ApplicationAttemptId& id) {
  return NotFoundError(
      "Application attempt " + id.ToString() + " doesn't exist in ApplicationMasterService cache.",
      Reason::kApplicationAttemptNotFound);
}

Status NotRegistered(const ApplicationAttemptId& id) {
  return FailedPreconditionError(
      "AM is not registered for known application attempt: " + id.ToString() +
          " or RM had restarted after AM registered. AM should re-register.",
      Reason::kApplicationMasterNotRegistered);
}

}  // namespace

// ---- attempts

void ResourceManager::StartAttemptLocked(Application* application) {
  Attempt attempt;
  attempt.id = {application->id(), static_cast<int32_t>(application->attempts.size()) + 1};
  attempt.start_ms = clock_->WallMillis();
  attempt.last_heard = clock_->Now();
  const bool unmanaged = application->submission.unmanaged;
  if (unmanaged) attempt.state = Attempt::State::kLaunched;
  AttemptEntry entry;
  entry.id = attempt.id;
  entry.queue = application->submission.queue;
  entry.application_priority = application->submission.priority;
  entry.unmanaged = unmanaged;
  entry.master = application->submission.master_resource;
  scheduler_->AddAttempt(entry);
  application->attempts.emplace(attempt.id.attempt, std::move(attempt));
  ChangedLocked(application);
  room_changed_ = true;
}

void ResourceManager::EndAttemptLocked(Application* application, Attempt* attempt,
                                       Attempt::State state, const std::string& diagnostics,
                                       int exit_code, bool spare_master) {
  std::map<NodeId, NodeCommand> commands;
  const std::string why =
      diagnostics.empty() ? "Container killed because its application has ended." : diagnostics;
  for (auto it = attempt->containers.begin(); it != attempt->containers.end();) {
    if (spare_master && attempt->master == it->first) {
      ++it;
      continue;
    }
    commands[it->second.node].kills.push_back({it->first, exit_code, why});
    AccountLocked(application, it->second);
    scheduler_->Free(it->second.node, it->first);
    it = attempt->containers.erase(it);
  }
  for (auto& [node, command] : commands) SendLocked(node, std::move(command));

  const bool master_stays = spare_master && !attempt->containers.empty();
  attempt->state = master_stays ? Attempt::State::kFinishing : state;
  attempt->diagnostics = diagnostics;
  attempt->finish_ms = clock_->WallMillis();
  attempt->finishing_since = clock_->Now();
  attempt->launch.reset();
  if (master_stays) {
    scheduler_->DropAsks(attempt->id);
  } else {
    scheduler_->RemoveAttempt(attempt->id);
  }
  room_changed_ = true;
  if (AllocateDone held = attempt->session.TakeHeld()) {
    StatusOr<AllocateAnswer> answer = AttemptGone(attempt->id);
    if (spare_master) answer = attempt->session.EmptyAnswer();
    ReplyLocked([held = std::move(held), answer = std::move(answer)] { held(answer); });
  }
}

void ResourceManager::AttemptFailedLocked(Application* application, Attempt* attempt,
                                          const std::string& diagnostics) {
  const int32_t number = attempt->id.attempt;
  EndAttemptLocked(application, attempt, Attempt::State::kFailed, diagnostics,
                   exit_status::kKilledByResourceManager, /*spare_master=*/false);
  if (number < application->max_attempts) {
    application->state = ApplicationState::kAccepted;
    application->progress = 0;
    application->diagnostics = diagnostics;
    StartAttemptLocked(application);
    return;
  }
  EndApplicationLocked(application, ApplicationState::kFailed, FinalStatus::kFailed,
                       "Application " + application->id().ToString() + " failed " +
                           std::to_string(number) + " times due to " + diagnostics +
                           ". Failing the application.");
  CleanUpLocked(application);
}

void ResourceManager::EndApplicationLocked(Application* application, ApplicationState state,
                                           FinalStatus status, const std::string& diagnostics) {
  application->state = state;
  application->final_status = status;
  application->diagnostics = diagnostics;
  application->finish_ms = clock_->WallMillis();
  if (state == ApplicationState::kFinished) application->progress = 1;
  ChangedLocked(application);
}

void ResourceManager::CleanUpLocked(Application* application) {
  const ApplicationId id = application->id();
  for (const NodeId& node : application->nodes) SendLocked(node, {.ended_applications = {id}});
  applications_.Ended(id);
}

// ---- grants

void ResourceManager::AssignLocked() {
  room_changed_ = false;
  for (const Grant& grant : scheduler_->Assign(clock_->Now())) GrantLocked(grant);
}

void ResourceManager::GrantLocked(const Grant& grant) {
  Application* application = applications_.Find(grant.id.attempt.application);
  Attempt* attempt = applications_.FindAttempt(grant.id.attempt);
  const Node* node = nodes_.Find(grant.node);
  CHECK(attempt != nullptr && node != nullptr) << grant.id;

  LiveContainer live;
  live.node = grant.node;
  live.node_http_address = node->http_address();
  live.resource = grant.resource;
  live.priority = grant.priority;
  live.granted_at = clock_->Now();
  live.granted_ms = clock_->WallMillis();
  attempt->containers.emplace(grant.id, live);
  application->nodes.insert(grant.node);

  ContainerClaims claims;
  claims.id = grant.id;
  claims.node = grant.node;
  claims.user = application->user;
  claims.resource = grant.resource;
  claims.priority = grant.priority;
  claims.created_ms = live.granted_ms;
  claims.expires_ms = live.granted_ms + ToMillis(options_.container_expiry);
  claims.resource_manager = options_.start_ms;
  claims.allocation_request_id = grant.allocation_request_id;
  claims.is_master = grant.is_master;
  const Token token = MakeContainerToken(container_secrets_, claims);

  if (grant.is_master) {
    attempt->master = grant.id;
    attempt->state = Attempt::State::kAllocated;
    attempt->launch = MakeLaunchLocked(*application, *attempt, token);
    application->launch_ms = live.granted_ms;
    SendLocked(grant.node, {.launches = {*attempt->launch}});
    ChangedLocked(application);
    return;
  }
  Container container;
  container.id = grant.id;
  container.node = grant.node;
  container.node_http_address = live.node_http_address;
  container.resource = grant.resource;
  container.priority = grant.priority;
  container.allocation_request_id = grant.allocation_request_id;
  container.token = token;
  attempt->session.news().granted.push_back(std::move(container));
  if (attempt->nodes_with_token.insert(grant.node).second) {
    attempt->session.news().nm_tokens.emplace_back(
        grant.node, MakeNmToken(nm_secrets_, attempt->id, grant.node, application->user));
  }
  FeedLocked(attempt);
}

LaunchMaster ResourceManager::MakeLaunchLocked(const Application& application,
                                               const Attempt& attempt, const Token& token) const {
  LaunchMaster launch;
  launch.container_token = token;
  launch.context = application.submission.master;
  launch.context.environment[kProxyBase] = "/proxy/" + application.id().ToString();
  launch.context.environment[kSubmitTime] = std::to_string(application.submit_ms);
  Credentials credentials = application.credentials;
  credentials.tokens[""] = MakeAmRmToken(amrm_secrets_, attempt.id);
  launch.context.tokens = SerializeCredentials(credentials);
  return launch;
}

void ResourceManager::FeedLocked(Attempt* attempt) {
  if (!attempt->session.holds() || !attempt->session.has_news()) return;
  ReplyLocked(
      [held = attempt->session.TakeHeld(), answer = AnswerLocked(attempt)] { held(answer); });
}

AllocateAnswer ResourceManager::AnswerLocked(Attempt* attempt) {
  attempt->last_heard = clock_->Now();  // a held call proves that its caller listened
  return attempt->session.Answer(scheduler_->Headroom(attempt->id), nodes_.live());
}

// ---- what masters call

StatusOr<Attempt*> ResourceManager::CallerLocked(const ApplicationAttemptId& id) {
  Attempt* attempt = applications_.FindAttempt(id);
  if (attempt == nullptr || attempt->ended()) return AttemptGone(id);
  attempt->last_heard = clock_->Now();
  return attempt;
}

StatusOr<MasterRegistered> ResourceManager::RegisterMaster(const ApplicationAttemptId& id,
                                                           const MasterAddress& address) {
  MasterRegistered answer;
  {
    MutexLock lock(mu_);
    ASSIGN_OR_RETURN(Attempt * attempt, CallerLocked(id));
    Application* application = applications_.Find(id.application);
    // The same words again are a retry whose first answer was lost.
    const bool again = attempt->registered && attempt->host == address.host &&
                       attempt->rpc_port == address.rpc_port &&
                       attempt->state == Attempt::State::kRunning;
    if (attempt->registered && !again) {
      return InvalidArgumentError(
          "Application Master is already registered : " + id.application.ToString(),
          Reason::kInvalidApplicationMasterRequest);
    }
    answer = {scheduler_->Maximum(), application->submission.queue};
    if (!again) {
      attempt->registered = true;
      attempt->state = Attempt::State::kRunning;
      attempt->launch.reset();
      attempt->host = address.host;
      attempt->rpc_port = address.rpc_port;
      attempt->tracking_url = address.tracking_url;
      application->state = ApplicationState::kRunning;
      ChangedLocked(application);
    }
  }
  LOG_INFO("application master registered attempt={} host={} port={}", id.ToString(), address.host,
           address.rpc_port);
  Drain();
  return answer;
}

void ResourceManager::Allocate(const ApplicationAttemptId& id, AllocateRequest request,
                               AllocateDone done) {
  {
    MutexLock lock(mu_);
    auto answer = AllocateLocked(id, request);
    if (answer) {
      ReplyLocked([done = std::move(done), answer = std::move(*answer)] { done(answer); });
    } else {
      Attempt* attempt = applications_.FindAttempt(id);
      attempt->session.Hold(std::move(done), clock_->Now() + options_.hold);
    }
  }
  Drain();
}

std::optional<StatusOr<AllocateAnswer>> ResourceManager::AllocateLocked(
    const ApplicationAttemptId& id, const AllocateRequest& request) {
  const auto caller = CallerLocked(id);
  if (!caller.ok()) return caller.status();
  Attempt* attempt = *caller;
  if (attempt->state == Attempt::State::kFinishing) return AttemptGone(id);
  if (!attempt->registered) return NotRegistered(id);
  AllocateSession& session = attempt->session;
  if (AllocateDone held = session.TakeHeld()) {
    ReplyLocked([held = std::move(held), answer = session.EmptyAnswer()] { held(answer); });
  }
  const auto repeated = session.Begin(id, request.response_id);
  if (!repeated.ok()) return repeated.status();
  if (repeated->has_value()) return **repeated;

  if (const Status asked = scheduler_->UpdateAsks(id, request.update); !asked.ok()) return asked;
  Application* application = applications_.Find(id.application);
  for (const ContainerId& container : request.release) ReleaseLocked(attempt, container);
  if (application->progress != request.progress) {
    application->progress = request.progress;
    ChangedLocked(application);
  }
  AssignLocked();
  if (session.has_news() || !request.may_hold || !application->is_tusk() || stopped_) {
    return AnswerLocked(attempt);
  }
  return std::nullopt;
}

void ResourceManager::ReleaseLocked(Attempt* attempt, const ContainerId& container) {
  const auto it = attempt->containers.find(container);
  if (it == attempt->containers.end()) return;  // it ended meanwhile
  const std::string why = "Container released by application";
  SendLocked(it->second.node, {.kills = {{container, exit_status::kAborted, why}}});
  CompletedLocked({container, ContainerState::kComplete, exit_status::kAborted, why, {}});
}

StatusOr<bool> ResourceManager::FinishMaster(const ApplicationAttemptId& id, FinalStatus status,
                                             const std::string& diagnostics,
                                             const std::string& tracking_url) {
  {
    MutexLock lock(mu_);
    ASSIGN_OR_RETURN(Attempt * attempt, CallerLocked(id));
    if (attempt->state == Attempt::State::kFinishing) return true;
    if (!attempt->registered) {
      return FailedPreconditionError(
          "Application Master is trying to unregister before registering for: " +
              id.application.ToString(),
          Reason::kApplicationMasterNotRegistered);
    }
    Application* application = applications_.Find(id.application);
    if (!tracking_url.empty()) attempt->tracking_url = tracking_url;
    const bool managed = attempt->master.has_value();
    EndAttemptLocked(application, attempt, Attempt::State::kFinished, diagnostics,
                     exit_status::kKilledAfterAppCompletion, /*spare_master=*/managed);
    EndApplicationLocked(application, ApplicationState::kFinished, status, diagnostics);
    if (!managed) CleanUpLocked(application);
    AssignIfRoomChangedLocked();
  }
  LOG_INFO("application finished attempt={} status={}", id.ToString(), FinalStatusName(status));
  Drain();
  return true;
}

}  // namespace tusk::yarnlite
