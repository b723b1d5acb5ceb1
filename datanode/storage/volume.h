// One data directory: its identity, its folders, its room, its index.
//
//   <dir>/in_use.lock
//   <dir>/current/VERSION
//   <dir>/current/<pool>/current/finalized/subdirN/subdirM/blk_<id>, blk_<id>_<gs>.meta
//   <dir>/current/<pool>/current/rbw/...      replicas being written, or left over from a restart
//   <dir>/current/<pool>/tmp/...              copies coming in; emptied at each start
//   <dir>/current/<pool>/index/               LevelDB: the finalized replicas
//
// Owns:    the lock file, the index, the folder syncer and the accounts of its room.
// Threads: thread-safe once its pool is open.
// Fails:   a foreign or newer VERSION, or a directory in use, refuses to open, naming the cure.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/io/env.h"
#include "common/kv/kv_store.h"
#include "common/protocol/block.h"
#include "common/protocol/datanode_info.h"
#include "datanode/storage/folder_sync.h"
#include "datanode/storage/replica_index.h"
#include "datanode/storage/version_file.h"

namespace tusk::datanode {

struct VolumeSpec {
  std::string dir;
  StorageType type = StorageType::kDisk;
};

// "[SSD]file:///a", "/b", "[DISK]/c": the values of dfs.datanode.data.dir.
StatusOr<std::vector<VolumeSpec>> ParseDataDirs(const std::vector<std::string>& values);

std::string_view StorageTypeName(StorageType type);

// Opens the key-value store of a replica index in `dir`; `discard` drops what is in it.
using OpenIndex =
    std::function<StatusOr<std::unique_ptr<KvStore>>(const std::string& dir, bool discard)>;

class Volume {
 public:
  // Makes the directory where it is missing, locks it, reads its VERSION.
  static StatusOr<std::unique_ptr<Volume>> Open(Env* env, const VolumeSpec& spec,
                                                int64_t reserved_bytes);

  const std::string& dir() const { return spec_.dir; }
  StorageType type() const { return spec_.type; }
  const std::string& storage_id() const { return storage_id_; }
  // Empty before it was formatted.
  const std::optional<StorageIdentity>& identity() const { return identity_; }

  // Writes VERSION. `identity.storage_id` is taken from this volume.
  Status Format(StorageIdentity identity);
  // Makes the pool's folders, empties tmp, opens the index.
  Status OpenPool(const OpenIndex& open_index);
  ReplicaIndex* index() const { return index_.get(); }
  // Closes the index; nothing of the pool may be used afterwards.
  void ClosePool() { index_.reset(); }

  // ---- where files are --------------------------------------------------------------------------
  std::string FinalizedRoot() const;
  std::string FinalizedDir(BlockId id) const;
  std::string RbwDir() const;
  std::string TmpDir() const;
  // The folder that a replica in `state` has its files in.
  std::string DirFor(BlockId id, ReplicaState state) const;
  std::string BlockPath(BlockId id, ReplicaState state) const;
  std::string MetaPath(BlockId id, GenerationStamp stamp, ReplicaState state) const;

  Env* env() const { return env_; }
  FolderSync* folder_sync() { return &folder_sync_; }

  // ---- room -------------------------------------------------------------------------------------
  // What a replica of `length` bytes takes with its checksums (at 4 bytes for 512).
  static int64_t UsedBy(int64_t length) { return length + 7 + (length + 511) / 512 * 4; }
  // The sum of that over the replicas here.
  int64_t used_bytes() const { return used_.load(); }
  void AddUsed(int64_t bytes) { used_.fetch_add(bytes); }
  // Promised to replicas being written and not yet on the disk.
  void Reserve(int64_t bytes) { promised_.fetch_add(bytes); }
  int64_t promised_bytes() const { return promised_.load(); }
  void AddReplicas(int64_t count) { replicas_.fetch_add(count); }
  int64_t replicas() const { return replicas_.load(); }
  int64_t reserved_bytes() const { return reserved_bytes_; }
  // For a new replica, less what is reserved and promised; 0 when the disk does not answer.
  int64_t AvailableBytes() const;
  StorageReport Report() const EXCLUDES(mu_);

  // ---- failure ----------------------------------------------------------------------------------
  // Writes, reads and removes a small file. A full disk is not a failed one.
  Status CheckDisk();
  bool failed() const EXCLUDES(mu_);
  std::string failure() const EXCLUDES(mu_);
  void MarkFailed(const std::string& why) EXCLUDES(mu_);

 private:
  Volume(Env* env, VolumeSpec spec, int64_t reserved_bytes);

  std::string PoolDir() const;

  Env* const env_;
  const VolumeSpec spec_;
  const int64_t reserved_bytes_;
  // Set once, before the volume is shared.
  std::unique_ptr<FileLock> lock_;
  std::optional<StorageIdentity> identity_;
  std::string storage_id_;
  std::unique_ptr<ReplicaIndex> index_;

  FolderSync folder_sync_;
  std::atomic<int64_t> used_{0};
  std::atomic<int64_t> promised_{0};
  std::atomic<int64_t> replicas_{0};

  mutable Mutex mu_;
  std::string failure_ GUARDED_BY(mu_);  // empty: works
};

}  // namespace tusk::datanode
