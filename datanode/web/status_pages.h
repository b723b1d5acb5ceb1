// What a DataNode shows by HTTP: /jmx and /prom with Hadoop's bean names, and one plain page.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/http/http_server.h"
#include "common/metrics/registry.h"
#include "datanode/storage/replica_store.h"

namespace tusk::datanode {

struct StatusPageFacts {
  std::string name;  // "127.0.10.1:9866"
  std::string software_version;
  std::string namenode;
  std::function<bool()> registered;
  std::function<int()> streams;
};

// FSDatasetState and DataNodeInfo. What they refer to outlives the result.
std::vector<MetricsBean> AddStorageBeans(MetricsRegistry* registry, const ReplicaStore* store,
                                         const StatusPageFacts& facts);

// "/" on `server`.
void AddStatusPage(HttpServer* server, const ReplicaStore* store, const StatusPageFacts& facts);

}  // namespace tusk::datanode
