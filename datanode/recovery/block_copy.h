// Copies of replicas that the NameNode orders: one after the other on a few threads, each failure
// told at once.
#pragma once

#include <atomic>
#include <functional>

#include "common/concurrent/executor.h"
#include "common/protocol/datanode_protocol.h"
#include "datanode/transfer/transfer_context.h"

namespace tusk::datanode {

// Threads: thread-safe. Life: Stop waits for copies under way.
class BlockCopy {
 public:
  // `executor`: its threads bound how many copies run at a time. `failed` is called on them.
  BlockCopy(TransferContext* context, Executor* executor,
            std::function<void(const TransferFailed&)> failed)
      : context_(context), executor_(executor), failed_(std::move(failed)) {}

  void Start(const TransferBlock& command);
  // Ordered and not finished.
  int in_progress() const { return in_progress_.load(); }
  void Stop() { guard_.Stop(); }

 private:
  void Run(const TransferBlock& command);

  TransferContext* const context_;
  Executor* const executor_;
  const std::function<void(const TransferFailed&)> failed_;
  std::atomic<int> in_progress_{0};
  WorkGuard guard_;
};

}  // namespace tusk::datanode
