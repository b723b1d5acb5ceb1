#include "mapreduce/client/container_launch.h"

#include <charconv>

#include "common/base/hex.h"
#include "common/security/credentials.h"

namespace tusk::mapreduce {
namespace {

bool ParseNumber(std::string_view text, int64_t* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

// Cuts the next field off; fields end at ';'.
std::string_view NextField(std::string_view* rest) {
  const size_t end = rest->find(';');
  const std::string_view field = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return field;
}

}  // namespace

std::string QuoteArgument(const std::string& argument) {
  std::string quoted = "'";
  for (const char c : argument) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
      if (c == '{' || c == '<') quoted += "''";  // no "{{" and no "<NAME>" is left to expand
    }
  }
  return quoted + "'";
}

yarnlite::ContainerLaunchContext MakeLaunchContext(const ProgramLaunch& launch) {
  yarnlite::ContainerLaunchContext context;
  std::string command = "exec ./" + QuoteArgument(launch.program);
  for (const std::string& arg : launch.args) command += " " + QuoteArgument(arg);
  command += " 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr";
  context.commands = {command};
  context.environment = launch.environment;
  context.environment[kRoleVariable] = launch.role;
  context.environment[kResourcesVariable] = EncodeResources(launch.resources);
  context.environment["HADOOP_USER_NAME"] = launch.user;
  context.local_resources = launch.resources;
  Credentials credentials;
  credentials.secrets[kApplicationSecret] = launch.secret;
  context.tokens = SerializeCredentials(credentials);
  context.service_data[yarnlite::kFileServiceName] = launch.secret;
  return context;
}

// Names and addresses are in Base64, so that nothing in them is expanded or taken apart.
std::string EncodeResources(const std::map<std::string, yarnlite::LocalResource>& resources) {
  std::string text;
  for (const auto& [name, resource] : resources) {
    text += ToBase64(name) + ";" + ToBase64(resource.uri) + ";" +
            std::to_string(resource.size_bytes) + ";" + std::to_string(resource.timestamp_ms) +
            ";" + std::to_string(static_cast<int>(resource.type)) + ";" +
            std::to_string(static_cast<int>(resource.visibility)) + ";";
  }
  return text;
}

StatusOr<std::map<std::string, yarnlite::LocalResource>> DecodeResources(const std::string& text) {
  std::map<std::string, yarnlite::LocalResource> resources;
  std::string_view rest = text;
  while (!rest.empty()) {
    yarnlite::LocalResource resource;
    ASSIGN_OR_RETURN(const std::string name, FromBase64(NextField(&rest)));
    ASSIGN_OR_RETURN(resource.uri, FromBase64(NextField(&rest)));
    int64_t type = 0;
    int64_t visibility = 0;
    if (!ParseNumber(NextField(&rest), &resource.size_bytes) ||
        !ParseNumber(NextField(&rest), &resource.timestamp_ms) ||
        !ParseNumber(NextField(&rest), &type) || !ParseNumber(NextField(&rest), &visibility)) {
      return InvalidArgumentError(std::string(kResourcesVariable) + " is damaged");
    }
    resource.type = static_cast<yarnlite::LocalResource::Type>(type);
    resource.visibility = static_cast<yarnlite::LocalResource::Visibility>(visibility);
    resources[name] = std::move(resource);
  }
  return resources;
}

}  // namespace tusk::mapreduce
