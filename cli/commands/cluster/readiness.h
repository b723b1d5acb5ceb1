// Whether a cluster's masters answer, who has registered, and whether the DFS takes a write.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/commands/cluster/cluster.h"
#include "common/base/status.h"
#include "common/config/configuration.h"
#include "yarnlite/api/queue.h"

namespace tusk::cli {

class ClusterProbe {
 public:
  explicit ClusterProbe(const ClusterOptions& options) : options_(options) {}

  // Ok when all stand; else what is still missing ("2 of 3 DataNodes have registered"). A worker in
  // `fresh` counts only once it was heard of after `since_ms` (wall clock): the master may not have
  // noticed yet that the one before it is gone.
  Status CheckDataNodes(const std::set<std::string>& fresh, int64_t since_ms);
  Status CheckNodeManagers(const std::set<std::string>& fresh, int64_t since_ms);
  // Writes a small file and deletes it.
  Status CheckWrite();

  StatusOr<ClusterStatus::Dfs> AskDfs();
  StatusOr<int> CountNodeManagers();

 private:
  StatusOr<std::vector<yarnlite::NodeReport>> RunningNodes();
  StatusOr<Configuration> QuickConfiguration() const;
  Status CheckListening(Service service, const char* who) const;

  const ClusterOptions options_;
};

}  // namespace tusk::cli
