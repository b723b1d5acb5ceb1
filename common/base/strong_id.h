// Ids that do not mix: StrongId<struct BlockIdTag> and StrongId<struct InodeIdTag> do not convert.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <ostream>

namespace tusk {

template <typename Tag, typename Rep = int64_t>
class StrongId {
 public:
  using RepType = Rep;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

  friend std::ostream& operator<<(std::ostream& out, StrongId id) { return out << id.value_; }

 private:
  Rep value_ = 0;
};

}  // namespace tusk

template <typename Tag, typename Rep>
struct std::hash<tusk::StrongId<Tag, Rep>> {
  size_t operator()(tusk::StrongId<Tag, Rep> id) const noexcept {
    // Block ids are consecutive: spread them, so that tables with a power-of-two size stay even.
    return static_cast<size_t>(static_cast<uint64_t>(id.value()) * 0x9E3779B97F4A7C15ull >> 7);
  }
};
