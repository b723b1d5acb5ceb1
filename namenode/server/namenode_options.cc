#include "namenode/server/namenode_options.h"

#include <fstream>
#include <utility>

#include "common/config/core_keys.h"
#include "common/config/hdfs_keys.h"
#include "common/security/user.h"

namespace tusk::namenode {
namespace {

constexpr int kDefaultRpcPort = 8020;
constexpr int kDefaultLinkPort = 8021;
constexpr int32_t kHotPolicy = 7;

// Names are looked up once, here: sockets are bound to addresses.
StatusOr<HostPort> ToAddress(const HostPort& where, std::string_view key) {
  auto addresses = Resolve(where);
  if (!addresses.ok()) return addresses.status().WithContext(key);
  for (const SocketAddress& address : *addresses) {
    if (address.family() == AF_INET) return HostPort{address.host(), where.port};
  }
  return InvalidArgumentError(std::string(key) + ": " + where.host + " has no IPv4 address");
}

StatusOr<HostPort> RpcAddress(const Configuration& conf) {
  ASSIGN_OR_RETURN(std::string text, conf.Get(keys::kNameNodeRpcAddress));
  if (text.empty()) {
    ASSIGN_OR_RETURN(const std::string default_fs, conf.Get(keys::kDefaultFs));
    auto uri = ParseUri(default_fs);
    if (!uri.ok()) return uri.status().WithContext("fs.defaultFS");
    if (uri->scheme != "hdfs" || uri->authority.empty()) {
      return InvalidArgumentError("Invalid URI for NameNode address (check fs.defaultFS): " +
                                  default_fs + " is not hdfs://host:port");
    }
    text = uri->authority;
  }
  auto address = ParseHostPort(text, kDefaultRpcPort);
  if (!address.ok()) return address.status().WithContext("NameNode address");
  return address;
}

StatusOr<HostPort> Address(const Configuration& conf, const StringKey& key,
                           const HostPort& fallback) {
  ASSIGN_OR_RETURN(const std::string text, conf.Get(key));
  if (text.empty()) return ToAddress(fallback, key.name);
  auto parsed = ParseHostPort(text, fallback.port);
  if (!parsed.ok()) return parsed.status().WithContext(key.name);
  return ToAddress(*parsed, key.name);
}

// One directory for now; Hadoop's mirrored ones are not supported yet.
StatusOr<std::string> NameDir(const Configuration& conf) {
  ASSIGN_OR_RETURN(const std::vector<std::string> dirs, conf.Get(keys::kNameDirs));
  if (dirs.size() != 1) {
    return UnimplementedError("dfs.namenode.name.dir: exactly one directory is supported yet, " +
                              std::to_string(dirs.size()) + " are set");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> edits, conf.Get(keys::kEditsDirs));
  if (edits != dirs) {
    return UnimplementedError(
        "dfs.namenode.edits.dir: a place apart from dfs.namenode.name.dir is not supported yet");
  }
  auto uri = ParseUri(dirs[0]);
  if (!uri.ok()) return uri.status().WithContext("dfs.namenode.name.dir");
  if ((!uri->scheme.empty() && uri->scheme != "file") || uri->path.empty() ||
      uri->path.front() != '/') {
    return InvalidArgumentError("dfs.namenode.name.dir: not an absolute local path: " + dirs[0]);
  }
  return uri->path;
}

// Lines of host names or addresses, # comments.
StatusOr<std::set<std::string>> HostsFile(const Configuration& conf, const StringKey& key) {
  std::set<std::string> hosts;
  ASSIGN_OR_RETURN(const std::string path, conf.Get(key));
  if (path.empty()) return hosts;
  std::ifstream in(path);
  if (!in) return NotFoundError(std::string(key.name) + ": cannot read " + path);
  std::string line;
  while (std::getline(in, line)) {
    line = line.substr(0, line.find('#'));
    const size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos) continue;
    hosts.insert(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
  }
  return hosts;
}

template <typename Key>
Status Number(const Configuration& conf, const Key& key, int32_t* out) {
  ASSIGN_OR_RETURN(const int64_t value, conf.Get(key));
  *out = static_cast<int32_t>(value);
  return Status::Ok();
}

StatusOr<ChecksumType> ParseChecksumType(const std::string& name) {
  if (name == "CRC32C") return ChecksumType::kCrc32c;
  if (name == "CRC32") return ChecksumType::kCrc32;
  if (name == "NULL") return ChecksumType::kNull;
  return InvalidArgumentError("dfs.checksum.type: " + name + " is none of CRC32C, CRC32, NULL");
}

Status ReadDefaults(const Configuration& conf, ServerDefaults* out) {
  ASSIGN_OR_RETURN(out->block_size, conf.Get(keys::kBlockSize));
  RETURN_IF_ERROR(Number(conf, keys::kReplication, &out->replication));
  RETURN_IF_ERROR(Number(conf, keys::kBytesPerChecksum, &out->bytes_per_checksum));
  RETURN_IF_ERROR(Number(conf, keys::kWritePacketSize, &out->write_packet_size));
  RETURN_IF_ERROR(Number(conf, keys::kIoFileBufferSize, &out->file_buffer_size));
  ASSIGN_OR_RETURN(const Duration trash, conf.Get(keys::kTrashInterval));
  if (trash > Duration(0)) {
    return UnimplementedError("fs.trash.interval: there is no emptier yet; leave it at 0");
  }
  ASSIGN_OR_RETURN(const std::string checksum, conf.Get(keys::kChecksumType));
  ASSIGN_OR_RETURN(out->checksum_type, ParseChecksumType(checksum));
  out->default_storage_policy_id = kHotPolicy;
  return Status::Ok();
}

Status ReadNamesystem(const Configuration& conf, NamesystemOptions* out) {
  RETURN_IF_ERROR(ReadDefaults(conf, &out->defaults));
  ASSIGN_OR_RETURN(out->fs_owner, ProcessUserName());
  ASSIGN_OR_RETURN(out->supergroup, conf.Get(keys::kSuperuserGroup));
  ASSIGN_OR_RETURN(out->permissions_enabled, conf.Get(keys::kPermissionsEnabled));
  RETURN_IF_ERROR(Number(conf, keys::kReplicationMin, &out->min_replication));
  RETURN_IF_ERROR(Number(conf, keys::kReplicationMax, &out->max_replication));
  ASSIGN_OR_RETURN(out->min_block_size, conf.Get(keys::kMinBlockSize));
  RETURN_IF_ERROR(Number(conf, keys::kMaxBlocksPerFile, &out->max_blocks_per_file));
  RETURN_IF_ERROR(Number(conf, keys::kMaxComponentLength, &out->max_component_length));
  RETURN_IF_ERROR(Number(conf, keys::kMaxDirectoryItems, &out->max_directory_items));
  RETURN_IF_ERROR(Number(conf, keys::kListLimit, &out->list_limit));
  ASSIGN_OR_RETURN(out->access_time_precision, conf.Get(keys::kAccessTimePrecision));
  ASSIGN_OR_RETURN(out->lease_soft_limit, conf.Get(keys::kLeaseSoftLimit));
  ASSIGN_OR_RETURN(out->lease_hard_limit, conf.Get(keys::kLeaseHardLimit));
  ASSIGN_OR_RETURN(out->retry_cache_entries, conf.Get(keys::kRetryCacheEntries));
  ASSIGN_OR_RETURN(out->checkpoint_period, conf.Get(keys::kCheckpointPeriod));
  ASSIGN_OR_RETURN(out->checkpoint_edits, conf.Get(keys::kCheckpointTxns));
  return Status::Ok();
}

Status ReadBlocks(const Configuration& conf, BlockManagerOptions* out) {
  RETURN_IF_ERROR(Number(conf, keys::kReplicationMin, &out->min_replication));
  RETURN_IF_ERROR(Number(conf, keys::kReplicationMax, &out->max_replication));
  ASSIGN_OR_RETURN(out->safe_mode_threshold, conf.Get(keys::kSafemodeThreshold));
  ASSIGN_OR_RETURN(out->safe_mode_extension, conf.Get(keys::kSafemodeExtension));
  RETURN_IF_ERROR(Number(conf, keys::kSafemodeMinDatanodes, &out->safe_mode_min_datanodes));
  ASSIGN_OR_RETURN(out->redundancy_interval, conf.Get(keys::kRedundancyInterval));
  RETURN_IF_ERROR(Number(conf, keys::kReplicationMaxStreams, &out->max_streams_per_node));
  RETURN_IF_ERROR(Number(conf, keys::kReplicationMaxStreamsHard, &out->max_streams_hard_limit));
  RETURN_IF_ERROR(Number(conf, keys::kReplicationWorkMultiplier, &out->work_multiplier_per_node));
  return Status::Ok();
}

Status ReadDatanodes(const Configuration& conf, DatanodeManagerOptions* out) {
  ASSIGN_OR_RETURN(out->heartbeat_interval, conf.Get(keys::kHeartbeatInterval));
  ASSIGN_OR_RETURN(out->stale_interval, conf.Get(keys::kStaleDatanodeInterval));
  ASSIGN_OR_RETURN(out->recheck_interval, conf.Get(keys::kHeartbeatRecheckInterval));
  return Status::Ok();
}

Status ReadLink(const Configuration& conf, DatanodeLinkOptions* out) {
  ASSIGN_OR_RETURN(const std::string table, conf.Get(keys::kTopologyTableFile));
  if (!table.empty()) {
    auto racks = RackTable::Load(table);
    if (!racks.ok()) return racks.status().WithContext(keys::kTopologyTableFile.name);
    out->racks = std::move(racks).value();
  }
  ASSIGN_OR_RETURN(out->included, HostsFile(conf, keys::kHostsFile));
  ASSIGN_OR_RETURN(out->excluded, HostsFile(conf, keys::kHostsExcludeFile));
  return Status::Ok();
}

Status ReadAddresses(const Configuration& conf, NamenodeOptions* out) {
  ASSIGN_OR_RETURN(out->rpc_address, RpcAddress(conf));
  ASSIGN_OR_RETURN(const std::string bind_host, conf.Get(keys::kNameNodeRpcBindHost));
  const HostPort rpc = {bind_host.empty() ? out->rpc_address.host : bind_host,
                        out->rpc_address.port};
  ASSIGN_OR_RETURN(out->rpc_bind, ToAddress(rpc, "NameNode address"));
  ASSIGN_OR_RETURN(out->http_bind,
                   Address(conf, keys::kNameNodeHttpAddress, {"0.0.0.0", /*port=*/9870}));
  ASSIGN_OR_RETURN(out->link_bind, Address(conf, keys::kNameNodeLinkAddress,
                                           {out->rpc_bind.host, kDefaultLinkPort}));
  return Status::Ok();
}

}  // namespace

StatusOr<NamenodeOptions> NamenodeOptions::FromConfiguration(const Configuration& conf) {
  RETURN_IF_ERROR(CheckDaemonSecurity(conf));
  NamenodeOptions options;
  ASSIGN_OR_RETURN(options.name_dir, NameDir(conf));
  RETURN_IF_ERROR(ReadAddresses(conf, &options));
  ASSIGN_OR_RETURN(options.cluster_secret_file, conf.Get(keys::kClusterSecretFile));
  RETURN_IF_ERROR(Number(conf, keys::kNameNodeHandlers, &options.slow_threads));
  ASSIGN_OR_RETURN(options.max_frame_bytes, conf.Get(keys::kIpcMaxDataLength));
  RETURN_IF_ERROR(ReadNamesystem(conf, &options.namesystem));
  RETURN_IF_ERROR(ReadBlocks(conf, &options.blocks));
  RETURN_IF_ERROR(ReadDatanodes(conf, &options.datanodes));
  RETURN_IF_ERROR(ReadLink(conf, &options.link));
  return options;
}

}  // namespace tusk::namenode
