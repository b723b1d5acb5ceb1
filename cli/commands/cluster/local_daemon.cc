#include "cli/commands/cluster/local_daemon.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <thread>

#include "cli/command.h"
#include "common/io/env.h"
#include "common/net/socket.h"

namespace tusk::cli {

namespace {

// Waits until the process has ended.
bool WaitForEnd(const ProcessInfo& process, Duration timeout) {
  const TimePoint deadline = Clock::Real()->Now() + timeout;
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  while (true) {
    const auto now = FindProcess(process.pid);
    if (!now.has_value() || now->start_ticks != process.start_ticks) return true;
    const Duration left = deadline - Clock::Real()->Now();
    if (left <= Duration(0)) return false;
    pollfd entry{pidfd.get(), POLLIN, 0};
    // A pidfd is readable as soon as the process is a zombie; then only its parent is missing.
    ::poll(&entry, pidfd.valid() ? 1 : 0,
           static_cast<int>(std::min<int64_t>(ToMillis(left) + 1, pidfd.valid() ? 1000 : 10)));
  }
}

std::vector<std::string> Arguments(const ClusterOptions& options, const DaemonSpec& spec) {
  std::vector<std::string> arguments = {"--config", ClusterPaths(options.dir).conf};
  arguments.insert(arguments.end(), spec.arguments.begin(), spec.arguments.end());
  return arguments;
}

}  // namespace

std::optional<ProcessInfo> FindProcess(int pid) {
  const auto stat = Env::Posix()->ReadFile("/proc/" + std::to_string(pid) + "/stat");
  if (!stat.ok()) return std::nullopt;
  // The name, in brackets, may hold anything: fields are counted from behind it.
  const size_t bracket = stat->rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(stat->substr(bracket + 1));
  std::string state;
  fields >> state;
  if (state == "Z" || state == "X") return std::nullopt;
  ProcessInfo info;
  info.pid = pid;
  int64_t resident_pages = 0;
  std::string skipped;
  for (int field = 4; field <= 24; ++field) {
    if (field == 22) {
      fields >> info.start_ticks;
    } else if (field == 24) {
      fields >> resident_pages;
    } else {
      fields >> skipped;
    }
  }
  info.resident_bytes = resident_pages * ::sysconf(_SC_PAGESIZE);
  info.uptime_seconds =
      ToSeconds(Clock::Real()->Now().time_since_epoch()) -
      static_cast<double>(info.start_ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return info;
}

std::optional<std::string> FindDaemonProgram(const std::string& program) {
  std::string path = ProgramDir() + "/" + program;
  if (::access(path.c_str(), X_OK) != 0) return std::nullopt;
  return path;
}

LocalDaemon::LocalDaemon(const ClusterOptions& options, DaemonSpec spec)
    : spec_(std::move(spec)),
      arguments_(Arguments(options, spec_)),
      pid_file_(ClusterPaths(options.dir).run + "/" + spec_.name + ".pid"),
      log_file_(ClusterPaths(options.dir).logs + "/" + spec_.name + ".log") {}

std::optional<ProcessInfo> LocalDaemon::Running() const {
  Env* const env = Env::Posix();
  const auto text = env->ReadFile(pid_file_);
  if (!text.ok()) return std::nullopt;
  std::istringstream in(*text);
  int pid = 0;
  if (!(in >> pid) || pid <= 1) return std::nullopt;
  std::string wanted;  // as the kernel shows it: each argument with a zero behind it
  for (const std::string& argument : arguments_) wanted.append(argument).push_back('\0');
  const auto command = env->ReadFile("/proc/" + std::to_string(pid) + "/cmdline");
  if (!command.ok()) return std::nullopt;
  const size_t program_end = command->find('\0');
  if (program_end == std::string::npos || command->substr(program_end + 1) != wanted ||
      BaseName(command->substr(0, program_end)) != spec_.program) {
    return std::nullopt;
  }
  return FindProcess(pid);
}

Status LocalDaemon::CheckPorts() const {
  // A daemon that was killed a moment ago: the kernel may still be closing what it held.
  const bool died = Env::Posix()->Exists(pid_file_);
  const Clock* const clock = Clock::Real();
  const TimePoint deadline = clock->Now() + std::chrono::seconds(3);
  for (const DaemonSpec::Port& port : spec_.ports) {
    auto listener = Listener::Listen({spec_.address, port.number});
    while (!listener.ok() && died && clock->Now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      listener = Listener::Listen({spec_.address, port.number});
    }
    if (!listener.ok()) {
      return listener.status().WithContext(spec_.name + " needs its " + port.what + " port");
    }
  }
  return Status::Ok();
}

Status LocalDaemon::Start() {
  const auto program = FindDaemonProgram(spec_.program);
  if (!program.has_value()) return NotFoundError(spec_.program + " is not built");
  SpawnOptions options;
  options.argv = {*program};
  options.argv.insert(options.argv.end(), arguments_.begin(), arguments_.end());
  options.stdout_to = Stdio::File(log_file_);
  options.stderr_to = Stdio::File(log_file_);
  options.directory = "/";
  options.new_session = true;
  ASSIGN_OR_RETURN(child_, ChildProcess::Spawn(std::move(options)));
  return Env::Posix()->WriteFileAtomically(pid_file_, std::to_string(child_->pid()) + "\n");
}

Status LocalDaemon::CheckStarted() {
  if (child_ == nullptr) return Status::Ok();
  const auto ended = child_->Poll();
  if (!ended.has_value()) return Status::Ok();
  const std::string line = LastLogLine();
  return FailedPreconditionError(spec_.name + " has ended (" + ended->ToString() + ")" +
                                 (line.empty() ? "" : ": " + line) + " [" + log_file_ + "]");
}

std::string LocalDaemon::LastLogLine() const {
  const auto log = Env::Posix()->ReadFile(log_file_);
  if (!log.ok()) return {};
  std::string_view text = *log;
  while (text.ends_with('\n')) text.remove_suffix(1);
  const size_t start = text.rfind('\n');
  return std::string(start == std::string_view::npos ? text : text.substr(start + 1));
}

void LocalDaemon::RequestStop() {
  if (const auto process = Running(); process.has_value()) ::kill(process->pid, SIGTERM);
}

Status LocalDaemon::WaitStopped(Duration grace) {
  const auto process = Running();
  if (process.has_value() && !WaitForEnd(*process, grace)) {
    ::kill(process->pid, SIGKILL);
    if (!WaitForEnd(*process, std::chrono::seconds(10))) {
      return DeadlineExceededError(spec_.name + " (process " + std::to_string(process->pid) +
                                   ") does not end, not even by SIGKILL");
    }
  }
  if (child_ != nullptr) child_->Wait();
  const Status removed = Env::Posix()->Remove(pid_file_);
  return removed.code() == Code::kNotFound ? Status::Ok() : removed;
}

void LocalDaemon::Release() {
  if (child_ != nullptr) child_->Detach();
  child_.reset();
}

}  // namespace tusk::cli
