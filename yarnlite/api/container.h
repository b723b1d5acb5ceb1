// Containers: what is granted, what is launched in them, and how they end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/protocol/token.h"
#include "yarnlite/api/ids.h"
#include "yarnlite/api/resource.h"

namespace tusk::yarnlite {

// Exit statuses beside what a process returns (128 + signal when a signal ended it).
namespace exit_status {
inline constexpr int kSuccess = 0;
inline constexpr int kInvalid = -1000;  // not known yet
inline constexpr int kAborted = -100;   // released, or its node was lost
inline constexpr int kDisksFailed = -101;
inline constexpr int kPreempted = -102;
inline constexpr int kKilledExceededVmem = -103;
inline constexpr int kKilledExceededPmem = -104;
inline constexpr int kKilledByAppMaster = -105;
inline constexpr int kKilledByResourceManager = -106;
inline constexpr int kKilledAfterAppCompletion = -107;
inline constexpr int kForceKilled = 137;  // SIGKILL
inline constexpr int kTerminated = 143;   // SIGTERM
}  // namespace exit_status

enum class ContainerState : uint8_t { kNew = 1, kRunning = 2, kComplete = 3 };

struct ContainerStatus {
  ContainerId id;
  ContainerState state = ContainerState::kNew;
  int exit_status = exit_status::kInvalid;
  std::string diagnostics;
  Resource resource;

  bool operator==(const ContainerStatus&) const = default;
};

// A granted container: room on a node that is held for its application.
struct Container {
  ContainerId id;
  NodeId node;
  std::string node_http_address;
  Resource resource;  // as asked, rounded up to the scheduler's step
  int priority = 0;
  int64_t allocation_request_id = -1;  // the ask's own number, -1 when it had none
  Token token;                         // the NodeManager starts nothing without it
};

// A file the NodeManager puts into the container's work directory before its command runs.
struct LocalResource {
  enum class Type : uint8_t { kArchive = 1, kFile = 2, kPattern = 3 };
  enum class Visibility : uint8_t { kPublic = 1, kPrivate = 2, kApplication = 3 };

  std::string uri;           // "hdfs://127.0.0.1:8020/tmp/staging/job.bin"
  int64_t size_bytes = 0;    // both must still be the file's own, or localization
  int64_t timestamp_ms = 0;  //   fails: "changed on src filesystem"
  Type type = Type::kFile;
  Visibility visibility = Visibility::kApplication;
  std::string pattern;

  bool operator==(const LocalResource&) const = default;
};

// The command and its surroundings.
struct ContainerLaunchContext {
  std::vector<std::string> commands;  // joined with spaces, run by `bash -c` in the work directory
  std::map<std::string, std::string> environment;        // "{{VAR}}" stands for the node's $VAR
  std::map<std::string, LocalResource> local_resources;  // by name of the link; may contain '/'
  std::string tokens;                                    // a Credentials file's bytes, or empty
  // By auxiliary service. "tusk_files": the application's secret, as the local file service checks
  // it. A service the node does not have fails the start (InvalidAuxServiceException).
  std::map<std::string, std::string> service_data;
};

inline constexpr const char* kFileServiceName = "tusk_files";

}  // namespace tusk::yarnlite
