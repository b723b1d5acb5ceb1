// tusk-datanode: stores replicas. In the foreground until SIGTERM.
#include <csignal>
#include <cstdio>
#include <string>

#include "common/base/log.h"
#include "common/concurrent/mutex.h"
#include "common/config/configuration.h"
#include "common/config/core_keys.h"
#include "common/fault/fault_point.h"
#include "common/grpc/transport.h"
#include "common/process/daemon.h"
#include "datanode/server/datanode_server.h"

namespace tusk::datanode {
namespace {

constexpr char kUsage[] =
    "Usage: tusk-datanode [--config DIR] [-D key=value]...\n"
    "Stores the replicas of blocks. Runs until SIGTERM.\n";

// The reason to end that did not come as a signal.
class FatalReason {
 public:
  void Set(const std::string& why) {
    {
      MutexLock lock(mu_);
      why_ = why;
    }
    ::kill(::getpid(), SIGTERM);
  }
  std::string Get() const {
    MutexLock lock(mu_);
    return why_;
  }

 private:
  mutable Mutex mu_;
  std::string why_ GUARDED_BY(mu_);
};

Status SetUpLogging(const Configuration& conf) {
  LogOptions log;
  log.program = "datanode";
  ASSIGN_OR_RETURN(log.level, conf.Get(keys::kLogLevel));
  ASSIGN_OR_RETURN(const std::string dir, conf.Get(keys::kLogDir));
  if (!dir.empty()) log.file = dir + "/tusk-datanode.log";
  RETURN_IF_ERROR(InitLogging(log));
  for (const std::string& warning : conf.warnings()) LOG_WARN("{}", warning);
  for (const std::string& key : conf.UnknownTuskKeys()) LOG_WARN("unknown key {}", key);
  return Status::Ok();
}

Status Run(const DaemonArguments& arguments) {
  ASSIGN_OR_RETURN(Configuration conf, Configuration::LoadDefault(arguments.config_dir));
  for (const std::string& assignment : arguments.overrides) {
    RETURN_IF_ERROR(conf.AddOverride(assignment));
  }
  RETURN_IF_ERROR(SetUpLogging(conf));
  RETURN_IF_ERROR(ArmFaultsFromEnvironment());
  ASSIGN_OR_RETURN(const DatanodeOptions options, ReadDatanodeOptions(conf));
  FatalReason fatal;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<DatanodeServer> server,
      DatanodeServer::Start(options, [&fatal](const std::string& why) { fatal.Set(why); }));
  const int signal = WaitForStopSignal();
  const std::string why = fatal.Get();
  if (why.empty()) LOG_INFO("stopping signal={}", signal);
  server->Stop();
  if (!why.empty()) return FailedPreconditionError(why);
  LOG_INFO("stopped");
  return Status::Ok();
}

int Main(int argc, char** argv) {
  const StatusOr<DaemonArguments> arguments = ParseDaemonArguments(argc, argv);
  if (!arguments.ok() || !arguments->rest.empty()) {
    const std::string why =
        arguments.ok() ? "unknown option " + arguments->rest.front() : arguments.status().message();
    std::fprintf(stderr, "tusk-datanode: %s\n%s", why.c_str(), kUsage);
    return 2;
  }
  if (arguments->help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  BlockStopSignals();
  const GrpcLife grpc;
  const Status status = Run(*arguments);
  FlushLogs();
  if (status.ok()) return 0;
  std::fprintf(stderr, "tusk-datanode: %s\n", status.message().c_str());
  return 1;
}

}  // namespace
}  // namespace tusk::datanode

int main(int argc, char** argv) {
  return tusk::datanode::Main(argc, argv);
}
