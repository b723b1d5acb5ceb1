// The ResourceManager over HTTP (port 8088): a page for people, /ws/v1/cluster for programs, and
// its metrics.
//
// Threads: handlers run on the HTTP server's pool. Life: `core` outlives the server.
#pragma once

#include "common/http/http_server.h"
#include "common/metrics/registry.h"
#include "yarnlite/resourcemanager/resource_manager.h"

namespace tusk::yarnlite {

// "/", "/cluster", "/cluster/app/{id}" and /ws/v1/cluster/{info,metrics,apps,apps/{id},nodes}.
void AddClusterPages(HttpServer* server, const ResourceManager* core);

// The beans ClusterMetrics and QueueMetrics, with Hadoop's attribute names.
std::vector<MetricsBean> AddClusterBeans(MetricsRegistry* registry, const ResourceManager* core);

}  // namespace tusk::yarnlite
