#include "mapreduce/engine/runner/runner_ledger.h"

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace tusk::mapreduce {
namespace {

// The sum of these lines of /proc/self/status; 0 where there is none.
int64_t StatusBytes(std::initializer_list<std::string_view> names) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/status", "re"),
                                                   &std::fclose);
  if (file == nullptr) return 0;
  int64_t kilobytes = 0;
  char line[256];
  while (std::fgets(line, sizeof(line), file.get()) != nullptr) {
    for (const std::string_view name : names) {
      if (std::string_view(line).starts_with(name)) {
        kilobytes += std::strtoll(line + name.size(), nullptr, 10);
      }
    }
  }
  return kilobytes << 10;
}

}  // namespace

int64_t PlannedBudget(int64_t grant_bytes, int streaming_threads, int64_t child_bytes) {
  const int64_t planned =
      grant_bytes - kProcessOwnBytes - grant_bytes / 10 - streaming_threads * child_bytes;
  return std::max<int64_t>(planned, 8LL << 20);
}

int64_t MeasuredAnonymousBytes() {
  return StatusBytes({"RssAnon:", "RssShmem:"});
}

int64_t PeakResidentBytes() {
  return StatusBytes({"VmHWM:"});
}

int64_t RunnerLedger::InUseLocked() const {
  return reserved_ + foreign_;
}

bool RunnerLedger::Reserve(int64_t bytes, MemoryHolder* asker) {
  int64_t missing = 0;
  {
    MutexLock lock(mu_);
    missing = InUseLocked() + bytes - budget_;
    if (missing <= 0) {
      reserved_ += bytes;
      return true;
    }
  }
  if (bytes > budget_ || AskHolders(missing, asker) < missing) return false;
  MutexLock lock(mu_);
  if (InUseLocked() + bytes > budget_) return false;  // somebody else was faster
  reserved_ += bytes;
  return true;
}

void RunnerLedger::Return(int64_t bytes) {
  MutexLock lock(mu_);
  reserved_ -= bytes;
}

void RunnerLedger::AddHolder(MemoryHolder* holder) {
  MutexLock lock(mu_);
  holders_.insert(holder);
}

void RunnerLedger::RemoveHolder(MemoryHolder* holder) {
  MutexLock lock(mu_);
  holders_.erase(holder);
  while (calls_[holder] > 0) idle_.Wait(mu_);
  calls_.erase(holder);
}

int64_t RunnerLedger::reserved() const {
  MutexLock lock(mu_);
  return reserved_;
}

int64_t RunnerLedger::AskHolders(int64_t bytes, const MemoryHolder* asker) {
  std::vector<MemoryHolder*> order;
  {
    MutexLock lock(mu_);
    order.assign(holders_.begin(), holders_.end());
  }
  std::ranges::stable_sort(order, {}, [](MemoryHolder* holder) { return holder->rank(); });
  int64_t freed = 0;
  for (MemoryHolder* holder : order) {
    if (freed >= bytes) break;
    if (holder == asker) continue;
    {
      MutexLock lock(mu_);
      if (!holders_.contains(holder)) continue;
      ++calls_[holder];
    }
    freed += holder->GiveBack(bytes - freed);
    MutexLock lock(mu_);
    if (--calls_[holder] == 0) idle_.NotifyAll();
  }
  return freed;
}

void RunnerLedger::Measure(int64_t anonymous_bytes) {
  int64_t surplus = 0;
  {
    MutexLock lock(mu_);
    foreign_ = std::max<int64_t>(0, anonymous_bytes - kProcessOwnBytes - reserved_);
    surplus = InUseLocked() - budget_;
  }
  // What was freed has to leave the process, or the next look finds it again.
  if (surplus > 0 && AskHolders(surplus, nullptr) > 0) malloc_trim(0);
}

}  // namespace tusk::mapreduce
