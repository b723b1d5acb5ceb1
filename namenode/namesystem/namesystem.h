// The namespace of HDFS: files, directories, leases and the blocks of files. A thin facade: each
// operation is in a file of its own in ops/, as lock, check, append edit, apply, return.
//
// A mutation builds one typed edit, appends it to the log and applies it to the state by the very
// code that replay uses (apply.h), all under the writer lock. Whatever is answered may leave only
// when the log is synced up to the txid that was current: the edge asks WakeWhenSynced for them.
//
// Owns:    the namespace state, the edit log, held calls, the checkpointer. Borrows the rest; they
//          outlive it.
// Threads: thread-safe. One reader/writer lock, held for microseconds, never over I/O. Lock order:
//          namesystem, then leases, blocks, datanodes (docs/design/locking.md). Long walks give the
//          lock up every 5,000 inodes and find their place again by id.
// Life:    Load() -> Start() -> Stop(). Load replays; Start begins leases, checkpoints and freeing.
//          After Stop no held call is open and none of its work runs.
// Fails:   a log that cannot be written ends the process through `on_fatal`.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
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
#include "common/security/user.h"
#include "namenode/blocks/block_manager.h"
#include "namenode/blocks/datanode_manager.h"
#include "namenode/edits/edit_log.h"
#include "namenode/edits/image.h"
#include "namenode/edits/local_journal.h"
#include "namenode/namesystem/held_calls.h"
#include "namenode/namesystem/namespace_state.h"
#include "namenode/namesystem/namesystem_types.h"
#include "namenode/namesystem/permission.h"
#include "namenode/namesystem/tree_walk.h"

namespace tusk::namenode {

class Checkpointer;

class Namesystem {
 public:
  struct Dependencies {
    const Clock* clock = nullptr;
    Timer* timer = nullptr;
    Executor* executor = nullptr;        // background work: freeing, checkpoints, lease checks
    Executor* reply_executor = nullptr;  // runs what waited for the log
    BlockManager* blocks = nullptr;
    DatanodeManager* datanodes = nullptr;
    std::unique_ptr<LocalJournal> journal;
    std::unique_ptr<Image> image;
    std::function<void(Status)> on_fatal;  // the log cannot be written: end the process
  };

  Namesystem(NamesystemOptions options, Dependencies dependencies);
  ~Namesystem();

  // ---- life ------------------------------------------------------------------------------------

  // Image, then the edits after it, then every block and expected DataNode to the block manager
  // (which the caller activates afterwards). kDataLoss when what is on disk does not agree.
  Status Load();
  void Start();
  void Stop();

  // Runs `work` when everything appended so far is durable: the block manager's LogGate.
  void WhenSynced(std::function<void()> work);
  // The same for work that only wakes a thread, without one in between: the RPC server's reply
  // gate.
  void WakeWhenSynced(std::function<void()> work);

  // What a DataNode's message means for the namespace. Called without any lock of the blocks'.
  void ApplyEffects(const BlockEffects& effects);

  NamesystemCounts Counts() const EXCLUDES(mu_);
  const NamesystemOptions& options() const { return options_; }

  // ---- reading ---------------------------------------------------------------------------------

  StatusOr<std::optional<FileStatus>> GetFileInfo(const Caller& caller, const std::string& path)
      EXCLUDES(mu_);
  StatusOr<std::optional<FileStatus>> GetLocatedFileInfo(const Caller& caller,
                                                         const std::string& path) EXCLUDES(mu_);
  StatusOr<std::optional<DirectoryListing>> GetListing(const Caller& caller,
                                                       const std::string& path,
                                                       const std::string& start_after,
                                                       bool need_location) EXCLUDES(mu_);
  StatusOr<LocatedBlocks> GetBlockLocations(const Caller& caller, const std::string& path,
                                            int64_t offset, int64_t length) EXCLUDES(mu_);
  StatusOr<ContentSummary> GetContentSummary(const Caller& caller, const std::string& path)
      EXCLUDES(mu_);
  StatusOr<QuotaUsage> GetQuotaUsage(const Caller& caller, const std::string& path) EXCLUDES(mu_);
  // Whether the caller has these rights (FsAction bits) on the path: kAccessControl, kFileNotFound.
  Status CheckAccess(const Caller& caller, const std::string& path, FsAction action) EXCLUDES(mu_);
  StatusOr<int64_t> GetPreferredBlockSize(const Caller& caller, const std::string& path)
      EXCLUDES(mu_);
  StatusOr<bool> IsFileClosed(const Caller& caller, const std::string& path) EXCLUDES(mu_);
  // kFileNotFound when there is no such path; "/" else (no encryption zones).
  StatusOr<std::string> GetEnclosingRoot(const Caller& caller, const std::string& path)
      EXCLUDES(mu_);
  ServerDefaults GetServerDefaults() const { return options_.defaults; }

  // The next entries below cursor->root, at most `limit`; none at the end. No permission check:
  // for the administrator's fsck.
  StatusOr<std::vector<FsckEntry>> NextFsckEntries(FsckCursor* cursor, int limit) EXCLUDES(mu_);

  // ---- names and attributes --------------------------------------------------------------------

  StatusOr<bool> Mkdirs(const Caller& caller, const std::string& path, FsPermission masked,
                        bool create_parent) EXCLUDES(mu_);
  StatusOr<bool> Rename(const Caller& caller, const std::string& source, const std::string& target)
      EXCLUDES(mu_);
  Status Rename2(const Caller& caller, const std::string& source, const std::string& target,
                 bool overwrite, bool to_trash) EXCLUDES(mu_);
  StatusOr<bool> Delete(const Caller& caller, const std::string& path, bool recursive)
      EXCLUDES(mu_);
  StatusOr<bool> SetReplication(const Caller& caller, const std::string& path, int32_t replication)
      EXCLUDES(mu_);
  Status SetPermission(const Caller& caller, const std::string& path, FsPermission permission)
      EXCLUDES(mu_);
  // Empty: stays as it is.
  Status SetOwner(const Caller& caller, const std::string& path, const std::string& owner,
                  const std::string& group) EXCLUDES(mu_);
  // -1: stays as it is.
  Status SetTimes(const Caller& caller, const std::string& path, int64_t mtime_ms, int64_t atime_ms)
      EXCLUDES(mu_);

  // ---- writing files ---------------------------------------------------------------------------

  StatusOr<FileStatus> Create(const Caller& caller, const CreateArgs& args) EXCLUDES(mu_);
  StatusOr<AppendResult> Append(const Caller& caller, const std::string& path,
                                const std::string& client_name, uint32_t flags) EXCLUDES(mu_);
  // Answers through `held`, at once or, while the block before lacks its minimum of replicas,
  // within options.hold_limit; then kNotReplicatedYet.
  void AddBlock(const Caller& caller, const AddBlockArgs& args, HeldCall<LocatedBlock> held)
      EXCLUDES(mu_);
  // True once the file is closed; false when the last block's minimum of replicas is not reported
  // within options.hold_limit, or at once when the call may not be held.
  void Complete(const Caller& caller, const std::string& path, const std::string& client_name,
                const std::optional<ExtendedBlock>& last, InodeId file_id, HeldCall<bool> held)
      EXCLUDES(mu_);
  Status AbandonBlock(const Caller& caller, const ExtendedBlock& block, const std::string& path,
                      const std::string& client_name, InodeId file_id) EXCLUDES(mu_);
  Status Fsync(const Caller& caller, const std::string& path, const std::string& client_name,
               int64_t last_block_length, InodeId file_id) EXCLUDES(mu_);
  StatusOr<LocatedBlock> GetAdditionalDatanode(const Caller& caller,
                                               const AdditionalDatanodeArgs& args) EXCLUDES(mu_);
  StatusOr<LocatedBlock> UpdateBlockForPipeline(const Caller& caller, const ExtendedBlock& block,
                                                const std::string& client_name) EXCLUDES(mu_);
  Status UpdatePipeline(const Caller& caller, const std::string& client_name,
                        const ExtendedBlock& old_block, const ExtendedBlock& new_block,
                        const std::vector<DatanodeId>& new_nodes,
                        const std::vector<std::string>& storage_ids) EXCLUDES(mu_);
  Status RenewLease(const std::string& client_name);
  StatusOr<bool> RecoverLease(const Caller& caller, const std::string& path,
                              const std::string& client_name) EXCLUDES(mu_);
  Status ReportBadBlocks(const Caller& caller, const std::vector<LocatedBlock>& blocks);

  // ---- cluster ---------------------------------------------------------------------------------

  FsStats GetFsStats() const;
  StatusOr<std::vector<DatanodeInfo>> GetDatanodeReport(const Caller& caller,
                                                        DatanodeReportType type);
  StatusOr<std::vector<DatanodeStorageReport>> GetDatanodeStorageReport(const Caller& caller,
                                                                        DatanodeReportType type);
  // Whether safe mode is on afterwards.
  StatusOr<bool> SetSafeMode(const Caller& caller, SafeModeAction action);

  // kPermissionDenied "Access denied for user bob. Superuser privilege is required for operation
  // X".
  Status CheckSuperuser(const Caller& caller, const std::string& operation) const;

 private:
  friend class Checkpointer;
  friend class NamesystemTestPeer;

  // A file's blocks, copied under the lock so that locating them needs none.
  struct FileBlocks {
    std::vector<BlockEntry> blocks;
    bool open = false;
  };
  // Registers the running attempt to be woken for a file; called under mu_.
  using WaitForFile = std::function<void(InodeId)>;
  // An operation that may have to wait: empty when it must, after calling `wait` if that is given.
  template <typename T>
  using Attempt = std::function<std::optional<StatusOr<T>>(const WaitForFile* wait)>;

  // ---- shared by the operations (ops/shared.cc) ------------------------------------------------

  PermissionChecker Checker(const Caller& caller) const REQUIRES_SHARED(mu_);
  StatusOr<ResolvedPath> Resolve(const std::string& path) const REQUIRES_SHARED(mu_);
  // For a name that is to be made: also checks its text, and that no file stands in the way.
  StatusOr<ResolvedPath> ResolveNew(const std::string& path) const REQUIRES_SHARED(mu_);
  // As Resolve, and the path must be a file: kFileNotFound.
  StatusOr<ResolvedPath> ResolveFile(const std::string& path) const REQUIRES_SHARED(mu_);
  // kSafeMode "<doing>. Name node is in safe mode." and why, on further lines.
  Status CheckNotInSafeMode(const std::string& doing) const;
  // Appends `op` to the log and applies it. With `retried`, its identity goes into the edit.
  void Log(proto::edits::EditOp* op, const Caller* retried = nullptr) REQUIRES(mu_);
  // The first answer to this very call, if it has come before.
  const RetryCache::Entry* FindRetry(const Caller& caller) const REQUIRES_SHARED(mu_);
  int64_t NowMs() const { return clock_->WallMillis(); }
  // The file `holder` has open, by id or path; Hadoop's LeaseExpired texts.
  StatusOr<Inode*> FileOpenFor(const std::string& path, InodeId file_id,
                               const std::string& holder) const REQUIRES_SHARED(mu_);
  // The file whose last block is `block` and which `client_name` has open (pipeline recovery).
  StatusOr<Inode*> FileWritingBlock(const ExtendedBlock& block,
                                    const std::string& client_name) const REQUIRES_SHARED(mu_);
  static FileBlocks BlocksOf(const Inode& file) {
    return {{file.blocks.begin(), file.blocks.end()}, file.open};
  }
  LocatedBlocks Locate(const Caller& caller, const FileBlocks& file, int64_t offset,
                       int64_t length) const;
  Status CheckBlockPool(const ExtendedBlock& block) const;
  // kMaxDirectoryItems when `parent` takes no further entry.
  Status CheckRoom(const Inode& parent) const REQUIRES_SHARED(mu_);
  Status CheckReplication(const std::string& path, int32_t replication,
                          const std::string& client_name) const;
  // Every non-empty directory of the subtree must give the user all rights (delete, to trash).
  Status CheckSubtree(const Caller& caller, const std::string& path) EXCLUDES(mu_);
  // Runs `attempt` until it answers, for at most options.hold_limit; then `timeout` is the answer.
  template <typename T>
  void Hold(Attempt<T> attempt, StatusOr<T> timeout, HeldCall<T> held);

  // ---- parts of single operations --------------------------------------------------------------

  std::optional<StatusOr<LocatedBlock>> TryAddBlock(const Caller& caller, const AddBlockArgs& args,
                                                    const WaitForFile* wait) EXCLUDES(mu_);
  StatusOr<std::optional<LocatedBlock>> AllocateBlock(const Caller& caller,
                                                      const AddBlockArgs& args,
                                                      const WaitForFile* wait) REQUIRES(mu_);
  std::optional<StatusOr<bool>> TryComplete(const std::string& path, const std::string& client_name,
                                            const std::optional<ExtendedBlock>& last,
                                            InodeId file_id, const WaitForFile* wait) EXCLUDES(mu_);
  StatusOr<FileStatus> RetriedCreate(const RetryCache::Entry& entry) const REQUIRES_SHARED(mu_);
  StatusOr<AppendResult> RetriedAppend(const Caller& caller, const RetryCache::Entry& entry,
                                       uint32_t flags) const REQUIRES_SHARED(mu_);
  struct TreeCounts;
  StatusOr<TreeCounts> CountTree(const Caller& caller, const std::string& path) EXCLUDES(mu_);
  void UpdateAccessTime(InodeId file) EXCLUDES(mu_);
  // Closes the file, or starts the recovery of its last block. True: it is closed.
  StatusOr<bool> ReleaseLease(Inode* file) REQUIRES(mu_);
  // create, append and recoverLease meeting a file. True: it is closed now.
  StatusOr<bool> TakeOverLease(const char* operation, Inode* file, const std::string& path,
                               const std::string& holder, const std::string& host, bool force)
      REQUIRES(mu_);
  void CheckLeases() EXCLUDES(mu_);

  // ---- life (namesystem.cc, background.cc) -----------------------------------------------------

  void RestoreBlocks() REQUIRES(mu_);
  void ApplySynchronized(const BlockEffect& effect) EXCLUDES(mu_);
  void RestartRecovery(const BlockEffect& effect) EXCLUDES(mu_);
  void RememberDatanode(const DatanodeId& id) EXCLUDES(mu_);
  void ScheduleFreeing();
  void FreeDetached() EXCLUDES(mu_);
  void CheckpointIfDue() EXCLUDES(mu_);
  void WriteCheckpoint() EXCLUDES(mu_);

  // Constant after construction.
  const NamesystemOptions options_;
  const Clock* const clock_;
  Timer* const timer_;
  Executor* const executor_;
  Executor* const reply_executor_;
  BlockManager* const blocks_;
  DatanodeManager* const datanodes_;
  const std::function<void(Status)> on_fatal_;

  const std::unique_ptr<LocalJournal> journal_;
  const std::unique_ptr<Image> image_;
  std::unique_ptr<EditLog> edit_log_;           // constant after Load
  std::unique_ptr<Checkpointer> checkpointer_;  // constant after Load

  mutable SharedMutex mu_;
  NamespaceState state_ GUARDED_BY(mu_);
  LeaseManager* const leases_;  // in state_; has a lock of its own, so what needs no mu_ uses this

  HeldCalls held_;
  std::atomic<bool> freeing_{false};        // a round is posted or running
  std::atomic<bool> checkpointing_{false};  // likewise
  std::atomic<int64_t> checkpoint_txid_{0};
  std::atomic<int64_t> checkpoint_time_ms_{0};
  TimePoint last_checkpoint_;  // the checkpoint timer's alone
  TimerHandle lease_timer_;
  TimerHandle checkpoint_timer_;
  TimerHandle held_timer_;
  WorkGuard guard_;  // last: background work ends first
};

}  // namespace tusk::namenode
