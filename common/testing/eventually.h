// Waits for a condition, never for a time.
#pragma once

#include <chrono>
#include <thread>

#include "common/base/clock.h"
#include "common/testing/slowdown.h"

namespace tusk {

// Tests `condition` every few milliseconds; false when it did not hold within
// `limit` (times Slowdown()).
template <typename Condition>
bool Eventually(Duration limit, Condition condition) {
  const TimePoint deadline = Clock::Real()->Now() + limit * Slowdown();
  while (!condition()) {
    if (Clock::Real()->Now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace tusk
