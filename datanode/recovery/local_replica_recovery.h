// The protocol between DataNodes, answered by our own store: for the service and for a primary that
// holds a replica itself.
#pragma once

#include "common/protocol/inter_datanode_protocol.h"
#include "datanode/storage/replica_store.h"

namespace tusk::datanode {

// Threads: thread-safe; calls may wait for a writer to stop and for the disk.
class LocalReplicaRecovery final : public InterDatanodeProtocol {
 public:
  explicit LocalReplicaRecovery(ReplicaStore* store) : store_(store) {}

  StatusOr<ReplicaRecoveryInfo> InitReplicaRecovery(const ExtendedBlock& block,
                                                    int64_t recovery_id) override {
    return store_->InitRecovery(block, recovery_id);
  }
  StatusOr<std::string> UpdateReplicaUnderRecovery(const ExtendedBlock& block, int64_t recovery_id,
                                                   int64_t new_length) override {
    return store_->UpdateRecovery(block, recovery_id, new_length);
  }

 private:
  ReplicaStore* const store_;
};

}  // namespace tusk::datanode
