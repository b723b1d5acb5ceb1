// All replicas of this DataNode: which there are, and every change of one.
//
//   (absent) --Create--> rbw --Finalize--> finalized --Append--> rbw
//   (absent) --CreateTemporary--> temporary --Finalize--> finalized,  --ConvertToRbw--> rbw
//   rbw --restart--> rwr       rbw, rwr, finalized --InitRecovery--> rur --UpdateRecovery-->
//   finalized
//
// Owns:    the volumes with their indexes, and the replica map.
// Threads: thread-safe. A change of a block waits while another change of it is under way; the lock
//          of the map is never held over disk access. Calls that recover a replica first stop its
//          writer and wait for it.
// Life:    Open() reads the VERSION files; the replicas are there once the pool is known: from
//          those, or from the first Join(). Close() notes a clean stop.
// On disk: docs/formats/replica.md. Finalized means: data, checksums and names survive a power loss
//          (with sync_on_close), in this order: sync of both files, rename of the checksum file,
//          rename of the block file, sync of the folders, index, event.
// Fails:   with Hadoop's reasons (kReplicaNotFound, kReplicaAlreadyExists, kRecoveryInProgress).
//          A volume that fails is taken out and reported; above the tolerated number `on_fatal` is
//          called once.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/datatransfer/data_checksum.h"
#include "common/io/env.h"
#include "common/protocol/datanode_protocol.h"
#include "common/protocol/inter_datanode_protocol.h"
#include "datanode/storage/crawl.h"
#include "datanode/storage/replica.h"
#include "datanode/storage/replica_listener.h"
#include "datanode/storage/replica_writer.h"
#include "datanode/storage/volume_set.h"

namespace tusk::datanode {

struct ReplicaStoreOptions {
  std::vector<VolumeSpec> volumes;
  int64_t reserved_bytes = 0;        // of each volume, for others
  int failed_volumes_tolerated = 0;  // -1: all but one
  bool sync_on_close = true;
  std::string boot_id;  // of the machine: another one makes the index worthless
  Duration writer_stop_timeout = std::chrono::seconds(60);
};

struct ReplicaStoreDeps {
  Env* env = nullptr;
  Executor* deletions = nullptr;  // removes files of invalidated replicas
  ReplicaListener* listener = nullptr;
  OpenIndex open_index;
  std::function<void(const std::string&)> on_fatal;  // too many volumes failed
};

// What a reader holds: the files stay readable whatever happens to their names.
struct ReplicaReader {
  std::shared_ptr<Replica> replica;
  ReplicaSnapshot snapshot;
  std::unique_ptr<File> data;
  std::unique_ptr<File> meta;
  DataChecksum checksum;
  int64_t length = 0;  // visible
  // Checksum of the partial chunk at the end as it stood when this was opened; empty when the
  // replica is being written: then it has to be computed over the visible bytes.
  std::optional<uint32_t> tail_crc;
};

struct StorageReplicas {
  std::string storage_id;
  std::vector<ReportedReplica> replicas;
};

struct VolumeReport {  // getVolumeReport
  std::string dir;
  StorageType type;
  StorageReport space;
  int64_t reserved_bytes = 0;
  int64_t promised_bytes = 0;
  int64_t replicas = 0;
};

class ReplicaStore {
 public:
  static StatusOr<std::unique_ptr<ReplicaStore>> Open(ReplicaStoreOptions options,
                                                      ReplicaStoreDeps deps);
  ~ReplicaStore();

  // Belongs to `space` from here on: formats what is new. kFailedPrecondition naming both when the
  // directories belong to another cluster.
  Status Join(const NamespaceInfo& space) EXCLUDES(mu_);
  // No writer may be left. Idempotent.
  void Close() EXCLUDES(mu_);

  // Empty cluster id and pool before the first Join.
  StorageIdentity identity() const EXCLUDES(mu_);
  std::vector<StorageReport> StorageReports() const;
  std::vector<VolumeReport> VolumeReports() const;
  int failed_volumes() const { return volumes_->failed_count(); }
  // Looks whether the volumes still take writes.
  void CheckVolumes() EXCLUDES(mu_);

  // ---- writing ----------------------------------------------------------------------------------
  struct Placement {
    StorageType type = StorageType::kDisk;
    std::string storage_id;      // as the NameNode chose; empty: any
    int64_t expected_bytes = 0;  // room the volume must have
  };

  // A new rbw with the generation stamp in `block`.
  StatusOr<std::unique_ptr<ReplicaWriter>> CreateRbw(const ExtendedBlock& block,
                                                     const Placement& where,
                                                     const DataChecksum& checksum,
                                                     std::shared_ptr<WriterSession> session);
  // A new temporary replica; an older one that nobody writes gives way.
  StatusOr<std::unique_ptr<ReplicaWriter>> CreateTemporary(const ExtendedBlock& block,
                                                           const Placement& where,
                                                           const DataChecksum& checksum,
                                                           std::shared_ptr<WriterSession> session);
  // Reopens a finalized replica of exactly `length` bytes and the block's generation stamp.
  StatusOr<std::unique_ptr<ReplicaWriter>> Append(const ExtendedBlock& block,
                                                  GenerationStamp new_stamp, int64_t length,
                                                  std::shared_ptr<WriterSession> session);
  // The same after a failure: it may be an rbw by now, of a stamp up to the new one.
  StatusOr<std::unique_ptr<ReplicaWriter>> RecoverAppend(const ExtendedBlock& block,
                                                         GenerationStamp new_stamp, int64_t length,
                                                         std::shared_ptr<WriterSession> session);
  // Goes on with an rbw: acknowledged bytes >= min, received bytes <= max; cut to what was
  // acknowledged.
  StatusOr<std::unique_ptr<ReplicaWriter>> RecoverRbw(const ExtendedBlock& block,
                                                      GenerationStamp new_stamp, int64_t min_bytes,
                                                      int64_t max_bytes,
                                                      std::shared_ptr<WriterSession> session);
  // Finalizes with the new stamp and exactly `length` bytes.
  Status RecoverClose(const ExtendedBlock& block, GenerationStamp new_stamp, int64_t length);

  // The replica of this writer is complete. kCancelled when a recovery has taken it over.
  Status Finalize(std::unique_ptr<ReplicaWriter> writer);
  // A temporary replica becomes an rbw that a pipeline may join.
  Status ConvertToRbw(std::unique_ptr<ReplicaWriter> writer);
  // A temporary replica that came to nothing; its writer is gone. Others are left as they are.
  void AbandonTemporary(const std::shared_ptr<Replica>& replica);

  // ---- reading ----------------------------------------------------------------------------------
  // kReplicaNotFound when it is not here or older than asked for.
  StatusOr<ReplicaReader> OpenForRead(const ExtendedBlock& block);
  StatusOr<int64_t> VisibleLength(const ExtendedBlock& block) const;
  StatusOr<ReplicaSnapshot> Find(const ExtendedBlock& block) const;
  // Waits until the first `length` bytes are visible, while somebody writes them.
  bool WaitVisible(const ExtendedBlock& block, int64_t length, Duration timeout) const;
  // A reader of ours met wrong bytes.
  void ReportBad(const ExtendedBlock& block);

  // ---- recovery ---------------------------------------------------------------------------------
  StatusOr<ReplicaRecoveryInfo> InitRecovery(const ExtendedBlock& block, int64_t recovery_id);
  // Answers the storage id.
  StatusOr<std::string> UpdateRecovery(const ExtendedBlock& block, int64_t recovery_id,
                                       int64_t new_length);

  // ---- the NameNode -----------------------------------------------------------------------------
  // Removes these replicas in the background, unless ours has a newer generation stamp.
  void Invalidate(const std::vector<Block>& blocks);
  // All but temporary ones, by storage.
  std::vector<StorageReplicas> Snapshot() const EXCLUDES(mu_);
  int64_t replica_count() const EXCLUDES(mu_);
  int64_t removed_count() const { return removed_.load(); }

  // Compares folders and map of every volume: adopts what is only on the disk, drops and reports
  // what is only in the map, reports wrong lengths. Returns how many differed.
  StatusOr<int64_t> Reconcile();

 private:
  // The right to change one block; given back by the destructor.
  class Claim {
   public:
    Claim(const ReplicaStore* store, BlockId id) : store_(store), id_(id) {}
    Claim(Claim&& other) noexcept : store_(std::exchange(other.store_, nullptr)), id_(other.id_) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (store_ != nullptr) store_->ReleaseClaim(id_);
    }

   private:
    const ReplicaStore* store_;
    const BlockId id_;
  };
  using ReplicaPtr = std::shared_ptr<Replica>;

  ReplicaStore(ReplicaStoreOptions options, ReplicaStoreDeps deps,
               std::unique_ptr<VolumeSet> volumes);

  Status LoadPool() EXCLUDES(mu_);
  Status LoadVolume(Volume* volume) EXCLUDES(mu_);
  ReplicaPtr FindReplica(BlockId id) const EXCLUDES(mu_);
  StatusOr<ReplicaPtr> Require(const ExtendedBlock& block) const EXCLUDES(mu_);
  void Insert(ReplicaPtr replica) EXCLUDES(mu_);
  void Erase(const ReplicaPtr& replica) EXCLUDES(mu_);
  Claim ClaimBlock(BlockId id) const EXCLUDES(mu_);
  void ReleaseClaim(BlockId id) const EXCLUDES(mu_);
  // Stops the writer if there is one, and claims the block when it has none.
  StatusOr<Claim> ClaimWithoutWriter(BlockId id);

  StatusOr<std::unique_ptr<ReplicaWriter>> Create(const ExtendedBlock& block,
                                                  const Placement& where,
                                                  const DataChecksum& checksum, ReplicaState state,
                                                  std::shared_ptr<WriterSession> session);
  // Opens an rbw's files for a writer with its replica cut to `length` and its new stamp.
  StatusOr<std::unique_ptr<ReplicaWriter>> OpenWriter(const ReplicaPtr& replica, int64_t length,
                                                      GenerationStamp stamp,
                                                      std::shared_ptr<WriterSession> session);
  Status MoveToRbw(const ReplicaPtr& replica);
  StatusOr<uint32_t> CutTo(const ReplicaPtr& replica, int64_t length);
  Status RenameStamp(const ReplicaPtr& replica, GenerationStamp stamp);
  // Both files, already synced, into finalized/ under `stamp`; index and event.
  Status MoveToFinalized(const ReplicaPtr& replica, GenerationStamp stamp);
  Status SyncReplica(const ReplicaPtr& replica);
  Status RemoveFiles(const ReplicaPtr& replica);
  std::vector<BlockId> FinalizedOn(const Volume* volume) const EXCLUDES(mu_);
  bool ReconcileFound(Volume* volume, const FoundReplica& found);
  bool ReconcileMissing(Volume* volume, BlockId id);
  void InvalidateOne(const Block& block);
  void TellAgain(const Replica& replica);  // what the listener knows may be out of date
  void NoteDiskError(Volume* volume, const Status& status) EXCLUDES(mu_);

  const ReplicaStoreOptions options_;
  const ReplicaStoreDeps deps_;
  const std::unique_ptr<VolumeSet> volumes_;
  std::atomic<int64_t> removed_{0};

  mutable Mutex mu_;
  mutable CondVar claim_released_;
  StorageIdentity identity_ GUARDED_BY(mu_);  // storage_id unused
  bool loaded_ GUARDED_BY(mu_) = false;
  bool closed_ GUARDED_BY(mu_) = false;
  bool fatal_ GUARDED_BY(mu_) = false;
  mutable std::set<BlockId> claimed_ GUARDED_BY(mu_);
  std::unordered_map<BlockId, ReplicaPtr> replicas_ GUARDED_BY(mu_);

  WorkGuard guard_;
};

}  // namespace tusk::datanode
