// What DataNodes ask of one another to recover a block (gRPC, port 9869).
#pragma once

#include <cstdint>
#include <string>

#include "common/base/status.h"
#include "common/protocol/block.h"

namespace tusk {

struct ReplicaRecoveryInfo {
  Block block;                                    // generation stamp and length on disk
  ReplicaState state = ReplicaState::kFinalized;  // before the recovery began
  int64_t bytes_acked = 0;                        // by the whole pipeline; never give these up
};

class InterDatanodeProtocol {
 public:
  virtual ~InterDatanodeProtocol() = default;

  // Stops a writer, moves the replica to rur under `recovery_id`. kRecoveryInProgress when a newer
  // recovery has it, kReplicaNotFound when it is not here.
  virtual StatusOr<ReplicaRecoveryInfo> InitReplicaRecovery(const ExtendedBlock& block,
                                                            int64_t recovery_id) = 0;

  // Cuts to `new_length`, takes the generation stamp `recovery_id`, finalizes. Answers the storage
  // id.
  virtual StatusOr<std::string> UpdateReplicaUnderRecovery(const ExtendedBlock& block,
                                                           int64_t recovery_id,
                                                           int64_t new_length) = 0;
};

}  // namespace tusk
