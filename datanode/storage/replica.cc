#include "datanode/storage/replica.h"

#include <algorithm>

namespace tusk::datanode {

void WriterSession::Stop() {
  std::function<void()> stop;
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    stopped_ = true;
    stop = std::move(stop_);
    stop_ = nullptr;
  }
  if (stop) stop();
}

bool WriterSession::stopped() const {
  MutexLock lock(mu_);
  return stopped_;
}

void WriterSession::Finished() {
  {
    MutexLock lock(mu_);
    stop_ = nullptr;  // what it captured goes away with the writer
  }
  finished_.Notify();
}

int64_t ReplicaSnapshot::VisibleLength() const {
  const ReplicaState effective = state == ReplicaState::kRur ? state_before_recovery : state;
  switch (effective) {
    case ReplicaState::kFinalized:
    case ReplicaState::kRwr:
      return block.num_bytes;
    case ReplicaState::kRbw:
      return bytes_acked;
    default:
      return 0;
  }
}

Replica::Replica(Volume* volume, const Block& block, ReplicaState state)
    : id_(block.id), volume_(volume) {
  now_.block = block;
  now_.state = state;
  now_.bytes_received = block.num_bytes;
  now_.bytes_acked = block.num_bytes;
}

ReplicaSnapshot Replica::Get() const {
  MutexLock lock(mu_);
  ReplicaSnapshot copy = now_;
  copy.has_writer = writer_ != nullptr;
  return copy;
}

void Replica::SetReceived(int64_t bytes) {
  MutexLock lock(mu_);
  now_.bytes_received = std::max(now_.bytes_received, bytes);
}

void Replica::SetOnDisk(int64_t bytes, uint32_t last_chunk_crc) {
  MutexLock lock(mu_);
  now_.block.num_bytes = bytes;
  now_.last_chunk_crc = last_chunk_crc;
}

void Replica::SetAcked(int64_t bytes) {
  MutexLock lock(mu_);
  if (bytes <= now_.bytes_acked) return;
  now_.bytes_acked = bytes;
  changed_.NotifyAll();
}

std::shared_ptr<WriterSession> Replica::writer() const {
  MutexLock lock(mu_);
  return writer_;
}

void Replica::SetWriter(std::shared_ptr<WriterSession> writer) {
  MutexLock lock(mu_);
  writer_ = std::move(writer);
  changed_.NotifyAll();
}

bool Replica::WaitVisible(int64_t bytes, Duration timeout) const {
  const TimePoint deadline = Clock::Real()->Now() + timeout;
  MutexLock lock(mu_);
  while (now_.VisibleLength() < bytes) {
    if (writer_ == nullptr) return false;
    const Duration left = deadline - Clock::Real()->Now();
    if (left <= Duration(0)) return false;
    changed_.WaitFor(mu_, left);
  }
  return true;
}

void Replica::SetState(ReplicaState state) {
  MutexLock lock(mu_);
  now_.state = state;
  changed_.NotifyAll();
}

void Replica::SetGenerationStamp(GenerationStamp stamp) {
  MutexLock lock(mu_);
  now_.block.generation_stamp = stamp;
}

void Replica::SetLengths(int64_t bytes, uint32_t last_chunk_crc) {
  MutexLock lock(mu_);
  now_.block.num_bytes = bytes;
  now_.bytes_received = bytes;
  now_.bytes_acked = bytes;
  now_.last_chunk_crc = last_chunk_crc;
  changed_.NotifyAll();
}

void Replica::BeginRecovery(int64_t recovery_id) {
  MutexLock lock(mu_);
  if (now_.state != ReplicaState::kRur) now_.state_before_recovery = now_.state;
  now_.state = ReplicaState::kRur;
  now_.recovery_id = recovery_id;
  changed_.NotifyAll();
}

}  // namespace tusk::datanode
