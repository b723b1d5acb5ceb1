#include "datanode/server/datanode_options.h"

#include "common/config/core_keys.h"
#include "common/config/hdfs_keys.h"

namespace tusk::datanode {
namespace {

constexpr int kNamenodeRpcPort = 8020;
constexpr int kNamenodeLinkPort = 8021;

StatusOr<HostPort> Address(const Configuration& conf, const StringKey& key) {
  ASSIGN_OR_RETURN(const std::string text, conf.Get(key));
  StatusOr<HostPort> address = ParseHostPort(text);
  if (!address.ok()) return address.status().WithContext(key.name);
  return address;
}

bool IsWildcard(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

// Where the NameNode waits for DataNodes: its own key, else the host of its RPC address.
StatusOr<HostPort> NamenodeLinkAddress(const Configuration& conf) {
  ASSIGN_OR_RETURN(const std::string link, conf.Get(keys::kNameNodeLinkAddress));
  if (!link.empty()) {
    ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(link, kNamenodeLinkPort));
    if (!IsWildcard(address.host)) return address;
  }
  ASSIGN_OR_RETURN(std::string rpc, conf.Get(keys::kNameNodeRpcAddress));
  if (rpc.empty()) {
    ASSIGN_OR_RETURN(const std::string uri, conf.Get(keys::kDefaultFs));
    ASSIGN_OR_RETURN(const UriParts parts, ParseUri(uri));
    if (parts.scheme != "hdfs" || parts.authority.empty()) {
      return InvalidArgumentError("no NameNode configured: fs.defaultFS is " + uri +
                                  ", expected hdfs://host:port");
    }
    rpc = parts.authority;
  }
  ASSIGN_OR_RETURN(HostPort address, ParseHostPort(rpc, kNamenodeRpcPort));
  address.port = kNamenodeLinkPort;
  if (!link.empty()) {
    ASSIGN_OR_RETURN(const HostPort with_port, ParseHostPort(link, kNamenodeLinkPort));
    address.port = with_port.port;
  }
  return address;
}

// The address others reach us at: what we bind to, else what our name stands for.
StatusOr<std::string> OwnAddress(const std::string& bind_host, const std::string& host_name) {
  const std::string name = IsWildcard(bind_host) ? host_name : bind_host;
  ASSIGN_OR_RETURN(const std::vector<SocketAddress> addresses, Resolve({name, 0}));
  for (const SocketAddress& address : addresses) {
    if (address.family() == AF_INET) return address.host();
  }
  return addresses.front().host();
}

}  // namespace

std::string DomainSocketPath(std::string pattern, const std::string& host, int port) {
  const auto replace = [&](std::string_view what, const std::string& with) {
    for (size_t at = pattern.find(what); at != std::string::npos; at = pattern.find(what)) {
      pattern.replace(at, what.size(), with);
    }
  };
  replace("_HOST", host);
  replace("_PORT", std::to_string(port));
  return pattern;
}

StatusOr<DatanodeOptions> ReadDatanodeOptions(const Configuration& conf) {
  RETURN_IF_ERROR(CheckDaemonSecurity(conf));
  DatanodeOptions options;
  ASSIGN_OR_RETURN(options.data, Address(conf, keys::kDataNodeAddress));
  ASSIGN_OR_RETURN(options.ipc, Address(conf, keys::kDataNodeIpcAddress));
  ASSIGN_OR_RETURN(options.http, Address(conf, keys::kDataNodeHttpAddress));
  ASSIGN_OR_RETURN(options.recovery, Address(conf, keys::kDataNodeLinkAddress));
  ASSIGN_OR_RETURN(options.namenode, NamenodeLinkAddress(conf));
  ASSIGN_OR_RETURN(options.host_name, conf.Get(keys::kDataNodeHostName));
  if (options.host_name.empty()) {
    options.host_name = IsWildcard(options.data.host) ? LocalHostName() : options.data.host;
  }
  ASSIGN_OR_RETURN(options.ip_addr, OwnAddress(options.data.host, options.host_name));
  ASSIGN_OR_RETURN(const std::vector<std::string> dirs, conf.Get(keys::kDataDirs));
  ASSIGN_OR_RETURN(options.volumes, ParseDataDirs(dirs));
  ASSIGN_OR_RETURN(const int64_t tolerated, conf.Get(keys::kFailedVolumesTolerated));
  if (tolerated >= static_cast<int64_t>(options.volumes.size())) {
    return InvalidArgumentError("dfs.datanode.failed.volumes.tolerated is " +
                                std::to_string(tolerated) + ", but there are only " +
                                std::to_string(options.volumes.size()) + " data directories");
  }
  options.failed_volumes_tolerated = static_cast<int>(tolerated);
  ASSIGN_OR_RETURN(options.reserved_bytes, conf.Get(keys::kDuReserved));
  ASSIGN_OR_RETURN(options.sync_on_close, conf.Get(keys::kSyncOnClose));
  ASSIGN_OR_RETURN(options.balancer_bandwidth, conf.Get(keys::kBalanceBandwidth));
  ASSIGN_OR_RETURN(options.domain_socket, conf.Get(keys::kTuskDomainSocketPath));
  if (options.domain_socket.empty()) {
    ASSIGN_OR_RETURN(options.domain_socket, conf.Get(keys::kDomainSocketPath));
  }
  ASSIGN_OR_RETURN(options.cluster_secret_file, conf.Get(keys::kClusterSecretFile));
  ASSIGN_OR_RETURN(const int64_t streams, conf.Get(keys::kMaxTransferThreads));
  options.transfer.max_streams = static_cast<int>(streams);
  ASSIGN_OR_RETURN(options.transfer.socket_timeout, conf.Get(keys::kClientSocketTimeout));
  ASSIGN_OR_RETURN(options.transfer.write_timeout, conf.Get(keys::kDataNodeWriteTimeout));
  ASSIGN_OR_RETURN(options.transfer.default_block_bytes, conf.Get(keys::kBlockSize));
  if (!IsWildcard(options.data.host)) options.transfer.source_address = options.ip_addr;
  return options;
}

}  // namespace tusk::datanode
