#include "common/concurrent/timer.h"

#include "common/concurrent/thread_pool.h"

namespace tusk {

RealTimer::RealTimer(Executor* executor) : executor_(executor), thread_([this] { Run(); }) {}

RealTimer::~RealTimer() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
  }
  wake_.NotifyAll();
  thread_.join();
}

TimerHandle RealTimer::After(Duration delay, std::function<void()> work) {
  return Add(delay, Duration(0), std::move(work));
}

TimerHandle RealTimer::Every(Duration period, std::function<void()> work) {
  return Add(period, period, std::move(work));
}

TimerHandle RealTimer::Add(Duration delay, Duration period, std::function<void()> work) {
  auto guard = std::make_shared<WorkGuard>();
  Entry entry{period, guard, guard->Wrap(std::move(work))};
  {
    MutexLock lock(mu_);
    entries_.emplace(Clock::Real()->Now() + delay, std::move(entry));
  }
  wake_.NotifyAll();
  return TimerHandle(std::move(guard));
}

void RealTimer::Run() {
  SetThreadName("timer");
  for (;;) {
    std::function<void()> work;
    {
      MutexLock lock(mu_);
      if (stopped_) return;
      if (entries_.empty()) {
        wake_.Wait(mu_);
        continue;
      }
      const TimePoint now = Clock::Real()->Now();
      const auto first = entries_.begin();
      if (first->first > now) {
        wake_.WaitFor(mu_, first->first - now);
        continue;
      }
      Entry entry = std::move(first->second);
      entries_.erase(first);
      if (entry.guard.expired()) continue;
      work = entry.work;
      if (entry.period > Duration(0)) entries_.emplace(now + entry.period, std::move(entry));
    }
    if (executor_ != nullptr) {
      executor_->Post(std::move(work));
    } else {
      work();
    }
  }
}

}  // namespace tusk
