// Work that runs after a delay, once or again and again.
//
// A TimerHandle owns its work: destroying it (or Cancel) waits for a running call and lets none
// start afterwards. So a handle that is the last member of its owner makes the owner safe. Do not
// destroy a handle from inside its own work, nor under a lock which that work takes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"

namespace tusk {

class [[nodiscard]] TimerHandle {
 public:
  TimerHandle() = default;
  explicit TimerHandle(std::shared_ptr<WorkGuard> guard) : guard_(std::move(guard)) {}
  ~TimerHandle() { Cancel(); }
  TimerHandle(TimerHandle&&) = default;
  TimerHandle& operator=(TimerHandle&& other) noexcept {
    if (this != &other) {
      Cancel();
      guard_ = std::move(other.guard_);
    }
    return *this;
  }

  void Cancel() {
    if (guard_ != nullptr) guard_->Stop();
    guard_.reset();
  }

 private:
  std::shared_ptr<WorkGuard> guard_;
};

class Timer {
 public:
  virtual ~Timer() = default;

  // Thread-safe. The work runs on the timer's own thread or executor: it must not block.
  virtual TimerHandle After(Duration delay, std::function<void()> work) = 0;
  // First after one period; a run that is late does not make later ones come closer together.
  virtual TimerHandle Every(Duration period, std::function<void()> work) = 0;
};

// One thread. With an executor the work runs there, else on the timer's thread.
// Life: handles may outlive the timer; their work then never runs.
class RealTimer final : public Timer {
 public:
  explicit RealTimer(Executor* executor = nullptr);
  ~RealTimer() override;

  TimerHandle After(Duration delay, std::function<void()> work) override EXCLUDES(mu_);
  TimerHandle Every(Duration period, std::function<void()> work) override EXCLUDES(mu_);

 private:
  struct Entry {
    Duration period{0};  // 0: once
    std::weak_ptr<WorkGuard> guard;
    std::function<void()> work;
  };

  TimerHandle Add(Duration delay, Duration period, std::function<void()> work) EXCLUDES(mu_);
  void Run() EXCLUDES(mu_);

  Executor* const executor_;
  Mutex mu_;
  CondVar wake_;
  std::multimap<TimePoint, Entry> entries_ GUARDED_BY(mu_);
  bool stopped_ GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace tusk
