// A record of a shuffle: encoded key and value, and the ways to walk over many of them.
//
// Keys are ordered by their encoded bytes (memcmp): every key type's codec preserves its order, so
// no comparison ever decodes.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "common/base/status.h"

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

// Takes records one by one.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual Status Add(std::string_view key, std::string_view value) = 0;
};

// A record's size in the encoding of sort buffer and spill: two varints, key, value.
size_t EncodedRecordSize(std::string_view key, std::string_view value);

// The first eight bytes of a key as a number that orders as the bytes do; shorter keys are padded
// with zeros, so equal prefixes say nothing: compare the keys then.
inline uint64_t KeyPrefix(std::string_view key) {
  uint64_t prefix = 0;
  std::memcpy(&prefix, key.data(), key.size() < 8 ? key.size() : 8);
  return __builtin_bswap64(prefix);
}

}  // namespace tusk::mapreduce
