// ReplicaStore: block recovery, and comparing the map with the disk.
#include <unordered_set>

#include "common/base/log.h"
#include "datanode/storage/meta_file.h"
#include "datanode/storage/replica_store.h"

namespace tusk::datanode {

Status ReplicaStore::RecoverClose(const ExtendedBlock& block, GenerationStamp new_stamp,
                                  int64_t length) {
  ASSIGN_OR_RETURN(const Claim claim, ClaimWithoutWriter(block.block.id));
  ASSIGN_OR_RETURN(const ReplicaPtr replica, Require(block));
  const ReplicaSnapshot now = replica->Get();
  if (now.state != ReplicaState::kFinalized && now.state != ReplicaState::kRbw) {
    return NotFoundError("Cannot close " + BlockName(block) + ": the replica is not rbw",
                         Reason::kReplicaNotFound);
  }
  if (now.block.generation_stamp < block.block.generation_stamp ||
      now.block.generation_stamp > new_stamp) {
    return NotFoundError("Cannot close " + BlockName(block) + ": our replica is " +
                             BlockName(now.block) + ", the new generation stamp " +
                             std::to_string(new_stamp.value()),
                         Reason::kReplicaNotFound);
  }
  if (now.block.num_bytes < length ||
      (now.state == ReplicaState::kFinalized && now.block.num_bytes != length)) {
    return DataLossError("Corrupted replica " + BlockName(now.block) + " with a length of " +
                         std::to_string(now.block.num_bytes) + " expected length is " +
                         std::to_string(length));
  }
  ASSIGN_OR_RETURN(const uint32_t crc, CutTo(replica, length));
  replica->SetLengths(length, crc);
  RETURN_IF_ERROR(SyncReplica(replica));
  return MoveToFinalized(replica, new_stamp);
}

Status ReplicaStore::SyncReplica(const ReplicaPtr& replica) {
  const ReplicaSnapshot now = replica->Get();
  const ReplicaState where =
      now.state == ReplicaState::kRur ? now.state_before_recovery : now.state;
  const Volume* volume = replica->volume();
  ASSIGN_OR_RETURN(const std::unique_ptr<File> data,
                   deps_.env->Open(volume->BlockPath(now.block.id, where), OpenMode::kReadWrite));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<File> meta,
      deps_.env->Open(volume->MetaPath(now.block.id, now.block.generation_stamp, where),
                      OpenMode::kReadWrite));
  RETURN_IF_ERROR(data->Truncate(now.block.num_bytes));
  RETURN_IF_ERROR(data->Sync());
  return meta->Sync();
}

StatusOr<ReplicaRecoveryInfo> ReplicaStore::InitRecovery(const ExtendedBlock& block,
                                                         int64_t recovery_id) {
  ASSIGN_OR_RETURN(const Claim claim, ClaimWithoutWriter(block.block.id));
  ASSIGN_OR_RETURN(const ReplicaPtr replica, Require(block));
  const ReplicaSnapshot now = replica->Get();
  if (now.state == ReplicaState::kTemporary ||
      now.block.generation_stamp < block.block.generation_stamp) {
    return NotFoundError(
        "Replica not found for " + BlockName(block) + ": ours is " + BlockName(now.block),
        Reason::kReplicaNotFound);
  }
  if (now.block.generation_stamp.value() >= recovery_id) {
    return FailedPreconditionError("our replica " + BlockName(now.block) +
                                   " is as new as recovery " + std::to_string(recovery_id));
  }
  if (now.state == ReplicaState::kRur && now.recovery_id >= recovery_id) {
    return AbortedError("recovery " + std::to_string(now.recovery_id) + " of " + BlockName(block) +
                            " is newer than " + std::to_string(recovery_id),
                        Reason::kRecoveryInProgress);
  }
  ReplicaRecoveryInfo info;
  info.block = now.block;
  info.state = now.state == ReplicaState::kRur ? now.state_before_recovery : now.state;
  info.bytes_acked = now.bytes_acked;
  replica->BeginRecovery(recovery_id);
  LOG_INFO("replica under recovery block={} length={} recovery={}", BlockName(now.block),
           now.block.num_bytes, recovery_id);
  return info;
}

StatusOr<std::string> ReplicaStore::UpdateRecovery(const ExtendedBlock& block, int64_t recovery_id,
                                                   int64_t new_length) {
  const Claim claim = ClaimBlock(block.block.id);
  ASSIGN_OR_RETURN(const ReplicaPtr replica, Require(block));
  const ReplicaSnapshot now = replica->Get();
  const std::string storage_id = replica->volume()->storage_id();
  // The primary asks again when the first answer was lost.
  if (now.state == ReplicaState::kFinalized && now.block.generation_stamp.value() == recovery_id &&
      now.block.num_bytes == new_length) {
    return storage_id;
  }
  if (now.state != ReplicaState::kRur || now.recovery_id != recovery_id) {
    return AbortedError(
        "replica " + BlockName(now.block) + " is not under recovery " + std::to_string(recovery_id),
        Reason::kRecoveryInProgress);
  }
  if (new_length > now.block.num_bytes || new_length < 0) {
    return OutOfRangeError("replica " + BlockName(now.block) + " has " +
                           std::to_string(now.block.num_bytes) + " bytes, recovery wants " +
                           std::to_string(new_length));
  }
  ASSIGN_OR_RETURN(const uint32_t crc, CutTo(replica, new_length));
  replica->SetLengths(new_length, crc);
  RETURN_IF_ERROR(SyncReplica(replica));
  RETURN_IF_ERROR(MoveToFinalized(replica, GenerationStamp(recovery_id)));
  LOG_INFO("replica recovered block={} length={}", BlockName(replica->Get().block), new_length);
  return storage_id;
}

// ---- the disk against the map
// --------------------------------------------------------------------

StatusOr<int64_t> ReplicaStore::Reconcile() {
  int64_t differences = 0;
  for (const auto& volume : volumes_->all()) {
    if (volume->failed()) continue;
    ASSIGN_OR_RETURN(const std::vector<FoundReplica> found, ListFinalized(volume.get()));
    std::unordered_set<BlockId> on_disk;
    for (const FoundReplica& replica : found) {
      on_disk.insert(replica.block.id);
      differences += ReconcileFound(volume.get(), replica) ? 1 : 0;
    }
    for (const BlockId id : FinalizedOn(volume.get())) {
      if (!on_disk.contains(id)) differences += ReconcileMissing(volume.get(), id) ? 1 : 0;
    }
  }
  return differences;
}

std::vector<BlockId> ReplicaStore::FinalizedOn(const Volume* volume) const {
  std::vector<BlockId> ids;
  MutexLock lock(mu_);
  for (const auto& [id, replica] : replicas_) {
    if (replica->volume() == volume && replica->Get().state == ReplicaState::kFinalized) {
      ids.push_back(id);
    }
  }
  return ids;
}

// The listing is old by now: each difference is looked at again with the block claimed.
bool ReplicaStore::ReconcileFound(Volume* volume, const FoundReplica& found) {
  const Claim claim = ClaimBlock(found.block.id);
  const std::string data_path = volume->BlockPath(found.block.id, ReplicaState::kFinalized);
  const std::string meta_path =
      volume->MetaPath(found.block.id, found.block.generation_stamp, ReplicaState::kFinalized);
  const StatusOr<FileInfo> data = deps_.env->Stat(data_path);
  if (!data.ok() || !deps_.env->Exists(meta_path)) return false;
  const ReplicaPtr ours = FindReplica(found.block.id);
  if (ours == nullptr) {
    if (found.damaged) return false;
    LOG_WARN("replica found on the disk only block={} volume={}", BlockName(found.block),
             volume->dir());
    Insert(std::make_shared<Replica>(volume, found.block, ReplicaState::kFinalized));
    IgnoreError(volume->index()->Put(found.block), "the next crawl finds it again");
    deps_.listener->OnReceived(found.block, volume->storage_id());
    return true;
  }
  const ReplicaSnapshot now = ours->Get();
  if (ours->volume() != volume || now.state != ReplicaState::kFinalized) return false;
  if (now.block.num_bytes == data->size && !found.damaged) return false;
  LOG_WARN("replica with a wrong length block={} expected={} found={}", BlockName(now.block),
           now.block.num_bytes, data->size);
  deps_.listener->OnBadReplica(now.block, volume->storage_id());
  return true;
}

bool ReplicaStore::ReconcileMissing(Volume* volume, BlockId id) {
  const Claim claim = ClaimBlock(id);
  const ReplicaPtr ours = FindReplica(id);
  if (ours == nullptr || ours->volume() != volume) return false;
  const ReplicaSnapshot now = ours->Get();
  if (now.state != ReplicaState::kFinalized) return false;
  if (deps_.env->Exists(volume->BlockPath(id, ReplicaState::kFinalized)) &&
      deps_.env->Exists(
          volume->MetaPath(id, now.block.generation_stamp, ReplicaState::kFinalized))) {
    return false;
  }
  LOG_WARN("replica gone from the disk block={} volume={}", BlockName(now.block), volume->dir());
  Erase(ours);
  IgnoreError(RemoveFiles(ours), "one of the two is gone already");
  deps_.listener->OnDeleted(now.block, volume->storage_id());
  return true;
}

}  // namespace tusk::datanode
