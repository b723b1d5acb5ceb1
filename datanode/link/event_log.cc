#include "datanode/link/event_log.h"

#include <algorithm>

namespace tusk::datanode {
namespace {
constexpr size_t kMaxBad = 10'000;
}  // namespace

void EventLog::SetOnNews(std::function<void()> on_news) {
  MutexLock lock(mu_);
  on_news_ = std::move(on_news);
}

void EventLog::OnReceiving(const Block& block, const std::string& storage_id) {
  Add(ReplicaEventType::kReceiving, block, storage_id);
}
void EventLog::OnReceived(const Block& block, const std::string& storage_id) {
  Add(ReplicaEventType::kReceived, block, storage_id);
}
void EventLog::OnDeleted(const Block& block, const std::string& storage_id) {
  Add(ReplicaEventType::kDeleted, block, storage_id);
}
void EventLog::OnBadReplica(const Block& block, const std::string& storage_id) {
  AddBad({block, "", storage_id});
}

void EventLog::AddBad(const BadReplica& bad) {
  std::function<void()> on_news;
  {
    MutexLock lock(mu_);
    // The same replica again and again says nothing new.
    for (const BadReplica& known : bad_) {
      if (known.block == bad.block && known.datanode_uuid == bad.datanode_uuid) return;
    }
    if (bad_.size() >= kMaxBad) bad_.pop_front();
    bad_.push_back(bad);
    on_news = on_news_;
  }
  if (on_news) on_news();
}

void EventLog::Add(ReplicaEventType type, const Block& block, const std::string& storage_id) {
  std::function<void()> on_news;
  {
    MutexLock lock(mu_);
    events_.push_back({++last_, type, block, storage_id, ""});
    if (events_.size() > max_kept_) events_.pop_front();
    // Nobody waits to hear of a replica that is only begun: it goes with the next event or
    // heartbeat.
    if (type != ReplicaEventType::kReceiving) on_news = on_news_;
  }
  if (on_news) on_news();
}

std::vector<ReplicaEvent> EventLog::After(uint64_t after, size_t max) const {
  MutexLock lock(mu_);
  const uint64_t first = last_ - events_.size();  // the number before the oldest kept
  const uint64_t skip = after > first ? after - first : 0;
  std::vector<ReplicaEvent> result;
  for (size_t i = skip; i < events_.size() && result.size() < max; ++i) {
    result.push_back(events_[i]);
  }
  return result;
}

void EventLog::Taken(uint64_t up_to) {
  MutexLock lock(mu_);
  while (!events_.empty() && events_.front().number <= up_to) events_.pop_front();
}

uint64_t EventLog::last_number() const {
  MutexLock lock(mu_);
  return last_;
}

size_t EventLog::kept() const {
  MutexLock lock(mu_);
  return events_.size();
}

bool EventLog::HasAllAfter(uint64_t number) const {
  MutexLock lock(mu_);
  return number >= last_ - events_.size();
}

bool EventLog::NextBad(BadReplica* bad) const {
  MutexLock lock(mu_);
  if (bad_.empty()) return false;
  *bad = bad_.front();
  return true;
}

void EventLog::PopBad() {
  MutexLock lock(mu_);
  if (!bad_.empty()) bad_.pop_front();
}

}  // namespace tusk::datanode
