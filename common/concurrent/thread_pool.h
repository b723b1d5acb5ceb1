// A fixed number of threads that run posted work in order of arrival.
//
// Threads: thread-safe.
// Life:    threads start in the constructor; Stop (or the destructor) finishes what is queued and
//          joins them. Work posted after Stop is dropped. Not to be stopped by its own work.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"

namespace tusk {

class ThreadPool final : public Executor {
 public:
  // `name`: at most 15 characters, shown by ps and gdb.
  ThreadPool(const std::string& name, int threads);
  ~ThreadPool() override;

  void Post(std::function<void()> work) override EXCLUDES(mu_);
  void Stop() EXCLUDES(mu_);

  // Work that waits for a thread.
  size_t queued() const EXCLUDES(mu_);

 private:
  void Run();

  mutable Mutex mu_;
  CondVar wake_;
  std::deque<std::function<void()>> queue_ GUARDED_BY(mu_);
  bool stopped_ GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

// Names the calling thread for ps and gdb.
void SetThreadName(const std::string& name);

}  // namespace tusk
