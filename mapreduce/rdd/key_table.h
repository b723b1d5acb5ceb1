// Values by encoded key: open addressing over an arena of key bytes, for combining before a
// shuffle.
//
// Threads: not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "mapreduce/api/partitioner.h"

namespace tusk::rdd {

template <class V>
class KeyTable {
 public:
  // The key's value, and whether it is new (then V{}, to be assigned).
  std::pair<V*, bool> FindOrAdd(std::string_view key) {
    if ((entries_.size() + 1) * 2 > slots_.size()) Grow();
    const uint64_t hash = mapreduce::HashBytes(key);
    for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at] == 0) {
        slots_[at] = static_cast<uint32_t>(entries_.size() + 1);
        entries_.push_back({hash, keys_.size(), static_cast<uint32_t>(key.size()), V{}});
        keys_.append(key);
        return {&entries_.back().value, true};
      }
      Entry& entry = entries_[slots_[at] - 1];
      if (entry.hash == hash && KeyOf(entry) == key) return {&entry.value, false};
    }
  }

  // In the order in which the keys came.
  template <class Each>
  Status ForEach(Each each) const {
    for (const Entry& entry : entries_) RETURN_IF_ERROR(each(KeyOf(entry), entry.value));
    return Status::Ok();
  }

  void Clear() {
    slots_.assign(slots_.size(), 0);
    entries_.clear();
    keys_.clear();
  }

  size_t size() const { return entries_.size(); }
  // Own memory; what values hold elsewhere is the caller's to count.
  int64_t memory_bytes() const {
    return static_cast<int64_t>(slots_.capacity() * sizeof(uint32_t) +
                                entries_.capacity() * sizeof(Entry) + keys_.capacity());
  }

 private:
  struct Entry {
    uint64_t hash;
    size_t key_at;
    uint32_t key_size;
    V value;
  };

  std::string_view KeyOf(const Entry& entry) const {
    return std::string_view(keys_).substr(entry.key_at, entry.key_size);
  }

  void Grow() {
    slots_.assign(slots_.empty() ? 1024 : slots_.size() * 2, 0);
    for (size_t i = 0; i < entries_.size(); ++i) {
      size_t at = entries_[i].hash & (slots_.size() - 1);
      while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = static_cast<uint32_t>(i + 1);
    }
  }

  std::vector<uint32_t> slots_;  // entry number + 1; 0: free
  std::vector<Entry> entries_;
  std::string keys_;
};

}  // namespace tusk::rdd
