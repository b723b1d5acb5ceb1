// What a store tells about its replicas, for the NameNode to learn.
#pragma once

#include <string>

#include "common/protocol/block.h"

namespace tusk::datanode {

// Threads: called from any thread, without a lock of the store, after the change is in its map and
// (received, deleted) on the disk. Must not block.
class ReplicaListener {
 public:
  virtual ~ReplicaListener() = default;

  virtual void OnReceiving(const Block& block, const std::string& storage_id) = 0;
  virtual void OnReceived(const Block& block, const std::string& storage_id) = 0;
  // An empty `storage_id`: there is no replica of it here, on no volume.
  virtual void OnDeleted(const Block& block, const std::string& storage_id) = 0;
  // Its checksums or lengths are wrong.
  virtual void OnBadReplica(const Block& block, const std::string& storage_id) = 0;
};

}  // namespace tusk::datanode
