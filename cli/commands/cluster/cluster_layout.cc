#include "cli/commands/cluster/cluster_layout.h"

#include <algorithm>
#include <array>

namespace tusk::cli {

namespace {

constexpr int kFirstWorkerHost = 1;

struct PortEntry {
  Service service;
  int offset;
  int hadoop_default;
};
// Gaps are for what comes later: the second NameNode and the JournalNodes of --ha.
constexpr std::array<PortEntry, 16> kPorts{{{Service::kNameNodeRpc, 0, 8020},
                                            {Service::kNameNodeLink, 1, 8021},
                                            {Service::kNameNodeHttp, 2, 9870},
                                            {Service::kSchedulerRpc, 12, 8030},
                                            {Service::kResourceManagerLink, 13, 8031},
                                            {Service::kResourceManagerRpc, 14, 8032},
                                            {Service::kResourceManagerAdmin, 15, 8033},
                                            {Service::kResourceManagerHttp, 16, 8088},
                                            {Service::kHistoryHttp, 17, 19888},
                                            {Service::kDataTransfer, 20, 9866},
                                            {Service::kDataNodeIpc, 21, 9867},
                                            {Service::kDataNodeHttp, 22, 9864},
                                            {Service::kDataNodeLink, 23, 9869},
                                            {Service::kNodeManagerRpc, 24, 8041},
                                            {Service::kNodeManagerHttp, 25, 8042},
                                            {Service::kLocalFiles, 26, 13562}}};

std::string FileUri(const std::string& path) {
  return "file://" + path;
}

// Adds "-D key=value" and, for keys of addresses, the port to the daemon's list.
class WorkerDaemon {
 public:
  WorkerDaemon(const ClusterOptions& options, const std::string& kind, int worker)
      : options_(options) {
    spec_.address = WorkerAddress(worker);
    spec_.name = kind + "-" + spec_.address;
    spec_.kind = kind;
    spec_.program = "tusk-" + kind;
  }

  void Set(const std::string& key, const std::string& value) {
    spec_.arguments.push_back("-D");
    spec_.arguments.push_back(key + "=" + value);
  }
  void Listen(const std::string& key, const std::string& what, Service service) {
    const int port = PortOf(options_, service);
    Set(key, HostPort{spec_.address, port}.ToString());
    spec_.ports.push_back({what, port});
  }
  DaemonSpec Take() { return std::move(spec_); }

 private:
  const ClusterOptions& options_;
  DaemonSpec spec_;
};

DaemonSpec NameNode(const ClusterOptions& options) {
  return {.name = "namenode",
          .kind = "namenode",
          .program = "tusk-namenode",
          .address = kMasterAddress,
          .ports = {{"rpc", PortOf(options, Service::kNameNodeRpc)},
                    {"link", PortOf(options, Service::kNameNodeLink)},
                    {"http", PortOf(options, Service::kNameNodeHttp)}}};
}

DaemonSpec ResourceManager(const ClusterOptions& options) {
  return {.name = "resourcemanager",
          .kind = "resourcemanager",
          .program = "tusk-resourcemanager",
          .address = kMasterAddress,
          .ports = {{"rpc", PortOf(options, Service::kResourceManagerRpc)},
                    {"scheduler", PortOf(options, Service::kSchedulerRpc)},
                    {"link", PortOf(options, Service::kResourceManagerLink)},
                    {"admin", PortOf(options, Service::kResourceManagerAdmin)},
                    {"http", PortOf(options, Service::kResourceManagerHttp)}}};
}

DaemonSpec DataNode(const ClusterOptions& options, int worker) {
  const std::string address = WorkerAddress(worker);
  WorkerDaemon daemon(options, "datanode", worker);
  daemon.Set("dfs.datanode.hostname", address);
  daemon.Listen("dfs.datanode.address", "data", Service::kDataTransfer);
  daemon.Listen("dfs.datanode.ipc.address", "ipc", Service::kDataNodeIpc);
  daemon.Listen("dfs.datanode.http.address", "http", Service::kDataNodeHttp);
  daemon.Listen("tusk.datanode.link.address", "link", Service::kDataNodeLink);
  daemon.Set("dfs.datanode.data.dir",
             FileUri(ClusterPaths(options.dir).workers + "/" + address + "/data"));
  return daemon.Take();
}

DaemonSpec NodeManager(const ClusterOptions& options, int worker) {
  const std::string address = WorkerAddress(worker);
  const std::string dir = ClusterPaths(options.dir).workers + "/" + address;
  WorkerDaemon daemon(options, "nodemanager", worker);
  daemon.Set("yarn.nodemanager.hostname", address);
  daemon.Listen("yarn.nodemanager.address", "rpc", Service::kNodeManagerRpc);
  daemon.Listen("yarn.nodemanager.webapp.address", "http", Service::kNodeManagerHttp);
  daemon.Listen("tusk.nodemanager.local-files.address", "local files", Service::kLocalFiles);
  daemon.Set("yarn.nodemanager.local-dirs", dir + "/local");
  daemon.Set("yarn.nodemanager.log-dirs", dir + "/container-logs");
  daemon.Set("dfs.client.local.interfaces", address);
  return daemon.Take();
}

}  // namespace

int PortOf(const ClusterOptions& options, Service service) {
  const auto entry = std::find_if(kPorts.begin(), kPorts.end(),
                                  [&](const PortEntry& e) { return e.service == service; });
  return options.base_port > 0 ? options.base_port + entry->offset : entry->hadoop_default;
}

std::string WorkerAddress(int worker) {
  return "127.0.10." + std::to_string(kFirstWorkerHost + worker);
}

std::string WorkerRack(const ClusterOptions& options, int worker) {
  return "/rack" + std::to_string(worker % options.racks + 1);
}

std::vector<DaemonSpec> ClusterDaemons(const ClusterOptions& options, bool with_yarn) {
  std::vector<DaemonSpec> daemons;
  daemons.push_back(NameNode(options));
  if (with_yarn) daemons.push_back(ResourceManager(options));
  for (int i = 0; i < options.workers; ++i) {
    daemons.push_back(DataNode(options, i));
    if (with_yarn) daemons.push_back(NodeManager(options, i));
  }
  return daemons;
}

bool IsPerWorkerKey(const std::string& key) {
  ClusterOptions any;
  for (const DaemonSpec& daemon : ClusterDaemons(any, /*with_yarn=*/true)) {
    for (const std::string& argument : daemon.arguments) {
      if (argument.starts_with(key + "=")) return true;
    }
  }
  return false;
}

}  // namespace tusk::cli
