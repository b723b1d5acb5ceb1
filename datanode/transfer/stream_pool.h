// Threads for moving block streams: as many as streams move, up to a bound; an idle one ends.
//
// Threads: thread-safe.
// Life:    Stop waits for the streams under way: make their sockets fail first.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <thread>

#include "common/concurrent/mutex.h"

namespace tusk::datanode {

class StreamPool {
 public:
  explicit StreamPool(int max_threads) : max_threads_(max_threads) {}
  ~StreamPool() { Stop(); }

  // Runs `stream` on a thread of its own. False when all threads are taken, or after Stop.
  bool Run(std::function<void()> stream) EXCLUDES(mu_);
  void Stop() EXCLUDES(mu_);
  int busy() const EXCLUDES(mu_);

 private:
  void Work(std::list<std::thread>::iterator self) EXCLUDES(mu_);
  void ReapLocked() REQUIRES(mu_);

  const int max_threads_;

  mutable Mutex mu_;
  CondVar wake_;
  std::deque<std::function<void()>> queue_ GUARDED_BY(mu_);  // never longer than idle_
  int idle_ GUARDED_BY(mu_) = 0;
  bool stopped_ GUARDED_BY(mu_) = false;
  std::list<std::thread> threads_ GUARDED_BY(mu_);
  std::list<std::thread> ended_ GUARDED_BY(mu_);  // to be joined
};

}  // namespace tusk::datanode
