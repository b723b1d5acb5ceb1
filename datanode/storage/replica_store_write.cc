// ReplicaStore: creating, reopening and finalizing replicas.
#include "common/base/log.h"
#include "common/fault/fault_point.h"
#include "datanode/storage/meta_file.h"
#include "datanode/storage/replica_store.h"

namespace tusk::datanode {
namespace {

FAULT_POINT(kBeforeFinalize, "datanode.storage.finalize");
FAULT_POINT(kBetweenRenames, "datanode.storage.finalize.between_renames");
FAULT_POINT(kBeforeIndex, "datanode.storage.finalize.before_index");

Status AlreadyExists(const ExtendedBlock& block, ReplicaState state) {
  static constexpr const char* kNames[] = {"FINALIZED", "RBW", "RWR", "RUR", "TEMPORARY"};
  return AlreadyExistsError("Block " + BlockName(block) + " already exists in state " +
                                kNames[static_cast<int>(state)] + " and thus cannot be created.",
                            Reason::kReplicaAlreadyExists);
}

Status NotInRange(const ExtendedBlock& block, const ReplicaSnapshot& ours,
                  GenerationStamp new_stamp) {
  return NotFoundError("Cannot recover " + BlockName(block) + ": our replica " +
                           BlockName(ours.block) + " is not between its generation stamp and " +
                           std::to_string(new_stamp.value()),
                       Reason::kReplicaNotFound);
}

Status WrongState(const ExtendedBlock& block, const char* wanted) {
  return NotFoundError("Cannot recover " + BlockName(block) + ": the replica is not " + wanted,
                       Reason::kReplicaNotFound);
}

bool StampInRange(const ReplicaSnapshot& ours, const ExtendedBlock& block, GenerationStamp upto) {
  return ours.block.generation_stamp >= block.block.generation_stamp &&
         ours.block.generation_stamp <= upto;
}

}  // namespace

StatusOr<ReplicaStore::Claim> ReplicaStore::ClaimWithoutWriter(BlockId id) {
  const TimePoint deadline = Clock::Real()->Now() + options_.writer_stop_timeout;
  for (;;) {
    {
      // The writer is stopped without the claim: it may need it to finish what it is at.
      const ReplicaPtr replica = FindReplica(id);
      const std::shared_ptr<WriterSession> writer =
          replica == nullptr ? nullptr : replica->writer();
      if (writer != nullptr) {
        writer->Stop();
        if (!writer->WaitFinished(deadline - Clock::Real()->Now())) {
          return DeadlineExceededError(
              "the writer of " + BlockFileName(id) + " does not stop within " +
              std::to_string(ToMillis(options_.writer_stop_timeout)) + " ms");
        }
      }
    }
    Claim claim = ClaimBlock(id);
    const ReplicaPtr replica = FindReplica(id);
    if (replica == nullptr || replica->writer() == nullptr) return claim;
  }
}

StatusOr<std::unique_ptr<ReplicaWriter>> ReplicaStore::CreateRbw(
    const ExtendedBlock& block, const Placement& where, const DataChecksum& checksum,
    std::shared_ptr<WriterSession> session) {
  StatusOr<std::unique_ptr<ReplicaWriter>> writer =
      Create(block, where, checksum, ReplicaState::kRbw, std::move(session));
  if (writer.ok()) {
    const ReplicaPtr& replica = (*writer)->replica();
    deps_.listener->OnReceiving(replica->Get().block, replica->volume()->storage_id());
  }
  return writer;
}

StatusOr<std::unique_ptr<ReplicaWriter>> ReplicaStore::CreateTemporary(
    const ExtendedBlock& block, const Placement& where, const DataChecksum& checksum,
    std::shared_ptr<WriterSession> session) {
  return Create(block, where, checksum, ReplicaState::kTemporary, std::move(session));
}

StatusOr<std::unique_ptr<ReplicaWriter>> ReplicaStore::Create(
    const ExtendedBlock& block, const Placement& where, const DataChecksum& checksum,
    ReplicaState state, std::shared_ptr<WriterSession> session) {
  const BlockId id = block.block.id;
  const Claim claim = ClaimBlock(id);
  {
    MutexLock lock(mu_);
    if (!loaded_ || block.pool_id != identity_.block_pool_id) {
      return NotFoundError("block pool " + block.pool_id + " is not on this DataNode",
                           Reason::kReplicaNotFound);
    }
  }
  if (const ReplicaPtr old = FindReplica(id); old != nullptr) {
    const ReplicaSnapshot now = old->Get();
    if (now.state != ReplicaState::kTemporary || now.has_writer) {
      return AlreadyExists(block, now.state);
    }
    Erase(old);
    IgnoreError(RemoveFiles(old), "truncated below");
  }
  ASSIGN_OR_RETURN(Volume* const volume,
                   volumes_->Choose(where.type, where.storage_id, where.expected_bytes));
  const auto open = [&]() -> StatusOr<std::unique_ptr<ReplicaWriter>> {
    ASSIGN_OR_RETURN(std::unique_ptr<File> data,
                     deps_.env->Open(volume->BlockPath(id, state), OpenMode::kCreateTruncate));
    ASSIGN_OR_RETURN(std::unique_ptr<File> meta,
                     deps_.env->Open(volume->MetaPath(id, block.block.generation_stamp, state),
                                     OpenMode::kCreateTruncate));
    RETURN_IF_ERROR(meta->WriteAt(0, EncodeMetaHeader(checksum)));
    auto replica =
        std::make_shared<Replica>(volume, Block{id, block.block.generation_stamp, 0}, state);
    replica->SetWriter(session);
    return std::make_unique<ReplicaWriter>(std::move(replica), std::move(data), std::move(meta),
                                           checksum, where.expected_bytes, session);
  };
  StatusOr<std::unique_ptr<ReplicaWriter>> writer = open();
  if (!writer.ok()) {
    NoteDiskError(volume, writer.status());
    return writer.status().WithContext("cannot create " + BlockName(block));
  }
  Insert((*writer)->replica());
  return writer;
}

// ---- reopening
// -----------------------------------------------------------------------------------

StatusOr<std::unique_ptr<ReplicaWriter>> ReplicaStore::Append(
    const ExtendedBlock& block, GenerationStamp new_stamp, int64_t length,
    std::shared_ptr<WriterSession> session) {
  ASSIGN_OR_RETURN(const Claim claim, ClaimWithoutWriter(block.block.id));
  ASSIGN_OR_RETURN(const ReplicaPtr replica, Require(block));
  const ReplicaSnapshot now = replica->Get();
  if (now.state != ReplicaState::kFinalized) return WrongState(block, "finalized");
  if (now.block.generation_stamp != block.block.generation_stamp ||
      new_stamp < now.block.generation_stamp) {
    return NotInRange(block, now, new_stamp);
  }
  if (now.block.num_bytes != length) {
    return DataLossError("Corrupted replica " + BlockName(now.block) + " with a length of " +
                         std::to_string(now.block.num_bytes) + " expected length is " +
                         std::to_string(length));
  }
  RETURN_IF_ERROR(MoveToRbw(replica));
  return OpenWriter(replica, length, new_stamp, std::move(session));
}

StatusOr<std::unique_ptr<ReplicaWriter>> ReplicaStore::RecoverAppend(
    const ExtendedBlock& block, GenerationStamp new_stamp, int64_t length,
    std::shared_ptr<WriterSession> session) {
  ASSIGN_OR_RETURN(const Claim claim, ClaimWithoutWriter(block.block.id));
  ASSIGN_OR_RETURN(const ReplicaPtr replica, Require(block));
  const ReplicaSnapshot now = replica->Get();
  if (now.state != ReplicaState::kFinalized && now.state != ReplicaState::kRbw) {
    return WrongState(block, "finalized or rbw");
  }
  if (!StampInRange(now, block, new_stamp)) return NotInRange(block, now, new_stamp);
  if (now.block.num_bytes < length ||
      (now.state == ReplicaState::kFinalized && now.block.num_bytes != length)) {
    return DataLossError("Corrupted replica " + BlockName(now.block) + " with a length of " +
                         std::to_string(now.block.num_bytes) + " expected length is " +
                         std::to_string(length));
  }
  if (now.state == ReplicaState::kFinalized) RETURN_IF_ERROR(MoveToRbw(replica));
  return OpenWriter(replica, length, new_stamp, std::move(session));
}

StatusOr<std::unique_ptr<ReplicaWriter>> ReplicaStore::RecoverRbw(
    const ExtendedBlock& block, GenerationStamp new_stamp, int64_t min_bytes, int64_t max_bytes,
    std::shared_ptr<WriterSession> session) {
  ASSIGN_OR_RETURN(const Claim claim, ClaimWithoutWriter(block.block.id));
  ASSIGN_OR_RETURN(const ReplicaPtr replica, Require(block));
  const ReplicaSnapshot now = replica->Get();
  if (now.state != ReplicaState::kRbw) return WrongState(block, "rbw");
  if (!StampInRange(now, block, new_stamp)) return NotInRange(block, now, new_stamp);
  if (now.bytes_acked < min_bytes || now.block.num_bytes > max_bytes) {
    return NotFoundError("Unmatched length replica " + BlockName(now.block) +
                             ": BytesAcked = " + std::to_string(now.bytes_acked) +
                             " BytesOnDisk = " + std::to_string(now.block.num_bytes) +
                             " are not in the range of [" + std::to_string(min_bytes) + ", " +
                             std::to_string(max_bytes) + "].",
                         Reason::kReplicaNotFound);
  }
  return OpenWriter(replica, now.bytes_acked, new_stamp, std::move(session));
}

// Not durable before the folders are synced: a power loss must not show an appended block file
// beside a checksum file that is still in finalized/.
Status ReplicaStore::MoveToRbw(const ReplicaPtr& replica) {
  const Block block = replica->Get().block;
  Volume* volume = replica->volume();
  const std::string meta_file = MetaFileName(block.id, block.generation_stamp);
  const std::string data_file = BlockFileName(block.id);
  const std::string from = volume->FinalizedDir(block.id);
  {
    // Wrong bytes must not be continued as if they were right.
    ASSIGN_OR_RETURN(const std::unique_ptr<File> data,
                     deps_.env->Open(JoinPath(from, data_file), OpenMode::kRead));
    ASSIGN_OR_RETURN(const std::unique_ptr<File> meta,
                     deps_.env->Open(JoinPath(from, meta_file), OpenMode::kRead));
    ASSIGN_OR_RETURN(const DataChecksum checksum, ReadMetaHeader(meta.get()));
    StatusOr<uint32_t> crc = LoadLastChunkCrc(data.get(), meta.get(), checksum, block.num_bytes);
    if (!crc.ok()) {
      deps_.listener->OnBadReplica(block, volume->storage_id());
      return crc.status();
    }
    replica->SetLengths(block.num_bytes, *crc);
  }
  IgnoreError(volume->index()->Remove(block.id), "the files decide, and the next start crawls");
  RETURN_IF_ERROR(
      deps_.env->Rename(JoinPath(from, data_file), JoinPath(volume->RbwDir(), data_file)));
  RETURN_IF_ERROR(
      deps_.env->Rename(JoinPath(from, meta_file), JoinPath(volume->RbwDir(), meta_file)));
  replica->SetState(ReplicaState::kRbw);
  return volume->folder_sync()->Sync(/*gained=*/volume->RbwDir(), /*lost=*/from);
}

StatusOr<uint32_t> ReplicaStore::CutTo(const ReplicaPtr& replica, int64_t length) {
  const ReplicaSnapshot now = replica->Get();
  if (now.block.num_bytes == length) return now.last_chunk_crc;
  const ReplicaState where =
      now.state == ReplicaState::kRur ? now.state_before_recovery : now.state;
  Volume* volume = replica->volume();
  ASSIGN_OR_RETURN(const std::unique_ptr<File> data,
                   deps_.env->Open(volume->BlockPath(now.block.id, where), OpenMode::kReadWrite));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<File> meta,
      deps_.env->Open(volume->MetaPath(now.block.id, now.block.generation_stamp, where),
                      OpenMode::kReadWrite));
  ASSIGN_OR_RETURN(const DataChecksum checksum, ReadMetaHeader(meta.get()));
  ASSIGN_OR_RETURN(const uint32_t crc,
                   CutReplica(data.get(), meta.get(), checksum, now.block.num_bytes, length));
  volume->AddUsed(Volume::UsedBy(length) - Volume::UsedBy(now.block.num_bytes));
  return crc;
}

// In the folder the replica is in.
Status ReplicaStore::RenameStamp(const ReplicaPtr& replica, GenerationStamp stamp) {
  const ReplicaSnapshot now = replica->Get();
  if (now.block.generation_stamp == stamp) return Status::Ok();
  const ReplicaState where =
      now.state == ReplicaState::kRur ? now.state_before_recovery : now.state;
  const Volume* volume = replica->volume();
  RETURN_IF_ERROR(
      deps_.env->Rename(volume->MetaPath(now.block.id, now.block.generation_stamp, where),
                        volume->MetaPath(now.block.id, stamp, where)));
  replica->SetGenerationStamp(stamp);
  return Status::Ok();
}

StatusOr<std::unique_ptr<ReplicaWriter>> ReplicaStore::OpenWriter(
    const ReplicaPtr& replica, int64_t length, GenerationStamp stamp,
    std::shared_ptr<WriterSession> session) {
  Volume* volume = replica->volume();
  ASSIGN_OR_RETURN(const uint32_t crc, CutTo(replica, length));
  replica->SetLengths(length, crc);
  RETURN_IF_ERROR(RenameStamp(replica, stamp));
  ASSIGN_OR_RETURN(
      std::unique_ptr<File> data,
      deps_.env->Open(volume->BlockPath(replica->id(), ReplicaState::kRbw), OpenMode::kReadWrite));
  ASSIGN_OR_RETURN(std::unique_ptr<File> meta,
                   deps_.env->Open(volume->MetaPath(replica->id(), stamp, ReplicaState::kRbw),
                                   OpenMode::kReadWrite));
  ASSIGN_OR_RETURN(const DataChecksum checksum, ReadMetaHeader(meta.get()));
  replica->SetWriter(session);
  deps_.listener->OnReceiving(replica->Get().block, volume->storage_id());
  return std::make_unique<ReplicaWriter>(replica, std::move(data), std::move(meta), checksum, 0,
                                         std::move(session));
}

// ---- finishing
// -----------------------------------------------------------------------------------

Status ReplicaStore::Finalize(std::unique_ptr<ReplicaWriter> writer) {
  const ReplicaPtr replica = writer->replica();
  RETURN_IF_ERROR(kBeforeFinalize.Hit());
  // Gives back what was allocated beyond the end.
  RETURN_IF_ERROR(writer->data_->Truncate(writer->length()));
  if (options_.sync_on_close) RETURN_IF_ERROR(writer->Sync());
  const Claim claim = ClaimBlock(replica->id());
  if (writer->stopped() || FindReplica(replica->id()) != replica) {
    return CancelledError(BlockFileName(replica->id()) + " was taken from its writer");
  }
  Status status = MoveToFinalized(replica, replica->Get().block.generation_stamp);
  if (!status.ok()) NoteDiskError(replica->volume(), status);
  return status;
}

Status ReplicaStore::MoveToFinalized(const ReplicaPtr& replica, GenerationStamp stamp) {
  const ReplicaSnapshot now = replica->Get();
  const ReplicaState where =
      now.state == ReplicaState::kRur ? now.state_before_recovery : now.state;
  Volume* volume = replica->volume();
  const std::string to = volume->FinalizedDir(now.block.id);
  RETURN_IF_ERROR(deps_.env->MakeDirs(to));
  RETURN_IF_ERROR(
      deps_.env->Rename(volume->MetaPath(now.block.id, now.block.generation_stamp, where),
                        JoinPath(to, MetaFileName(now.block.id, stamp))));
  RETURN_IF_ERROR(kBetweenRenames.Hit());
  if (where != ReplicaState::kFinalized) {
    RETURN_IF_ERROR(deps_.env->Rename(volume->BlockPath(now.block.id, where),
                                      JoinPath(to, BlockFileName(now.block.id))));
  }
  if (options_.sync_on_close) {
    RETURN_IF_ERROR(
        volume->folder_sync()->Sync(/*gained=*/to, /*lost=*/volume->DirFor(now.block.id, where)));
  }
  RETURN_IF_ERROR(kBeforeIndex.Hit());
  Block block = now.block;
  block.generation_stamp = stamp;
  if (const Status indexed = volume->index()->Put(block); !indexed.ok()) {
    // The files decide: they are in place, and the next start crawls.
    LOG_WARN("replica not in the index block={} error={}", BlockName(block), indexed);
  }
  replica->SetGenerationStamp(stamp);
  replica->SetLengths(block.num_bytes, 0);
  replica->SetState(ReplicaState::kFinalized);
  deps_.listener->OnReceived(block, volume->storage_id());
  return Status::Ok();
}

Status ReplicaStore::ConvertToRbw(std::unique_ptr<ReplicaWriter> writer) {
  const ReplicaPtr replica = writer->replica();
  const Claim claim = ClaimBlock(replica->id());
  const Block block = replica->Get().block;
  Volume* volume = replica->volume();
  RETURN_IF_ERROR(deps_.env->Rename(
      volume->MetaPath(block.id, block.generation_stamp, ReplicaState::kTemporary),
      volume->MetaPath(block.id, block.generation_stamp, ReplicaState::kRbw)));
  RETURN_IF_ERROR(deps_.env->Rename(volume->BlockPath(block.id, ReplicaState::kTemporary),
                                    volume->BlockPath(block.id, ReplicaState::kRbw)));
  replica->SetLengths(block.num_bytes, replica->Get().last_chunk_crc);
  replica->SetState(ReplicaState::kRbw);
  deps_.listener->OnReceiving(block, volume->storage_id());
  return Status::Ok();
}

void ReplicaStore::AbandonTemporary(const std::shared_ptr<Replica>& replica) {
  const Claim claim = ClaimBlock(replica->id());
  if (replica->Get().state != ReplicaState::kTemporary || FindReplica(replica->id()) != replica) {
    return;
  }
  Erase(replica);
  IgnoreError(RemoveFiles(replica), "tmp is emptied at each start");
}

}  // namespace tusk::datanode
