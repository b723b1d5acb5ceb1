// Knows which DataNodes hold each block, and keeps every block at its file's replication.
//
// The namespace's inode holds the persistent list of blocks; this class holds, for each of them,
// state, expected replication, the replicas DataNodes reported, the pipeline of a block that is
// being written and its recovery. It never calls up into the namespace: what a report means for a
// file is returned as effects, to be applied after this class's lock is released.
//
// Owns:    the block map, the redundancy, invalidation and corruption queues, safe mode.
//          Borrows the rest; they outlive it.
// Threads: thread-safe; one lock, never held across a send, a log wait or a callback. Lock order:
//          namesystem, blocks, datanodes. "From the namespace" calls may hold the namesystem lock.
// Life:    Restore* while the image and the edits are read, then Activate: safe mode until enough
//          blocks are reported. Stop before destruction.
// On disk: nothing. Replica locations are soft state, rebuilt from reports.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/timer.h"
#include "common/protocol/client_protocol.h"
#include "common/protocol/datanode_protocol.h"
#include "common/protocol/file_status.h"
#include "common/protocol/located_block.h"
#include "namenode/blocks/block_map.h"
#include "namenode/blocks/block_types.h"
#include "namenode/blocks/corrupt_replicas.h"
#include "namenode/blocks/datanode_manager.h"
#include "namenode/blocks/invalidation_queue.h"
#include "namenode/blocks/pending_copies.h"
#include "namenode/blocks/redundancy_queue.h"
#include "namenode/blocks/report_state.h"
#include "namenode/blocks/safe_mode.h"
#include "namenode/blocks/under_construction.h"

namespace tusk::namenode {

struct BlockManagerOptions {
  std::string block_pool_id;
  int32_t min_replication = 1;          // dfs.namenode.replication.min
  int32_t max_replication = 512;        // dfs.replication.max
  double safe_mode_threshold = 0.999;   // dfs.namenode.safemode.threshold-pct
  int32_t safe_mode_min_datanodes = 0;  // dfs.namenode.safemode.min.datanodes
  Duration safe_mode_extension{0};      // dfs.namenode.safemode.extension
  Duration redundancy_interval = std::chrono::seconds(1);
  Duration pending_timeout = std::chrono::minutes(5);  // a copy nobody has reported by then
  Duration recovery_timeout = std::chrono::seconds(30);
  int32_t max_streams_per_node = 4;      // dfs.namenode.replication.max-streams
  int32_t max_streams_hard_limit = 8;    // ...-hard-limit, for the most urgent
  int32_t work_multiplier_per_node = 8;  // blocks scheduled per live node and round
  int32_t invalidate_limit = 1000;       // dfs.block.invalidate.limit, per node and round
};

// Carries commands to DataNodes. A command to a node that is not connected is dropped: the state
// that asked for it stays queued here and is worked again.
class DatanodeCommander {
 public:
  virtual ~DatanodeCommander() = default;
  virtual void Send(const std::string& datanode_uuid, NamenodeCommand command) = 0;
};

// Runs `work` once the edit log is synced up to what was appended before the call, on any thread;
// never when the log fails. Commands that change data pass through it.
class LogGate {
 public:
  virtual ~LogGate() = default;
  virtual void WhenSynced(std::function<void()> work) = 0;
};

class BlockManager {
 public:
  // `effects` gets what the passing of time brings about (a primary that died, safe mode left);
  // it is called without a lock, on the executor.
  BlockManager(BlockManagerOptions options, DatanodeManager* datanodes, const Clock* clock,
               Timer* timer, Executor* executor, DatanodeCommander* commander, LogGate* gate,
               std::function<void(BlockEffects)> effects);
  ~BlockManager();

  // ---- loading (image, replay, later a standby's tailing) --------------------------------------

  // Adds a block or replaces what is known of it; replicas reported so far are checked again.
  void Restore(const RestoredBlock& block) EXCLUDES(mu_);
  // After the last edit: counts the complete blocks, enters safe mode, starts the background work.
  void Activate() EXCLUDES(mu_);
  void Stop() EXCLUDES(mu_);

  // ---- from the namespace ----------------------------------------------------------------------

  // Targets for the next replicas: the writer's own node first, two racks when they exist, nodes
  // with room and little load. Fewer than request.minimum: kUnavailable with Hadoop's text and, on
  // the same line, why each node was left out.
  StatusOr<std::vector<ReplicaTarget>> ChooseTargets(const PlacementRequest& request);

  // A new last block, with its pipeline.
  void AddUnderConstruction(InodeId inode, const Block& block, int32_t replication,
                            const std::vector<ReplicaTarget>& targets) EXCLUDES(mu_);

  // The client says the block's final length (and its generation stamp must be ours). The block is
  // complete at once when the minimum of replicas is there, else an effect says so later.
  // kFailedPrecondition with Hadoop's text on a mismatch. Committing again changes nothing.
  Status Commit(const Block& block) EXCLUDES(mu_);

  // kNotFound for an unknown id.
  StatusOr<BlockState> StateOf(BlockId block) const EXCLUDES(mu_);
  bool IsComplete(BlockId block) const EXCLUDES(mu_);
  // Block id, generation stamp and length as this class knows them.
  StatusOr<Block> Get(BlockId block) const EXCLUDES(mu_);
  // Whether `block` has at least `count` live replicas (append wants the minimum).
  int32_t LiveReplicas(BlockId block) const EXCLUDES(mu_);

  // A complete block becomes the one under construction again (append); its replicas are its
  // pipeline. Returns them, nearest to `client_host` first.
  StatusOr<std::vector<ReplicaTarget>> Reopen(BlockId block, const std::string& client_host)
      EXCLUDES(mu_);

  // After a pipeline recovery: new generation stamp, length and nodes. The caller has checked the
  // lease. Replicas of an older generation stamp no longer count.
  Status UpdatePipeline(const Block& old_block, const Block& new_block,
                        const std::vector<DatanodeId>& nodes,
                        const std::vector<std::string>& storage_ids) EXCLUDES(mu_);

  // Forgets the blocks and has their replicas deleted (delete, overwrite, abandonBlock). Deleting
  // commands leave once the log is synced.
  void Remove(const std::vector<BlockId>& blocks) EXCLUDES(mu_);

  void SetReplication(const std::vector<BlockId>& blocks, int32_t replication) EXCLUDES(mu_);

  // Where `block` lies, nearest to `client_host` first, silent nodes last. `block` is the inode's
  // word (its length is what the reader gets). Corrupt replicas are left out while there is a good
  // one; when all are corrupt, `corrupt` is set and they are the locations. A block not yet
  // complete answers with its pipeline.
  LocatedBlock Locate(const Block& block, int64_t offset, const std::string& client_host) const
      EXCLUDES(mu_);
  // addBlock's answer.
  LocatedBlock Describe(const Block& block, int64_t offset,
                        const std::vector<ReplicaTarget>& targets) const;

  // A client (or DataNode) read a bad replica there. Unknown ones are ignored.
  void ReportBad(const Block& block, const std::string& datanode_uuid,
                 const std::string& storage_id, const std::string& reason) EXCLUDES(mu_);

  // Lease recovery of a last block that is not complete: commands a primary, which answers by a
  // kSynchronized effect. False when no node of the pipeline is known (nothing was ever reported):
  // then the caller may drop an empty block and close. Calling again with a higher id supersedes.
  StatusOr<bool> StartRecovery(BlockId block, GenerationStamp recovery_id) EXCLUDES(mu_);

  // The namespace has accepted (and logged) a kSynchronized effect: the block takes the new
  // generation stamp and length and these locations, and becomes complete if `close_file`.
  // kFailedPrecondition when the recovery id is not the newest.
  Status ApplySynchronization(const BlockSynchronization& outcome) EXCLUDES(mu_);

  // ---- from DataNodes (the link) ---------------------------------------------------------------

  // `rack` as resolved by the caller; `epoch` stands in every command to it. Identity (cluster and
  // pool) was checked by the caller. Effects: kDatanodeRegistered.
  RegistrationAccepted Register(const DatanodeRegistration& registration, const std::string& rack,
                                BlockEffects* effects) EXCLUDES(mu_);
  void Receive(const std::string& uuid, const Heartbeat& heartbeat) EXCLUDES(mu_);
  // Returns the number up to which events are taken. A hole makes the DataNode report in full.
  uint64_t Receive(const std::string& uuid, const ReplicaEvents& events, BlockEffects* effects)
      EXCLUDES(mu_);
  void Receive(const std::string& uuid, const BlockReportChunk& chunk, BlockEffects* effects)
      EXCLUDES(mu_);
  void Receive(const std::string& uuid, const BadReplica& bad) EXCLUDES(mu_);
  void Receive(const std::string& uuid, const BlockSynchronization& outcome, BlockEffects* effects)
      EXCLUDES(mu_);
  void Receive(const std::string& uuid, const TransferFailed& failed) EXCLUDES(mu_);
  // The stream broke: the node is suspect at once, and work given to it returns to its queue.
  void Disconnected(const std::string& uuid, uint64_t incarnation, BlockEffects* effects)
      EXCLUDES(mu_);

  // The heartbeat monitor: these nodes count as dead now; their replicas are gone.
  void Lost(const std::vector<NodeIndex>& dead) EXCLUDES(mu_);

  // ---- safe mode -------------------------------------------------------------------------------

  bool InSafeMode() const { return in_safe_mode_.load(std::memory_order_acquire); }
  // What follows "... Name node is in safe mode." in Hadoop's message and on the status page.
  std::string SafeModeTip() const EXCLUDES(mu_);
  void EnterSafeMode() EXCLUDES(mu_);  // manual: stays until LeaveSafeMode
  void LeaveSafeMode() EXCLUDES(mu_);

  // ---- looking ---------------------------------------------------------------------------------

  StatusOr<BlockView> View(BlockId block) const EXCLUDES(mu_);
  FsStats Stats() const EXCLUDES(mu_);
  struct Totals {
    int64_t blocks = 0;
    int64_t complete = 0;
    int64_t reported = 0;  // complete ones with a live replica
    int64_t under_construction = 0;
    int64_t pending_copies = 0;  // blocks
    int64_t excess = 0;          // blocks
    bool redundancy_ready = false;
  };
  Totals GetTotals() const EXCLUDES(mu_);
  const BlockManagerOptions& options() const { return options_; }

 private:
  struct StorageState {
    NodeIndex node = kNoNode;
    std::string uuid;
    StorageType type = StorageType::kDisk;
  };
  struct NodeState {
    std::string uuid;
    std::string rack;
    bool alive = false;
    bool connected = false;
    std::vector<StorageIndex> storages;
    ReportState reports;
  };
  struct Counts {  // of a complete block's replicas
    int32_t live = 0;
    int32_t corrupt = 0;
    int32_t excess = 0;
    int32_t racks = 0;  // of the live ones
  };
  using Commands = std::vector<std::pair<std::string, NamenodeCommand>>;

  // block_manager.cc: life and the namespace's calls
  Status UnknownBlock(const Block& block) const;
  void CommitLocked(RecordIndex index, BlockEffects* effects) REQUIRES(mu_);
  void CompleteLocked(RecordIndex index, BlockEffects* effects) REQUIRES(mu_);
  void LeaveCompleteLocked(RecordIndex index) REQUIRES(mu_);
  void RemoveLocked(RecordIndex index) REQUIRES(mu_);
  void SetExpectedLocked(UnderConstruction* pipeline, const std::vector<std::string>& node_uuids,
                         const std::vector<std::string>& storage_ids) REQUIRES(mu_);
  void CheckSafeModeLocked(BlockEffects* effects) REQUIRES(mu_);
  SafeMode::Counts SafeModeCountsLocked() const REQUIRES(mu_);

  // block_manager_reports.cc: what DataNodes say
  NodeState* NodeOfLocked(NodeIndex node) REQUIRES(mu_);
  StorageIndex StorageOfLocked(NodeIndex node, const std::string& uuid, StorageType type)
      REQUIRES(mu_);
  void TakeStoragesLocked(NodeIndex node, const std::vector<StorageReport>& storages) REQUIRES(mu_);
  void ApplyEventLocked(NodeIndex node, const ReplicaEvent& event, BlockEffects* effects)
      REQUIRES(mu_);
  void ApplyDeletedLocked(NodeIndex node, const ReplicaEvent& event) REQUIRES(mu_);
  void ApplyReplicaLocked(StorageIndex storage, const Block& block, ReplicaState state,
                          const std::string& delete_hint, BlockEffects* effects) REQUIRES(mu_);
  void AddFinalizedLocked(RecordIndex index, StorageIndex storage, const Block& reported,
                          const std::string& delete_hint, BlockEffects* effects) REQUIRES(mu_);
  void ApplyListedLocked(NodeIndex node, StorageIndex storage, const ReportedReplica& replica,
                         BlockEffects* effects) REQUIRES(mu_);
  void EndReportLocked(NodeIndex node, const std::vector<std::string>& covered,
                       BlockEffects* effects) REQUIRES(mu_);
  void TakeOtherStampLocked(RecordIndex index, StorageIndex storage, const Block& reported,
                            ReplicaState state) REQUIRES(mu_);
  void RemoveReplicaLocked(RecordIndex index, StorageIndex storage) REQUIRES(mu_);
  void ForgetExcessLocked(BlockId block, NodeIndex node) REQUIRES(mu_);
  void MarkCorruptLocked(RecordIndex index, StorageIndex storage, const std::string& reason)
      REQUIRES(mu_);
  void DropReplicasOf(NodeIndex node) EXCLUDES(mu_);
  void ReleaseWorkOfLocked(NodeIndex node, BlockEffects* effects) REQUIRES(mu_);
  int32_t NumBlocksLocked(NodeIndex node) const REQUIRES(mu_);

  // block_manager_redundancy.cc: what is to be done about it
  Counts CountLocked(RecordIndex index) const REQUIRES(mu_);
  void ReviewLocked(RecordIndex index, const std::string& delete_hint = {}) REQUIRES(mu_);
  void DropExcessLocked(RecordIndex index, Counts counts, const std::string& delete_hint)
      REQUIRES(mu_);
  void InvalidateReplicaLocked(RecordIndex index, StorageIndex storage) REQUIRES(mu_);
  bool RedundancyReadyLocked() REQUIRES(mu_);
  void ScanSliceLocked() REQUIRES(mu_);
  void ReviewPostponedLocked() REQUIRES(mu_);
  void Round() EXCLUDES(mu_);
  void PlanCopiesLocked(Commands* commands) REQUIRES(mu_);
  bool PlanCopyLocked(RecordIndex index, Commands* commands) REQUIRES(mu_);
  StorageIndex SourceLocked(RecordIndex index, bool urgent) const REQUIRES(mu_);
  void PlanInvalidationsLocked(Commands* commands) REQUIRES(mu_);
  void CheckRecoveriesLocked(BlockEffects* effects) REQUIRES(mu_);
  void SendWhenSynced(Commands commands);
  void Kick();

  // block_manager_views.cc: how it stands
  LocatedBlock LocateOnLocked(const Block& block, int64_t offset,
                              const std::vector<NodeIndex>& nodes,
                              const std::vector<StorageIndex>& storages,
                              const std::string& client_host) const REQUIRES(mu_);

  // Constant after construction.
  const BlockManagerOptions options_;
  DatanodeManager* const datanodes_;
  const Clock* const clock_;
  Timer* const timer_;
  Executor* const executor_;
  DatanodeCommander* const commander_;
  LogGate* const gate_;
  const std::function<void(BlockEffects)> effects_;

  std::atomic<bool> in_safe_mode_{true};
  std::atomic<bool> kicked_{false};

  mutable Mutex mu_;
  BlockMap blocks_ GUARDED_BY(mu_);
  std::unordered_map<BlockId, UnderConstruction> under_construction_ GUARDED_BY(mu_);
  std::vector<StorageState> storages_ GUARDED_BY(mu_);
  std::deque<NodeState> nodes_ GUARDED_BY(mu_);  // by NodeIndex
  RedundancyQueue needed_ GUARDED_BY(mu_);
  PendingCopies pending_ GUARDED_BY(mu_);
  InvalidationQueue invalidations_ GUARDED_BY(mu_);
  CorruptReplicas corrupt_ GUARDED_BY(mu_);
  std::unordered_map<BlockId, std::set<NodeIndex>> excess_ GUARDED_BY(mu_);
  // Too many replicas, but not every holder's word is fresh yet; with the balancer's hint.
  std::unordered_map<BlockId, std::string> postponed_ GUARDED_BY(mu_);
  SafeMode safe_mode_ GUARDED_BY(mu_);
  int64_t complete_ GUARDED_BY(mu_) = 0;   // blocks
  int64_t available_ GUARDED_BY(mu_) = 0;  // complete ones with a live replica
  bool active_ GUARDED_BY(mu_) = false;
  // Redundancy work has begun: the DataNodes known before the start have reported or died.
  bool ready_ GUARDED_BY(mu_) = false;
  RecordIndex scan_next_ GUARDED_BY(mu_) = kNoIndex;  // of the walk that judges every block
  bool multi_rack_ GUARDED_BY(mu_) = false;

  TimerHandle round_timer_;
  WorkGuard guard_;  // last: work on the executor ends first
};

}  // namespace tusk::namenode
