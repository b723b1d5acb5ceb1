// Time that moves only when a test says so, and a timer on it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "common/base/clock.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/timer.h"

namespace tusk {

// Thread-safe. Wall time moves along with the monotonic one.
class FakeClock final : public Clock {
 public:
  TimePoint Now() const override {
    MutexLock lock(mu_);
    return now_;
  }
  int64_t WallMillis() const override { return 1'700'000'000'000 + ToMillis(Now() - start_); }

  void Advance(Duration by) {
    MutexLock lock(mu_);
    now_ += by;
  }

 private:
  const TimePoint start_{std::chrono::hours(1)};
  mutable Mutex mu_;
  TimePoint now_ GUARDED_BY(mu_) = start_;
};

// Runs what is due inside Advance, on the calling thread, in order of time. One thread calls
// Advance.
class FakeTimer final : public Timer {
 public:
  explicit FakeTimer(FakeClock* clock) : clock_(clock) {}

  TimerHandle After(Duration delay, std::function<void()> work) override {
    return Add(delay, Duration(0), std::move(work));
  }
  TimerHandle Every(Duration period, std::function<void()> work) override {
    return Add(period, period, std::move(work));
  }

  // Moves the clock too.
  void Advance(Duration by) {
    const TimePoint until = clock_->Now() + by;
    for (;;) {
      std::function<void()> work;
      {
        MutexLock lock(mu_);
        if (entries_.empty() || entries_.begin()->first > until) break;
        auto node = entries_.extract(entries_.begin());
        clock_->Advance(node.key() - clock_->Now());
        if (node.mapped().guard.expired()) continue;
        work = node.mapped().work;
        if (node.mapped().period > Duration(0)) {
          node.key() += node.mapped().period;
          entries_.insert(std::move(node));
        }
      }
      work();
    }
    clock_->Advance(until - clock_->Now());
  }

 private:
  struct Entry {
    Duration period{0};
    std::weak_ptr<WorkGuard> guard;
    std::function<void()> work;
  };

  TimerHandle Add(Duration delay, Duration period, std::function<void()> work) {
    auto guard = std::make_shared<WorkGuard>();
    Entry entry{period, guard, guard->Wrap(std::move(work))};
    MutexLock lock(mu_);
    entries_.emplace(clock_->Now() + delay, std::move(entry));
    return TimerHandle(std::move(guard));
  }

  FakeClock* const clock_;
  Mutex mu_;
  std::multimap<TimePoint, Entry> entries_ GUARDED_BY(mu_);
};

}  // namespace tusk
