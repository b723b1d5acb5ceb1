// Merges sorted record sources into one, by a tree of losers: log2(n) comparisons a record.
//
// Equal keys come in the order of the sources, and within a source in its own order: with sources
// in order of map index the result is the same in every run and mode. Threads: not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mapreduce/engine/shuffle/record.h"

namespace tusk::mapreduce {

std::unique_ptr<RecordSource> MergeSources(std::vector<std::unique_ptr<RecordSource>> sources,
                                           KeyComparison comparison = KeyComparison());

// One source after the other, for shuffles without an order.
std::unique_ptr<RecordSource> ConcatenateSources(
    std::vector<std::unique_ptr<RecordSource>> sources);

// Cuts an ordered source into groups of equal keys.
//   while (groups.NextGroup()) { use groups.key(); while (groups.NextValue()) use groups.value(); }
// Values that were not taken are skipped by the next NextGroup().
class GroupedRecords {
 public:
  explicit GroupedRecords(std::unique_ptr<RecordSource> source,
                          KeyComparison comparison = KeyComparison());

  bool NextGroup();
  bool NextValue();
  // The group's key; valid until the next NextGroup().
  const std::string& key() const { return key_; }
  // Valid until the next NextValue() or NextGroup().
  std::string_view value() const { return source_->record().value; }
  Status status() const { return source_->status(); }

 private:
  const std::unique_ptr<RecordSource> source_;
  const KeyComparison comparison_;
  std::string key_;
  bool started_ = false;
  bool ended_ = false;     // the source is at its end
  bool at_first_ = false;  // the source stands on a value of this group not yet given out
  bool in_group_ = false;  // more values of this group may come
};

}  // namespace tusk::mapreduce
