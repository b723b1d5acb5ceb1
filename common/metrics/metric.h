// Numbers that a running daemon shows: counters, gauges, rates.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "common/base/clock.h"

namespace tusk {

// Only grows. Threads: thread-safe, no lock.
class Counter {
 public:
  void Increment(int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// A number that goes up and down where no callback can compute it.
class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// How often something took how long. Shown as Hadoop's <Name>NumOps and <Name>AvgTime
// (milliseconds, over all so far), and as a histogram in /prom.
//
// Threads: thread-safe, no lock; a reader may see a count without its time.
class Rate {
 public:
  // Upper bounds of the histogram's buckets, in microseconds; a last one has no bound.
  static constexpr std::array<int64_t, 12> kBucketMicros = {
      50,     100,     250,       1'000,     2'500,      10'000,
      25'000, 100'000, 1'000'000, 5'000'000, 30'000'000, 120'000'000};

  void Add(Duration took) {
    const int64_t nanos = std::max<int64_t>(took.count(), 0);
    const auto bucket =
        std::lower_bound(kBucketMicros.begin(), kBucketMicros.end(), (nanos + 999) / 1000);
    buckets_[static_cast<size_t>(bucket - kBucketMicros.begin())].fetch_add(
        1, std::memory_order_relaxed);
    nanos_.fetch_add(nanos, std::memory_order_relaxed);
    count_.fetch_add(1, std::memory_order_relaxed);
    int64_t seen = max_nanos_.load(std::memory_order_relaxed);
    while (nanos > seen && !max_nanos_.compare_exchange_weak(seen, nanos)) {
    }
  }

  int64_t count() const { return count_.load(std::memory_order_relaxed); }
  double total_seconds() const { return static_cast<double>(nanos_.load()) / 1e9; }
  double average_millis() const {
    const int64_t n = count();
    return n == 0 ? 0 : static_cast<double>(nanos_.load()) / 1e6 / static_cast<double>(n);
  }
  double max_millis() const { return static_cast<double>(max_nanos_.load()) / 1e6; }
  // Not cumulative.
  int64_t bucket(size_t i) const { return buckets_[i].load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<int64_t>, kBucketMicros.size() + 1> buckets_{};
  std::atomic<int64_t> count_{0};
  std::atomic<int64_t> nanos_{0};
  std::atomic<int64_t> max_nanos_{0};
};

// Times a scope: { ScopedTimer timer(&rate, clock); ... }
class ScopedTimer {
 public:
  ScopedTimer(Rate* rate, const Clock* clock) : rate_(rate), clock_(clock), start_(clock->Now()) {}
  ~ScopedTimer() { rate_->Add(clock_->Now() - start_); }
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;

 private:
  Rate* const rate_;
  const Clock* const clock_;
  const TimePoint start_;
};

}  // namespace tusk
