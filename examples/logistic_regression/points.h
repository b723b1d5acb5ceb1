// The points that logistic regression learns from, and their text: "y x1 ... x10" on each line.
//
// Point n of a generated file is a function of n and the seed alone, so any task can make any
// range. Its label y is 1 or -1; each feature is a bell-shaped random number (the sum of four
// uniform ones: the same bits on every machine) moved by kShift in the label's direction.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace logistic_regression {

inline constexpr size_t kFeatures = 10;
using Features = std::array<double, kFeatures>;

struct Point {
  Features x{};
  double y = 0;
};

namespace internal {

// SplitMix64: number to 64 random bits.
inline uint64_t Mix(uint64_t z) {
  z += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// Mean 0, variance 1, from four times 16 bits.
inline double BellShaped(uint64_t bits) {
  const auto sum = static_cast<double>((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) +
                                       (bits >> 32 & 0xFFFF) + (bits >> 48));
  return (sum - 2 * 65535.0) / (65536.0 * 0.5773502691896258);
}

inline const char* ParseNumber(const char* at, const char* end, double* out) {
  while (at < end && *at == ' ') ++at;
  const auto parsed = std::from_chars(at, end, *out);
  return parsed.ec == std::errc() && std::isfinite(*out) ? parsed.ptr : nullptr;
}

}  // namespace internal

inline Point MakePoint(uint64_t row, uint64_t seed) {
  constexpr double kShift = 0.35;
  Point point;
  const uint64_t base = internal::Mix(seed) + row * (kFeatures + 1);
  point.y = (internal::Mix(base) & 1) != 0 ? 1 : -1;
  for (size_t j = 0; j < kFeatures; ++j) {
    point.x[j] = internal::BellShaped(internal::Mix(base + 1 + j)) + kShift * point.y;
  }
  return point;
}

// Appends the point's text without a line end; `after_label` says where the label ends in it.
inline void AppendPoint(const Point& point, std::string* out, size_t* after_label = nullptr) {
  char digits[32];
  out->append(point.y > 0 ? "1" : "-1");
  if (after_label != nullptr) *after_label = out->size();
  for (const double x : point.x) {
    const auto end =
        std::to_chars(digits, digits + sizeof(digits), x, std::chars_format::fixed, 6).ptr;
    out->push_back(' ');
    out->append(digits, static_cast<size_t>(end - digits));
  }
}

// False when the line is no point: other than 11 finite numbers, or a label other than 1 and -1.
inline bool ParsePoint(std::string_view line, Point* out) {
  const char* at = line.data();
  const char* const end = at + line.size();
  at = internal::ParseNumber(at, end, &out->y);
  if (at == nullptr || (out->y != 1 && out->y != -1)) return false;
  for (double& x : out->x) {
    if (at == end || *at != ' ') return false;
    at = internal::ParseNumber(at, end, &x);
    if (at == nullptr) return false;
  }
  while (at < end && *at == ' ') ++at;
  return at == end;
}

// What a program says of such a line.
inline std::string NotAPoint(std::string_view line) {
  return "not a point 'y x1 ... x10' with y 1 or -1: '" + std::string(line.substr(0, 200)) + "'";
}

}  // namespace logistic_regression
