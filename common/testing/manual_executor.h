// Runs posted work when the test says so, on the test's thread.
#pragma once

#include <deque>
#include <functional>

#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"

namespace tusk {

class ManualExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    MutexLock lock(mu_);
    queue_.push_back(std::move(work));
  }

  // One piece of work; false when there was none.
  bool RunOne() {
    std::function<void()> work;
    {
      MutexLock lock(mu_);
      if (queue_.empty()) return false;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
    return true;
  }

  // Also what is posted meanwhile. Returns how many ran.
  int RunAll() {
    int ran = 0;
    while (RunOne()) ++ran;
    return ran;
  }

 private:
  Mutex mu_;
  std::deque<std::function<void()>> queue_ GUARDED_BY(mu_);
};

}  // namespace tusk
