// The NameNode's write-ahead log. A reply may leave once the log is synced up to its txid.
//
// Owns:    the buffer of frames not yet given to the journal, and the callbacks that wait.
// Threads: thread-safe. Append only buffers and is called under the namesystem's lock, which gives
//          the txids their order. One batch is under way at a time; what gathers meanwhile is the
//          next (group commit). Callbacks run on the given executor or, those that only wake
//          others, on the thread that synced; in order of txid, or at once on the caller when the
//          log has already caught up.
// Fails:   when a batch fails, `on_failure` is called once and nothing waits any longer: callbacks
//          never run, so no reply leaves. The process is expected to end with that one line.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/protocol/ids.h"
#include "namenode/edits/journal.h"

namespace tusk::proto::edits {
class EditOp;
}

namespace tusk::namenode {

class EditLog {
 public:
  // `last`: the txid the namespace stands at. `epoch`: of this writer, stands in every frame.
  EditLog(Journal* journal, Executor* executor, TxId last, uint64_t epoch,
          std::function<void(Status)> on_failure);
  ~EditLog();  // Stop

  // Gives `op` the next txid.
  TxId Append(const proto::edits::EditOp& op) EXCLUDES(mu_);

  TxId last_appended() const { return TxId(last_appended_.load(std::memory_order_acquire)); }
  TxId synced() const { return TxId(synced_.load(std::memory_order_acquire)); }
  // Batches that were written and synced.
  int64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }

  // Runs `work` once the log is synced up to `txid`; never when it fails or stops before.
  void WhenSynced(TxId txid, std::function<void()> work) EXCLUDES(mu_);
  // The same on the thread that synced, before the next batch is written: `work` takes a
  // microsecond and hands on. Spares the answers of a batch a thread's waking.
  void WakeWhenSynced(TxId txid, std::function<void()> work) EXCLUDES(mu_);

  // The next batch begins a new segment of the journal.
  void StartSegment() EXCLUDES(mu_);

  // Waits for the batch under way and for what has gathered. No Append may follow.
  void Stop() EXCLUDES(mu_);

 private:
  struct Waiting {
    TxId txid;
    bool wakes = false;  // runs where the batch was synced
    std::function<void()> work;
  };

  void Wait(Waiting waiting) EXCLUDES(mu_);
  void SendLocked(JournalBatch* batch) REQUIRES(mu_);
  void Send(JournalBatch batch);
  void Done(TxId last, Status status) EXCLUDES(mu_);

  // Constant after construction.
  Journal* const journal_;
  Executor* const executor_;
  const uint64_t epoch_;
  const std::function<void(Status)> on_failure_;

  std::atomic<int64_t> last_appended_;
  std::atomic<int64_t> synced_;
  std::atomic<int64_t> syncs_{0};

  Mutex mu_;
  CondVar idle_;
  std::string buffer_ GUARDED_BY(mu_);  // frames that gathered
  TxId buffer_first_ GUARDED_BY(mu_);
  bool in_flight_ GUARDED_BY(mu_) = false;
  bool failed_ GUARDED_BY(mu_) = false;
  bool start_segment_ GUARDED_BY(mu_) = true;
  std::deque<Waiting> waiting_ GUARDED_BY(mu_);  // in order of txid
  WorkGuard guard_;  // last: callbacks posted to the executor end with us
};

}  // namespace tusk::namenode
