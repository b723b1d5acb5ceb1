// What a program finds in its container: who it is, where its node is, its job's configuration.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/config/configuration.h"
#include "yarnlite/api/container.h"
#include "yarnlite/api/ids.h"

namespace tusk::mapreduce {

struct ContainerEnvironment {
  yarnlite::ContainerId container;
  std::string host;                            // the node's, as it registered
  std::vector<std::string> local_directories;  // the application's, one per disk
  std::string log_directory;
  std::string user;
  std::string secret;  // the application's
  std::string job_name;
  std::string staging;        // the application's directory in the DFS
  int file_service_port = 0;  // of the node's local file service; 0: it has none
  std::map<std::string, yarnlite::LocalResource> resources;
  Configuration configuration;  // job.xml

  // kFailedPrecondition naming the variable that is missing.
  static StatusOr<ContainerEnvironment> Read();

  yarnlite::ApplicationId application() const { return container.attempt.application; }
  int attempt() const { return container.attempt.attempt; }
  // The node's address for our sockets; empty when the node registered by a name.
  std::string local_address() const;
};

// A variable's value, or kFailedPrecondition.
StatusOr<std::string> RequiredVariable(const char* name);
StatusOr<int64_t> RequiredNumber(const char* name);

}  // namespace tusk::mapreduce
