// The NameNode's numbers under Hadoop's bean and attribute names, for /jmx and /prom.
//
// Only what has a true value here is shown: an attribute that monitoring reads and that is not
// there is better than one that lies.
#pragma once

#include <vector>

#include "common/metrics/registry.h"
#include "namenode/web/namenode_view.h"

namespace tusk::namenode {

// Threads: values are read on the HTTP server's threads. Life: before the cores it looks at go.
class NamenodeBeans {
 public:
  NamenodeBeans(const NamenodeView& view, MetricsRegistry* registry);
  ~NamenodeBeans();

 private:
  void AddInfo();         // NameNodeInfo, NameNodeStatus
  void AddNamesystem();   // FSNamesystem, FSNamesystemState
  void AddBlockStates();  // ReplicatedBlocksState
  void AddActivity();     // NameNodeActivity, StartupProgress
  void AddRpc();          // RpcActivityForPort<port>

  const NamenodeView view_;
  MetricsRegistry* const registry_;
  std::vector<MetricsBean> beans_;  // last: no callback runs once they are gone
};

}  // namespace tusk::namenode
