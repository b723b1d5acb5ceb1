// tusk-resourcemanager [--config DIR] [-D key=value]...: runs until SIGTERM.
#include <cstdio>

#include "common/base/log.h"
#include "common/config/core_keys.h"
#include "common/process/daemon.h"
#include "yarnlite/resourcemanager/server/resource_manager_server.h"

namespace tusk::yarnlite {
namespace {

StatusOr<Configuration> LoadConfiguration(const DaemonArguments& arguments) {
  ASSIGN_OR_RETURN(Configuration conf, Configuration::LoadDefault(arguments.config_dir));
  for (const std::string& assignment : arguments.overrides) {
    RETURN_IF_ERROR(conf.AddOverride(assignment));
  }
  return conf;
}

Status StartLogging(const Configuration& conf) {
  LogOptions options;
  options.program = "resourcemanager";
  ASSIGN_OR_RETURN(const std::string dir, conf.Get(keys::kLogDir));
  if (!dir.empty()) options.file = dir + "/resourcemanager.log";
  ASSIGN_OR_RETURN(options.level, conf.Get(keys::kLogLevel));
  RETURN_IF_ERROR(InitLogging(options));
  for (const std::string& key : conf.UnknownTuskKeys()) LOG_WARN("unknown key {}", key);
  for (const std::string& warning : conf.warnings()) LOG_WARN("{}", warning);
  return Status::Ok();
}

Status Run(const DaemonArguments& arguments) {
  if (!arguments.rest.empty()) {
    return InvalidArgumentError("unknown option " + arguments.rest.front());
  }
  ASSIGN_OR_RETURN(const Configuration conf, LoadConfiguration(arguments));
  RETURN_IF_ERROR(StartLogging(conf));
  ASSIGN_OR_RETURN(const auto options, ResourceManagerServerOptions::FromConfiguration(conf));
  BlockStopSignals();
  ASSIGN_OR_RETURN(const auto server, ResourceManagerServer::Start(options));
  LOG_INFO("stopping signal={}", WaitForStopSignal());
  server->Stop();
  return Status::Ok();
}

}  // namespace
}  // namespace tusk::yarnlite

int main(int argc, char** argv) {
  const auto arguments = tusk::ParseDaemonArguments(argc, argv);
  if (arguments.ok() && arguments->help) {
    std::puts("Usage: tusk-resourcemanager [--config DIR] [-D key=value]...");
    return 0;
  }
  const tusk::Status status = arguments.ok() ? tusk::yarnlite::Run(*arguments) : arguments.status();
  if (status.ok()) return 0;
  std::fprintf(stderr, "tusk-resourcemanager: %s\n", status.message().c_str());
  return 1;
}
