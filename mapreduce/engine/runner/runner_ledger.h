// The runner's memory ledger: accounts of what was reserved, corrected by what the process really
// uses.
//
//   budget = container grant - 48 MB - 10 % - the share of streaming children   (PlannedBudget)
//   in use = the larger of what is reserved and what was measured less the process's own 48 MB
//
// Measure is called every 100 ms; when more is in use than planned (user code took it), holders are
// asked to give back the difference.
// Threads: thread-safe. One lock, not held while holders are called.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "common/concurrent/mutex.h"
#include "mapreduce/engine/plan/memory_ledger.h"

namespace tusk::mapreduce {

inline constexpr int64_t kProcessOwnBytes = 48LL << 20;

// At least 8 MB, so that a tiny grant still spills instead of failing.
int64_t PlannedBudget(int64_t grant_bytes, int streaming_threads, int64_t child_bytes);

// Resident anonymous and shared memory of this process, from /proc/self/status.
int64_t MeasuredAnonymousBytes();
// The most resident memory of all kinds, program text too, that this process ever had (VmHWM).
int64_t PeakResidentBytes();

class RunnerLedger final : public MemoryLedger {
 public:
  explicit RunnerLedger(int64_t budget) : budget_(budget) {}

  bool Reserve(int64_t bytes, MemoryHolder* asker) override EXCLUDES(mu_);
  void Return(int64_t bytes) override EXCLUDES(mu_);
  void AddHolder(MemoryHolder* holder) override EXCLUDES(mu_);
  void RemoveHolder(MemoryHolder* holder) override EXCLUDES(mu_);
  int64_t budget() const override { return budget_; }
  int64_t reserved() const override EXCLUDES(mu_);

  void Measure(int64_t anonymous_bytes) EXCLUDES(mu_);

 private:
  // Asks holders in order of rank until `bytes` were given back or all were asked.
  int64_t AskHolders(int64_t bytes, const MemoryHolder* asker) EXCLUDES(mu_);
  int64_t InUseLocked() const REQUIRES(mu_);

  const int64_t budget_;
  mutable Mutex mu_;
  CondVar idle_;
  int64_t reserved_ GUARDED_BY(mu_) = 0;
  int64_t foreign_ GUARDED_BY(mu_) = 0;  // measured beyond what is reserved
  std::set<MemoryHolder*> holders_ GUARDED_BY(mu_);
  std::map<MemoryHolder*, int> calls_ GUARDED_BY(mu_);  // under way
};

}  // namespace tusk::mapreduce
