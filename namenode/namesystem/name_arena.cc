#include "namenode/namesystem/name_arena.h"

#include <cstring>

#include "common/base/check.h"

namespace tusk::namenode {

uint32_t NameArena::Add(std::string_view name) {
  CHECK_LE(name.size(), kMaxName);
  const size_t units = Units(name.size());
  uint32_t at = 0;
  if (!free_[units].empty()) {
    at = free_[units].back();
    free_[units].pop_back();
  } else {
    if (used_units_ + units > kUnitsPerChunk) {
      CHECK_LT(chunks_.size(), (uint64_t{1} << 32) / kUnitsPerChunk) << "the name arena is full";
      chunks_.push_back(std::make_unique<char[]>(kChunkBytes));
      used_units_ = 0;
    }
    at = static_cast<uint32_t>((chunks_.size() - 1) * kUnitsPerChunk + used_units_);
    used_units_ += units;
  }
  char* entry = Entry(at);
  entry[0] = static_cast<char>(name.size());
  std::memcpy(entry + 1, name.data(), name.size());
  return at;
}

void NameArena::Free(uint32_t at) {
  free_[Units(Get(at).size())].push_back(at);
}

}  // namespace tusk::namenode
