// NodeManager: how a container is made, watched and ended.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "common/base/log.h"
#include "yarnlite/nodemanager/launch_script.h"
#include "yarnlite/nodemanager/logs.h"
#include "yarnlite/nodemanager/memory_watch.h"
#include "yarnlite/nodemanager/node_manager.h"

namespace tusk::yarnlite {
namespace {

namespace fs = std::filesystem;

constexpr Duration kMemoryInterval = std::chrono::milliseconds(200);
constexpr int64_t kStderrTail = 4096;

Status MakeDirectories(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? ErrnoError("create " + path, error.value()) : Status::Ok();
}

Status WritePrivateFile(const std::string& path, const std::string& bytes, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return ErrnoError("create " + path, errno);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const Status failed = ErrnoError("write " + path, errno);
      ::close(fd);
      return failed;
    }
    done += static_cast<size_t>(n);
  }
  if (::close(fd) != 0) return ErrnoError("write " + path, errno);
  return Status::Ok();
}

void RemoveTree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) LOG_WARN("cannot remove {}: {}", path, error.message());
}

std::string ExitText(const ContainerId& id, int exit_code, const std::string& log_dir) {
  if (exit_code == 0) return "";
  std::string text = "Exception from container-launch.\nContainer id: " + id.ToString() +
                     "\nExit code: " + std::to_string(exit_code) +
                     "\nContainer exited with a non-zero exit code " + std::to_string(exit_code);
  const std::string tail = TailOfFile(log_dir + "/stderr", kStderrTail);
  if (!tail.empty()) {
    text += ". Last " + std::to_string(kStderrTail) + " bytes of stderr :\n" + tail;
  }
  return text + "\n";
}

}  // namespace

std::vector<std::string> NodeManager::ApplicationDirs(const std::string& user,
                                                      const ApplicationId& id) const {
  std::vector<std::string> dirs;
  for (const std::string& local : options_.local_dirs) {
    dirs.push_back(ApplicationDirectory(local, user, id));
  }
  return dirs;
}

// ---- start

void NodeManager::Prepare(const ContainerId& id) {
  Record copy;
  {
    MutexLock lock(mu_);
    const auto it = containers_.find(id);
    if (it == containers_.end()) return;
    copy = it->second;
  }
  const auto pid = Launch(&copy);
  if (!pid.ok()) {
    Finish(id, exit_status::kInvalid, pid.status().message());
    return;
  }
  bool kill_at_once = false;
  NodeMessage started;
  {
    MutexLock lock(mu_);
    const auto it = containers_.find(id);
    if (it == containers_.end()) return;
    Record& record = it->second;
    record.launcher_pid = *pid;
    // It may have ended, or have been killed, while it started.
    if (record.phase == Record::Phase::kDone) return;
    kill_at_once = record.kill.has_value();
    record.phase = Record::Phase::kRunning;
    record.status.state = ContainerState::kRunning;
    started.started.push_back(record.status);
  }
  LOG_INFO("container runs id={} launcher={}", id.ToString(), *pid);
  if (kill_at_once) runner_->Kill(id);
  reporter_->Tell(started);
}

StatusOr<int> NodeManager::Launch(Record* copy) {
  const ContainerId& id = copy->claims.id;
  const ApplicationId& application = id.attempt.application;
  const std::string& user = copy->claims.user;
  const auto app_dirs = ApplicationDirs(user, application);
  for (const std::string& dir : app_dirs) RETURN_IF_ERROR(MakeDirectories(dir));
  copy->work_dir =
      ApplicationDirectory(Roomiest(options_.local_dirs), user, application) + "/" + id.ToString();
  copy->log_dir = ContainerLogDirectory(Roomiest(options_.log_dirs), id);
  RETURN_IF_ERROR(MakeDirectories(copy->work_dir));
  RETURN_IF_ERROR(MakeDirectories(copy->log_dir));
  {
    MutexLock lock(mu_);
    const auto it = containers_.find(id);
    if (it == containers_.end() || it->second.kill)
      return CancelledError("killed before its start");
    it->second.work_dir = copy->work_dir;
    it->second.log_dir = copy->log_dir;
  }
  ASSIGN_OR_RETURN(copy->files,
                   localizer_->Localize(application, user, copy->context.local_resources));

  LaunchScriptInput input;
  input.id = id;
  input.user = user;
  input.node = options_.id;
  input.node_http_port = options_.http_port;
  input.file_service_port = options_.file_service_port;
  input.work_dir = copy->work_dir;
  input.log_dir = copy->log_dir;
  input.app_dirs = app_dirs;
  for (const std::string& local : options_.local_dirs) {
    input.user_dirs.push_back(local + "/usercache/" + user + "/");
  }
  input.inherited = options_.inherited;
  for (const LocalizedFile& file : copy->files) input.links.emplace_back(file.name, file.path);
  if (!copy->context.tokens.empty()) {
    input.token_file = copy->work_dir + "/container_tokens";
    RETURN_IF_ERROR(WritePrivateFile(input.token_file, copy->context.tokens, 0600));
  }
  ASSIGN_OR_RETURN(const std::string script, MakeLaunchScript(input, copy->context));
  const std::string script_file = copy->work_dir + "/launch_container.sh";
  RETURN_IF_ERROR(WritePrivateFile(script_file, script, 0700));
  {
    MutexLock lock(mu_);
    const auto it = containers_.find(id);
    if (it == containers_.end() || it->second.kill)
      return CancelledError("killed before its start");
    it->second.files = copy->files;
  }
  return runner_->Start({.id = id,
                         .command = {"/bin/bash", script_file},
                         .work_dir = copy->work_dir,
                         .stdout_file = copy->log_dir + "/stdout",
                         .stderr_file = copy->log_dir + "/stderr"});
}

// ---- end

void NodeManager::Kill(const KillContainer& kill) {
  bool running = false;
  {
    MutexLock lock(mu_);
    const auto it = containers_.find(kill.id);
    if (it == containers_.end() || it->second.phase == Record::Phase::kDone) return;
    Record& record = it->second;
    if (record.kill) return;  // the first order says why
    record.kill = kill;
    running = record.phase == Record::Phase::kRunning;
    record.kill_at = clock_->Now() + options_.kill_delay;
  }
  LOG_INFO("container is killed id={} why={}", kill.id.ToString(), kill.diagnostics);
  if (running) runner_->Terminate(kill.id);
}

void NodeManager::Ended(const ContainerId& id, int exit_code) {
  executor_->Post([this, id, exit_code] {
    std::string log_dir;
    {
      MutexLock lock(mu_);
      const auto it = containers_.find(id);
      if (it == containers_.end()) return;
      log_dir = it->second.log_dir;
    }
    Finish(id, exit_code, ExitText(id, exit_code, log_dir));
  });
}

void NodeManager::Finish(const ContainerId& id, int exit_code, std::string diagnostics) {
  NodeMessage message;
  std::string work_dir;
  {
    MutexLock lock(mu_);
    const auto it = containers_.find(id);
    if (it == containers_.end() || it->second.phase == Record::Phase::kDone) return;
    Record& record = it->second;
    ContainerStatus& status = record.status;
    status.state = ContainerState::kComplete;
    status.exit_status = exit_code;
    status.diagnostics = std::move(diagnostics);
    if (record.kill) {
      status.exit_status = record.kill->exit_status;
      status.diagnostics = record.kill->diagnostics +
                           "\nContainer killed on request. Exit code is " +
                           std::to_string(exit_code) + "\n";
    }
    record.phase = Record::Phase::kDone;
    record.context = {};
    record.files.clear();
    work_dir = std::exchange(record.work_dir, "");
    record.removing = true;
    if (!record.told) message.completed.push_back(status);
  }
  LOG_INFO("container ended id={} exit_code={}", id.ToString(), exit_code);
  if (!message.completed.empty()) reporter_->Tell(message);
  if (!work_dir.empty()) RemoveTree(work_dir);
  bool application_ended = false;
  {
    MutexLock lock(mu_);
    if (const auto it = containers_.find(id); it != containers_.end()) it->second.removing = false;
    application_ended = ended_.contains(id.attempt.application);
  }
  if (application_ended) CleanUp(id.attempt.application);
  all_done_.NotifyAll();
}

void NodeManager::EndApplication(const ApplicationId& id) {
  std::vector<ContainerId> live;
  {
    MutexLock lock(mu_);
    if (!users_.contains(id)) return;
    ended_.insert(id);
    for (const auto& [container, record] : containers_) {
      if (container.attempt.application == id && record.phase != Record::Phase::kDone) {
        live.push_back(container);
      }
    }
  }
  for (const ContainerId& container : live) {
    Kill({container, exit_status::kKilledAfterAppCompletion,
          "Container killed because its application has ended."});
  }
  executor_->Post([this, id] { CleanUp(id); });
}

void NodeManager::CleanUp(const ApplicationId& id) {
  std::string user;
  {
    MutexLock lock(mu_);
    const auto owner = users_.find(id);
    if (owner == users_.end()) return;  // done already
    for (const auto& [container, record] : containers_) {
      // Two removals of one tree stumble over each other.
      const bool busy = record.phase != Record::Phase::kDone || record.removing;
      if (container.attempt.application == id && busy) return;
    }
    user = owner->second;
    users_.erase(owner);
    ended_.erase(id);
    std::erase_if(containers_,
                  [&](const auto& entry) { return entry.first.attempt.application == id; });
  }
  files_->Unregister(id);
  localizer_->Forget(id);
  for (const std::string& dir : ApplicationDirs(user, id)) RemoveTree(dir);
  LOG_INFO("application cleaned up id={}", id.ToString());
}

// ---- time

void NodeManager::Tick() {
  const TimePoint now = clock_->Now();
  std::vector<ContainerId> stubborn;
  bool watch = false;
  {
    MutexLock lock(mu_);
    for (auto& [id, record] : containers_) {
      if (record.phase != Record::Phase::kRunning || !record.kill_at || *record.kill_at > now) {
        continue;
      }
      record.kill_at.reset();
      stubborn.push_back(id);
    }
    watch = now >= next_memory_check_;
    if (watch) next_memory_check_ = now + kMemoryInterval;
  }
  for (const ContainerId& id : stubborn) runner_->Kill(id);
  if (watch) WatchMemory();
}

void NodeManager::WatchMemory() {
  std::vector<std::pair<ContainerId, int>> running;
  {
    MutexLock lock(mu_);
    for (const auto& [id, record] : containers_) {
      if (record.phase == Record::Phase::kRunning) running.emplace_back(id, record.launcher_pid);
    }
  }
  for (const auto& [id, pid] : running) {
    const auto processes = MemoryBelow(pid);
    const int64_t used = TotalBytes(processes);
    bool exceeded = false;
    int64_t limit_mb = 0;
    {
      MutexLock lock(mu_);
      const auto it = containers_.find(id);
      if (it == containers_.end()) continue;
      it->second.used_bytes = used;
      limit_mb = it->second.claims.resource.memory_mb;
      exceeded = options_.memory_check && used > limit_mb << 20;
    }
    if (!exceeded) continue;
    Kill({id, exit_status::kKilledExceededPmem,
          ExceededText(id.ToString(), used, limit_mb, processes)});
  }
}

void NodeManager::Stop(Duration limit) {
  std::vector<ContainerId> live;
  {
    MutexLock lock(mu_);
    stopping_ = true;
    for (const auto& [id, record] : containers_) {
      if (record.phase != Record::Phase::kDone) live.push_back(id);
    }
  }
  for (const ContainerId& id : live) {
    Kill({id, exit_status::kAborted, "Container killed because its NodeManager stops."});
  }
  const TimePoint until = clock_->Now() + limit;
  MutexLock lock(mu_);
  for (;;) {
    bool all = true;
    for (const auto& [id, record] : containers_) {
      all &= record.phase == Record::Phase::kDone && !record.removing;
    }
    if (all || clock_->Now() >= until) return;
    all_done_.WaitFor(mu_, std::chrono::milliseconds(20));
  }
}

}  // namespace tusk::yarnlite
