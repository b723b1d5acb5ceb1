// One daemon process of a local cluster, known across runs of `tusk` by its pid file.
//
// On disk: run/NAME.pid holds the pid. It counts only while that process has the command line this
//          daemon was started with: one that got the same number later is never taken for ours.
// Fails:   a daemon that ends while it starts is told with its exit code and the end of its log.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/commands/cluster/cluster_layout.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/process/child_process.h"

namespace tusk::cli {

struct ProcessInfo {
  int pid = 0;
  uint64_t start_ticks = 0;  // since boot
  int64_t resident_bytes = 0;
  double uptime_seconds = 0;
};

// The process when it runs (a zombie does not).
std::optional<ProcessInfo> FindProcess(int pid);

class LocalDaemon {
 public:
  LocalDaemon(const ClusterOptions& options, DaemonSpec spec);

  const DaemonSpec& spec() const { return spec_; }
  const std::string& log_file() const { return log_file_; }

  // By its pid file.
  std::optional<ProcessInfo> Running() const;

  // kAlreadyExists when one of its ports is in use, naming port and holder. After a daemon that did
  // not end by itself it waits up to 3 s for the kernel to close what that one held.
  Status CheckPorts() const;
  // Starts it in a session of its own, output to its log. Does not wait for it to be ready.
  Status Start();
  // After Start: Ok while it runs, else how it ended and the last line of its log.
  Status CheckStarted();
  // SIGTERM, without waiting.
  void RequestStop();
  // Waits for its end; SIGKILL when it takes longer than `grace`.
  Status WaitStopped(Duration grace);
  // It goes on when this object ends.
  void Release();

 private:
  std::string LastLogLine() const;

  const DaemonSpec spec_;
  const std::vector<std::string> arguments_;  // of the program, without its name
  const std::string pid_file_;
  const std::string log_file_;
  std::unique_ptr<ChildProcess> child_;
};

// Where the daemons' programs stand: beside this one. nullopt when it is not built.
std::optional<std::string> FindDaemonProgram(const std::string& program);

}  // namespace tusk::cli
