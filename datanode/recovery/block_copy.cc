#include "datanode/recovery/block_copy.h"

#include "common/base/log.h"
#include "datanode/transfer/block_transfer.h"

namespace tusk::datanode {

void BlockCopy::Start(const TransferBlock& command) {
  in_progress_.fetch_add(1);
  executor_->Post(guard_.Wrap([this, command] {
    Run(command);
    in_progress_.fetch_sub(1);
  }));
}

void BlockCopy::Run(const TransferBlock& command) {
  const Status status =
      SendReplica(context_, {command.block, command.targets, command.target_storage_types,
                             command.target_storage_ids, /*client_name=*/""});
  if (status.ok()) return;
  LOG_WARN("copy ordered by the namenode failed block={} error={}", BlockName(command.block),
           status);
  for (const DatanodeInfo& target : command.targets) {
    failed_({command.block.block, target.id.uuid, status.message()});
  }
}

}  // namespace tusk::datanode
