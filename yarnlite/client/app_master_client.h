// The master's side of ApplicationMasterProtocol: asks for containers and hears of their fate.
//
//   Register -> {AddNeed, RemoveNeed, Release, Poll}* -> Unregister
//
// YARN's asks are absolute totals per (priority, name, capability); this class keeps them from the
// needs it is given and lowers host, rack and "*" when a container arrives. A container that no
// need wants any more (it crossed with a RemoveNeed) is given back at once and never shown.
//
// Threads: thread-safe; one thread calls Poll, any thread the others. AddNeed, RemoveNeed and
//          Release end a Poll that is being held, so that they travel at once; Interrupt ends it
//          for good.
// Fails:   kNotFound (kApplicationAttemptNotFound): this attempt is over, the master has to exit.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/protocol/token.h"
#include "yarnlite/api/application.h"
#include "yarnlite/api/container.h"
#include "yarnlite/api/queue.h"

namespace tusk {
class Configuration;
}

namespace tusk::yarnlite {

struct AppMasterOptions {
  std::string scheduler;  // "host:port" of yarn.resourcemanager.scheduler.address
  Token amrm_token;       // kind YARN_AM_RM_TOKEN, from the container's credentials file
  std::string local_address;
  Duration call_timeout = std::chrono::seconds(60);

  // The token is looked for in the file that HADOOP_TOKEN_FILE_LOCATION names.
  static StatusOr<AppMasterOptions> FromEnvironment(const Configuration& configuration);
};

// `count` containers alike. Without hosts and racks: anywhere.
struct ContainerNeed {
  int priority = 1;
  Resource resource;
  std::vector<std::string> hosts;  // any one of them
  std::vector<std::string> racks;  // of the hosts and further ones; "/default-rack" style
  int count = 1;
  bool relax_locality = true;          // false: only there
  int64_t allocation_request_id = -1;  // comes back in Container; keeps needs apart

  bool operator==(const ContainerNeed&) const = default;
};

struct GrantedContainer {
  Container container;
  Token nm_token;  // for NodeManagerClient on container.node
};

struct AllocateNews {
  std::vector<GrantedContainer> granted;
  std::vector<ContainerStatus> completed;  // each told once
  std::vector<NodeReport> updated_nodes;
  AmCommand command = AmCommand::kNone;
  Resource headroom;
  int cluster_nodes = 0;
};

struct RegisterAnswer {
  Resource maximum;
  std::string queue;
};

class AppMasterClient {
 public:
  virtual ~AppMasterClient() = default;

  static StatusOr<std::unique_ptr<AppMasterClient>> Create(const AppMasterOptions& options);

  // `host` and `rpc_port` reach submitters in the application's report.
  virtual StatusOr<RegisterAnswer> Register(const std::string& host, int rpc_port,
                                            const std::string& tracking_url) = 0;

  virtual void AddNeed(const ContainerNeed& need) = 0;
  // Takes back as many of `need.count` as are still outstanding (all else equal); returns how many.
  virtual int RemoveNeed(const ContainerNeed& need) = 0;
  // Gives a granted container back; its process, if any, is killed.
  virtual void Release(const ContainerId& id) = 0;
  virtual void SetProgress(float progress) = 0;

  // One round trip; without news it takes up to a second for TUSK applications and returns at once
  // for others (the caller then paces itself). Also the heartbeat: call it at least every minute.
  // kCancelled after Interrupt.
  virtual StatusOr<AllocateNews> Poll() = 0;
  // The master wants no news any more: a Poll that is being held returns at once, as do all later
  // ones.
  virtual void Interrupt() = 0;

  // Repeats until the ResourceManager has taken note. The master may exit afterwards.
  virtual Status Unregister(FinalStatus status, const std::string& diagnostics,
                            const std::string& tracking_url) = 0;
};

}  // namespace tusk::yarnlite
