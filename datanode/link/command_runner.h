// Does what a NameNode orders: copies, invalidations, recoveries, reports.
//
// Orders of a NameNode with a lower epoch than one heard before are ignored: it has been deposed.
//
// Threads: thread-safe; nothing here waits: the work runs on the executors of its parts.
// Life:    Stop waits for recoveries and copies under way.
#pragma once

#include <functional>

#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/protocol/datanode_protocol.h"
#include "datanode/recovery/block_copy.h"
#include "datanode/recovery/replica_recovery.h"
#include "datanode/storage/replica_store.h"

namespace tusk::datanode {

class CommandRunner {
 public:
  struct Deps {
    ReplicaStore* store = nullptr;
    BlockCopy* copies = nullptr;
    ReplicaRecovery* recovery = nullptr;
    Executor* recovery_executor = nullptr;  // its threads may wait for other DataNodes
    std::function<void(const BlockSynchronization&)> recovered;
    std::function<void()> send_full_report;
  };

  explicit CommandRunner(Deps deps) : deps_(std::move(deps)) {}

  // False, with a log line, when the epoch is an old one.
  bool NoteEpoch(uint64_t epoch) EXCLUDES(mu_);
  void Run(const NamenodeCommand& command) EXCLUDES(mu_);
  void Stop() { guard_.Stop(); }

 private:
  void Recover(const RecoverBlock& command);

  const Deps deps_;
  Mutex mu_;
  uint64_t epoch_ GUARDED_BY(mu_) = 0;
  WorkGuard guard_;
};

}  // namespace tusk::datanode
