// What submitters and users ask, and the outbox. Masters: masters.cc. Nodes: node_events.cc.
#include "yarnlite/resourcemanager/resource_manager.h"

#include <algorithm>

#include "common/base/log.h"
#include "yarnlite/wire/tokens.h"

namespace tusk::yarnlite {
namespace {

constexpr Resource kDefaultMaster{256, 1};

}  // namespace

ResourceManager::ResourceManager(ResourceManagerOptions options,
                                 std::unique_ptr<Scheduler> scheduler, const Clock* clock,
                                 NodeLink* link)
    : options_(std::move(options)),
      clock_(clock),
      link_(link),
      scheduler_(std::move(scheduler)),
      applications_(options_.max_completed) {
  amrm_secrets_.Roll();
  nm_secrets_.Roll();
  container_secrets_.Roll();
}

// ---- the outbox

void ResourceManager::Drain() {
  {
    MutexLock lock(mu_);
    if (draining_) return;  // who drains takes what we added
    draining_ = true;
  }
  for (;;) {
    std::deque<std::function<void()>> work;
    {
      MutexLock lock(mu_);
      if (outbox_.empty()) {
        draining_ = false;
        return;
      }
      work.swap(outbox_);
    }
    for (const auto& send : work) send();
  }
}

void ResourceManager::SendLocked(const NodeId& id, NodeCommand command) {
  const Node* node = nodes_.Find(id);
  if (node == nullptr || !node->connected || command.empty()) return;
  outbox_.push_back([link = link_, session = node->session, command = std::move(command)] {
    link->Send(session, command);
  });
}

// ---- submission

ApplicationId ResourceManager::NewApplication() {
  MutexLock lock(mu_);
  return {options_.start_ms, ++last_application_};
}

Resource ResourceManager::Maximum() const {
  MutexLock lock(mu_);
  return scheduler_->Maximum();
}

Status ResourceManager::Submit(const User& user, ApplicationSubmission submission) {
  const ApplicationId id = submission.id;
  if (submission.keep_containers) {
    return UnimplementedError("keeping containers across attempts is not supported yet",
                              Reason::kYarn);
  }
  ASSIGN_OR_RETURN(Credentials credentials, ParseCredentials(submission.master.tokens));
  {
    MutexLock lock(mu_);
    if (id.cluster_timestamp != options_.start_ms || id.id <= 0 || id.id > last_application_) {
      return UnknownApplication(id);
    }
    if (applications_.Find(id) != nullptr) return Status::Ok();  // a retry
    if (const Status queue = scheduler_->CheckQueue(submission.queue); !queue.ok()) {
      return queue.WithContext("Failed to submit " + id.ToString() + " to YARN : Application " +
                               id.ToString() + " submitted by user " + user.name + " to");
    }
    if (!submission.unmanaged) {
      if (submission.master_resource == Resource{}) submission.master_resource = kDefaultMaster;
      ASSIGN_OR_RETURN(submission.master_resource,
                       scheduler_->Normalize(submission.master_resource));
    }
    Application application;
    application.max_attempts = submission.max_attempts > 0
                                   ? std::min(submission.max_attempts, options_.max_attempts)
                                   : options_.max_attempts;
    if (submission.unmanaged) application.max_attempts = 1;
    application.submission = std::move(submission);
    application.credentials = std::move(credentials);
    application.user = user.name;
    application.submit_ms = clock_->WallMillis();
    StartAttemptLocked(applications_.Add(std::move(application)));
    AssignLocked();
  }
  LOG_INFO("application submitted id={} user={}", id.ToString(), user.name);
  Drain();
  return Status::Ok();
}

// ---- reports

Status ResourceManager::UnknownApplication(const ApplicationId& id) const {
  std::string message = "Application with id '" + id.ToString() +
                        "' doesn't exist in RM. Please check that the job submission was "
                        "successful.";
  if (id.cluster_timestamp != 0 && id.cluster_timestamp < options_.start_ms) {
    message = "Application with id '" + id.ToString() +
              "' doesn't exist in RM: it was lost by a ResourceManager restart. Submit it again.";
  }
  return NotFoundError(std::move(message), Reason::kApplicationNotFound);
}

ApplicationReport ResourceManager::ReportLocked(const Application& application,
                                                const User* user) const {
  ApplicationReport report = MakeReport(application, clock_->WallMillis());
  const Attempt* attempt = application.current();
  if (attempt != nullptr && !IsFinal(application.state)) {
    const std::string waits = scheduler_->WaitReason(attempt->id);
    if (!waits.empty()) {
      if (!report.diagnostics.empty()) report.diagnostics += "\n";
      report.diagnostics += "Waiting: " + waits;
    }
  }
  if (report.original_tracking_url.empty()) report.original_tracking_url = "N/A";
  if (report.tracking_url.empty() && !options_.web_address.empty()) {
    report.tracking_url =
        "http://" + options_.web_address + "/cluster/app/" + application.id().ToString();
  }
  const bool owner = user != nullptr && user->name == application.user;
  if (application.submission.unmanaged && owner && attempt != nullptr && !attempt->ended()) {
    report.amrm_token = MakeAmRmToken(amrm_secrets_, attempt->id);
  }
  return report;
}

StatusOr<VersionedReport> ResourceManager::Report(const User& user, const ApplicationId& id) const {
  MutexLock lock(mu_);
  const Application* application = applications_.Find(id);
  if (application == nullptr) return UnknownApplication(id);
  return VersionedReport{ReportLocked(*application, &user), application->version};
}

void ResourceManager::ReportWhenChanged(const User& user, const ApplicationId& id, uint64_t seen,
                                        ReportDone done) {
  StatusOr<VersionedReport> answer = UnknownApplication(id);
  {
    MutexLock lock(mu_);
    Application* application = applications_.Find(id);
    if (application != nullptr) {
      const bool hold = application->version == seen && application->is_tusk() &&
                        !IsFinal(application->state) && !stopped_;
      if (hold) {
        application->waiters.push_back({user, clock_->Now() + options_.hold, std::move(done)});
        return;
      }
      answer = VersionedReport{ReportLocked(*application, &user), application->version};
    }
  }
  done(std::move(answer));
}

void ResourceManager::ChangedLocked(Application* application) {
  ++application->version;
  for (Application::Waiter& waiter : application->waiters) {
    VersionedReport answer{ReportLocked(*application, &waiter.user), application->version};
    ReplyLocked([done = std::move(waiter.done), answer = std::move(answer)] { done(answer); });
  }
  application->waiters.clear();
}

std::vector<ApplicationReport> ResourceManager::Applications() const {
  MutexLock lock(mu_);
  std::vector<ApplicationReport> reports;
  for (const auto& [id, application] : applications_.all()) {
    reports.push_back(ReportLocked(application, nullptr));
  }
  return reports;
}

StatusOr<std::vector<AttemptReport>> ResourceManager::Attempts(const ApplicationId& id) const {
  MutexLock lock(mu_);
  const Application* application = applications_.Find(id);
  if (application == nullptr) return UnknownApplication(id);
  std::vector<AttemptReport> reports;
  for (const auto& [number, attempt] : application->attempts)
    reports.push_back(MakeReport(attempt));
  return reports;
}

StatusOr<std::vector<ContainerReport>> ResourceManager::Containers(
    const ApplicationAttemptId& id) const {
  MutexLock lock(mu_);
  if (applications_.Find(id.application) == nullptr) return UnknownApplication(id.application);
  const Attempt* attempt = applications_.FindAttempt(id);
  if (attempt == nullptr) {
    return NotFoundError("ApplicationAttempt with id '" + id.ToString() + "' doesn't exist in RM.",
                         Reason::kApplicationAttemptNotFound);
  }
  std::vector<ContainerReport> reports;
  for (const auto& [container, live] : attempt->containers) {
    reports.push_back(MakeReport(container, live));
  }
  return reports;
}

StatusOr<bool> ResourceManager::Kill(const User& user, const ApplicationId& id,
                                     const std::string& diagnostics, const std::string& from) {
  {
    MutexLock lock(mu_);
    Application* application = applications_.Find(id);
    if (application == nullptr) return UnknownApplication(id);
    if (user.name != application->user && user.name != options_.superuser) {
      return PermissionDeniedError(
          "User " + user.name + " cannot perform operation MODIFY_APP on " + id.ToString(),
          Reason::kAccessControl);
    }
    if (IsFinal(application->state)) return true;
    std::string why = "Application " + id.ToString() + " was killed by user " + user.name;
    if (!from.empty()) why += " at " + from;
    if (!diagnostics.empty()) why += ": " + diagnostics;
    if (Attempt* attempt = application->current(); attempt != nullptr && !attempt->ended()) {
      EndAttemptLocked(application, attempt, Attempt::State::kKilled, why,
                       exit_status::kKilledByResourceManager, /*spare_master=*/false);
    }
    EndApplicationLocked(application, ApplicationState::kKilled, FinalStatus::kKilled, why);
    CleanUpLocked(application);
    AssignLocked();
  }
  LOG_INFO("application killed id={} by={}", id.ToString(), user.name);
  Drain();
  return true;
}

// ---- the cluster

NodeReport ResourceManager::NodeReportLocked(const Node& node) const {
  NodeReport report;
  report.id = node.registration.id;
  report.http_address = node.http_address();
  report.rack = node.rack;
  report.state = node.state;
  report.capability = node.registration.capability;
  report.used = scheduler_->NodeUsed(node.registration.id);
  report.containers = scheduler_->NodeContainers(node.registration.id);
  report.health_report = node.health.health_report;
  report.last_health_report_ms = node.last_heard_ms;
  return report;
}

std::vector<NodeReport> ResourceManager::Nodes() const {
  MutexLock lock(mu_);
  std::vector<NodeReport> reports;
  for (const auto& [id, node] : nodes_.all()) reports.push_back(NodeReportLocked(node));
  return reports;
}

ClusterMetrics ResourceManager::Metrics() const {
  MutexLock lock(mu_);
  return nodes_.Metrics();
}

std::pair<Resource, Resource> ResourceManager::UsedAndTotal() const {
  MutexLock lock(mu_);
  return {scheduler_->ClusterUsed(), scheduler_->ClusterTotal()};
}

StatusOr<QueueInfo> ResourceManager::Queue(const std::string& name, bool with_applications) const {
  MutexLock lock(mu_);
  if (name != "root" && !scheduler_->CheckQueue(name).ok()) {
    return NotFoundError("Queue \"" + name + "\" does not exist", Reason::kYarn);
  }
  QueueInfo queue;
  queue.name = name == "root" ? name : "default";
  const int64_t total = scheduler_->ClusterTotal().memory_mb;
  if (total > 0) {
    queue.current_capacity =
        static_cast<float>(scheduler_->ClusterUsed().memory_mb) / static_cast<float>(total);
  }
  for (const auto& [id, application] : applications_.all()) {
    if (application.state == ApplicationState::kRunning) ++queue.running_applications;
    if (application.state == ApplicationState::kAccepted) ++queue.pending_applications;
    if (with_applications) queue.applications.push_back(ReportLocked(application, nullptr));
  }
  return queue;
}

// ---- time

void ResourceManager::Tick() {
  {
    MutexLock lock(mu_);
    const TimePoint now = clock_->Now();
    for (const NodeId& id : nodes_.SilentSince(now - options_.node_expiry)) {
      LoseNodeLocked(nodes_.Find(id), NodeState::kLost, "was not heard of in time");
    }
    std::vector<ApplicationId> active;
    for (const auto& [id, application] : applications_.all()) {
      const bool finishing = application.current() != nullptr && !application.current()->ended();
      if (finishing || !application.waiters.empty()) active.push_back(id);
    }
    for (const ApplicationId& id : active) TickApplicationLocked(applications_.Find(id), now);
    const auto deadline = scheduler_->NextDeadline();
    if (room_changed_ || (deadline && *deadline <= now)) AssignLocked();
  }
  Drain();
}

void ResourceManager::TickApplicationLocked(Application* application, TimePoint now) {
  auto& waiters = application->waiters;
  const auto over = std::stable_partition(waiters.begin(), waiters.end(),
                                          [&](const auto& w) { return w.until > now; });
  for (auto it = over; it != waiters.end(); ++it) {
    VersionedReport answer{ReportLocked(*application, &it->user), application->version};
    ReplyLocked([done = std::move(it->done), answer = std::move(answer)] { done(answer); });
  }
  waiters.erase(over, waiters.end());
  Attempt* attempt = application->current();
  if (attempt == nullptr || attempt->ended()) return;
  if (attempt->session.holds() && attempt->session.held_until() <= now) {
    ReplyLocked(
        [done = attempt->session.TakeHeld(), answer = AnswerLocked(attempt)] { done(answer); });
  }
  if (attempt->state == Attempt::State::kFinishing) {
    if (attempt->finishing_since + options_.finishing_grace <= now && attempt->master) {
      CompletedLocked({*attempt->master,
                       ContainerState::kComplete,
                       exit_status::kKilledAfterAppCompletion,
                       "The master did not exit after it had unregistered",
                       {}});
    }
    return;
  }
  const bool lives = attempt->registered || attempt->state == Attempt::State::kLaunched;
  if (lives && !attempt->session.holds() && attempt->last_heard + options_.master_expiry <= now) {
    AttemptFailedLocked(application, attempt,
                        "ApplicationMaster for attempt " + attempt->id.ToString() + " timed out");
    return;
  }
  std::vector<ContainerId> unused;
  for (const auto& [id, container] : attempt->containers) {
    if (container.phase == LiveContainer::Phase::kGranted &&
        container.granted_at + options_.container_expiry <= now) {
      unused.push_back(id);
    }
  }
  for (const ContainerId& id : unused) {
    CompletedLocked({id,
                     ContainerState::kComplete,
                     exit_status::kAborted,
                     "Container expired since it was unused",
                     {}});
  }
}

void ResourceManager::Stop() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
    for (auto& [id, application] : applications_.all()) {
      for (Application::Waiter& waiter : application.waiters) {
        ReplyLocked([done = std::move(waiter.done)] {
          done(UnavailableError("the ResourceManager is stopping", Reason::kRetriable));
        });
      }
      application.waiters.clear();
      for (auto& [number, attempt] : application.attempts) {
        if (AllocateDone held = attempt.session.TakeHeld()) {
          ReplyLocked(
              [held = std::move(held), answer = attempt.session.EmptyAnswer()] { held(answer); });
        }
      }
    }
  }
  Drain();
}

}  // namespace tusk::yarnlite
