// What the namesystem does by itself: freeing what was deleted, writing checkpoints.
#include <vector>

#include "common/base/log.h"
#include "common/fault/fault_point.h"
#include "common/fault/planted_bug.h"
#include "namenode/namesystem/checkpointer.h"
#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {
namespace {

FAULT_POINT(kCheckpointBatch, "namenode.checkpoint.batch");
FAULT_POINT(kCheckpointTag, "namenode.checkpoint.before_tag");
FAULT_POINT(kCheckpointPurge, "namenode.checkpoint.before_purge");
PLANTED_BUG(kImageAheadOfLog, "planted.image_ahead_of_log");
PLANTED_BUG(kPurgeTooEarly, "planted.purge_too_early");

constexpr int kInodesFreedAtOnce = 2000;

}  // namespace

// ---- freeing -----------------------------------------------------------------------------------

void Namesystem::ScheduleFreeing() {
  if (freeing_.exchange(true)) return;
  executor_->Post(guard_.Wrap([this] { FreeDetached(); }));
}

void Namesystem::FreeDetached() {
  std::vector<BlockId> blocks;
  bool more = false;
  {
    WriterLock lock(mu_);
    std::vector<InodeId> open_files;
    // Cleared first: whoever detaches from now on posts the next round.
    freeing_.store(false);
    more = state_.directory.FreeSome(kInodesFreedAtOnce, &blocks, &open_files);
    for (const InodeId file : open_files) state_.leases.Remove(file);
  }
  if (!blocks.empty()) blocks_->Remove(blocks);
  if (more) ScheduleFreeing();
}

// ---- checkpoints -------------------------------------------------------------------------------

void Namesystem::CheckpointIfDue() {
  if (checkpointing_.exchange(true)) return;
  const int64_t edits = edit_log_->last_appended().value() - checkpoint_txid_.load();
  const bool due = edits >= options_.checkpoint_edits ||
                   (edits > 0 && clock_->Now() - last_checkpoint_ >= options_.checkpoint_period);
  if (!due) {
    checkpointing_.store(false);
    return;
  }
  last_checkpoint_ = clock_->Now();
  TxId cut;
  {
    WriterLock lock(mu_);
    cut = edit_log_->last_appended();
    checkpointer_->Cut(cut);
    edit_log_->StartSegment();  // so that the edits before the cut can go
  }
  const auto write = [this] { executor_->Post(guard_.Wrap([this] { WriteCheckpoint(); })); };
  if (kImageAheadOfLog.Chosen()) return write();
  // An image never holds what the log may lose.
  edit_log_->WhenSynced(cut, write);
}

void Namesystem::WriteCheckpoint() {
  if (kPurgeTooEarly.Chosen()) journal_->PurgeUpTo(edit_log_->synced());
  const auto write = [this]() -> StatusOr<ImageTag> {
    RETURN_IF_ERROR(checkpointer_->Begin());
    for (bool done = false; !done;) {
      std::vector<Checkpointer::Encoded> encoded;
      {
        WriterLock lock(mu_);
        done = checkpointer_->EncodeSlice(&encoded);
      }
      RETURN_IF_ERROR(kCheckpointBatch.Hit());
      RETURN_IF_ERROR(checkpointer_->Write(encoded));
    }
    RETURN_IF_ERROR(kCheckpointTag.Hit());
    ASSIGN_OR_RETURN(const ImageTag tag, checkpointer_->Finish());
    RETURN_IF_ERROR(kCheckpointPurge.Hit());
    return tag;
  };
  auto tag = write();
  if (!tag.ok()) {
    LOG_WARN("checkpoint failed, the edits stay error={}", tag.status().message());
    WriterLock lock(mu_);
    checkpointer_->GiveUp();
  } else {
    checkpoint_txid_.store(tag->txid.value());
    checkpoint_time_ms_.store(NowMs());
    LOG_INFO("checkpoint written number={} txid={} inodes={}", tag->checkpoint, tag->txid.value(),
             tag->inodes);
    // The next start would do it too.
    const Status purged = image_->PurgeSuperseded();
    if (!purged.ok()) LOG_WARN("image not purged error={}", purged.message());
    journal_->PurgeUpTo(tag->txid);
  }
  checkpointing_.store(false);
}

}  // namespace tusk::namenode
