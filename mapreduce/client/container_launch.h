// How a program is started in a container, as its driver or as one of its runners: the same file,
// the user's own arguments, and a marker in the environment.
//
// Submitter and driver both write launch contexts; both halves of a program's start read them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "yarnlite/api/container.h"

namespace tusk::mapreduce {

// The environment of a program's containers.
inline constexpr char kRoleVariable[] = "TUSK_ROLE";  // the marker: kDriverRole or kRunnerRole
inline constexpr char kDriverRole[] = "driver";
inline constexpr char kRunnerRole[] = "runner";
inline constexpr char kResourcesVariable[] = "TUSK_LOCAL_RESOURCES";
inline constexpr char kStagingVariable[] = "TUSK_STAGING_DIR";  // of the application, in the DFS
inline constexpr char kJobNameVariable[] = "TUSK_JOB_NAME";
inline constexpr char kDriverVariable[] = "TUSK_DRIVER";  // "host:port" of the task protocol
inline constexpr char kSlotsVariable[] = "TUSK_RUNNER_SLOTS";
inline constexpr char kMemoryVariable[] = "TUSK_RUNNER_MEMORY_MB";
inline constexpr char kFileServiceVariable[] = "TUSK_FILE_SERVICE_PORT";
inline constexpr char kRackVariable[] = "TUSK_RUNNER_RACK";

// The job's configuration among the localized files, and the name of the application's secret among
// the credentials.
inline constexpr char kJobConfiguration[] = "job.xml";
inline constexpr char kApplicationSecret[] = "tusk.application.secret";

struct ProgramLaunch {
  std::string role;
  std::string program;  // link name of the program's file
  std::vector<std::string> args;
  std::string user;
  std::map<std::string, yarnlite::LocalResource> resources;  // the program and job.xml among them
  std::map<std::string, std::string> environment;            // beyond what follows from the rest
  std::string secret;                                        // the application's
};

yarnlite::ContainerLaunchContext MakeLaunchContext(const ProgramLaunch& launch);

// For bash, and left alone by YARN's own expansion of "{{X}}" and "<X>".
std::string QuoteArgument(const std::string& argument);

// The value of kResourcesVariable: so that the driver can give its runners the same files.
std::string EncodeResources(const std::map<std::string, yarnlite::LocalResource>& resources);
StatusOr<std::map<std::string, yarnlite::LocalResource>> DecodeResources(const std::string& text);

}  // namespace tusk::mapreduce
