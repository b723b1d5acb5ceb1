// How a process ended.
#pragma once

#include <sys/wait.h>

#include <string>

namespace tusk {

class ExitStatus {
 public:
  ExitStatus() = default;
  // As waitpid gives it.
  explicit ExitStatus(int wait_status) : status_(wait_status) {}

  bool exited() const { return WIFEXITED(status_); }
  int code() const { return exited() ? WEXITSTATUS(status_) : -1; }
  bool signaled() const { return WIFSIGNALED(status_); }
  int signal() const { return signaled() ? WTERMSIG(status_) : 0; }
  bool ok() const { return exited() && code() == 0; }
  // As a shell and YARN count it: 128 + signal.
  int ShellCode() const { return exited() ? code() : 128 + signal(); }
  // "exit code 3", "killed by signal 9 (SIGKILL)".
  std::string ToString() const;

 private:
  int status_ = 0;
};

}  // namespace tusk
