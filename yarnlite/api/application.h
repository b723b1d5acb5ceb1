// Applications as submitters, masters and users see them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "yarnlite/api/container.h"
#include "yarnlite/api/ids.h"
#include "yarnlite/api/resource.h"

namespace tusk::yarnlite {

enum class ApplicationState : uint8_t {
  kNew = 1,
  kNewSaving = 2,
  kSubmitted = 3,
  kAccepted = 4,
  kRunning = 5,
  kFinished = 6,
  kFailed = 7,
  kKilled = 8,
};

enum class FinalStatus : uint8_t {
  kUndefined = 0,
  kSucceeded = 1,
  kFailed = 2,
  kKilled = 3,
  kEnded = 4,
};

// Hadoop's words: "ACCEPTED", "SUCCEEDED".
std::string_view ApplicationStateName(ApplicationState state);
StatusOr<ApplicationState> ParseApplicationState(std::string_view name);
std::string_view FinalStatusName(FinalStatus status);

inline bool IsFinal(ApplicationState state) {
  return state >= ApplicationState::kFinished;
}

// Applications of this type may have their calls held for a moment (design 5).
inline constexpr std::string_view kTuskApplicationType = "TUSK";

struct ApplicationSubmission {
  ApplicationId id;
  std::string name = "N/A";
  std::string queue = "default";
  std::string type = "YARN";
  std::set<std::string> tags;
  int priority = 0;
  ContainerLaunchContext master;  // ignored for an unmanaged master
  Resource master_resource;
  bool unmanaged = false;        // the submitter runs the master itself and asks for its AMRM token
  int max_attempts = 0;          // 0: the cluster's
  bool keep_containers = false;  // not supported yet: refused when set
};

struct ApplicationReport {
  ApplicationId id;
  ApplicationAttemptId current_attempt;
  std::string user;
  std::string queue;
  std::string name;
  std::string type;
  std::set<std::string> tags;
  std::string host = "N/A";  // the master's, once it has registered
  int rpc_port = -1;
  std::string tracking_url;
  std::string original_tracking_url;
  ApplicationState state = ApplicationState::kNew;
  FinalStatus final_status = FinalStatus::kUndefined;
  std::string diagnostics;  // also says what an accepted application waits for
  float progress = 0;
  int64_t submit_time_ms = 0;
  int64_t start_time_ms = 0;
  int64_t launch_time_ms = 0;
  int64_t finish_time_ms = 0;
  int priority = 0;
  bool unmanaged = false;
  int used_containers = 0;
  Resource used;
  int64_t memory_seconds = 0;
  int64_t vcore_seconds = 0;
  Token amrm_token;  // only for the owner of an unmanaged application whose attempt was made

  bool operator==(const ApplicationReport&) const = default;
};

// An absolute total: "at this moment I want `containers` containers of `capability` at `name`".
// `name` is a host, a rack ("/rack1") or "*".
struct ResourceRequest {
  int priority = 0;
  std::string name = "*";
  Resource capability;
  int containers = 0;
  bool relax_locality = true;
  int64_t allocation_request_id = -1;

  bool operator==(const ResourceRequest&) const = default;
};

inline constexpr const char* kAnyNode = "*";

enum class AmCommand : uint8_t { kNone = 0, kResync = 1, kShutdown = 2 };

}  // namespace tusk::yarnlite
