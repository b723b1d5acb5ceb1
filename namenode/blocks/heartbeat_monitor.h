// Looks, as often as a heartbeat is due, which DataNodes have been silent for too long.
//
// Owns:    its timer. Borrows the rest; they outlive it.
// Threads: the look runs on the executor. Life: Start, Stop (or the destructor).
#pragma once

#include "common/concurrent/executor.h"
#include "common/concurrent/timer.h"
#include "namenode/blocks/block_manager.h"
#include "namenode/blocks/datanode_manager.h"

namespace tusk::namenode {

class HeartbeatMonitor {
 public:
  HeartbeatMonitor(DatanodeManager* datanodes, BlockManager* blocks, Timer* timer,
                   Executor* executor)
      : datanodes_(datanodes), blocks_(blocks), timer_(timer), executor_(executor) {}

  void Start() {
    sweep_ = timer_->Every(datanodes_->options().heartbeat_interval, [this] {
      executor_->Post(guard_.Wrap([this] { blocks_->Lost(datanodes_->ExpireSilent()); }));
    });
  }
  void Stop() {
    sweep_.Cancel();
    guard_.Stop();
  }

 private:
  DatanodeManager* const datanodes_;
  BlockManager* const blocks_;
  Timer* const timer_;
  Executor* const executor_;
  TimerHandle sweep_;
  WorkGuard guard_;
};

}  // namespace tusk::namenode
