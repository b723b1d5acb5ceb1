// First answers of calls that must not run twice, by client id and call id: a retry gets the same.
//
// The edits carry the key, so replay fills it as the live call did; a checkpoint holds the entries,
// so edits below its tag are never read again. Bounded; the oldest goes first.
//
// Threads: not thread-safe (the namesystem's lock).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tusk::namenode {

class RetryCache {
 public:
  struct Entry {
    std::string key;
    int64_t time_ms = 0;  // wall time of the call
    std::string answer;   // depends on the method; empty for most
  };

  explicit RetryCache(int64_t max_entries, int64_t expiry_ms)
      : max_entries_(max_entries), expiry_ms_(expiry_ms) {}

  // Empty when the call has no identity: it is then never found.
  static std::string Key(std::string_view client_id, int32_t call_id);

  // Null when unknown or expired at `now_ms`.
  const Entry* Find(const std::string& key, int64_t now_ms) const;
  void Add(Entry entry);
  void DropExpired(int64_t now_ms, int limit);

  size_t size() const { return queue_.size(); }

  // ---- checkpoints: entries are numbered as they come ------------------------------------------

  uint64_t next_number() const { return first_number_ + queue_.size(); }
  // Null when entry `number` has gone.
  const Entry* At(uint64_t number) const;
  // Keys of entries that went since the last call.
  std::vector<std::string> TakeDropped() { return std::exchange(dropped_, {}); }

 private:
  void PopFront();

  const int64_t max_entries_;
  const int64_t expiry_ms_;
  std::deque<Entry> queue_;  // oldest first
  uint64_t first_number_ = 0;
  std::unordered_map<std::string, uint64_t> numbers_;
  std::vector<std::string> dropped_;
};

}  // namespace tusk::namenode
