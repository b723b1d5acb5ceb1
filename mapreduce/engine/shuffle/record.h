// A record of a shuffle: encoded key and value, and the ways to walk over many of them.
//
// Keys are compared encoded, bytewise or by a KeyOrder of the job; no comparison ever decodes.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "common/base/status.h"
#include "mapreduce/engine/plan/shuffle.h"

namespace tusk::mapreduce {

struct Record {
  std::string_view key;
  std::string_view value;
};

// Walks over records in order. Not thread-safe.
//   while (source->Next()) Use(source->record());
//   RETURN_IF_ERROR(source->status());
class RecordSource {
 public:
  virtual ~RecordSource() = default;

  // Moves to the next record; false at the end or on an error (then status() says which).
  virtual bool Next() = 0;
  // Valid until the next call of Next().
  virtual const Record& record() const = 0;
  virtual Status status() const = 0;
};

// A record's size in the encoding of sort buffer and spill: two varints, key, value.
size_t EncodedRecordSize(std::string_view key, std::string_view value);

// Orders keys: bytewise, where a job has no order of its own. Cheap to copy.
class KeyComparison {
 public:
  explicit KeyComparison(const KeyOrder* order = nullptr) : order_(order) {}

  // Equal prefixes say nothing: compare the keys then.
  uint64_t Prefix(std::string_view key) const {
    if (order_ != nullptr) return order_->Prefix(key);
    uint64_t prefix = 0;
    std::memcpy(&prefix, key.data(), key.size() < 8 ? key.size() : 8);
    return __builtin_bswap64(prefix);
  }
  int Compare(std::string_view a, std::string_view b) const {
    return order_ != nullptr ? order_->Compare(a, b) : a.compare(b);
  }

 private:
  const KeyOrder* order_;
};

}  // namespace tusk::mapreduce
