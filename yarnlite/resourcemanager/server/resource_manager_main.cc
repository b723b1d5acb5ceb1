// tusk-resourcemanager [--config DIR] [-D key=value]...: runs until SIGTERM.
#include "common/base/log.h"
#include "common/daemon/daemon.h"
#include "yarnlite/resourcemanager/server/resource_manager_server.h"

namespace tusk::yarnlite {
namespace {

Status Run(const Configuration& conf, const std::vector<std::string>& words) {
  RETURN_IF_ERROR(RefuseWords(words));
  RETURN_IF_ERROR(BeginDaemon("resourcemanager", conf));
  ASSIGN_OR_RETURN(const auto options, ResourceManagerServerOptions::FromConfiguration(conf));
  ASSIGN_OR_RETURN(const auto server, ResourceManagerServer::Start(options));
  LOG_INFO("stopping signal={}", WaitForStopSignal());
  server->Stop();
  return Status::Ok();
}

}  // namespace
}  // namespace tusk::yarnlite

int main(int argc, char** argv) {
  constexpr char kUsage[] = "Usage: tusk-resourcemanager [--config DIR] [-D key=value]...\n";
  return tusk::DaemonMain(argc, argv, {"tusk-resourcemanager", kUsage, &tusk::yarnlite::Run});
}
