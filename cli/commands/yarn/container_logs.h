// `yarn logs`: fetches containers' logs from the NodeManagers that keep them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "yarnlite/api/ids.h"
#include "yarnlite/api/queue.h"

namespace tusk::cli {

struct ContainerLog {
  yarnlite::ContainerId container;
  yarnlite::NodeId node;
  std::string node_http_address;
  std::string name;
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
};

// Of all containers of the application, on all those nodes, by container and name. A node that
// does not answer is told on stderr and left out.
std::vector<ContainerLog> FindLogs(const std::vector<yarnlite::NodeReport>& nodes,
                                   const yarnlite::ApplicationId& application);

// What a NodeManager answers when asked for an application's logs.
StatusOr<std::vector<ContainerLog>> ParseLogList(std::string_view text,
                                                 const yarnlite::NodeReport& node);

// The text around a log, as Hadoop prints it.
std::string LogHeading(const ContainerLog& log);
std::string LogEnding(const ContainerLog& log);

// Heading, content, ending to stdout.
Status PrintLog(const ContainerLog& log);

}  // namespace tusk::cli
