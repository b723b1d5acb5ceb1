// Names in big chunks, referred to by 32-bit numbers: a name costs its bytes, one of length, and
// the rounding up to four.
//
// Threads: not thread-safe. A name's bytes stay where they are until it is freed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace tusk::namenode {

class NameArena {
 public:
  static constexpr size_t kMaxName = 255;

  // `name` is at most 255 bytes.
  uint32_t Add(std::string_view name);
  void Free(uint32_t at);
  std::string_view Get(uint32_t at) const {
    const char* entry = Entry(at);
    return {entry + 1, static_cast<unsigned char>(entry[0])};
  }

  size_t allocated_bytes() const { return chunks_.size() * kChunkBytes; }

 private:
  static constexpr size_t kUnit = 4;
  static constexpr size_t kChunkBytes = 1 << 18;
  static constexpr size_t kUnitsPerChunk = kChunkBytes / kUnit;
  static constexpr size_t kClasses = (1 + kMaxName + kUnit - 1) / kUnit + 1;

  static size_t Units(size_t name_size) { return (1 + name_size + kUnit - 1) / kUnit; }
  const char* Entry(uint32_t at) const {
    return chunks_[at / kUnitsPerChunk].get() + (at % kUnitsPerChunk) * kUnit;
  }
  char* Entry(uint32_t at) {
    return chunks_[at / kUnitsPerChunk].get() + (at % kUnitsPerChunk) * kUnit;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t used_units_ = kUnitsPerChunk;                // of the last chunk; full when there is none
  std::array<std::vector<uint32_t>, kClasses> free_;  // by size in units
};

}  // namespace tusk::namenode
