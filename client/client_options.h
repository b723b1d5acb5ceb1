// What a client reads from the configuration, once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/datatransfer/data_checksum.h"
#include "common/rpc/client.h"
#include "common/rpc/retry_policy.h"

namespace tusk {
class Configuration;
}

namespace tusk::client {

enum class ReplacePolicy : uint8_t { kNever, kDefault, kAlways };

struct ClientOptions {
  std::string uri;   // "hdfs://host:8020" or "hdfs://nameservice", without a path
  std::string user;  // short name
  std::vector<RpcAddress> namenodes;
  RpcClientOptions rpc;
  RetryOptions retry;

  int32_t replication = 3;
  int64_t block_size = 128LL << 20;
  uint16_t umask = 022;

  // DataNodes.
  Duration socket_timeout = std::chrono::seconds(60);
  Duration write_timeout = std::chrono::minutes(8);
  bool use_datanode_hostname = false;
  std::string local_address;  // sockets leave from here; a DataNode here is "local". Empty: any
  bool short_circuit = true;
  std::string domain_socket_path;  // _HOST and _PORT stand for the DataNode's; empty: none

  // Writing.
  DataChecksum checksum;
  int32_t packet_bytes = 64 << 10;  // data, checksums and header of one packet
  int32_t max_packets_in_flight = 80;
  int32_t block_write_retries = 3;
  int32_t locate_block_retries = 5;
  Duration locate_block_delay = std::chrono::milliseconds(400);  // doubles with each retry
  int32_t max_pipeline_recoveries = 5;                           // in a row for the same packet
  ReplacePolicy replace_policy = ReplacePolicy::kDefault;
  bool replace_best_effort = false;
  Duration lease_renewal = std::chrono::seconds(30);

  // Reading.
  int32_t max_block_acquire_failures = 3;
  Duration block_acquire_delay = std::chrono::seconds(3);
  int32_t prefetch_blocks = 10;
  bool composite_checksum = false;
};

// `uri` empty: fs.defaultFS; `user` empty: HADOOP_USER_NAME, else the process's user.
// kInvalidArgument naming the key or the URI that does not fit.
StatusOr<ClientOptions> ReadClientOptions(const Configuration& configuration,
                                          const std::string& uri, const std::string& user);

// The NameNodes that the authority of an hdfs:// URI stands for: a nameservice's, in the order of
// dfs.ha.namenodes.<name>, or the one at that host and port (8020 when it names none).
StatusOr<std::vector<RpcAddress>> NameNodesOf(const Configuration& configuration,
                                              const std::string& authority);

}  // namespace tusk::client
