// One line on a terminal that shows how far a transfer is: share, rate and time left.
//
// Nothing is shown where standard error is no terminal, nor for what takes less than a second.
// Threads: thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/concurrent/mutex.h"

namespace tusk::cli {

class Progress {
 public:
  // `total_bytes` < 0: unknown, as of standard input.
  Progress(std::string what, int64_t total_bytes);
  ~Progress();  // takes the line away

  void Add(int64_t bytes) EXCLUDES(mu_);

  // "put  42 % [=====>    ] 1.2 G of 2.9 G, 310 M/s, 6 s left"
  static std::string Line(const std::string& what, int64_t done, int64_t total, double seconds,
                          size_t columns);

 private:
  const std::string what_;
  const int64_t total_;
  const bool on_terminal_;
  const TimePoint start_;
  std::atomic<int64_t> done_{0};

  Mutex mu_;
  TimePoint last_drawn_ GUARDED_BY(mu_);
  bool drawn_ GUARDED_BY(mu_) = false;
};

}  // namespace tusk::cli
