// The runner's cached partitions: in memory while the ledger lets them, else on local disk, else
// gone.
//
// Owns:    the cached objects and the files below its directory.
// Threads: thread-safe; the lock is not held while a partition is encoded or written.
// On disk: <directory>/<node>_<partition>.<n>: frames of length, CRC32C and bytes. Removed with the
//          entry and in the destructor; they are worth nothing to another process.
// Fails:   a partition that cannot be written is dropped: lineage recomputes it.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/concurrent/mutex.h"
#include "mapreduce/engine/plan/block_store.h"
#include "mapreduce/engine/plan/memory_ledger.h"
#include "mapreduce/engine/plan/task.h"

namespace tusk::mapreduce {

class LocalBlockStore final : public BlockStore, public MemoryHolder {
 public:
  LocalBlockStore(std::string directory, MemoryLedger* ledger);
  ~LocalBlockStore() override;

  std::optional<CachedHit> Find(LineageId node, int partition) override EXCLUDES(mu_);
  void Put(LineageId node, int partition, StorageLevel level,
           std::shared_ptr<const CachedPartition> cached, int64_t reserved) override EXCLUDES(mu_);
  StatusOr<std::unique_ptr<CachedBlockWriter>> OpenDisk(LineageId node, int partition) override
      EXCLUDES(mu_);

  void Drop(LineageId node) EXCLUDES(mu_);
  // What came and went since the last call: for the driver.
  std::vector<CachedChange> TakeChanges() EXCLUDES(mu_);
  int64_t spilled_bytes() const EXCLUDES(mu_);

  // MemoryHolder
  const char* name() const override { return "cached partitions"; }
  int rank() const override { return 10; }
  int64_t GiveBack(int64_t bytes) override EXCLUDES(mu_);

 private:
  class FileWriter;
  struct Key {
    LineageId node;
    int partition = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    StorageLevel level;
    std::shared_ptr<const CachedPartition> memory;  // until it is on disk
    int64_t reserved = 0;
    bool leaving = false;  // is being written or dropped by GiveBack
    std::string file;      // complete
    int64_t file_bytes = 0;
    std::list<Key>::iterator use;
  };

  void TouchLocked(Entry& entry) REQUIRES(mu_);
  void NoteLocked(const Key& key, const Entry* entry) REQUIRES(mu_);
  std::string NewFileLocked(const Key& key) REQUIRES(mu_);
  void EraseLocked(const Key& key, std::vector<std::string>* files, int64_t* reserved)
      REQUIRES(mu_);
  // Takes the least recently used partition in memory out; false when there is none.
  bool StartLeaving(Key* key, std::shared_ptr<const CachedPartition>* memory, std::string* file)
      EXCLUDES(mu_);
  int64_t FinishLeaving(const Key& key, const std::string& file, int64_t file_bytes) EXCLUDES(mu_);
  void FileDone(const Key& key, const std::string& file, int64_t bytes) EXCLUDES(mu_);

  const std::string directory_;
  MemoryLedger* const ledger_;

  mutable Mutex mu_;
  std::map<Key, Entry> entries_ GUARDED_BY(mu_);
  std::list<Key> uses_ GUARDED_BY(mu_);  // least recently used first
  std::vector<CachedChange> changes_ GUARDED_BY(mu_);
  int64_t next_file_ GUARDED_BY(mu_) = 0;
  int64_t spilled_bytes_ GUARDED_BY(mu_) = 0;
};

}  // namespace tusk::mapreduce
