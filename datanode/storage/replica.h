// One replica of a block on this DataNode: its state, its three lengths, and who writes it.
//
// Threads: thread-safe; one lock per replica, held for a few instructions. State changes are made
//          by ReplicaStore, which lets one of them at a time have a block.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "common/concurrent/mutex.h"
#include "common/concurrent/notification.h"
#include "common/protocol/block.h"

namespace tusk::datanode {

class Volume;

// A thread that writes a replica, as recovery sees it: told to stop, then waited for.
//
// Threads: thread-safe.
class WriterSession {
 public:
  // `stop` makes the writer's blocking calls return (it shuts its sockets down). Runs at most once.
  explicit WriterSession(std::function<void()> stop) : stop_(std::move(stop)) {}

  void Stop() EXCLUDES(mu_);
  bool stopped() const EXCLUDES(mu_);
  // The writer has let go of the replica: called by the writer, as the last thing.
  void Finished() EXCLUDES(mu_);
  bool WaitFinished(Duration timeout) { return finished_.WaitFor(timeout); }

 private:
  mutable Mutex mu_;
  bool stopped_ GUARDED_BY(mu_) = false;
  std::function<void()> stop_ GUARDED_BY(mu_);
  Notification finished_;
};

// What a replica was at one moment.
struct ReplicaSnapshot {
  Block block;  // num_bytes: on disk
  ReplicaState state = ReplicaState::kFinalized;
  ReplicaState state_before_recovery = ReplicaState::kFinalized;  // of an rur
  int64_t bytes_received = 0;  // taken from the network; some may not be on disk yet
  int64_t bytes_acked = 0;     // by the whole pipeline
  int64_t recovery_id = 0;
  uint32_t last_chunk_crc = 0;  // of the partial chunk at the end, while being written
  bool has_writer = false;

  // What a reader may see. Finalized: all; being written: what the whole pipeline has; rwr: what
  // survived the restart; temporary: nothing.
  int64_t VisibleLength() const;
};

class Replica {
 public:
  Replica(Volume* volume, const Block& block, ReplicaState state);
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  BlockId id() const { return id_; }
  Volume* volume() const { return volume_; }
  ReplicaSnapshot Get() const EXCLUDES(mu_);

  // ---- the writer -------------------------------------------------------------------------------
  void SetReceived(int64_t bytes) EXCLUDES(mu_);
  void SetOnDisk(int64_t bytes, uint32_t last_chunk_crc) EXCLUDES(mu_);
  // Never goes back. Wakes readers that wait for it.
  void SetAcked(int64_t bytes) EXCLUDES(mu_);
  std::shared_ptr<WriterSession> writer() const EXCLUDES(mu_);
  void SetWriter(std::shared_ptr<WriterSession> writer) EXCLUDES(mu_);

  // ---- readers ----------------------------------------------------------------------------------
  // Waits until `bytes` are visible; false after `timeout`, or when nobody writes any more.
  bool WaitVisible(int64_t bytes, Duration timeout) const EXCLUDES(mu_);

  // ---- the store --------------------------------------------------------------------------------
  void SetState(ReplicaState state) EXCLUDES(mu_);
  void SetGenerationStamp(GenerationStamp stamp) EXCLUDES(mu_);
  // All three lengths at once: after a cut, or when it is finalized or reopened.
  void SetLengths(int64_t bytes, uint32_t last_chunk_crc) EXCLUDES(mu_);
  void BeginRecovery(int64_t recovery_id) EXCLUDES(mu_);

 private:
  const BlockId id_;
  Volume* const volume_;

  mutable Mutex mu_;
  mutable CondVar changed_;
  ReplicaSnapshot now_ GUARDED_BY(mu_);
  std::shared_ptr<WriterSession> writer_ GUARDED_BY(mu_);
};

}  // namespace tusk::datanode
