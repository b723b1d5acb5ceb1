#include "datanode/transfer/stream_pool.h"

#include "common/concurrent/thread_pool.h"

namespace tusk::datanode {
namespace {
constexpr Duration kIdleEnd = std::chrono::seconds(10);
}  // namespace

bool StreamPool::Run(std::function<void()> stream) {
  MutexLock lock(mu_);
  if (stopped_) return false;
  ReapLocked();
  if (static_cast<int>(queue_.size()) < idle_) {
    queue_.push_back(std::move(stream));
    wake_.NotifyOne();
    return true;
  }
  if (static_cast<int>(threads_.size()) >= max_threads_) return false;
  queue_.push_back(std::move(stream));
  ++idle_;  // until the new thread takes it
  const auto self = threads_.emplace(threads_.end());
  *self = std::thread([this, self] { Work(self); });
  return true;
}

void StreamPool::Work(std::list<std::thread>::iterator self) {
  SetThreadName("block-stream");
  for (;;) {
    std::function<void()> stream;
    {
      MutexLock lock(mu_);
      while (queue_.empty() && !stopped_) {
        if (!wake_.WaitFor(mu_, kIdleEnd) && queue_.empty()) break;
      }
      --idle_;
      if (queue_.empty()) {
        ended_.splice(ended_.end(), threads_, self);
        return;
      }
      stream = std::move(queue_.front());
      queue_.pop_front();
    }
    stream();
    stream = nullptr;  // what it holds goes before the thread counts as idle
    MutexLock lock(mu_);
    ++idle_;
  }
}

void StreamPool::ReapLocked() {
  for (std::thread& thread : ended_) thread.join();  // it has let go of the lock: about to end
  ended_.clear();
}

void StreamPool::Stop() {
  std::list<std::thread> threads;
  for (;;) {
    {
      MutexLock lock(mu_);
      stopped_ = true;
      wake_.NotifyAll();
      threads.splice(threads.end(), ended_);
      if (threads_.empty() && threads.empty()) return;
    }
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    MutexLock lock(mu_);
    if (threads_.empty() && ended_.empty()) return;
    wake_.WaitFor(mu_, std::chrono::milliseconds(10));
  }
}

int StreamPool::busy() const {
  MutexLock lock(mu_);
  return static_cast<int>(threads_.size()) - idle_ + static_cast<int>(queue_.size());
}

}  // namespace tusk::datanode
