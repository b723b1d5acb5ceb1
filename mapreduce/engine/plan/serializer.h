// Bytes of values that travel between the processes of one job: bound values, splits, records.
//
// Both sides are the same binary on the same kind of machine: native byte order, no versions.
// Codec<T> (mapreduce/rdd/codec.h) stands on these two classes. A Reader never reads past its
// input: after the first short read every later one fails too, so one ok() at the end is enough.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/base/bytes.h"

namespace tusk {

class Writer {
 public:
  Writer() : out_(&own_) {}
  explicit Writer(std::string* out) : out_(out) {}  // appends to it
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Arithmetic and enum types, in native order.
  template <class T>
  void Raw(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    out_->append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void Bytes(const void* from, size_t count) {
    out_->append(static_cast<const char*>(from), count);
  }
  void Varint(uint64_t value) { AppendVarint(out_, value); }
  void String(std::string_view value) { AppendLengthPrefixed(out_, value); }

  const std::string& str() const { return *out_; }
  std::string Take() { return std::move(*out_); }
  size_t size() const { return out_->size(); }

 private:
  std::string own_;
  std::string* const out_;
};

class Reader {
 public:
  explicit Reader(std::string_view input) : in_(input) {}

  bool ok() const { return ok_ && in_.ok(); }
  bool AtEnd() const { return in_.AtEnd(); }
  // For a codec that met bytes it cannot have written.
  void Fail() { ok_ = false; }

  template <class T>
  bool Raw(T* out) {
    static_assert(std::is_trivially_copyable_v<T>);
    if constexpr (std::is_same_v<T, bool>) {
      return Bool(out);
    } else {
      return Bytes(out, sizeof(T));
    }
  }
  bool Bytes(void* to, size_t count) {
    std::string_view bytes;
    if (!ok_ || !in_.ReadBytes(count, &bytes)) return false;
    if (count > 0) std::memcpy(to, bytes.data(), count);  // `to` may be an empty vector's null
    return true;
  }
  bool Varint(uint64_t* out) { return ok_ && in_.ReadVarint(out); }
  // The view points into the input.
  bool String(std::string_view* out) { return ok_ && in_.ReadLengthPrefixed(out); }
  bool String(std::string* out) {
    std::string_view view;
    if (!String(&view)) return false;
    out->assign(view);
    return true;
  }
  size_t remaining() const { return in_.rest().size(); }

 private:
  // A byte that is neither 0 nor 1 is no bool: one that held it would be undefined behaviour.
  bool Bool(bool* out) {
    uint8_t byte = 0;
    if (!Bytes(&byte, 1)) return false;
    if (byte > 1) {
      Fail();
      return false;
    }
    *out = byte == 1;
    return true;
  }

  ByteReader in_;
  bool ok_ = true;
};

}  // namespace tusk
