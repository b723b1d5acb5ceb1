// tusk-datanode: stores replicas. In the foreground until SIGTERM.
#include <csignal>
#include <cstdio>
#include <string>

#include "common/base/log.h"
#include "common/concurrent/mutex.h"
#include "common/config/configuration.h"
#include "common/daemon/daemon.h"
#include "common/grpc/transport.h"
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

Status Run(const Configuration& conf, const std::vector<std::string>& words) {
  RETURN_IF_ERROR(RefuseWords(words));
  RETURN_IF_ERROR(BeginDaemon("datanode", conf));
  ASSIGN_OR_RETURN(const DatanodeOptions options, ReadDatanodeOptions(conf));
  const GrpcLife grpc;
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

}  // namespace
}  // namespace tusk::datanode

int main(int argc, char** argv) {
  return tusk::DaemonMain(argc, argv,
                          {"tusk-datanode", tusk::datanode::kUsage, &tusk::datanode::Run});
}
