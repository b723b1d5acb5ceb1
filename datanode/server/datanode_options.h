// What a DataNode takes from the configuration.
#pragma once

#include <string>
#include <vector>

#include "common/config/configuration.h"
#include "common/net/host_port.h"
#include "datanode/storage/volume.h"
#include "datanode/transfer/transfer_context.h"

namespace tusk::datanode {

struct DatanodeOptions {
  HostPort data;      // dfs.datanode.address
  HostPort ipc;       // dfs.datanode.ipc.address
  HostPort http;      // dfs.datanode.http.address
  HostPort recovery;  // tusk.datanode.link.address
  HostPort namenode;  // tusk.namenode.link.address
  // What we register as. One spelling for ever: clients compare it literally.
  std::string ip_addr;
  std::string host_name;
  std::vector<VolumeSpec> volumes;
  int failed_volumes_tolerated = 0;
  int64_t reserved_bytes = 0;
  bool sync_on_close = true;
  int64_t balancer_bandwidth = 0;
  std::string domain_socket;  // "_HOST" and "_PORT" not yet replaced; empty: none
  std::string cluster_secret_file;
  std::string group_overrides;
  TransferOptions transfer;
};

// kInvalidArgument naming the key for what does not fit. May look up our own name.
StatusOr<DatanodeOptions> ReadDatanodeOptions(const Configuration& conf);

// "/run/dn_HOST_PORT" with both in place.
std::string DomainSocketPath(std::string pattern, const std::string& host, int port);

}  // namespace tusk::datanode
