#include "datanode/recovery/replica_recovery.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/fault/fault_point.h"

namespace tusk::datanode {
namespace {

FAULT_POINT(kBeforeUpdate, "datanode.recovery.before_update");

// Smaller is better.
int Rank(ReplicaState state) {
  switch (state) {
    case ReplicaState::kFinalized:
      return 0;
    case ReplicaState::kRbw:
      return 1;
    default:
      return 2;
  }
}

StatusOr<int64_t> FinalizedLength(const std::vector<RecoveryCandidate>& candidates) {
  int64_t length = -1;
  for (const RecoveryCandidate& candidate : candidates) {
    if (candidate.info.state != ReplicaState::kFinalized) continue;
    const int64_t theirs = candidate.info.block.num_bytes;
    if (length >= 0 && length != theirs) {
      return DataLossError("Inconsistent size of finalized replicas: " + std::to_string(length) +
                           " and " + std::to_string(theirs) + " bytes of " +
                           BlockName(candidate.info.block));
    }
    length = theirs;
  }
  return length;
}

}  // namespace

StatusOr<RecoveryPlan> PlanRecovery(const std::vector<RecoveryCandidate>& candidates,
                                    int64_t truncate_to) {
  RecoveryPlan plan;
  ASSIGN_OR_RETURN(const int64_t finalized, FinalizedLength(candidates));
  int best = Rank(ReplicaState::kRwr);
  int64_t acked = 0;
  for (const RecoveryCandidate& candidate : candidates) {
    best = std::min(best, Rank(candidate.info.state));
    if (candidate.info.state == ReplicaState::kRbw) {
      acked = std::max(acked, candidate.info.bytes_acked);
    }
  }
  int64_t shortest = -1;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const ReplicaRecoveryInfo& info = candidates[i].info;
    const bool takes_part =
        finalized >= 0 ? info.state == ReplicaState::kFinalized ||
                             (info.state == ReplicaState::kRbw && info.block.num_bytes == finalized)
                       : Rank(info.state) == best && info.block.num_bytes >= acked;
    if (!takes_part) continue;
    plan.participants.push_back(i);
    shortest = shortest < 0 ? info.block.num_bytes : std::min(shortest, info.block.num_bytes);
  }
  plan.new_length = finalized >= 0 ? finalized : std::max<int64_t>(shortest, 0);
  if (truncate_to < 0) return plan;
  if (truncate_to > plan.new_length) {
    return FailedPreconditionError("cannot truncate to " + std::to_string(truncate_to) +
                                   " bytes, the replicas have " + std::to_string(plan.new_length));
  }
  plan.new_length = truncate_to;
  return plan;
}

StatusOr<BlockSynchronization> ReplicaRecovery::Run(const RecoverBlock& command) {
  Peers peers;
  ASSIGN_OR_RETURN(const std::vector<RecoveryCandidate> candidates, Ask(command, &peers));
  if (candidates.empty()) {
    BlockSynchronization gone;
    gone.block = command.block.block;
    gone.new_generation_stamp = command.recovery_id;
    gone.delete_block = true;
    return gone;
  }
  ASSIGN_OR_RETURN(const RecoveryPlan plan, PlanRecovery(candidates, command.truncate_to));
  return Update(command, candidates, peers, plan);
}

// Empty: all answered, and nobody has any byte.
StatusOr<std::vector<RecoveryCandidate>> ReplicaRecovery::Ask(const RecoverBlock& command,
                                                              Peers* peers) {
  std::vector<RecoveryCandidate> candidates;
  std::string errors;
  for (size_t i = 0; i < command.locations.size(); ++i) {
    const DatanodeInfo& location = command.locations[i];
    const int32_t port = i < command.recovery_ports.size() ? command.recovery_ports[i] : 0;
    StatusOr<std::shared_ptr<InterDatanodeProtocol>> peer = connect_(location, port);
    StatusOr<ReplicaRecoveryInfo> info =
        peer.ok() ? (*peer)->InitReplicaRecovery(command.block, command.recovery_id.value())
                  : peer.status();
    if (info.ok()) {
      if (info->block.num_bytes == 0) continue;
      candidates.push_back({location, *info});
      peers->push_back(*peer);
      continue;
    }
    if (info.status().reason() == Reason::kRecoveryInProgress) return info.status();
    LOG_WARN("replica does not take part in the recovery block={} datanode={} error={}",
             BlockName(command.block), location.id.XferAddr(), info.status());
    if (info.status().reason() == Reason::kReplicaNotFound) continue;
    errors +=
        (errors.empty() ? "" : "; ") + location.id.XferAddr() + ": " + info.status().message();
  }
  // A node that could not be asked may have bytes: without any other nothing can be decided.
  if (candidates.empty() && !errors.empty()) {
    return UnavailableError("no replica of " + BlockName(command.block) +
                            " could be reached: " + errors);
  }
  return candidates;
}

StatusOr<BlockSynchronization> ReplicaRecovery::Update(
    const RecoverBlock& command, const std::vector<RecoveryCandidate>& candidates,
    const Peers& peers, const RecoveryPlan& plan) {
  RETURN_IF_ERROR(kBeforeUpdate.Hit());
  BlockSynchronization result;
  result.block = command.block.block;
  result.new_generation_stamp = command.recovery_id;
  result.new_length = plan.new_length;
  std::string errors;
  for (const size_t i : plan.participants) {
    const StatusOr<std::string> storage = peers[i]->UpdateReplicaUnderRecovery(
        command.block, command.recovery_id.value(), plan.new_length);
    if (!storage.ok()) {
      LOG_WARN("replica lost in recovery block={} datanode={} error={}", BlockName(command.block),
               candidates[i].location.id.XferAddr(), storage.status());
      errors += (errors.empty() ? "" : "; ") + candidates[i].location.id.XferAddr() + ": " +
                storage.status().message();
      continue;
    }
    result.datanode_uuids.push_back(candidates[i].location.id.uuid);
    result.storage_uuids.push_back(*storage);
  }
  if (result.datanode_uuids.empty()) {
    return UnavailableError("Cannot recover " + BlockName(command.block) + ": " + errors);
  }
  LOG_INFO("block recovered block={} length={} recovery={} replicas={}", BlockName(command.block),
           plan.new_length, command.recovery_id.value(), result.datanode_uuids.size());
  return result;
}

}  // namespace tusk::datanode
