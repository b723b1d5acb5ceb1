// Time as a core sees it: handed in, never read from the world, so that tests move it.
#pragma once

#include <chrono>
#include <cstdint>

namespace tusk {

using Duration = std::chrono::nanoseconds;

// A point on a clock that never goes back and runs on through suspend (CLOCK_BOOTTIME).
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;

  virtual TimePoint Now() const = 0;

  // Milliseconds since 1970, for what users see (modification times, edit log). May jump.
  virtual int64_t WallMillis() const = 0;

  // The machine's clock. Thread-safe, lives for ever.
  static const Clock* Real();
};

inline int64_t ToMillis(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}
inline double ToSeconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace tusk
