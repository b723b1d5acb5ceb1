// What a local cluster consists of: its options, its ports, its daemons, its folders.
//
// On disk, below the cluster's folder:
//   cluster.xml                 the options of `start`, for the next one
//   conf/                       site files for daemons and for any Hadoop client, rack table,
//   secret run/                        DAEMON.pid (pid, start time), dn_ADDRESS.sock, cluster.lock
//   logs/                       DAEMON.log
//   namenode/                   image and edits
//   workers/ADDRESS/            data/, local/, container-logs/
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/net/host_port.h"

namespace tusk::cli {

struct ClusterOptions {
  std::string dir;  // absolute
  int workers = 3;
  int racks = 1;
  int base_port = 0;                                           // 0: Hadoop's default ports
  std::vector<std::pair<std::string, std::string>> overrides;  // of -D, in order
};

inline constexpr int kMaxWorkers = 200;
inline constexpr int kPortsPerCluster = 64;

// Services in the order of their offsets from --base-port (docs/operations.md has the table).
enum class Service {
  kNameNodeRpc,
  kNameNodeLink,
  kNameNodeHttp,
  kSchedulerRpc,
  kResourceManagerLink,
  kResourceManagerRpc,
  kResourceManagerAdmin,
  kResourceManagerHttp,
  kHistoryHttp,
  kDataTransfer,
  kDataNodeIpc,
  kDataNodeHttp,
  kDataNodeLink,
  kNodeManagerRpc,
  kNodeManagerHttp,
  kLocalFiles,
};

int PortOf(const ClusterOptions& options, Service service);
// "127.0.10.1" for the first.
std::string WorkerAddress(int worker);
// "/rack1" for the first worker, dealt out in turn.
std::string WorkerRack(const ClusterOptions& options, int worker);

inline constexpr const char* kMasterAddress = "127.0.0.1";

// One process of the cluster.
struct DaemonSpec {
  std::string name;     // "namenode", "datanode-127.0.10.1"
  std::string kind;     // "namenode", "datanode", "resourcemanager", "nodemanager"
  std::string program;  // "tusk-namenode"
  std::string address;
  struct Port {
    std::string what;
    int number = 0;
  };
  std::vector<Port> ports;
  std::vector<std::string> arguments;  // after --config DIR/conf
};

// All daemons in the order in which they start. `with_yarn` false leaves the scheduler out.
std::vector<DaemonSpec> ClusterDaemons(const ClusterOptions& options, bool with_yarn);

// Keys that differ from worker to worker and so cannot be set for all of them.
bool IsPerWorkerKey(const std::string& key);

struct ClusterPaths {
  explicit ClusterPaths(const std::string& dir)
      : options(dir + "/cluster.xml"),
        conf(dir + "/conf"),
        run(dir + "/run"),
        logs(dir + "/logs"),
        name_dir(dir + "/namenode"),
        workers(dir + "/workers"),
        secret(dir + "/conf/cluster.secret"),
        rack_table(dir + "/conf/topology.table"),
        // _HOST stands for the DataNode's address.
        domain_socket(dir + "/run/dn__HOST.sock") {}

  std::string options, conf, run, logs, name_dir, workers, secret, rack_table, domain_socket;
};

}  // namespace tusk::cli
