// What happened to our replicas, numbered, kept until the NameNode has taken it.
//
// Numbers count from 1 within one incarnation of this process. Above `max_kept` events the oldest
// go and a full report has to take their place.
//
// That a replica is begun is no news by itself: it is told with what comes next.
// Threads: thread-safe. `on_news` is called without the lock, from whatever thread changed a
//          replica, and must not block.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "common/concurrent/mutex.h"
#include "common/protocol/datanode_protocol.h"
#include "datanode/storage/replica_listener.h"

namespace tusk::datanode {

class EventLog final : public ReplicaListener {
 public:
  explicit EventLog(size_t max_kept = 1'000'000) : max_kept_(max_kept) {}

  // Empty: nobody listens.
  void SetOnNews(std::function<void()> on_news) EXCLUDES(mu_);

  void OnReceiving(const Block& block, const std::string& storage_id) override;
  void OnReceived(const Block& block, const std::string& storage_id) override;
  void OnDeleted(const Block& block, const std::string& storage_id) override;
  void OnBadReplica(const Block& block, const std::string& storage_id) override;
  // A replica of another DataNode.
  void AddBad(const BadReplica& bad) EXCLUDES(mu_);

  // The next events after number `after`, `max` at most.
  std::vector<ReplicaEvent> After(uint64_t after, size_t max) const EXCLUDES(mu_);
  void Taken(uint64_t up_to) EXCLUDES(mu_);
  uint64_t last_number() const EXCLUDES(mu_);
  size_t kept() const EXCLUDES(mu_);
  // Whether every event after `number` is still here.
  bool HasAllAfter(uint64_t number) const EXCLUDES(mu_);

  // Bad replicas have no numbers: the oldest one not yet told, and that it was told.
  bool NextBad(BadReplica* bad) const EXCLUDES(mu_);
  void PopBad() EXCLUDES(mu_);

 private:
  void Add(ReplicaEventType type, const Block& block, const std::string& storage_id) EXCLUDES(mu_);

  const size_t max_kept_;

  mutable Mutex mu_;
  std::function<void()> on_news_ GUARDED_BY(mu_);
  uint64_t last_ GUARDED_BY(mu_) = 0;
  std::deque<ReplicaEvent> events_ GUARDED_BY(mu_);  // consecutive, up to last_
  std::deque<BadReplica> bad_ GUARDED_BY(mu_);
};

}  // namespace tusk::datanode
