// Reading and writing of fixed-width and varint integers in byte strings.
//
// ByteReader never reads past its input: a short or malformed input makes it fail, and every later
// read fails too, so one check at the end is enough.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tusk {

// Every wire and disk format of Hadoop is big-endian ("network order").
template <std::integral T>
constexpr T ByteSwap(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
}

template <std::integral T>
T LoadBigEndian(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return std::endian::native == std::endian::little ? ByteSwap(value) : value;
}

template <std::integral T>
void StoreBigEndian(void* to, T value) {
  if constexpr (std::endian::native == std::endian::little) value = ByteSwap(value);
  std::memcpy(to, &value, sizeof(T));
}

template <std::integral T>
void AppendBigEndian(std::string* out, T value) {
  char bytes[sizeof(T)];
  StoreBigEndian(bytes, value);
  out->append(bytes, sizeof(T));
}

// Protobuf's unsigned varint: seven bits per byte, low ones first, at most ten bytes.
inline void AppendVarint(std::string* out, uint64_t value) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

inline size_t VarintSize(uint64_t value) {
  size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

inline void AppendLengthPrefixed(std::string* out, std::string_view bytes) {
  AppendVarint(out, bytes.size());
  out->append(bytes);
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view input) : rest_(input) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }
  bool AtEnd() const { return rest_.empty(); }

  template <std::integral T>
  bool ReadBigEndian(T* out) {
    if (!Need(sizeof(T))) return false;
    *out = LoadBigEndian<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return true;
  }

  bool ReadVarint(uint64_t* out) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!Need(1)) return false;
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) {
        *out = value;
        return true;
      }
    }
    ok_ = false;
    return false;
  }

  // The result points into the input.
  bool ReadBytes(size_t count, std::string_view* out) {
    if (!Need(count)) return false;
    *out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return true;
  }

  bool ReadLengthPrefixed(std::string_view* out) {
    uint64_t size = 0;
    return ReadVarint(&size) && ReadBytes(size, out);
  }

 private:
  bool Need(size_t count) {
    if (ok_ && rest_.size() >= count) return true;
    ok_ = false;
    return false;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tusk
