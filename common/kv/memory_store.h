// KvStore in memory, for tests: with synced and unsynced state, so that a power loss can be played.
//
// Threads: thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/concurrent/mutex.h"
#include "common/kv/kv_store.h"

namespace tusk {

class MemoryStore final : public KvStore {
 public:
  StatusOr<std::string> Get(std::string_view key) override EXCLUDES(mu_);
  Status Write(const KvBatch& batch, WriteSync sync) override EXCLUDES(mu_);
  std::unique_ptr<KvIterator> NewIterator() override EXCLUDES(mu_);
  void Compact(std::string_view, std::string_view) override {}

  // Takes back every write since the last synced one.
  void LosePower() EXCLUDES(mu_);
  // The next writes fail with `status` (Ok ends it).
  void FailWrites(Status status) EXCLUDES(mu_);
  size_t size() const EXCLUDES(mu_);

 private:
  using Map = std::map<std::string, std::string, std::less<>>;

  mutable Mutex mu_;
  // Shared with iterators, which see the map as it was: a write copies it when one holds it.
  std::shared_ptr<Map> live_ GUARDED_BY(mu_) = std::make_shared<Map>();
  Map synced_ GUARDED_BY(mu_);
  Status write_failure_ GUARDED_BY(mu_);
};

}  // namespace tusk
