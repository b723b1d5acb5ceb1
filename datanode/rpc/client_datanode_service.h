// ClientDatanodeProtocol (port 9867): lengths of replicas being written, and what dfsadmin asks of
// one DataNode. Methods that are not here answer RpcNoSuchMethodException.
//
// Threads: thread-safe; what may touch a disk runs on the RPC server's executor.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/clock.h"
#include "common/rpc/rpc_call.h"
#include "datanode/storage/replica_store.h"

namespace tusk::datanode {

struct ClientDatanodeOptions {
  std::string software_version;
  std::string config_version;  // Hadoop shows "core-<v>, hdfs-<v>"
  int64_t balancer_bandwidth = 0;
};

class ClientDatanodeService {
 public:
  // `full_report`: sends one to the NameNodes.
  ClientDatanodeService(ReplicaStore* store, const Clock* clock, ClientDatanodeOptions options,
                        std::function<void()> full_report);

  RpcProtocol Protocol();

 private:
  ReplicaStore* const store_;
  const Clock* const clock_;
  const ClientDatanodeOptions options_;
  const std::function<void()> full_report_;
  const TimePoint started_;
};

}  // namespace tusk::datanode
