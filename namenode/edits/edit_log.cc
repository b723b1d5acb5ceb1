#include "namenode/edits/edit_log.h"

#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/io/frame_file.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {

EditLog::EditLog(Journal* journal, Executor* executor, TxId last, uint64_t epoch,
                 std::function<void(Status)> on_failure)
    : journal_(journal),
      executor_(executor),
      epoch_(epoch),
      on_failure_(std::move(on_failure)),
      last_appended_(last.value()),
      synced_(last.value()) {}

EditLog::~EditLog() {
  Stop();
}

TxId EditLog::Append(const proto::edits::EditOp& op) {
  const std::string payload = op.SerializeAsString();
  TxId txid;
  JournalBatch batch;
  {
    MutexLock lock(mu_);
    txid = TxId(last_appended_.load(std::memory_order_relaxed) + 1);
    if (failed_) {  // nothing will ever leave; the process is ending
      last_appended_.store(txid.value(), std::memory_order_release);
      return txid;
    }
    if (buffer_.empty()) buffer_first_ = txid;
    AppendFrame({.number = static_cast<uint64_t>(txid.value()),
                 .epoch = epoch_,
                 .synced_number = static_cast<uint64_t>(synced().value()),
                 .payload = payload},
                &buffer_);
    last_appended_.store(txid.value(), std::memory_order_release);
    if (in_flight_) return txid;
    SendLocked(&batch);
  }
  Send(std::move(batch));
  return txid;
}

void EditLog::SendLocked(JournalBatch* batch) {
  in_flight_ = true;
  batch->first = buffer_first_;
  batch->last = last_appended();
  batch->start_segment = std::exchange(start_segment_, false);
  batch->frames = std::exchange(buffer_, {});
}

void EditLog::Send(JournalBatch batch) {
  const TxId last = batch.last;
  journal_->Append(std::move(batch),
                   [this, last](Status status) { Done(last, std::move(status)); });
}

void EditLog::Done(TxId last, Status status) {
  std::vector<std::function<void()>> ready;
  std::vector<std::function<void()>> wakes;
  JournalBatch next;
  bool more = false;
  {
    MutexLock lock(mu_);
    if (!status.ok()) {
      failed_ = true;
      in_flight_ = false;
      waiting_.clear();
      idle_.NotifyAll();
    } else {
      synced_.store(last.value(), std::memory_order_release);
      syncs_.fetch_add(1, std::memory_order_relaxed);
      while (!waiting_.empty() && waiting_.front().txid <= last) {
        Waiting& first = waiting_.front();
        (first.wakes ? wakes : ready).push_back(std::move(first.work));
        waiting_.pop_front();
      }
      more = !buffer_.empty();
      if (more) {
        SendLocked(&next);
      } else {
        in_flight_ = false;
        idle_.NotifyAll();
      }
    }
  }
  if (!status.ok()) {
    on_failure_(std::move(status));
    return;
  }
  const auto run = [](std::vector<std::function<void()>> all) {
    return [all = std::move(all)] {
      for (const auto& work : all) work();
    };
  };
  if (!ready.empty()) executor_->Post(guard_.Wrap(run(std::move(ready))));
  if (!wakes.empty()) guard_.Wrap(run(std::move(wakes)))();
  if (more) Send(std::move(next));
}

void EditLog::WhenSynced(TxId txid, std::function<void()> work) {
  Wait({.txid = txid, .work = std::move(work)});
}

void EditLog::WakeWhenSynced(TxId txid, std::function<void()> work) {
  Wait({.txid = txid, .wakes = true, .work = std::move(work)});
}

void EditLog::Wait(Waiting waiting) {
  {
    MutexLock lock(mu_);
    if (failed_) return;
    if (synced() < waiting.txid) {
      auto at = waiting_.end();
      while (at != waiting_.begin() && std::prev(at)->txid > waiting.txid) --at;
      waiting_.insert(at, std::move(waiting));
      return;
    }
  }
  waiting.work();
}

void EditLog::StartSegment() {
  MutexLock lock(mu_);
  start_segment_ = true;
}

void EditLog::Stop() {
  {
    MutexLock lock(mu_);
    while (in_flight_) idle_.Wait(mu_);
  }
  guard_.Stop();
}

}  // namespace tusk::namenode
