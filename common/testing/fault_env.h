// A disk in memory that forgets, at a crash, whatever was not synced: bytes without Sync, names
// (created, renamed, removed) without SyncDir. And stops at the n-th write.
//
//   FaultEnv env;
//   ... run against &env ...
//   for (int n = 1; ; ++n) { FaultEnv env; env.FailAfterWrites(n); Run(&env);
//                            env.Crash(); check recovery; if (!env.failed()) break; }
//
// What a power loss may do is played at its worst: everything unsynced is gone. With KeepTornTail
// a prefix of unsynced appends stays, as a disk may have written it; with TearAtCrash a random part
// of everything unsynced.
// Threads: thread-safe. fd() of its files is -1.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/concurrent/mutex.h"
#include "common/io/env.h"

namespace tusk {

class FaultEnv final : public Env {
 public:
  FaultEnv();
  ~FaultEnv() override;

  // Power loss: unsynced data is gone, open files fail from now on, locks are free. Then work goes
  // on with what was durable; a pending FailAfterWrites ends.
  void Crash() EXCLUDES(mu_);
  // At Crash the first `bytes` unsynced bytes of each file survive.
  void KeepTornTail(int64_t bytes) EXCLUDES(mu_);
  // At Crash each file keeps a random prefix of its unsynced appends, at times with zeros behind it
  // (the file had grown, the bytes were not there yet); where old bytes were written over, each
  // sector is the old one or the new one. Of the names that were made, changed and
  // removed a random number survives, the oldest ones, as in the journal of a file system.
  void TearAtCrash(uint64_t seed) EXCLUDES(mu_);

  // The n-th change from now (write, sync, create, rename, remove, sync of a folder; 1 = the next)
  // and all later ones fail with kUnavailable until Crash: the machine has stopped.
  void FailAfterWrites(int64_t n) EXCLUDES(mu_);
  bool failed() const EXCLUDES(mu_);
  // Changes so far.
  int64_t writes() const EXCLUDES(mu_);

  // Bytes that fit on the disk; kResourceExhausted beyond. Default: no limit.
  void SetCapacity(int64_t bytes) EXCLUDES(mu_);
  // Syncs fail with kDataLoss (an I/O error) while set.
  void FailSyncs(bool fail) EXCLUDES(mu_);
  // Another disk with the same folders and files, for a look that must not change this one. To be
  // called when nothing is unsynced: after a Crash.
  std::unique_ptr<FaultEnv> Copy() const EXCLUDES(mu_);
  // Flips one bit of a file, durably.
  Status Corrupt(const std::string& path, int64_t offset) EXCLUDES(mu_);

  using Env::Open;
  StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode,
                                       int permissions) override EXCLUDES(mu_);
  StatusOr<FileInfo> Stat(const std::string& path) override EXCLUDES(mu_);
  StatusOr<std::vector<DirEntry>> List(const std::string& dir) override EXCLUDES(mu_);
  Status MakeDir(const std::string& dir) override EXCLUDES(mu_);
  Status MakeDirs(const std::string& dir) override EXCLUDES(mu_);
  Status Remove(const std::string& path) override EXCLUDES(mu_);
  Status Rename(const std::string& from, const std::string& to) override EXCLUDES(mu_);
  Status HardLink(const std::string& existing, const std::string& link) override EXCLUDES(mu_);
  Status SyncDir(const std::string& dir) override EXCLUDES(mu_);
  StatusOr<DiskSpace> Space(const std::string& path) override EXCLUDES(mu_);
  StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override EXCLUDES(mu_);

 private:
  friend class FaultFile;
  friend class FaultLock;
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  // An entry of a folder that is not durable yet; a rename is two with one number.
  struct NameChange {
    int64_t number = 0;
    NodePtr dir;
    std::string name;
    NodePtr node;  // null: removed
  };

  // Counts a change, or refuses it because the machine has stopped.
  Status ChangeLocked(const std::string& what) REQUIRES(mu_);
  NodePtr FindLocked(const std::string& path) const REQUIRES(mu_);
  // Puts or (node null) removes an entry of a folder, not durably.
  void SetEntryLocked(const NodePtr& dir, const std::string& name, NodePtr node) REQUIRES(mu_);
  // Makes the oldest of the unsynced names durable, a random number of them.
  void KeepSomeNamesLocked() REQUIRES(mu_);
  // The folder that `path` stands or would stand in.
  StatusOr<NodePtr> ParentLocked(const std::string& path) const REQUIRES(mu_);
  // Whether the disk has room for `bytes` more.
  Status ReserveLocked(int64_t bytes, const std::string& path) REQUIRES(mu_);

  mutable Mutex mu_;
  NodePtr root_ GUARDED_BY(mu_);
  int64_t generation_ GUARDED_BY(mu_) = 0;  // of crashes: older open files are dead
  int64_t writes_ GUARDED_BY(mu_) = 0;
  int64_t fail_at_ GUARDED_BY(mu_) = -1;
  bool failed_ GUARDED_BY(mu_) = false;
  bool fail_syncs_ GUARDED_BY(mu_) = false;
  int64_t torn_bytes_ GUARDED_BY(mu_) = 0;
  std::optional<Random> tear_ GUARDED_BY(mu_);
  std::vector<NameChange> unsynced_names_ GUARDED_BY(mu_);  // oldest first
  int64_t capacity_ GUARDED_BY(mu_) = -1;
  std::set<std::string> locks_ GUARDED_BY(mu_);
};

}  // namespace tusk
