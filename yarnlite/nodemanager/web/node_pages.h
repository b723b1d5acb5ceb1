// The NodeManager over HTTP (port 8042): its state, and the logs of its containers.
//
//   /                                             state and running containers
//   /node/containerlogs/{container}               the container's log files, as a page
//   /node/containerlogs/{container}/{file}        one of them as text; ?start=-4096: the last bytes
//   /ws/v1/node/applications/{application}/logs   lines "container TAB file TAB bytes TAB millis"
#pragma once

#include <vector>

#include "common/http/http_server.h"
#include "common/metrics/registry.h"
#include "yarnlite/nodemanager/localizer.h"
#include "yarnlite/nodemanager/node_manager.h"

namespace tusk::yarnlite {

// `core` outlives the server.
void AddNodePages(HttpServer* server, const NodeManager* core);

// The bean NodeManagerMetrics, with Hadoop's attribute names where it has them.
MetricsBean AddNodeBean(MetricsRegistry* registry, const NodeManager* core,
                        const Localizer* localizer, const LocalFileService* files);

}  // namespace tusk::yarnlite
