// What every block stream of a DataNode shares: store, options, metrics, who we are.
//
// Life: made once by the server, outlives all streams. Members are thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "common/base/clock.h"
#include "common/metrics/registry.h"
#include "common/protocol/datanode_info.h"
#include "common/protocol/datanode_protocol.h"
#include "datanode/storage/replica_store.h"

namespace tusk::datanode {

struct TransferOptions {
  Duration socket_timeout = std::chrono::seconds(60);
  Duration socket_timeout_per_target = std::chrono::seconds(5);
  Duration write_timeout = std::chrono::minutes(8);
  Duration keep_alive = std::chrono::seconds(4);    // dfs.datanode.socket.reuse.keepalive
  Duration visible_wait = std::chrono::seconds(3);  // a reader waits so long for bytes to be acked
  int max_streams = 4096;
  int64_t default_block_bytes = 128 << 20;  // room needed where a client does not say
  // Outgoing connections start here, so that the other end sees which worker we are; "": any.
  std::string source_address;
};

// Hadoop's names, in the bean DataNodeActivity-<host>-<port>.
struct TransferMetrics {
  // `bean` owns them and outlives this.
  explicit TransferMetrics(MetricsBean* bean);

  Counter* bytes_written;
  Counter* bytes_read;
  Counter* blocks_written;
  Counter* blocks_read;
  Counter* blocks_replicated;
  Counter* block_verification_failures;
  Counter* fsyncs;
  Counter* bad_requests;  // garbage, unknown operations
  Rate* read_op;
  Rate* write_op;
  Rate* checksum_op;
  Rate* transfer_op;
};

struct TransferContext {
  ReplicaStore* store = nullptr;
  const Clock* clock = nullptr;
  TransferOptions options;
  TransferMetrics* metrics = nullptr;
  // A replica of another DataNode turned out bad while it was copied to us.
  std::function<void(const BadReplica&)> report_bad;
  // Our own identity as `source` of copies; set before the first connection is served.
  DatanodeInfo self;

  std::atomic<int> active_streams{0};
};

}  // namespace tusk::datanode
