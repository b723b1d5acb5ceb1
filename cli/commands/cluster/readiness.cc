#include "cli/commands/cluster/readiness.h"

#include <algorithm>

#include "client/file_system.h"
#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/net/socket.h"
#include "common/security/user.h"
#include "yarnlite/client/yarn_client.h"

namespace tusk::cli {

namespace {

Status StillMissing(int there, int wanted, const char* what) {
  if (there >= wanted) return Status::Ok();
  return UnavailableError(std::to_string(there) + " of " + std::to_string(wanted) + " " + what +
                          " have registered");
}

StatusOr<std::shared_ptr<FileSystem>> ConnectAsSuperuser(const Configuration& conf) {
  FileSystemOptions options;
  ASSIGN_OR_RETURN(options.user, ProcessUserName());
  return FileSystem::Connect(conf, options);
}

}  // namespace

// The cluster's own configuration, for a caller who asks again by himself.
StatusOr<Configuration> ClusterProbe::QuickConfiguration() const {
  ASSIGN_OR_RETURN(Configuration conf, Configuration::Load(ClusterPaths(options_.dir).conf));
  conf.Set("ipc.client.connect.max.retries", "0");
  conf.Set("dfs.client.failover.max.attempts", "0");
  return conf;
}

// A look at the port first: a refused connection costs microseconds, a client's retries seconds.
Status ClusterProbe::CheckListening(Service service, const char* who) const {
  ConnectOptions connect;
  connect.timeout = std::chrono::seconds(1);
  const auto socket = Socket::Connect({kMasterAddress, PortOf(options_, service)}, connect);
  if (socket.ok()) return Status::Ok();
  return UnavailableError(std::string(who) + " does not answer yet");
}

Status ClusterProbe::CheckDataNodes(const std::set<std::string>& fresh, int64_t since_ms) {
  RETURN_IF_ERROR(CheckListening(Service::kNameNodeRpc, "the NameNode"));
  ASSIGN_OR_RETURN(const Configuration conf, QuickConfiguration());
  ASSIGN_OR_RETURN(const auto fs, ConnectAsSuperuser(conf));
  ASSIGN_OR_RETURN(const auto live, fs->protocol()->GetDatanodeReport(DatanodeReportType::kLive));
  // A DataNode takes blocks once it has reported its own.
  const auto counts = [&](const DatanodeInfo& node) {
    return fresh.count(node.id.ip_addr) == 0 || node.last_block_report_ms >= since_ms;
  };
  const auto there = std::count_if(live.begin(), live.end(), counts);
  return StillMissing(static_cast<int>(there), options_.workers, "DataNodes");
}

StatusOr<std::vector<yarnlite::NodeReport>> ClusterProbe::RunningNodes() {
  RETURN_IF_ERROR(CheckListening(Service::kResourceManagerRpc, "the ResourceManager"));
  ASSIGN_OR_RETURN(const Configuration conf, QuickConfiguration());
  ASSIGN_OR_RETURN(auto client_options, yarnlite::YarnClientOptions::FromConfiguration(conf));
  client_options.retry_for = Duration(0);
  ASSIGN_OR_RETURN(const auto client, yarnlite::YarnClient::Create(client_options));
  return client->Nodes({yarnlite::NodeState::kRunning});
}

StatusOr<int> ClusterProbe::CountNodeManagers() {
  ASSIGN_OR_RETURN(const auto nodes, RunningNodes());
  return static_cast<int>(nodes.size());
}

Status ClusterProbe::CheckNodeManagers(const std::set<std::string>& fresh, int64_t since_ms) {
  ASSIGN_OR_RETURN(const auto nodes, RunningNodes());
  const auto counts = [&](const yarnlite::NodeReport& node) {
    return fresh.count(node.id.host) == 0 || node.last_health_report_ms >= since_ms;
  };
  const auto there = std::count_if(nodes.begin(), nodes.end(), counts);
  return StillMissing(static_cast<int>(there), options_.workers, "NodeManagers");
}

Status ClusterProbe::CheckWrite() {
  ASSIGN_OR_RETURN(const Configuration conf, QuickConfiguration());
  ASSIGN_OR_RETURN(const auto fs, ConnectAsSuperuser(conf));
  const std::string path = "/.tusk-cluster-start-" + ToHex(SecureRandomBytes(8));
  CreateOptions create;
  create.replication = 1;
  const Status written = fs->WriteFile(path, "ready", create);
  const auto deleted = fs->Delete(path, false);
  RETURN_IF_ERROR(written);
  return deleted.status();
}

StatusOr<ClusterStatus::Dfs> ClusterProbe::AskDfs() {
  RETURN_IF_ERROR(CheckListening(Service::kNameNodeRpc, "the NameNode"));
  ASSIGN_OR_RETURN(const Configuration conf, QuickConfiguration());
  ASSIGN_OR_RETURN(const auto fs, ConnectAsSuperuser(conf));
  ASSIGN_OR_RETURN(const auto live, fs->protocol()->GetDatanodeReport(DatanodeReportType::kLive));
  ASSIGN_OR_RETURN(const FsStats stats, fs->GetFsStats());
  ASSIGN_OR_RETURN(const bool safe_mode, fs->protocol()->SetSafeMode(SafeModeAction::kGet, false));
  return ClusterStatus::Dfs{static_cast<int>(live.size()), safe_mode, stats.capacity_bytes,
                            stats.used_bytes};
}

}  // namespace tusk::cli
