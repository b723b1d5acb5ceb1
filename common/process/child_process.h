// A child process in a process group of its own, started by posix_spawn (never fork: that costs a
// tenth of a second in a process with 2 GB of memory).
//
//   SpawnOptions options{.argv = {"/bin/sort", "-k1"}};
//   options.stdin_from = Stdio::Pipe();
//   ASSIGN_OR_RETURN(auto child, ChildProcess::Spawn(std::move(options)));
//   WriteAll(child->stdin_pipe()) ... child->CloseStdin(); child->Wait()
#pragma once

#include <sys/resource.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/process/exit_status.h"

namespace tusk {

// Where one of the child's three standard streams goes.
struct Stdio {
  enum class Kind { kInherit, kNull, kPipe, kFile, kFd };

  static Stdio Inherit() { return {}; }
  static Stdio Null() { return {Kind::kNull, {}, -1}; }
  static Stdio Pipe() { return {Kind::kPipe, {}, -1}; }
  // Input: must exist. Output: created, appended to.
  static Stdio File(std::string path) { return {Kind::kFile, std::move(path), -1}; }
  // Stays the caller's.
  static Stdio Descriptor(int fd) { return {Kind::kFd, {}, fd}; }

  Kind kind = Kind::kInherit;
  std::string path;
  int fd = -1;
};

struct SpawnOptions {
  std::vector<std::string> argv;  // argv[0]: a path, or a name found in PATH
  // The whole environment ("NAME=value"); nullopt: ours.
  std::optional<std::vector<std::string>> environment;
  std::string directory;  // "" for ours
  Stdio stdin_from = Stdio::Null();
  Stdio stdout_to = Stdio::Inherit();
  Stdio stderr_to = Stdio::Inherit();
  bool new_group = true;     // signals of our terminal do not reach it; KillGroup does
  bool new_session = false;  // for daemons that outlive us
  // Handed on under numbers 3, 4, ...; every other descriptor of ours is closed in the child.
  std::vector<int> pass_fds;
};

struct ChildUsage {
  Duration user_cpu{0};
  Duration system_cpu{0};
  int64_t max_resident_bytes = 0;
};

// Threads: thread-safe; one thread at a time per pipe.
// Life:    the destructor kills the group and waits, unless Wait has returned or Detach was called.
class ChildProcess {
 public:
  // kNotFound when there is no such program, kPermissionDenied when it may not be run.
  static StatusOr<std::unique_ptr<ChildProcess>> Spawn(SpawnOptions options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int pid() const { return pid_; }

  // Our ends of pipes (blocking); -1 where there is none.
  int stdin_pipe() const { return stdin_; }
  int stdout_pipe() const { return stdout_; }
  int stderr_pipe() const { return stderr_; }
  void CloseStdin();
  void CloseOutput();

  // Waits for its end. nullopt when `timeout` passed first.
  std::optional<ExitStatus> WaitFor(Duration timeout) EXCLUDES(mu_);
  ExitStatus Wait() EXCLUDES(mu_);
  // The end, if it has come.
  std::optional<ExitStatus> Poll() EXCLUDES(mu_);
  // Known once it has ended.
  ChildUsage usage() const EXCLUDES(mu_);

  // A signal for the child alone, or for its whole group. Ok when it has ended.
  Status Signal(int signal) EXCLUDES(mu_);
  Status SignalGroup(int signal) EXCLUDES(mu_);
  // SIGTERM to the group, SIGKILL when it has not ended after `grace`; waits for the end.
  ExitStatus Terminate(Duration grace) EXCLUDES(mu_);

  // It goes on without us; nobody waits for it here.
  void Detach() EXCLUDES(mu_);

 private:
  ChildProcess(int pid, int pidfd, bool has_group) : pid_(pid), pidfd_(pidfd), group_(has_group) {}
  std::optional<ExitStatus> ReapLocked() REQUIRES(mu_);

  const int pid_;
  int pidfd_;  // becomes readable at the end
  const bool group_;
  int stdin_ = -1;
  int stdout_ = -1;
  int stderr_ = -1;

  mutable Mutex mu_;
  std::optional<ExitStatus> ended_ GUARDED_BY(mu_);
  ChildUsage usage_ GUARDED_BY(mu_);
  bool detached_ GUARDED_BY(mu_) = false;
};

// Runs a command to its end and takes what it prints (up to `max_output` bytes of each stream).
struct CommandResult {
  ExitStatus status;
  std::string output;
  std::string errors;
};
StatusOr<CommandResult> RunCommand(SpawnOptions options, std::string_view input, Duration timeout,
                                   size_t max_output = size_t{16} << 20);

}  // namespace tusk
