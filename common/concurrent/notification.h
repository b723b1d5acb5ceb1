// Lets one thread wait until another says so, once.
#pragma once

#include "common/concurrent/mutex.h"

namespace tusk {

class Notification {
 public:
  void Notify() EXCLUDES(mu_) {
    MutexLock lock(mu_);
    notified_ = true;
    cv_.NotifyAll();
  }
  void Wait() EXCLUDES(mu_) {
    MutexLock lock(mu_);
    while (!notified_) cv_.Wait(mu_);
  }
  // False when `timeout` passed first.
  bool WaitFor(Duration timeout) EXCLUDES(mu_) {
    const TimePoint deadline = Clock::Real()->Now() + timeout;
    MutexLock lock(mu_);
    while (!notified_) {
      const Duration left = deadline - Clock::Real()->Now();
      if (left <= Duration(0)) return false;
      cv_.WaitFor(mu_, left);
    }
    return true;
  }
  bool notified() const EXCLUDES(mu_) {
    MutexLock lock(mu_);
    return notified_;
  }

 private:
  mutable Mutex mu_;
  CondVar cv_;
  bool notified_ GUARDED_BY(mu_) = false;
};

}  // namespace tusk
