// The finalized replicas of one volume, in a key-value store, so that a start needs no directory
// crawl. It is a cache of what the folders say: never the truth after an unclean stop.
//
// Threads: thread-safe, as the store is.
// On disk: key: block id (8 bytes, big-endian); value: varint generation stamp, varint length.
//          Key "!state": the machine's boot id and whether the stop was clean.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/kv/kv_store.h"
#include "common/protocol/block.h"

namespace tusk::datanode {

class ReplicaIndex {
 public:
  explicit ReplicaIndex(std::unique_ptr<KvStore> store) : store_(std::move(store)) {}

  // The replicas as of the last clean stop; kFailedPrecondition with the reason when there was none
  // on this boot: then crawl, and Rebuild.
  StatusOr<std::vector<Block>> Load(const std::string& boot_id);

  // Replaces all that is in it.
  Status Rebuild(const std::vector<Block>& replicas);

  // From here on the stop counts as unclean until MarkClean. Durable when it returns.
  Status MarkInUse(const std::string& boot_id);
  Status MarkClean(const std::string& boot_id);

  // Not synced: a power loss makes the next start crawl anyway. After a failure (a full disk) the
  // index lacks something: MarkClean refuses from then on, so the next start crawls too.
  Status Put(const Block& replica);
  Status Remove(BlockId id);

 private:
  Status Change(const KvBatch& batch);

  const std::unique_ptr<KvStore> store_;
  std::atomic<bool> incomplete_{false};
};

}  // namespace tusk::datanode
