#include "datanode/link/command_runner.h"

#include "common/base/log.h"

namespace tusk::datanode {

bool CommandRunner::NoteEpoch(uint64_t epoch) {
  uint64_t known = 0;
  {
    MutexLock lock(mu_);
    if (epoch >= epoch_) {
      epoch_ = epoch;
      return true;
    }
    known = epoch_;
  }
  LOG_WARN("namenode with an old epoch ignored epoch={} newest={}", epoch, known);
  return false;
}

void CommandRunner::Run(const NamenodeCommand& command) {
  if (!NoteEpoch(command.epoch)) return;
  if (const auto* copy = std::get_if<TransferBlock>(&command.work)) {
    deps_.copies->Start(*copy);
  } else if (const auto* invalidate = std::get_if<InvalidateBlocks>(&command.work)) {
    if (invalidate->pool_id == deps_.store->identity().block_pool_id) {
      deps_.store->Invalidate(invalidate->blocks);
    }
  } else if (const auto* recover = std::get_if<RecoverBlock>(&command.work)) {
    deps_.recovery_executor->Post(guard_.Wrap([this, work = *recover] { Recover(work); }));
  } else {
    deps_.send_full_report();
  }
}

void CommandRunner::Recover(const RecoverBlock& command) {
  LOG_INFO("block recovery ordered block={} recovery={} replicas={}", BlockName(command.block),
           command.recovery_id.value(), command.locations.size());
  const StatusOr<BlockSynchronization> result = deps_.recovery->Run(command);
  if (result.ok()) {
    deps_.recovered(*result);
    return;
  }
  LOG_WARN("block recovery failed, the namenode will order another block={} error={}",
           BlockName(command.block), result.status());
}

}  // namespace tusk::datanode
