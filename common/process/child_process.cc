#include "common/process/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/check.h"

extern char** environ;

namespace tusk {

namespace {

int OpenPidfd(int pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Descriptors that are ours only until the child has been started.
class Closer {
 public:
  ~Closer() {
    for (const int fd : fds_) ::close(fd);
  }
  void Add(int fd) { fds_.push_back(fd); }

 private:
  std::vector<int> fds_;
};

// The child's end of one standard stream, and ours when it is a pipe.
struct Stream {
  int child = -1;  // -1: inherited
  int ours = -1;
};

StatusOr<Stream> OpenStream(const Stdio& stdio, bool is_input, Closer* closer) {
  Stream stream;
  switch (stdio.kind) {
    case Stdio::Kind::kInherit:
      break;
    case Stdio::Kind::kFd:
      stream.child = stdio.fd;
      break;
    case Stdio::Kind::kNull:
    case Stdio::Kind::kFile: {
      const std::string path = stdio.kind == Stdio::Kind::kNull ? "/dev/null" : stdio.path;
      const int flags = is_input ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND;
      stream.child = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
      if (stream.child < 0) return ErrnoError("open " + path, errno);
      closer->Add(stream.child);
      break;
    }
    case Stdio::Kind::kPipe: {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) return ErrnoError("pipe", errno);
      stream.child = is_input ? ends[0] : ends[1];
      stream.ours = is_input ? ends[1] : ends[0];
      closer->Add(stream.child);
      break;
    }
  }
  return stream;
}

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class Attributes {
 public:
  explicit Attributes(const SpawnOptions& options) {
    ::posix_spawnattr_init(&attributes_);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    if (options.new_session) {
      flags |= POSIX_SPAWN_SETSID;
    } else if (options.new_group) {
      flags |= POSIX_SPAWN_SETPGROUP;
      ::posix_spawnattr_setpgroup(&attributes_, 0);
    }
    ::posix_spawnattr_setflags(&attributes_, flags);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// Puts `wanted[i]` at descriptor i of the child; -1 leaves it. Goes by way of high numbers, so
// that no descriptor is overwritten before it has been copied.
Status ArrangeDescriptors(const std::vector<int>& wanted, FileActions* actions, Closer* closer) {
  const int count = static_cast<int>(wanted.size());
  for (int i = 0; i < count; ++i) {
    if (wanted[static_cast<size_t>(i)] < 0) continue;
    const int copy = ::fcntl(wanted[static_cast<size_t>(i)], F_DUPFD_CLOEXEC, count);
    if (copy < 0) return ErrnoError("dup", errno);
    closer->Add(copy);
    ::posix_spawn_file_actions_adddup2(actions->get(), copy, i);
  }
  ::posix_spawn_file_actions_addclosefrom_np(actions->get(), count);
  return Status::Ok();
}

Duration ToDuration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Spawn(SpawnOptions options) {
  if (options.argv.empty()) return InvalidArgumentError("no program to start");
  Closer closer;
  FileActions actions;
  Stream streams[3];
  const Stdio* const stdio[3] = {&options.stdin_from, &options.stdout_to, &options.stderr_to};
  Status opened;
  for (int i = 0; i < 3 && opened.ok(); ++i) {
    auto stream = OpenStream(*stdio[i], i == 0, &closer);
    if (stream.ok()) {
      streams[i] = *stream;
    } else {
      opened = stream.status();
    }
  }
  std::vector<int> wanted = {streams[0].child, streams[1].child, streams[2].child};
  wanted.insert(wanted.end(), options.pass_fds.begin(), options.pass_fds.end());
  if (opened.ok()) opened = ArrangeDescriptors(wanted, &actions, &closer);
  if (!options.directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(actions.get(), options.directory.c_str());
  }

  int pid = 0;
  if (opened.ok()) {
    const Attributes attributes(options);
    const std::vector<char*> argv = Pointers(options.argv);
    std::vector<char*> environment;
    if (options.environment.has_value()) environment = Pointers(*options.environment);
    char* const* const envp = options.environment.has_value() ? environment.data() : environ;
    const int error =
        ::posix_spawnp(&pid, argv[0], actions.get(), attributes.get(), argv.data(), envp);
    if (error != 0) opened = ErrnoError("start " + options.argv[0], error);
  }
  if (!opened.ok()) {
    for (const Stream& stream : streams) {
      if (stream.ours >= 0) ::close(stream.ours);
    }
    return opened;
  }
  auto child = std::unique_ptr<ChildProcess>(
      new ChildProcess(pid, OpenPidfd(pid), options.new_group || options.new_session));
  child->stdin_ = streams[0].ours;
  child->stdout_ = streams[1].ours;
  child->stderr_ = streams[2].ours;
  return child;
}

ChildProcess::~ChildProcess() {
  bool running;
  {
    MutexLock lock(mu_);
    running = !ended_.has_value() && !detached_;
  }
  if (running) {
    IgnoreError(group_ ? SignalGroup(SIGKILL) : Signal(SIGKILL), "it may just have ended");
    Wait();
  }
  CloseStdin();
  CloseOutput();
  if (pidfd_ >= 0) ::close(pidfd_);
}

void ChildProcess::CloseStdin() {
  if (stdin_ >= 0) ::close(stdin_);
  stdin_ = -1;
}

void ChildProcess::CloseOutput() {
  if (stdout_ >= 0) ::close(stdout_);
  if (stderr_ >= 0) ::close(stderr_);
  stdout_ = stderr_ = -1;
}

std::optional<ExitStatus> ChildProcess::ReapLocked() {
  if (ended_.has_value() || detached_) return ended_;
  int status = 0;
  rusage usage{};
  const int result = ::wait4(pid_, &status, WNOHANG, &usage);
  if (result == pid_) {
    ended_ = ExitStatus(status);
    usage_.user_cpu = ToDuration(usage.ru_utime);
    usage_.system_cpu = ToDuration(usage.ru_stime);
    usage_.max_resident_bytes = usage.ru_maxrss * 1024;
  } else if (result < 0 && errno == ECHILD) {
    // Somebody ignores SIGCHLD or waited for any child: the status is lost.
    ended_ = ExitStatus(0xff00);
  }
  return ended_;
}

std::optional<ExitStatus> ChildProcess::WaitFor(Duration timeout) {
  const TimePoint deadline = Clock::Real()->Now() + timeout;
  while (true) {
    if (const auto ended = Poll(); ended.has_value()) return ended;
    const Duration left = deadline - Clock::Real()->Now();
    if (left <= Duration(0)) return std::nullopt;
    const int64_t millis = std::min<int64_t>((left.count() + 999'999) / 1'000'000, 60'000);
    pollfd entry{pidfd_, POLLIN, 0};
    // Without a pidfd (a kernel before 5.3): look again every few milliseconds.
    ::poll(&entry, pidfd_ >= 0 ? 1 : 0, static_cast<int>(pidfd_ >= 0 ? millis : 5));
  }
}

ExitStatus ChildProcess::Wait() {
  while (true) {
    if (const auto ended = WaitFor(std::chrono::hours(1)); ended.has_value()) return *ended;
  }
}

std::optional<ExitStatus> ChildProcess::Poll() {
  MutexLock lock(mu_);
  return ReapLocked();
}

ChildUsage ChildProcess::usage() const {
  MutexLock lock(mu_);
  return usage_;
}

Status ChildProcess::Signal(int signal) {
  MutexLock lock(mu_);
  if (ended_.has_value()) return Status::Ok();  // its number may be another's by now
  if (::kill(pid_, signal) != 0 && errno != ESRCH) return ErrnoError("kill", errno);
  return Status::Ok();
}

Status ChildProcess::SignalGroup(int signal) {
  CHECK(group_) << "the child has no group of its own";
  // The group may outlive its leader; nobody else gets its number before the last member is gone.
  if (::kill(-pid_, signal) != 0 && errno != ESRCH) return ErrnoError("kill group", errno);
  return Status::Ok();
}

ExitStatus ChildProcess::Terminate(Duration grace) {
  const auto send = [&](int signal) { return group_ ? SignalGroup(signal) : Signal(signal); };
  IgnoreError(send(SIGTERM), "it may have ended");
  const auto ended = WaitFor(grace);
  if (group_ || !ended.has_value()) IgnoreError(send(SIGKILL), "it may have ended");
  return Wait();
}

void ChildProcess::Detach() {
  MutexLock lock(mu_);
  detached_ = true;
}

namespace {

// Appends what can be read now; false at the end.
bool Drain(int fd, size_t max, std::string* out) {
  char buffer[16 << 10];
  const ssize_t n = ::read(fd, buffer, sizeof buffer);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return false;
  const size_t room = max - std::min(max, out->size());
  out->append(buffer, std::min(static_cast<size_t>(n), room));
  return true;
}

// Moves bytes between us and the child's three pipes until both outputs have ended.
bool Converse(ChildProcess& child, std::string_view input, TimePoint deadline, size_t max_output,
              CommandResult* result) {
  if (input.empty()) child.CloseStdin();
  if (child.stdin_pipe() >= 0) ::fcntl(child.stdin_pipe(), F_SETFL, O_NONBLOCK);
  bool output_open = true, errors_open = true;
  while (output_open || errors_open) {
    const Duration left = deadline - Clock::Real()->Now();
    if (left <= Duration(0)) return false;
    pollfd entries[3] = {{child.stdin_pipe(), POLLOUT, 0},
                         {output_open ? child.stdout_pipe() : -1, POLLIN, 0},
                         {errors_open ? child.stderr_pipe() : -1, POLLIN, 0}};
    ::poll(entries, 3, static_cast<int>(std::min<int64_t>(ToMillis(left) + 1, 60'000)));
    if (entries[0].revents != 0) {
      const ssize_t n = ::write(child.stdin_pipe(), input.data(), input.size());
      if (n > 0) input.remove_prefix(static_cast<size_t>(n));
      if (input.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) child.CloseStdin();
    }
    if (entries[1].revents != 0)
      output_open = Drain(child.stdout_pipe(), max_output, &result->output);
    if (entries[2].revents != 0)
      errors_open = Drain(child.stderr_pipe(), max_output, &result->errors);
  }
  return true;
}

// A child that does not read its input must not end us by SIGPIPE.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, &old_);
  }
  ~SigpipeBlocked() {
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    const timespec now{0, 0};
    while (::sigtimedwait(&pipe, nullptr, &now) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &old_, nullptr);
  }

 private:
  sigset_t old_;
};

}  // namespace

StatusOr<CommandResult> RunCommand(SpawnOptions options, std::string_view input, Duration timeout,
                                   size_t max_output) {
  options.stdin_from = Stdio::Pipe();
  options.stdout_to = Stdio::Pipe();
  options.stderr_to = Stdio::Pipe();
  const std::string program = options.argv.empty() ? "" : options.argv[0];
  const TimePoint deadline = Clock::Real()->Now() + timeout;
  ASSIGN_OR_RETURN(const auto child, ChildProcess::Spawn(std::move(options)));
  const SigpipeBlocked no_sigpipe;
  CommandResult result;
  const bool finished = Converse(*child, input, deadline, max_output, &result);
  const auto ended = finished ? child->WaitFor(deadline - Clock::Real()->Now()) : std::nullopt;
  if (!ended.has_value()) {
    child->Terminate(Duration(0));
    return DeadlineExceededError(program + " has not ended in time");
  }
  result.status = *ended;
  return result;
}

}  // namespace tusk
