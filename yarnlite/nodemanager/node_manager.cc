// What masters and the ResourceManager order. How a container is made and ends: containers.cc.
#include "yarnlite/nodemanager/node_manager.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/base/random.h"

namespace tusk::yarnlite {
namespace {

Status Unauthorized(const std::string& why) {
  return UnauthenticatedError("Unauthorized request to start container. \n" + why, Reason::kYarn);
}

// A user's name becomes a directory's.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string("/\0", 2)) == std::string::npos;
}

std::string DiskProblem(const std::string& directory, double max_utilization) {
  struct statvfs room{};
  if (::statvfs(directory.c_str(), &room) != 0 || ::access(directory.c_str(), W_OK) != 0) {
    return directory + " : not writable";
  }
  if (room.f_blocks == 0) return "";
  const double used = 100.0 * static_cast<double>(room.f_blocks - room.f_bavail) /
                      static_cast<double>(room.f_blocks);
  if (used <= max_utilization) return "";
  return directory + " : used space above threshold of " +
         std::to_string(static_cast<int>(max_utilization)) + "%";
}

}  // namespace

NodeManager::NodeManager(NodeManagerOptions options, const Clock* clock, Executor* executor,
                         Localizer* localizer, LocalFileService* files)
    : options_(std::move(options)),
      incarnation_(static_cast<int64_t>(SecureRandomSeed() >> 1)),
      clock_(clock),
      executor_(executor),
      localizer_(localizer),
      files_(files) {}

void NodeManager::Attach(ContainerRunner* runner, NodeReporter* reporter) {
  runner_ = runner;
  reporter_ = reporter;
}

// ---- masters

Status NodeManager::CheckStart(const ApplicationAttemptId& caller,
                               const ContainerClaims& claims) const {
  if (stopping_) return UnavailableError("the NodeManager is stopping", Reason::kYarn);
  if (claims.id.attempt.application != caller.application) {
    return Unauthorized("NMToken for application attempt : " + caller.ToString() +
                        " was used for starting container with container token issued for "
                        "application attempt : " +
                        claims.id.attempt.ToString());
  }
  if (claims.node != options_.id) {
    return Unauthorized("The container token is for node " + claims.node.ToString() + ", this is " +
                        options_.id.ToString());
  }
  if (claims.resource_manager != resource_manager_) {
    return FailedPreconditionError(
        "Container " + claims.id.ToString() + " rejected as it is allocated by a previous RM",
        Reason::kYarn);
  }
  const int64_t now_ms = clock_->WallMillis();
  if (claims.expires_ms < now_ms) {
    return Unauthorized("This token is expired. current time is " + std::to_string(now_ms) +
                        " found " + std::to_string(claims.expires_ms));
  }
  if (containers_.contains(claims.id)) {
    return Unauthorized("Attempted to relaunch the same container with id " + claims.id.ToString() +
                        ".");
  }
  if (ended_.contains(claims.id.attempt.application)) {
    return FailedPreconditionError(
        claims.id.attempt.application.ToString() + " has ended, nothing is started for it",
        Reason::kYarn);
  }
  if (!IsPlainName(claims.user)) return Unauthorized("not a user's name: " + claims.user);
  return Status::Ok();
}

Status NodeManager::Start(const ApplicationAttemptId& caller, const Token& container_token,
                          const ContainerLaunchContext& context, ContainerId* id) {
  if (!container_secrets_.Current()) {
    return UnavailableError(
        "Rejecting new containers as NodeManager has not yet connected with ResourceManager",
        Reason::kNmNotYetReady);
  }
  ASSIGN_OR_RETURN(const ContainerClaims claims,
                   CheckContainerToken(container_secrets_, container_token));
  *id = claims.id;
  for (const auto& [service, data] : context.service_data) {
    if (service == kFileServiceName) continue;
    return NotFoundError("The auxService:" + service + " does not exist",
                         Reason::kInvalidAuxService);
  }
  const ApplicationId& application = claims.id.attempt.application;
  {
    MutexLock lock(mu_);
    RETURN_IF_ERROR(CheckStart(caller, claims));
    Record& record = containers_[claims.id];
    record.claims = claims;
    record.context = context;
    record.status = {claims.id, ContainerState::kNew, exit_status::kInvalid, "", claims.resource};
    users_[application] = claims.user;
    ++started_;
  }
  if (const auto secret = context.service_data.find(kFileServiceName);
      secret != context.service_data.end()) {
    files_->Register(application, secret->second, ApplicationDirs(claims.user, application));
  }
  LOG_INFO("container accepted id={} user={} resource={}", claims.id.ToString(), claims.user,
           claims.resource.ToString());
  executor_->Post([this, container = claims.id] { Prepare(container); });
  return Status::Ok();
}

StatusOr<NodeManager::Record*> NodeManager::Own(const ApplicationAttemptId& caller,
                                                const ContainerId& id) {
  const auto it = containers_.find(id);
  if (id.attempt.application != caller.application) {
    return PermissionDeniedError(
        caller.ToString() + " may not touch container " + id.ToString() + " of another application",
        Reason::kYarn);
  }
  if (it == containers_.end()) {
    return NotFoundError("Container " + id.ToString() + " is not handled by this NodeManager",
                         Reason::kYarn);
  }
  return &it->second;
}

Status NodeManager::StopContainer(const ApplicationAttemptId& caller, const ContainerId& id) {
  {
    MutexLock lock(mu_);
    const auto record = Own(caller, id);
    if (!record.ok()) return record.status();
  }
  Kill({id, exit_status::kKilledByAppMaster, "Container killed by the ApplicationMaster."});
  return Status::Ok();
}

StatusOr<ContainerStatus> NodeManager::GetStatus(const ApplicationAttemptId& caller,
                                                 const ContainerId& id) const {
  MutexLock lock(mu_);
  const auto record = const_cast<NodeManager*>(this)->Own(caller, id);
  if (!record.ok()) return record.status();
  return (*record)->status;
}

// ---- the ResourceManager

NodeRegistration NodeManager::Registration() const {
  NodeRegistration registration;
  registration.id = options_.id;
  registration.http_port = options_.http_port;
  registration.capability = options_.capability;
  registration.version = options_.version;
  registration.incarnation = incarnation_;
  MutexLock lock(mu_);
  registration.resource_manager = resource_manager_;
  for (const auto& [id, record] : containers_) {
    if (!record.told) registration.containers.push_back(record.status);
  }
  return registration;
}

void NodeManager::Accepted(const NodeAccepted& accepted) {
  nm_secrets_.Add(accepted.nm_token_key);
  container_secrets_.Add(accepted.container_key);
  std::set<ApplicationId> foreign;
  {
    MutexLock lock(mu_);
    if (resource_manager_ == accepted.resource_manager) return;
    resource_manager_ = accepted.resource_manager;
    for (auto& [id, record] : containers_) {
      record.told = true;  // the new one knows nothing of it
      foreign.insert(id.attempt.application);
    }
    for (const auto& [application, user] : users_) foreign.insert(application);
  }
  // Keys of the old one are of no use any more, whatever their numbers.
  nm_secrets_.ForgetBefore(accepted.nm_token_key.id);
  container_secrets_.ForgetBefore(accepted.container_key.id);
  LOG_INFO("accepted by ResourceManager start={} applications_of_an_earlier_one={}",
           accepted.resource_manager, foreign.size());
  for (const ApplicationId& application : foreign) EndApplication(application);
}

void NodeManager::Obey(const NodeCommand& command) {
  for (const LaunchMaster& launch : command.launches) {
    const auto claims = CheckContainerToken(container_secrets_, launch.container_token);
    if (!claims.ok()) {
      LOG_WARN("launch refused error={}", claims.status());
      continue;
    }
    ContainerId id;
    const Status started = Start(claims->id.attempt, launch.container_token, launch.context, &id);
    if (started.ok()) continue;
    MutexLock lock(mu_);
    const bool known = containers_.contains(claims->id);  // the order came twice
    lock.Unlock();
    if (known) continue;
    LOG_WARN("launch refused id={} error={}", claims->id.ToString(), started);
    NodeMessage refused;
    refused.completed.push_back({claims->id, ContainerState::kComplete, exit_status::kInvalid,
                                 started.message(), claims->resource});
    reporter_->Tell(refused);
  }
  for (const KillContainer& kill : command.kills) Kill(kill);
  {
    MutexLock lock(mu_);
    for (const ContainerId& id : command.forget) {
      const auto it = containers_.find(id);
      if (it != containers_.end()) it->second.told = true;
    }
  }
  for (const ApplicationId& application : command.ended_applications) EndApplication(application);
}

NodeHeartbeat NodeManager::Heartbeat() const {
  NodeHeartbeat heartbeat;
  std::string problems;
  size_t bad = 0;
  for (const std::string& directory : options_.local_dirs) {
    const std::string problem = DiskProblem(directory, options_.max_disk_utilization);
    if (problem.empty()) continue;
    ++bad;
    problems += (problems.empty() ? "" : ", ") + problem;
  }
  if (bad == options_.local_dirs.size()) {
    heartbeat.health_report = std::to_string(bad) + "/" + std::to_string(bad) +
                              " local-dirs are bad: [ " + problems + " ]";
  }
  MutexLock lock(mu_);
  for (const auto& [id, record] : containers_) {
    if (record.phase == Record::Phase::kDone) continue;
    ++heartbeat.running_containers;
    heartbeat.used_memory_mb += record.used_bytes >> 20;
  }
  return heartbeat;
}

int NodeManager::running() const {
  MutexLock lock(mu_);
  return static_cast<int>(std::count_if(
      containers_.begin(), containers_.end(),
      [](const auto& container) { return container.second.phase == Record::Phase::kRunning; }));
}

int64_t NodeManager::used_bytes() const {
  MutexLock lock(mu_);
  int64_t sum = 0;
  for (const auto& [id, record] : containers_) {
    if (record.phase == Record::Phase::kRunning) sum += record.used_bytes;
  }
  return sum;
}

int64_t NodeManager::started() const {
  MutexLock lock(mu_);
  return started_;
}

}  // namespace tusk::yarnlite
