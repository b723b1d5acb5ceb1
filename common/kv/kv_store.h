// An ordered map from byte strings to byte strings, kept on disk (LevelDB) or, in tests, in memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace tusk {

// Changes applied together: all of them or none, also over a crash.
class KvBatch {
 public:
  struct Change {
    std::string key;
    std::string value;
    bool deletes = false;
  };

  void Put(std::string key, std::string value) {
    bytes_ += key.size() + value.size();
    changes_.push_back({std::move(key), std::move(value), false});
  }
  void Delete(std::string key) {
    bytes_ += key.size();
    changes_.push_back({std::move(key), {}, true});
  }
  void Clear() {
    changes_.clear();
    bytes_ = 0;
  }

  const std::vector<Change>& changes() const { return changes_; }
  bool empty() const { return changes_.empty(); }
  // Of keys and values: callers cut batches by it.
  size_t bytes() const { return bytes_; }

 private:
  std::vector<Change> changes_;
  size_t bytes_ = 0;
};

// Walks in key order over the store as it was when the iterator was made.
//
//   for (it->Seek("a"); it->Valid(); it->Next()) { it->key(); it->value(); }
//   RETURN_IF_ERROR(it->status());       // invalid may mean the end or a damaged file
class KvIterator {
 public:
  virtual ~KvIterator() = default;

  virtual void SeekToFirst() = 0;
  // The first key that is not less than `key`.
  virtual void Seek(std::string_view key) = 0;
  virtual bool Valid() const = 0;
  virtual void Next() = 0;
  // Valid until the next move.
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual Status status() const = 0;
};

enum class WriteSync : bool {
  kNo,   // survives the end of the process, not a power loss
  kYes,  // and a power loss; earlier unsynced writes need not (LevelDB syncs its current log only)
};

// Threads: thread-safe; an iterator belongs to one thread.
class KvStore {
 public:
  virtual ~KvStore() = default;

  // kNotFound when there is none, kDataLoss when the file is damaged.
  virtual StatusOr<std::string> Get(std::string_view key) = 0;
  virtual Status Write(const KvBatch& batch, WriteSync sync) = 0;
  // Must not outlive the store. Reads verify checksums.
  virtual std::unique_ptr<KvIterator> NewIterator() = 0;
  // Gives back the space of what was overwritten or deleted in [first, last].
  virtual void Compact(std::string_view first, std::string_view last) = 0;

  Status Put(std::string key, std::string value, WriteSync sync) {
    KvBatch batch;
    batch.Put(std::move(key), std::move(value));
    return Write(batch, sync);
  }
  Status Delete(std::string key, WriteSync sync) {
    KvBatch batch;
    batch.Delete(std::move(key));
    return Write(batch, sync);
  }
};

}  // namespace tusk
