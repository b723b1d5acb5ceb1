// tusk-nodemanager [--config DIR] [-D key=value]...: runs until SIGTERM.
#include "common/base/log.h"
#include "common/daemon/daemon.h"
#include "yarnlite/nodemanager/server/node_manager_server.h"

namespace tusk::yarnlite {
namespace {

Status Run(const Configuration& conf, const std::vector<std::string>& words) {
  RETURN_IF_ERROR(RefuseWords(words));
  RETURN_IF_ERROR(BeginDaemon("nodemanager", conf));
  ASSIGN_OR_RETURN(const auto options, NodeManagerServerOptions::FromConfiguration(conf));
  ASSIGN_OR_RETURN(const auto server, NodeManagerServer::Start(options));
  LOG_INFO("stopping signal={}", WaitForStopSignal());
  server->Stop();
  return Status::Ok();
}

}  // namespace
}  // namespace tusk::yarnlite

int main(int argc, char** argv) {
  constexpr char kUsage[] = "Usage: tusk-nodemanager [--config DIR] [-D key=value]...\n";
  return tusk::DaemonMain(argc, argv, {"tusk-nodemanager", kUsage, &tusk::yarnlite::Run});
}
