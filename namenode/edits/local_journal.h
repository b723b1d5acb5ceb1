// A journal in a local directory: segments named by their first txid, synced per batch.
//
// On disk: <dir>/edits_<first txid, 19 digits>, each a frame file (common/io/frame_file.h). A
//          segment ends where the next begins. docs/formats/edits.md. Batches are written over
//          zeros that stand there already: then a sync is one write to the disk and its flush,
//          while the size of a file that grows and its blocks would take further ones.
// Threads: thread-safe; writes run on the given executor, one at a time in order.
// Fails:   after a failed write or sync every later batch is refused: what is on disk is unknown.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/io/env.h"
#include "namenode/edits/journal.h"

namespace tusk::namenode {

struct LocalJournalOptions {
  std::string dir;
  int64_t segment_bytes = 64 << 20;  // a new segment begins beyond this size
  int64_t allocate_bytes = 1 << 20;  // zeros are written ahead in steps of this size
};

class LocalJournal final : public Journal {
 public:
  // `executor`: for this journal alone, one thread.
  LocalJournal(LocalJournalOptions options, Env* env, Executor* executor);
  ~LocalJournal() override;  // waits for the batch under way, gives back the zeros

  // Hands every frame after `after` to `take`, in order, and cuts a torn tail. To be called before
  // the first Append. kDataLoss naming segment and txid when a frame is missing that was synced,
  // when the oldest segment begins later than `after` + 1, or the newest ends before `after`.
  Status Replay(TxId after, const std::function<Status(TxId, std::string_view payload)>& take);

  void Append(JournalBatch batch, std::function<void(Status)> done) override EXCLUDES(mu_);
  void PurgeUpTo(TxId last) override EXCLUDES(mu_);

 private:
  struct Segment {
    TxId first;
    std::string path;
  };

  StatusOr<std::vector<Segment>> ListSegments();
  // `end`: the segment's last edit; the one before its first when it holds none.
  Status ReplaySegment(const Segment& segment, bool is_last, TxId after, TxId* end,
                       const std::function<Status(TxId, std::string_view)>& take);
  Status CutBehind(const Segment& segment, int64_t size);
  Status Write(const JournalBatch& batch) REQUIRES(mu_);
  Status OpenSegment(TxId first) REQUIRES(mu_);
  Status CloseSegment() REQUIRES(mu_);
  void Purge(TxId last) REQUIRES(mu_);

  const LocalJournalOptions options_;
  Env* const env_;
  Executor* const executor_;

  Mutex mu_;  // held over a write: only the executor's thread waits for it
  std::unique_ptr<File> file_ GUARDED_BY(mu_);
  int64_t size_ GUARDED_BY(mu_) = 0;       // where the next batch goes
  int64_t allocated_ GUARDED_BY(mu_) = 0;  // the file's size: zeros from size_ on
  Status failed_ GUARDED_BY(mu_);
  WorkGuard guard_;  // last
};

}  // namespace tusk::namenode
