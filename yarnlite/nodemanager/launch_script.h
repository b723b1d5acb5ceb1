// The script that a container's command runs in: environment, links to localized files, command.
//
// YARN's expansion: "{{VAR}}" becomes "$VAR", "<CPS>" ":", "<LOG_DIR>" the container's log
// directory, "<ADD_OPENS>" nothing. Values may refer to each other and to what the NodeManager
// sets; a shell expands them.
//
// Pure text; no I/O.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "yarnlite/api/container.h"

namespace tusk::yarnlite {

struct LaunchScriptInput {
  ContainerId id;
  std::string user;
  NodeId node;
  int node_http_port = 0;
  int file_service_port = 0;
  std::string work_dir;                // also PWD
  std::string log_dir;                 // of the container
  std::vector<std::string> app_dirs;   // the application's, one per local directory
  std::vector<std::string> user_dirs;  // the user's, likewise
  std::string token_file;              // empty: none
  // What the container inherits from the NodeManager unless it sets it itself.
  std::vector<std::pair<std::string, std::string>> inherited;
  std::vector<std::pair<std::string, std::string>> links;  // name -> localized file
};

// kInvalidArgument for names of variables or links that cannot stand in a script or leave the work
// directory.
StatusOr<std::string> MakeLaunchScript(const LaunchScriptInput& input,
                                       const ContainerLaunchContext& context);

std::string ExpandLaunchText(const std::string& text, const std::string& log_dir);

// Where the container must not go: "a/b" is fine, "/a", "../a" and "" are not.
bool IsConfinedPath(const std::string& path);

}  // namespace tusk::yarnlite
