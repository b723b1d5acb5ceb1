// A whole Tusk cluster on this machine: started, looked at, stopped.
//
// Locks: one `start` or `stop` at a time per folder (run/cluster.lock).
// Fails: a start that does not succeed stops the daemons which it had started itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/cluster/cluster_layout.h"
#include "cli/commands/cluster/local_daemon.h"
#include "common/base/status.h"

namespace tusk::cli {

struct DaemonStatus {
  DaemonSpec spec;
  std::string log_file;
  std::optional<ProcessInfo> process;  // nullopt: it does not run
};

struct ClusterStatus {
  ClusterOptions options;
  std::vector<DaemonStatus> daemons;
  // What the masters say; nullopt when they do not answer.
  struct Dfs {
    int live_datanodes = 0;
    bool safe_mode = false;
    int64_t capacity_bytes = 0;
    int64_t used_bytes = 0;
  };
  std::optional<Dfs> dfs;
  std::optional<int> live_nodemanagers;

  bool all_running() const;
};

class LocalCluster {
 public:
  // Starts what does not run yet and returns when every worker has registered and the DFS has taken
  // a write. The options are checked, written to the folder and remembered.
  static Status Start(const ClusterOptions& options);

  // Ends all daemons, workers first. Ok when none runs.
  static Status Stop(const std::string& dir);

  // kNotFound when there is no cluster in `dir`.
  static StatusOr<ClusterStatus> GetStatus(const std::string& dir);
};

}  // namespace tusk::cli
