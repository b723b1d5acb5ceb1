// A whole ResourceManager: the core, its edges, their threads and ports.
//
// Owns:    everything. Life: Start -> Stop (or the destructor).
// Fails:   Start with the one port or setting that does not work; nothing is left behind.
#pragma once

#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/config/configuration.h"
#include "common/net/host_port.h"
#include "yarnlite/resourcemanager/resource_manager.h"

namespace tusk::yarnlite {

struct ResourceManagerServerOptions {
  HostPort client_address;     // ApplicationClientProtocol
  HostPort scheduler_address;  // ApplicationMasterProtocol
  HostPort link_address;       // NodeManagers
  HostPort web_address;
  std::string cluster_secret_file;
  std::string rack_table_file;  // empty: one rack
  SchedulerOptions scheduler;
  ResourceManagerOptions core;

  static StatusOr<ResourceManagerServerOptions> FromConfiguration(const Configuration& conf);
};

class ResourceManagerServer {
 public:
  static StatusOr<std::unique_ptr<ResourceManagerServer>> Start(
      const ResourceManagerServerOptions& options);
  ~ResourceManagerServer();

  void Stop();

  int client_port() const;
  int scheduler_port() const;
  int link_port() const;
  int web_port() const;

 private:
  struct Parts;
  explicit ResourceManagerServer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace tusk::yarnlite
