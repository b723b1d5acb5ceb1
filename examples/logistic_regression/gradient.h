// Gradient descent on the logistic loss: the arithmetic, the same in all three ways of running it.
//
// A gradient is summed point by point in the order of the input, and partial ones in the order of
// partitions, so the ways agree to the last bits whatever their batches are.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "points.h"

namespace logistic_regression {

using Weights = Features;

// Of some points: the sum of the loss's derivatives, and how many points.
struct Gradient {
  Features sum{};
  int64_t points = 0;
};

namespace internal {

inline constexpr size_t kBatch = 256;

// Eight features and two: the loads and sums of a point as the processor has them. Written so and
// not left to the compiler, which takes half as wide ones where it does not know the processor.
using Eight = double __attribute__((vector_size(64)));
using Two = double __attribute__((vector_size(16)));
using EightBits = uint64_t __attribute__((vector_size(64)));
static_assert(kFeatures == 10);

// e^values, |values| <= 700, to some units in the last place. Without branches and calls, so that
// eight are computed at a time; std::exp would be most of an iteration's time. e^v = 2^n e^r with
// n = round(v / ln 2): a polynomial for |r| <= ln(2) / 2, and n put into the exponent's bits.
inline __attribute__((always_inline)) void Exponentials(Eight* values) {
  constexpr double kRound = 0x1.8p52;  // adding it rounds to an integer, which its low bits show
  constexpr double kLog2E = 1.4426950408889634;
  constexpr double kLn2High = 0x1.62e42fefa38p-1;
  constexpr double kLn2Low = 0x1.ef35793c7673p-45;
  const Eight rounded = *values * kLog2E + kRound;
  const Eight n = rounded - kRound;
  const Eight r = (*values - n * kLn2High) - n * kLn2Low;
  Eight p = r * (1.0 / 6227020800) + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  constexpr uint64_t kOne = 0x3FF0000000000000ull;
  *values = p * reinterpret_cast<Eight>((reinterpret_cast<EightBits>(rounded) << 52) + kOne);
}

// One version for each generation of processors; the loader takes the one that runs here.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define LR_FOR_EACH_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LR_FOR_EACH_PROCESSOR
#endif

// Of at most kBatch points.
LR_FOR_EACH_PROCESSOR inline void AddBatch(const Point* points, size_t count,
                                           const Weights& weights, Gradient* gradient) {
  alignas(Eight) double factor[kBatch] = {};
  Eight x;
  Two rest;
  Eight w;
  Two w_rest;
  std::memcpy(&w, &weights[0], sizeof(w));
  std::memcpy(&w_rest, &weights[8], sizeof(w_rest));
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(&x, &points[i].x[0], sizeof(x));
    std::memcpy(&rest, &points[i].x[8], sizeof(rest));
    x *= w;
    rest =
        rest * w_rest + (Two{x[0], x[1]} + Two{x[2], x[3]}) + (Two{x[4], x[5]} + Two{x[6], x[7]});
    const double margin = -points[i].y * (rest[0] + rest[1]);
    factor[i] = margin > 700 ? 700 : margin < -700 ? -700 : margin;
  }
  for (size_t i = 0; i < count; i += 8) {
    std::memcpy(&x, &factor[i], sizeof(x));
    Exponentials(&x);
    x = 1 / (1 + x) - 1;
    std::memcpy(&factor[i], &x, sizeof(x));
  }
  for (size_t i = 0; i < count; ++i) factor[i] *= points[i].y;
  Eight sum;
  Two sum_rest;
  std::memcpy(&sum, &gradient->sum[0], sizeof(sum));
  std::memcpy(&sum_rest, &gradient->sum[8], sizeof(sum_rest));
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(&x, &points[i].x[0], sizeof(x));
    std::memcpy(&rest, &points[i].x[8], sizeof(rest));
    sum += factor[i] * x;
    sum_rest += factor[i] * rest;
  }
  std::memcpy(&gradient->sum[0], &sum, sizeof(sum));
  std::memcpy(&gradient->sum[8], &sum_rest, sizeof(sum_rest));
  gradient->points += static_cast<int64_t>(count);
}

}  // namespace internal

// The derivative of log(1 + e^(-y w.x)) by w is (1 / (1 + e^(-y w.x)) - 1) y x.
inline void AddGradient(std::span<const Point> points, const Weights& weights, Gradient* gradient) {
  for (size_t at = 0; at < points.size(); at += internal::kBatch) {
    internal::AddBatch(points.data() + at, std::min(internal::kBatch, points.size() - at), weights,
                       gradient);
  }
}

inline void Merge(Gradient& sum, const Gradient& part) {
  for (size_t j = 0; j < kFeatures; ++j) sum.sum[j] += part.sum[j];
  sum.points += part.points;
}

// One step; there must be points.
inline void Descend(const Gradient& gradient, Weights* weights) {
  constexpr double kRate = 0.5;
  const double scale = kRate / static_cast<double>(gradient.points);
  for (size_t j = 0; j < kFeatures; ++j) (*weights)[j] -= scale * gradient.sum[j];
}

// Where every run begins: fixed random numbers between -1 and 1.
inline Weights InitialWeights() {
  Weights weights;
  for (size_t j = 0; j < kFeatures; ++j) {
    const auto bits = static_cast<double>(internal::Mix(4200 + j) >> 11);
    weights[j] = bits * 0x1p-52 - 1;
  }
  return weights;
}

// Weights as the programs' outputs have them: "0<TAB>0.25\n1<TAB>..."; false for other text.
inline bool ParseWeights(std::string_view text, Weights* weights) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (size_t j = 0; j < kFeatures; ++j) {
    size_t index = 0;
    auto parsed = std::from_chars(at, end, index);
    if (parsed.ec != std::errc() || index != j || parsed.ptr == end || *parsed.ptr != '\t') {
      return false;
    }
    parsed = std::from_chars(parsed.ptr + 1, end, (*weights)[j]);
    if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != '\n') return false;
    at = parsed.ptr + 1;
  }
  return at == end;
}

}  // namespace logistic_regression
