#include "namenode/namesystem/namesystem.h"

#include <utility>

#include "common/base/log.h"
#include "common/fault/planted_bug.h"
#include "namenode/namesystem/apply.h"
#include "namenode/namesystem/checkpointer.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {
namespace {

PLANTED_BUG(kReplyBeforeSync, "planted.reply_before_sync");

constexpr Duration kHeldCheckInterval = std::chrono::milliseconds(250);

}  // namespace

Namesystem::Namesystem(NamesystemOptions options, Dependencies dependencies)
    : options_(std::move(options)),
      clock_(dependencies.clock),
      timer_(dependencies.timer),
      executor_(dependencies.executor),
      reply_executor_(dependencies.reply_executor),
      blocks_(dependencies.blocks),
      datanodes_(dependencies.datanodes),
      on_fatal_(std::move(dependencies.on_fatal)),
      journal_(std::move(dependencies.journal)),
      image_(std::move(dependencies.image)),
      state_({options_.lease_soft_limit, options_.lease_hard_limit, options_.lease_recovery_retry},
             clock_, options_.retry_cache_entries, ToMillis(options_.retry_cache_expiry)),
      leases_(&state_.leases) {}

Namesystem::~Namesystem() {
  Stop();
}

Status Namesystem::Load() {
  WriterLock lock(mu_);
  const TimePoint begin = clock_->Now();
  ASSIGN_OR_RETURN(const ImageTag tag, Checkpointer::Load(image_.get(), &state_));
  checkpointer_ =
      std::make_unique<Checkpointer>(&state_, image_.get(), clock_, options_.checkpoint_slice);
  state_.directory.set_observer(checkpointer_.get());
  if (tag.checkpoint == 0) {
    state_.directory.Format(options_.fs_owner, options_.supergroup, options_.creation_time_ms);
  }
  TxId last = tag.txid;
  proto::edits::EditOp op;
  RETURN_IF_ERROR(journal_->Replay(tag.txid, [&](TxId txid, std::string_view payload) -> Status {
    op.Clear();
    if (!op.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
      return DataLossError("edit " + std::to_string(txid.value()) + " is unreadable");
    }
    last = txid;
    return ApplyEdit(op, &state_).WithContext("edit " + std::to_string(txid.value()));
  }));
  checkpoint_txid_ = tag.txid.value();
  // Epochs begin with the quorum; a single writer is kept single by the directory's lock.
  edit_log_ =
      std::make_unique<EditLog>(journal_.get(), reply_executor_, last, /*epoch=*/1, on_fatal_);
  RestoreBlocks();
  LOG_INFO("namespace loaded inodes={} blocks={} image_txid={} last_txid={} seconds={:.3f}",
           state_.directory.size(), state_.directory.block_count(), tag.txid.value(), last.value(),
           ToSeconds(clock_->Now() - begin));
  return Status::Ok();
}

void Namesystem::RestoreBlocks() {
  const Directory& directory = state_.directory;
  for (const auto& [uuid, id] : state_.datanodes) datanodes_->RestoreExpected(id);
  TreeWalk walk(kRootInodeId);
  const auto restore = [&](const Inode& inode) {
    for (const BlockEntry& block : inode.blocks) {
      blocks_->Restore({block.ToBlock(), inode.id, inode.replication, block.state()});
    }
    return Status::Ok();
  };
  while (walk.Step(directory, TreeWalk::kInodesPerStep, restore).value_or(false)) {
  }
}

void Namesystem::Start() {
  last_checkpoint_ = clock_->Now();
  lease_timer_ = timer_->Every(options_.lease_check_interval,
                               [this] { executor_->Post(guard_.Wrap([this] { CheckLeases(); })); });
  checkpoint_timer_ = timer_->Every(options_.checkpoint_check_interval, [this] {
    executor_->Post(guard_.Wrap([this] { CheckpointIfDue(); }));
  });
  held_timer_ = timer_->Every(kHeldCheckInterval, [this] {
    executor_->Post(guard_.Wrap([this] { held_.WakeExpired(clock_->Now()); }));
  });
  ScheduleFreeing();  // what an earlier run had deleted and not yet freed
}

void Namesystem::Stop() {
  lease_timer_.Cancel();
  checkpoint_timer_.Cancel();
  held_timer_.Cancel();
  held_.Stop();
  guard_.Stop();
  if (edit_log_ != nullptr) edit_log_->Stop();
}

void Namesystem::WhenSynced(std::function<void()> work) {
  if (kReplyBeforeSync.Chosen()) return work();
  edit_log_->WhenSynced(edit_log_->last_appended(), std::move(work));
}

void Namesystem::WakeWhenSynced(std::function<void()> work) {
  if (kReplyBeforeSync.Chosen()) return work();
  edit_log_->WakeWhenSynced(edit_log_->last_appended(), std::move(work));
}

NamesystemCounts Namesystem::Counts() const {
  NamesystemCounts counts;
  ReaderLock lock(mu_);
  counts.inodes = state_.directory.size();
  counts.blocks = state_.directory.block_count();
  counts.open_files = state_.directory.open_file_count();
  counts.leases = state_.leases.lease_count();
  counts.detached_inodes_pending = static_cast<int64_t>(state_.directory.detached_roots().size());
  if (edit_log_ != nullptr) {
    counts.last_txid = edit_log_->last_appended();
    counts.synced_txid = edit_log_->synced();
    counts.log_syncs = edit_log_->syncs();
  }
  counts.checkpoint_txid = TxId(checkpoint_txid_.load());
  counts.checkpoint_time_ms = checkpoint_time_ms_.load();
  return counts;
}

// ---- what DataNodes bring about ----------------------------------------------------------------

void Namesystem::ApplyEffects(const BlockEffects& effects) {
  for (const BlockEffect& effect : effects) {
    switch (effect.kind) {
      case BlockEffect::Kind::kBlockComplete: {
        // A call registers under the lock after it has looked at the block: once we have held the
        // lock it either saw the block complete or is found here.
        {
          ReaderLock lock(mu_);
        }
        held_.WakeFile(effect.inode);
        break;
      }
      case BlockEffect::Kind::kSynchronized:
        if (effect.synchronization.has_value()) ApplySynchronized(effect);
        break;
      case BlockEffect::Kind::kRecoveryFailed:
        RestartRecovery(effect);
        break;
      case BlockEffect::Kind::kDatanodeRegistered:
        if (effect.datanode.has_value()) RememberDatanode(*effect.datanode);
        break;
      case BlockEffect::Kind::kLeftSafeMode:
        LOG_INFO("safe mode left");
        leases_->RenewAll();
        break;
    }
  }
}

void Namesystem::ApplySynchronized(const BlockEffect& effect) {
  const BlockSynchronization& outcome = *effect.synchronization;
  bool closed = false;
  {
    WriterLock lock(mu_);
    Inode* file = state_.directory.Find(effect.inode);
    if (file == nullptr || !file->open || file->blocks.empty() ||
        file->blocks.back().id != outcome.block.id) {
      LOG_INFO("block synchronization of a file that is closed or gone block={}",
               BlockName(outcome.block));
      return;
    }
    const OpenFile& open = state_.directory.OpenInfo(*file);
    if (open.recovery_id != outcome.new_generation_stamp.value()) {
      LOG_WARN(
          "block synchronization of an older recovery is ignored block={} recovery_id={} "
          "newest={}",
          BlockName(outcome.block), outcome.new_generation_stamp.value(), open.recovery_id);
      return;
    }
    // A recovery ends with the file closed, whoever asked for it.
    closed = true;
    proto::edits::EditOp op;
    auto* sync = op.mutable_synchronize_block();
    sync->set_inode_id(file->id.value());
    sync->mutable_block()->set_id(outcome.block.id.value());
    sync->mutable_block()->set_generation_stamp(outcome.new_generation_stamp.value());
    sync->mutable_block()->set_length(outcome.new_length);
    sync->mutable_block()->set_state(static_cast<uint32_t>(BlockState::kComplete));
    sync->set_delete_block(outcome.delete_block);
    sync->set_close_file(closed);
    sync->set_time_ms(NowMs());
    Log(&op);
    if (outcome.delete_block) {
      blocks_->Remove({outcome.block.id});
    } else {
      const Status applied = blocks_->ApplySynchronization(outcome);
      if (!applied.ok()) {
        LOG_WARN("the block manager refuses a synchronization error={}", applied.message());
      }
    }
  }
  held_.WakeFile(effect.inode);
}

void Namesystem::RestartRecovery(const BlockEffect& effect) {
  WriterLock lock(mu_);
  Inode* file = state_.directory.Find(effect.inode);
  if (file == nullptr || !file->open || file->blocks.empty() ||
      file->blocks.back().id != effect.block || state_.directory.OpenInfo(*file).recovery_id == 0) {
    return;
  }
  const auto closed = ReleaseLease(file);
  if (!closed.ok()) LOG_WARN("lease recovery error={}", closed.status().message());
}

void Namesystem::RememberDatanode(const DatanodeId& id) {
  WriterLock lock(mu_);
  const auto known = state_.datanodes.find(id.uuid);
  if (known != state_.datanodes.end() && known->second == id) return;
  proto::edits::EditOp op;
  auto* out = op.mutable_register_datanode();
  out->set_uuid(id.uuid);
  out->set_ip_addr(id.ip_addr);
  out->set_host_name(id.host_name);
  out->set_xfer_port(id.xfer_port);
  out->set_info_port(id.info_port);
  out->set_ipc_port(id.ipc_port);
  Log(&op);
}

}  // namespace tusk::namenode
