// The master's side of ContainerManagementProtocol: starts, stops and looks at its containers.
//
// Threads: thread-safe; calls block the caller. One connection per node, closed when idle.
// Fails:   kUnavailable when the node does not answer; what a NodeManager refused comes back with
//          its words. A start whose reply was lost may have happened: ask GetStatus.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/protocol/token.h"
#include "yarnlite/api/container.h"

namespace tusk::yarnlite {

struct NodeManagerClientOptions {
  std::string local_address;
  Duration call_timeout = std::chrono::seconds(60);
};

// What the node's auxiliary services say of themselves.
struct StartAnswer {
  std::map<std::string, std::string> services;  // raw; "tusk_files": its port, 4 bytes big-endian
  int file_service_port = 0;                    // of "tusk_files"; 0: the node has none
};

class NodeManagerClient {
 public:
  virtual ~NodeManagerClient() = default;

  static StatusOr<std::unique_ptr<NodeManagerClient>> Create(
      const NodeManagerClientOptions& options);

  // Returns once the NodeManager has accepted it; localization and the process follow. How it ends
  // is told by AppMasterClient::Poll.
  virtual StatusOr<StartAnswer> StartContainer(const Container& container, const Token& nm_token,
                                               const ContainerLaunchContext& context) = 0;
  // SIGTERM, after a moment SIGKILL. Stopping one that has ended is fine.
  virtual Status StopContainer(const NodeId& node, const ContainerId& id,
                               const Token& nm_token) = 0;
  virtual StatusOr<ContainerStatus> GetStatus(const NodeId& node, const ContainerId& id,
                                              const Token& nm_token) = 0;
};

}  // namespace tusk::yarnlite
