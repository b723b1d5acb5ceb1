// Whether a cluster's masters answer, who has registered, and whether the DFS takes a write.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/commands/cluster/cluster.h"
#include "common/base/status.h"
#include "common/config/configuration.h"

namespace tusk::cli {

class ClusterProbe {
 public:
  explicit ClusterProbe(const ClusterOptions& options) : options_(options) {}

  // Ok when all stand; else what is still missing ("2 of 3 DataNodes have registered").
  Status CheckDataNodes();
  Status CheckNodeManagers();
  // Writes a small file and deletes it.
  Status CheckWrite();

  StatusOr<ClusterStatus::Dfs> AskDfs();
  StatusOr<int> CountNodeManagers();

 private:
  StatusOr<Configuration> QuickConfiguration() const;
  Status CheckListening(Service service, const char* who) const;

  const ClusterOptions options_;
};

}  // namespace tusk::cli
