#include "client/client_options.h"

#include <charconv>
#include <utility>

#include "common/config/configuration.h"
#include "common/config/core_keys.h"
#include "common/config/hdfs_keys.h"
#include "common/net/host_port.h"
#include "common/protocol/permission.h"
#include "common/security/user.h"

namespace tusk::client {
namespace {

constexpr int kDefaultNameNodePort = 8020;

// "022", or symbolic as "u=rwx,g=rx,o=": what is named there is kept, the rest masked.
StatusOr<uint16_t> ParseUmask(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error == std::errc() && end == text.data() + text.size() && value <= 01777) {
    return static_cast<uint16_t>(value & 0777);
  }
  StatusOr<FsPermission> kept = ApplyChmod(text, FsPermission{0777}, /*is_directory=*/false);
  if (!kept.ok()) {
    return InvalidArgumentError("fs.permissions.umask-mode: not a umask: " + text);
  }
  return static_cast<uint16_t>(~kept->bits & 0777);
}

StatusOr<ReplacePolicy> ReadReplacePolicy(const Configuration& configuration) {
  ASSIGN_OR_RETURN(const bool enabled, configuration.Get(keys::kReplaceDatanodeEnable));
  if (!enabled) return ReplacePolicy::kNever;
  ASSIGN_OR_RETURN(const std::string policy, configuration.Get(keys::kReplaceDatanodePolicy));
  if (policy == "DEFAULT") return ReplacePolicy::kDefault;
  if (policy == "ALWAYS") return ReplacePolicy::kAlways;
  if (policy == "NEVER") return ReplacePolicy::kNever;
  return InvalidArgumentError(std::string(keys::kReplaceDatanodePolicy.name) + ": " + policy +
                              " is none of ALWAYS, NEVER, DEFAULT");
}

Status ReadChecksum(const Configuration& configuration, DataChecksum* checksum) {
  ASSIGN_OR_RETURN(const std::string type, configuration.Get(keys::kChecksumType));
  ASSIGN_OR_RETURN(const int64_t bytes, configuration.Get(keys::kBytesPerChecksum));
  checksum->bytes_per_checksum = static_cast<uint32_t>(bytes);
  if (type == "CRC32C") {
    checksum->type = ChecksumType::kCrc32c;
  } else if (type == "CRC32") {
    checksum->type = ChecksumType::kCrc32;
  } else if (type == "NULL") {
    checksum->type = ChecksumType::kNull;
  } else {
    return InvalidArgumentError(std::string(keys::kChecksumType.name) + ": " + type +
                                " is none of CRC32C, CRC32, NULL");
  }
  return Status::Ok();
}

Status ReadRpc(const Configuration& configuration, ClientOptions* options) {
  ASSIGN_OR_RETURN(options->rpc.connect_timeout, configuration.Get(keys::kIpcConnectTimeout));
  ASSIGN_OR_RETURN(options->rpc.call_timeout, configuration.Get(keys::kIpcRpcTimeout));
  ASSIGN_OR_RETURN(options->rpc.ping_interval, configuration.Get(keys::kIpcPingInterval));
  ASSIGN_OR_RETURN(options->rpc.max_idle, configuration.Get(keys::kIpcConnectionMaxIdle));
  options->rpc.local_address = options->local_address;
  ASSIGN_OR_RETURN(const int64_t failovers, configuration.Get(keys::kClientFailoverMaxAttempts));
  options->retry.max_failovers = static_cast<int>(failovers);
  ASSIGN_OR_RETURN(options->retry.base_delay, configuration.Get(keys::kClientFailoverSleepBase));
  ASSIGN_OR_RETURN(options->retry.max_delay, configuration.Get(keys::kClientFailoverSleepMax));
  ASSIGN_OR_RETURN(const int64_t connects, configuration.Get(keys::kIpcConnectMaxRetries));
  options->retry.max_connect_retries = static_cast<int>(connects);
  return Status::Ok();
}

Status ReadTransfer(const Configuration& configuration, ClientOptions* options) {
  ASSIGN_OR_RETURN(options->socket_timeout, configuration.Get(keys::kClientSocketTimeout));
  ASSIGN_OR_RETURN(options->write_timeout, configuration.Get(keys::kDataNodeWriteTimeout));
  ASSIGN_OR_RETURN(options->use_datanode_hostname, configuration.Get(keys::kUseDatanodeHostname));
  ASSIGN_OR_RETURN(const std::vector<std::string> interfaces,
                   configuration.Get(keys::kLocalInterfaces));
  if (interfaces.size() > 1) {
    return InvalidArgumentError(std::string(keys::kLocalInterfaces.name) +
                                ": more than one address is not supported yet");
  }
  if (!interfaces.empty()) {
    RETURN_IF_ERROR(
        SocketAddress::Parse(interfaces[0], 0).status().WithContext(keys::kLocalInterfaces.name));
    options->local_address = interfaces[0];
  }
  ASSIGN_OR_RETURN(options->short_circuit, configuration.Get(keys::kShortCircuit));
  ASSIGN_OR_RETURN(options->domain_socket_path, configuration.Get(keys::kTuskDomainSocketPath));
  if (options->domain_socket_path.empty()) {
    ASSIGN_OR_RETURN(options->domain_socket_path, configuration.Get(keys::kDomainSocketPath));
  }
  return Status::Ok();
}

Status ReadWriting(const Configuration& configuration, ClientOptions* options) {
  ASSIGN_OR_RETURN(const int64_t replication, configuration.Get(keys::kReplication));
  options->replication = static_cast<int32_t>(replication);
  ASSIGN_OR_RETURN(options->block_size, configuration.Get(keys::kBlockSize));
  ASSIGN_OR_RETURN(const std::string umask, configuration.Get(keys::kUmask));
  ASSIGN_OR_RETURN(options->umask, ParseUmask(umask));
  RETURN_IF_ERROR(ReadChecksum(configuration, &options->checksum));
  ASSIGN_OR_RETURN(const int64_t packet, configuration.Get(keys::kWritePacketSize));
  options->packet_bytes = static_cast<int32_t>(packet);
  ASSIGN_OR_RETURN(const int64_t write_retries, configuration.Get(keys::kBlockWriteRetries));
  options->block_write_retries = static_cast<int32_t>(write_retries);
  ASSIGN_OR_RETURN(const int64_t locate_retries,
                   configuration.Get(keys::kLocateFollowingBlockRetries));
  options->locate_block_retries = static_cast<int32_t>(locate_retries);
  ASSIGN_OR_RETURN(options->replace_policy, ReadReplacePolicy(configuration));
  ASSIGN_OR_RETURN(options->replace_best_effort,
                   configuration.Get(keys::kReplaceDatanodeBestEffort));
  ASSIGN_OR_RETURN(const std::string combine, configuration.Get(keys::kChecksumCombineMode));
  if (combine != "MD5MD5CRC" && combine != "COMPOSITE_CRC") {
    return InvalidArgumentError(std::string(keys::kChecksumCombineMode.name) + ": " + combine +
                                " is none of MD5MD5CRC, COMPOSITE_CRC");
  }
  options->composite_checksum = combine == "COMPOSITE_CRC";
  return Status::Ok();
}

StatusOr<RpcAddress> AddressOf(const std::string& text) {
  ASSIGN_OR_RETURN(HostPort where, ParseHostPort(text, kDefaultNameNodePort));
  return RpcAddress{std::move(where.host), where.port};
}

}  // namespace

StatusOr<std::vector<RpcAddress>> NameNodesOf(const Configuration& configuration,
                                              const std::string& authority) {
  ASSIGN_OR_RETURN(const auto ids, configuration.GetRaw("dfs.ha.namenodes." + authority));
  std::vector<RpcAddress> namenodes;
  if (!ids || ids->empty()) {
    ASSIGN_OR_RETURN(RpcAddress one, AddressOf(authority));
    namenodes.push_back(std::move(one));
    return namenodes;
  }
  for (const std::string& id : SplitList(*ids)) {
    const std::string key = "dfs.namenode.rpc-address." + authority + "." + id;
    ASSIGN_OR_RETURN(const auto address, configuration.GetRaw(key));
    if (!address) return InvalidArgumentError(key + " is not set");
    ASSIGN_OR_RETURN(RpcAddress one, AddressOf(*address));
    namenodes.push_back(std::move(one));
  }
  return namenodes;
}

StatusOr<ClientOptions> ReadClientOptions(const Configuration& configuration,
                                          const std::string& uri, const std::string& user) {
  RETURN_IF_ERROR(CheckAuthentication(configuration));
  ClientOptions options;
  std::string text = uri;
  if (text.empty()) {
    ASSIGN_OR_RETURN(text, configuration.Get(keys::kDefaultFs));
  }
  ASSIGN_OR_RETURN(const UriParts parts, ParseUri(text));
  if (parts.scheme != "hdfs" || parts.authority.empty()) {
    return InvalidArgumentError("not the URI of an HDFS (hdfs://host:port): " + text);
  }
  options.uri = "hdfs://" + parts.authority;
  ASSIGN_OR_RETURN(options.namenodes, NameNodesOf(configuration, parts.authority));

  options.user = user;
  if (options.user.empty()) {
    ASSIGN_OR_RETURN(options.user, CurrentUserName());
  }
  RETURN_IF_ERROR(ReadTransfer(configuration, &options));
  RETURN_IF_ERROR(ReadWriting(configuration, &options));
  RETURN_IF_ERROR(ReadRpc(configuration, &options));
  return options;
}

}  // namespace tusk::client
