// Queues, nodes and the cluster as users see them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "yarnlite/api/application.h"
#include "yarnlite/api/ids.h"
#include "yarnlite/api/resource.h"

namespace tusk::yarnlite {

enum class NodeState : uint8_t {
  kNew = 1,
  kRunning = 2,
  kUnhealthy = 3,
  kDecommissioned = 4,
  kLost = 5,
  kRebooted = 6,
  kDecommissioning = 7,
  kShutdown = 8,
};

std::string_view NodeStateName(NodeState state);
StatusOr<NodeState> ParseNodeState(std::string_view name);

struct NodeReport {
  NodeId id;
  std::string http_address;
  std::string rack;
  NodeState state = NodeState::kNew;
  Resource used;
  Resource capability;
  int containers = 0;
  std::string health_report;
  int64_t last_health_report_ms = 0;
};

struct ClusterMetrics {
  int node_managers = 0;
  int active = 0;
  int lost = 0;
  int unhealthy = 0;
  int rebooted = 0;
  int shut_down = 0;
};

struct QueueInfo {
  std::string name;
  float capacity = 1.0f;
  float maximum_capacity = 1.0f;
  float current_capacity = 0.0f;  // share in use, of memory
  int running_applications = 0;
  int pending_applications = 0;
  std::vector<ApplicationReport> applications;
};

// One try of an application's master.
struct AttemptReport {
  enum class State : uint8_t {
    kNew = 1,
    kSubmitted = 2,
    kScheduled = 3,
    kAllocatedSaving = 4,
    kAllocated = 5,
    kLaunched = 6,
    kFailed = 7,
    kRunning = 8,
    kFinishing = 9,
    kFinished = 10,
    kKilled = 11,
  };
  ApplicationAttemptId id;
  State state = State::kNew;
  std::string host = "N/A";
  int rpc_port = -1;
  std::string tracking_url;
  std::string diagnostics;
  ContainerId master_container;
  int64_t start_time_ms = 0;
  int64_t finish_time_ms = 0;
};

struct ContainerReport {
  ContainerId id;
  NodeId node;
  std::string node_http_address;
  Resource resource;
  int priority = 0;
  ContainerState state = ContainerState::kNew;
  int exit_status = exit_status::kInvalid;
  std::string diagnostics;
  int64_t creation_time_ms = 0;
  int64_t finish_time_ms = 0;
};

}  // namespace tusk::yarnlite
