// A whole NodeManager: the core, its edges, their threads and ports.
//
// Owns:    everything. Life: Start -> Stop (or the destructor); Stop ends all containers.
// Fails:   Start with the one port, directory or setting that does not work. Without a
//          ResourceManager it starts all the same and dials until there is one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/config/configuration.h"
#include "common/net/host_port.h"
#include "yarnlite/nodemanager/node_manager.h"

namespace tusk::yarnlite {

struct NodeManagerServerOptions {
  HostPort address;  // ContainerManagementProtocol; port 0: any free one, as below
  HostPort web_address;
  HostPort file_service_address;
  HostPort resource_manager;  // its port for NodeManagers
  std::string cluster_secret_file;
  std::string launcher;  // the path of tusk-container-launcher
  int64_t cache_target_bytes = int64_t{10} << 30;
  Duration log_retain = std::chrono::hours(72);
  Configuration conf;  // for the DFS client
  NodeManagerOptions core;

  static StatusOr<NodeManagerServerOptions> FromConfiguration(const Configuration& conf);
};

class NodeManagerServer {
 public:
  static StatusOr<std::unique_ptr<NodeManagerServer>> Start(
      const NodeManagerServerOptions& options);
  ~NodeManagerServer();

  void Stop();

  const NodeId& id() const;
  bool connected() const;

 private:
  struct Parts;
  explicit NodeManagerServer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace tusk::yarnlite
