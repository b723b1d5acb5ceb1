// Calls that wait for a file's blocks: complete and addBlock, until the minimum of replicas is
// reported, for a bounded time, instead of sending the client to sleep.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/protocol/ids.h"

namespace tusk::namenode {

// How an operation answers a call that it may hold.
template <typename T>
struct HeldCall {
  std::function<bool()> may_hold;  // asked once; false: answer now
  std::function<void(StatusOr<T>)> done;
};

// Threads: thread-safe. Nothing runs under its lock.
// Life:    Stop wakes all and refuses new ones.
class HeldCalls {
 public:
  enum class Wake : uint8_t {
    kEvent,    // something happened to the file: look again
    kTimeout,  // the time is up
    kStop,     // the NameNode is stopping
  };
  using Waiter = std::function<void(Wake)>;

  // Calls `waiter` once. A waiter that should go on waiting adds itself again with the same
  // deadline. False after Stop: nothing was kept.
  bool Add(InodeId inode, TimePoint deadline, Waiter waiter) EXCLUDES(mu_);
  void WakeFile(InodeId inode) EXCLUDES(mu_);
  void WakeAll(Wake why) EXCLUDES(mu_);
  void WakeExpired(TimePoint now) EXCLUDES(mu_);
  void Stop() EXCLUDES(mu_);

 private:
  struct Entry {
    TimePoint deadline;
    Waiter waiter;
  };

  mutable Mutex mu_;
  std::multimap<InodeId, Entry> waiting_ GUARDED_BY(mu_);
  bool stopped_ GUARDED_BY(mu_) = false;
};

}  // namespace tusk::namenode
