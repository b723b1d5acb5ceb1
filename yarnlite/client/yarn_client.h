// The submitter's side of ApplicationClientProtocol: applications, nodes and queues of a cluster.
//
// Threads: thread-safe; calls block the caller.
// Life:    connects at the first call and again after a loss.
// Fails:   kUnavailable when no ResourceManager answers; kNotFound (kApplicationNotFound) for an id
//          it does not know. An id of an earlier life of the ResourceManager says so in its message
//          ("lost by a ResourceManager restart"): nobody will ever report on it again.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "yarnlite/api/application.h"
#include "yarnlite/api/queue.h"

namespace tusk {
class Configuration;
}

namespace tusk::yarnlite {

struct YarnClientOptions {
  std::string resource_manager;  // "host:port" of yarn.resourcemanager.address
  std::string user;
  std::string local_address;  // outgoing sockets are bound to it; empty: the system's choice
  Duration call_timeout = std::chrono::seconds(60);
  Duration retry_for = std::chrono::seconds(3);  // while nobody answers

  static StatusOr<YarnClientOptions> FromConfiguration(const Configuration& configuration);
};

struct NewApplication {
  ApplicationId id;
  Resource maximum;  // no container may be larger
};

// What List returns: all that match each non-empty set.
struct ApplicationFilter {
  std::set<std::string> types;
  std::set<ApplicationState> states;
  std::set<std::string> users;
  std::set<std::string> tags;
};

class YarnClient {
 public:
  virtual ~YarnClient() = default;

  static StatusOr<std::unique_ptr<YarnClient>> Create(const YarnClientOptions& options);

  virtual StatusOr<NewApplication> CreateApplication() = 0;

  // Accepted means queued: follow with GetReport. Submitting the same id twice is harmless.
  virtual Status Submit(const ApplicationSubmission& submission) = 0;

  // For applications of type TUSK the ResourceManager holds the answer for up to a second while
  // this client already has that very report: call it in a loop without pauses.
  virtual StatusOr<ApplicationReport> GetReport(const ApplicationId& id) = 0;

  // Returns when the application has ended (also when it had ended before).
  virtual Status Kill(const ApplicationId& id, const std::string& diagnostics) = 0;

  virtual StatusOr<std::vector<ApplicationReport>> List(const ApplicationFilter& filter) = 0;
  // Empty `states`: all.
  virtual StatusOr<std::vector<NodeReport>> Nodes(const std::set<NodeState>& states) = 0;
  virtual StatusOr<ClusterMetrics> Metrics() = 0;
  virtual StatusOr<QueueInfo> Queue(const std::string& name, bool with_applications) = 0;
  virtual StatusOr<std::vector<AttemptReport>> Attempts(const ApplicationId& id) = 0;
  virtual StatusOr<std::vector<ContainerReport>> Containers(const ApplicationAttemptId& id) = 0;
};

}  // namespace tusk::yarnlite
