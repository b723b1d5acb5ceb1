#include "namenode/namesystem/held_calls.h"

#include <utility>

namespace tusk::namenode {

bool HeldCalls::Add(InodeId inode, TimePoint deadline, Waiter waiter) {
  MutexLock lock(mu_);
  if (stopped_) return false;
  waiting_.emplace(inode, Entry{deadline, std::move(waiter)});
  return true;
}

void HeldCalls::WakeFile(InodeId inode) {
  std::vector<Waiter> woken;
  {
    MutexLock lock(mu_);
    const auto [begin, end] = waiting_.equal_range(inode);
    for (auto it = begin; it != end; ++it) woken.push_back(std::move(it->second.waiter));
    waiting_.erase(begin, end);
  }
  for (const Waiter& waiter : woken) waiter(Wake::kEvent);
}

void HeldCalls::WakeAll(Wake why) {
  std::multimap<InodeId, Entry> woken;
  {
    MutexLock lock(mu_);
    woken.swap(waiting_);
  }
  for (const auto& [inode, entry] : woken) entry.waiter(why);
}

void HeldCalls::WakeExpired(TimePoint now) {
  std::vector<Waiter> woken;
  {
    MutexLock lock(mu_);
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (it->second.deadline > now) {
        ++it;
        continue;
      }
      woken.push_back(std::move(it->second.waiter));
      it = waiting_.erase(it);
    }
  }
  for (const Waiter& waiter : woken) waiter(Wake::kTimeout);
}

void HeldCalls::Stop() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
  }
  WakeAll(Wake::kStop);
}

}  // namespace tusk::namenode
