// What a ResourceManager and a NodeManager say to each other, without a wire.
//
// A NodeManager opens one stream and registers on it; after that both sides send at will. Every
// completed status is repeated in the next registration until the ResourceManager has said
// `forget`, so a broken stream loses none. A ResourceManager knows nothing of an earlier one: a
// NodeManager that meets another `resource_manager` than before ends all its containers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/protocol/token.h"
#include "common/security/token_secrets.h"
#include "yarnlite/api/container.h"
#include "yarnlite/api/ids.h"
#include "yarnlite/api/resource.h"

namespace tusk::yarnlite {

// ---- NodeManager to ResourceManager

struct NodeRegistration {
  NodeId id;
  int http_port = 0;
  Resource capability;
  std::string version;
  int64_t incarnation = 0;                  // random at each start of the NodeManager
  int64_t resource_manager = 0;             // the one that granted `containers`; 0: none yet
  std::vector<ContainerStatus> containers;  // running, and completed ones not yet forgotten
};

struct NodeHeartbeat {
  int64_t used_memory_mb = 0;  // measured, of all containers
  int running_containers = 0;
  std::string health_report;  // empty: healthy; else why it should get no containers
};

struct NodeMessage {
  bool has_heartbeat = false;
  NodeHeartbeat heartbeat;
  std::vector<ContainerStatus> started;  // processes that now run
  std::vector<ContainerStatus> completed;
};

// ---- ResourceManager to NodeManager

struct NodeAccepted {
  int64_t resource_manager = 0;  // its start in ms; stands in container tokens
  MasterKey container_key;
  MasterKey nm_token_key;
  Duration heartbeat_interval{0};
};

// The launch of an application's master. The container token says which container and for whom.
struct LaunchMaster {
  Token container_token;
  ContainerLaunchContext context;
};

struct KillContainer {
  ContainerId id;
  int exit_status = exit_status::kKilledByResourceManager;
  std::string diagnostics;
};

struct NodeCommand {
  std::vector<LaunchMaster> launches;
  std::vector<KillContainer> kills;
  std::vector<ContainerId> forget;                // completed statuses that were taken note of
  std::vector<ApplicationId> ended_applications;  // their containers end, their local files go

  bool empty() const {
    return launches.empty() && kills.empty() && forget.empty() && ended_applications.empty();
  }
};

}  // namespace tusk::yarnlite
