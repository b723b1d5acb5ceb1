// The map outputs that one runner keeps for its readers in memory mode.
//
// An output is one string of bytes, its partitions one after the other (spill_file.h). Under memory
// pressure the largest outputs go to files in the runner's directory; a reader does not notice.
//
// Owns:    the bytes, their share of the memory ledger, the files.
// Threads: thread-safe. Bytes handed out stay valid while they are held.
// On disk: `<directory>/<path with / as _>`; removed with the output and by the destructor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/memory_ledger.h"

namespace tusk::mapreduce {

class MapOutputStore final : public MemoryHolder {
 public:
  // Makes the directory. `ledger` outlives the store.
  MapOutputStore(std::string directory, MemoryLedger* ledger);
  ~MapOutputStore() override;

  // Takes over `reserved` bytes of the ledger.
  void PutMemory(ShuffleId shuffle, const std::string& path, std::string bytes, int64_t reserved);
  // Takes over a file that holds the output.
  void PutFile(ShuffleId shuffle, const std::string& path, std::string file, int64_t length);

  struct Stored {
    std::shared_ptr<const std::string> bytes;  // or
    std::string file;
    int64_t length = 0;
  };
  // kNotFound when there is no such output (any more).
  StatusOr<Stored> Find(const std::string& path) const EXCLUDES(mu_);

  void Drop(ShuffleId shuffle) EXCLUDES(mu_);
  void DropOutput(const std::string& path) EXCLUDES(mu_);

  const char* name() const override { return "map outputs"; }
  int rank() const override { return 20; }
  int64_t GiveBack(int64_t bytes) override EXCLUDES(mu_);

 private:
  struct Output {
    ShuffleId shuffle;
    Stored stored;
    int64_t reserved = 0;
    bool moving = false;  // to disk, by a GiveBack
  };

  void Put(ShuffleId shuffle, const std::string& path, Stored stored, int64_t reserved)
      EXCLUDES(mu_);
  // Frees what an output that is no longer in the table held.
  void Release(const Output& output);
  std::string FileOf(const std::string& path) const;

  const std::string directory_;
  MemoryLedger* const ledger_;
  mutable Mutex mu_;
  std::map<std::string, Output> outputs_ GUARDED_BY(mu_);
};

}  // namespace tusk::mapreduce
