// The runner's memory: who may hold how much. Buffers, cached partitions and memory-mode map
// outputs share one budget, planned below the container's grant so that it is never exceeded.
//
//   if (!ledger.Reserve(bytes)) spill, then go on with what is free     // execution: sort buffers
//   ledger.AddHolder(this)                                              // storage: can give back
//
// Reserve asks the holders, in ascending order of their rank, before it refuses: cached partitions
// go before map outputs. Every 100 ms the runner compares the process's anonymous memory with the
// accounts; what user code has taken is asked back from the holders, and Reserve refuses while the
// process is over its share.
//
// Threads: thread-safe. Holders are called without the ledger's lock, never from within Reserve of
//          the same holder's call.
#pragma once

#include <cstdint>

#include "common/base/macros.h"

namespace tusk::mapreduce {

// Something that can free memory it has reserved.
class TUSK_EXPORT MemoryHolder {
 public:
  virtual ~MemoryHolder() = default;
  virtual const char* name() const = 0;
  virtual int rank() const = 0;  // low ones give back first: cached partitions 10, map outputs 20
  // Spills or drops until about `bytes` were returned to the ledger; returns how many were. Any
  // thread, several at a time.
  virtual int64_t GiveBack(int64_t bytes) = 0;
};

class TUSK_EXPORT MemoryLedger {
 public:
  virtual ~MemoryLedger() = default;

  // All or nothing, without waiting for other tasks. `asker` (or null) is not asked to give back.
  virtual bool Reserve(int64_t bytes, MemoryHolder* asker = nullptr) = 0;
  virtual void Return(int64_t bytes) = 0;

  virtual void AddHolder(MemoryHolder* holder) = 0;
  // After it returns the holder is not called any more.
  virtual void RemoveHolder(MemoryHolder* holder) = 0;

  virtual int64_t budget() const = 0;
  virtual int64_t reserved() const = 0;
};

// A growing reservation that returns itself.
// Threads: belongs to one thread.
class MemoryShare {
 public:
  explicit MemoryShare(MemoryLedger* ledger) : ledger_(ledger) {}
  ~MemoryShare() { Clear(); }
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;

  bool Grow(int64_t bytes) {
    if (!ledger_->Reserve(bytes)) return false;
    bytes_ += bytes;
    return true;
  }
  void Shrink(int64_t bytes) {
    ledger_->Return(bytes);
    bytes_ -= bytes;
  }
  // Gives the reservation to somebody else (a holder): it is not returned here.
  int64_t Detach() {
    const int64_t bytes = bytes_;
    bytes_ = 0;
    return bytes;
  }
  void Clear() {
    if (bytes_ > 0) ledger_->Return(bytes_);
    bytes_ = 0;
  }
  int64_t bytes() const { return bytes_; }

 private:
  MemoryLedger* const ledger_;
  int64_t bytes_ = 0;
};

}  // namespace tusk::mapreduce
