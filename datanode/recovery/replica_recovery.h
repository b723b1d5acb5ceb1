// Recovery of a block whose writer is gone, led by this DataNode: all replicas are stopped, agree
// on length and generation stamp, and become finalized.
//
//   InitReplicaRecovery at all --> choose the best state and its length --> UpdateReplica at those
//   --> BlockSynchronization to the NameNode
//
// Only replicas of the best state take part: finalized (an rbw of equal length joins), else rbw,
// else rwr. The length is that of the finalized ones, else the shortest of those that take part,
// never below what the whole pipeline acknowledged; the NameNode invalidates the others by their
// generation stamp.
//
// Threads: one recovery per thread; calls to other DataNodes wait.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/protocol/datanode_protocol.h"
#include "common/protocol/inter_datanode_protocol.h"

namespace tusk::datanode {

// A replica that answered, and where it is.
struct RecoveryCandidate {
  DatanodeInfo location;
  ReplicaRecoveryInfo info;
};

struct RecoveryPlan {
  std::vector<size_t> participants;  // indexes into the candidates
  int64_t new_length = 0;
};

// kDataLoss when finalized replicas disagree on the length, kFailedPrecondition for a truncate that
// no replica is long enough for. Candidates are not empty.
StatusOr<RecoveryPlan> PlanRecovery(const std::vector<RecoveryCandidate>& candidates,
                                    int64_t truncate_to);

class ReplicaRecovery {
 public:
  // The protocol's face at one location; our own store where that is us.
  using Connect = std::function<StatusOr<std::shared_ptr<InterDatanodeProtocol>>(
      const DatanodeInfo& location, int32_t recovery_port)>;

  explicit ReplicaRecovery(Connect connect) : connect_(std::move(connect)) {}

  // What to tell the NameNode. An error when too few answered to decide: it will order another
  // recovery.
  StatusOr<BlockSynchronization> Run(const RecoverBlock& command);

 private:
  using Peers = std::vector<std::shared_ptr<InterDatanodeProtocol>>;

  StatusOr<std::vector<RecoveryCandidate>> Ask(const RecoverBlock& command, Peers* peers);
  StatusOr<BlockSynchronization> Update(const RecoverBlock& command,
                                        const std::vector<RecoveryCandidate>& candidates,
                                        const Peers& peers, const RecoveryPlan& plan);

  const Connect connect_;
};

}  // namespace tusk::datanode
