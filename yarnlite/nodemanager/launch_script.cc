#include "yarnlite/nodemanager/launch_script.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "common/base/bytes.h"
#include "common/base/hex.h"

namespace tusk::yarnlite {
namespace {

void ReplaceAll(std::string* text, std::string_view what, std::string_view with) {
  for (size_t at = 0; (at = text->find(what, at)) != std::string::npos; at += with.size()) {
    text->replace(at, what.size(), with);
  }
}

// Within double quotes; '$' stays, so that the shell expands variables.
std::string QuotedForExpansion(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '`') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string QuotedLiteral(const std::string& value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

bool IsVariableName(const std::string& name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  }
  return true;
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : ",") + part;
  return all;
}

// What the container may not set itself: it says who and where it is.
std::vector<std::pair<std::string, std::string>> Fixed(const LaunchScriptInput& input) {
  std::vector<std::pair<std::string, std::string>> fixed = {
      {"CONTAINER_ID", input.id.ToString()},
      {"NM_HOST", input.node.host},
      {"NM_PORT", std::to_string(input.node.port)},
      {"NM_HTTP_PORT", std::to_string(input.node_http_port)},
      {"LOCAL_DIRS", Joined(input.app_dirs)},
      {"LOCAL_USER_DIRS", Joined(input.user_dirs)},
      {"LOG_DIRS", input.log_dir},
      {"USER", input.user},
      {"LOGNAME", input.user},
      {"HOME", "/home/"},
      {"PWD", input.work_dir},
  };
  if (!input.token_file.empty()) {
    fixed.emplace_back("HADOOP_TOKEN_FILE_LOCATION", input.token_file);
  }
  if (input.file_service_port > 0) {
    std::string port;
    AppendBigEndian<int32_t>(&port, input.file_service_port);
    fixed.emplace_back(std::string("NM_AUX_SERVICE_") + kFileServiceName, ToBase64(port));
  }
  return fixed;
}

}  // namespace

std::string ExpandLaunchText(const std::string& text, const std::string& log_dir) {
  std::string out = text;
  ReplaceAll(&out, "<LOG_DIR>", log_dir);
  ReplaceAll(&out, "<CPS>", ":");
  ReplaceAll(&out, "<ADD_OPENS>", "");
  // Only around names: "{{" may be the program's own text.
  for (size_t at = 0; (at = out.find("{{", at)) != std::string::npos;) {
    const size_t end = out.find("}}", at);
    if (end == std::string::npos) break;
    const std::string name = out.substr(at + 2, end - at - 2);
    if (IsVariableName(name)) out.replace(at, end + 2 - at, "${" + name + "}");
    at += 2;
  }
  return out;
}

bool IsConfinedPath(const std::string& path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string::npos) return false;
  size_t at = 0;
  while (at <= path.size()) {
    const size_t slash = std::min(path.find('/', at), path.size());
    if (path.compare(at, slash - at, "..") == 0) return false;
    at = slash + 1;
  }
  return true;
}

StatusOr<std::string> MakeLaunchScript(const LaunchScriptInput& input,
                                       const ContainerLaunchContext& context) {
  std::string script = "#!/bin/bash\nset -o pipefail -e\n";
  std::set<std::string> set_already;
  for (const auto& [name, value] : Fixed(input)) {
    script += "export " + name + "=" + QuotedLiteral(value) + "\n";
    set_already.insert(name);
  }
  script += "export JVM_PID=$$\n";
  for (const auto& [name, value] : input.inherited) {
    if (context.environment.contains(name) || set_already.contains(name)) continue;
    script += "export " + name + "=" + QuotedLiteral(value) + "\n";
  }
  for (const auto& [name, value] : context.environment) {
    if (set_already.contains(name)) continue;
    if (!IsVariableName(name)) {
      return InvalidArgumentError("not the name of an environment variable: " + name,
                                  Reason::kIllegalArgument);
    }
    script +=
        "export " + name + "=" + QuotedForExpansion(ExpandLaunchText(value, input.log_dir)) + "\n";
  }
  for (const auto& [name, target] : input.links) {
    if (!IsConfinedPath(name)) {
      return InvalidArgumentError("not a name within the container's directory: " + name,
                                  Reason::kIllegalArgument);
    }
    if (const size_t slash = name.rfind('/'); slash != std::string::npos) {
      script += "mkdir -p " + QuotedLiteral(name.substr(0, slash)) + "\n";
    }
    script += "ln -sf -- " + QuotedLiteral(target) + " " + QuotedLiteral(name) + "\n";
  }
  std::string command;
  for (const std::string& part : context.commands) {
    command += (command.empty() ? "" : " ") + ExpandLaunchText(part, input.log_dir);
  }
  return script + "exec /bin/bash -c " + QuotedLiteral(command) + "\n";
}

}  // namespace tusk::yarnlite
