#include "mapreduce/server/container_environment.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdlib>

#include "common/base/bytes.h"
#include "common/base/hex.h"
#include "common/config/hdfs_keys.h"
#include "common/security/credentials.h"
#include "common/security/user.h"
#include "mapreduce/client/container_launch.h"

namespace tusk::mapreduce {
namespace {

std::vector<std::string> SplitCommas(const std::string& text) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string OptionalVariable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// YARN tells services' answers to containers as Base64; ours is a port of four bytes.
int FileServicePort() {
  const std::string name = std::string("NM_AUX_SERVICE_") + yarnlite::kFileServiceName;
  const auto bytes = FromBase64(OptionalVariable(name.c_str()));
  if (!bytes.ok() || bytes->size() != 4) return 0;
  return LoadBigEndian<int32_t>(bytes->data());
}

}  // namespace

StatusOr<std::string> RequiredVariable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    return FailedPreconditionError(std::string("the variable ") + name +
                                   " is not set: programs are started by `tusk job run`");
  }
  return std::string(value);
}

StatusOr<int64_t> RequiredNumber(const char* name) {
  ASSIGN_OR_RETURN(const std::string text, RequiredVariable(name));
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return InvalidArgumentError(std::string(name) + "=" + text + " is not a number");
  }
  return number;
}

StatusOr<ContainerEnvironment> ContainerEnvironment::Read() {
  ContainerEnvironment out;
  ASSIGN_OR_RETURN(const std::string container, RequiredVariable("CONTAINER_ID"));
  ASSIGN_OR_RETURN(out.container, yarnlite::ContainerId::Parse(container));
  ASSIGN_OR_RETURN(out.host, RequiredVariable("NM_HOST"));
  ASSIGN_OR_RETURN(const std::string local, RequiredVariable("LOCAL_DIRS"));
  out.local_directories = SplitCommas(local);
  if (out.local_directories.empty()) return FailedPreconditionError("LOCAL_DIRS is empty");
  ASSIGN_OR_RETURN(out.user, CurrentUserName());
  ASSIGN_OR_RETURN(const std::string resources, RequiredVariable(kResourcesVariable));
  ASSIGN_OR_RETURN(out.resources, DecodeResources(resources));
  ASSIGN_OR_RETURN(out.staging, RequiredVariable(kStagingVariable));
  out.job_name = OptionalVariable(kJobNameVariable);
  const auto logs = SplitCommas(OptionalVariable("LOG_DIRS"));
  if (!logs.empty()) out.log_directory = logs.front();
  out.file_service_port = FileServicePort();
  ASSIGN_OR_RETURN(const Credentials credentials, ProcessCredentials());
  const auto secret = credentials.secrets.find(kApplicationSecret);
  if (secret == credentials.secrets.end()) {
    return FailedPreconditionError("the container's credentials hold no application secret");
  }
  out.secret = secret->second;
  RETURN_IF_ERROR(out.configuration.AddFile(kJobConfiguration));
  if (!out.local_address().empty()) {
    out.configuration.Set(keys::kLocalInterfaces.name, out.local_address(), "NM_HOST");
  }
  return out;
}

std::string ContainerEnvironment::local_address() const {
  in_addr v4{};
  in6_addr v6{};
  const bool address =
      inet_pton(AF_INET, host.c_str(), &v4) == 1 || inet_pton(AF_INET6, host.c_str(), &v6) == 1;
  return address ? host : "";
}

}  // namespace tusk::mapreduce
