// Where work runs. Components own no threads: they are given an Executor.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "common/concurrent/mutex.h"

namespace tusk {

class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `work` later, on some thread of this executor. Thread-safe. Never runs it inside Post.
  virtual void Post(std::function<void()> work) = 0;
};

// Lets work that outlives its owner find out that the owner is gone: the work calls Run, the
// owner's Stop waits for a running one and makes all later ones do nothing.
//
//   executor->Post(guard_.Wrap([this] { ... }));     // in the owner
//   ~Owner() { guard_.Stop(); }                      // not from inside the work itself
class WorkGuard {
 public:
  WorkGuard() : state_(std::make_shared<State>()) {}
  ~WorkGuard() { Stop(); }

  std::function<void()> Wrap(std::function<void()> work) const {
    return [state = state_, work = std::move(work)] {
      {
        MutexLock lock(state->mu);
        if (state->stopped) return;
        ++state->running;
      }
      work();
      MutexLock lock(state->mu);
      if (--state->running == 0) state->idle.NotifyAll();
    };
  }

  void Stop() {
    MutexLock lock(state_->mu);
    state_->stopped = true;
    while (state_->running > 0) state_->idle.Wait(state_->mu);
  }

 private:
  struct State {
    Mutex mu;
    CondVar idle;
    bool stopped GUARDED_BY(mu) = false;
    int running GUARDED_BY(mu) = 0;
  };
  std::shared_ptr<State> state_;
};

}  // namespace tusk
