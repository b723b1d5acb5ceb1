// An application master for the tests: runs its argument as a shell command in as many containers
// as its second argument says, and ends the application with their outcome.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/config/configuration.h"
#include "yarnlite/client/app_master_client.h"
#include "yarnlite/client/node_manager_client.h"

namespace tusk::yarnlite {
namespace {

Status Run(const std::string& command, int count) {
  ASSIGN_OR_RETURN(const Configuration conf, Configuration::LoadDefault(""));
  ASSIGN_OR_RETURN(const AppMasterOptions options, AppMasterOptions::FromEnvironment(conf));
  ASSIGN_OR_RETURN(const auto master, AppMasterClient::Create(options));
  ASSIGN_OR_RETURN(const auto containers, NodeManagerClient::Create({}));
  RETURN_IF_ERROR(master->Register("127.0.0.1", 4711, "").status());
  master->AddNeed({.resource = {64, 1}, .count = count});
  int ended = 0;
  int failed = 0;
  while (ended < count) {
    ASSIGN_OR_RETURN(const AllocateNews news, master->Poll());
    for (const GrantedContainer& granted : news.granted) {
      ContainerLaunchContext context;
      context.commands = {command};
      RETURN_IF_ERROR(
          containers->StartContainer(granted.container, granted.nm_token, context).status());
    }
    for (const ContainerStatus& status : news.completed) {
      ++ended;
      if (status.exit_status != 0) ++failed;
    }
  }
  return master->Unregister(failed == 0 ? FinalStatus::kSucceeded : FinalStatus::kFailed,
                            std::to_string(failed) + " of " + std::to_string(count) + " failed",
                            "");
}

}  // namespace
}  // namespace tusk::yarnlite

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const tusk::Status status = tusk::yarnlite::Run(argv[1], std::atoi(argv[2]));
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
