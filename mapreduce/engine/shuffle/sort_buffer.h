// Collects one map attempt's output in a bounded buffer and sorts it by (partition, key).
//
// Records lie one after the other in an arena; sorting moves 16-byte entries (key prefix, place)
// only. Records with equal keys keep the order in which they were added, so that outputs are the
// same byte for byte in every run and mode.
//
// Owns:    the arena, allocated once with its full capacity and reused after Clear().
// Threads: not thread-safe; one writer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mapreduce/engine/shuffle/record.h"

namespace tusk::mapreduce {

class SortBuffer {
 public:
  // `capacity_bytes` bounds arena and entries together. Without `sorted` records keep the order in
  // which they came within their partition.
  SortBuffer(int partitions, int64_t capacity_bytes, bool sorted = true,
             KeyComparison comparison = KeyComparison());

  // False when there is no room: sort, spill, Clear, then add again. A record larger than the whole
  // buffer is taken by an empty one.
  bool Add(int partition, std::string_view key, std::string_view value);

  // Orders what was added. Call once between the last Add and the first Partition().
  void Sort();

  // The sorted records of one partition; the buffer must outlive the source.
  std::unique_ptr<RecordSource> Partition(int partition) const;
  int64_t RecordCount(int partition) const;

  // Empties it; the memory stays for what comes next, unless `release`.
  void Clear(bool release = false);

  bool empty() const { return entries_.empty(); }
  int64_t bytes_used() const;
  int64_t records() const { return static_cast<int64_t>(entries_.size()); }
  int partitions() const { return partitions_; }

 private:
  struct Entry {
    uint64_t prefix;
    uint64_t place;  // partition in the high 24 bits, offset in the arena below
  };
  class Source;

  std::string_view KeyAt(uint64_t offset) const;
  bool Less(const Entry& a, const Entry& b) const;
  void SortRange(Entry* begin, Entry* end);

  const int partitions_;
  const int64_t capacity_bytes_;
  const bool sorted_;
  const KeyComparison comparison_;
  std::string arena_;
  std::vector<Entry> entries_;
  std::vector<size_t> bounds_;  // after Sort: first entry of each partition, and the end
};

}  // namespace tusk::mapreduce
