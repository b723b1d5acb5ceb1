#include "namenode/namesystem/retry_cache.h"

#include <utility>

#include "common/base/bytes.h"

namespace tusk::namenode {
namespace {

constexpr size_t kClientIdBytes = 16;

}  // namespace

std::string RetryCache::Key(std::string_view client_id, int32_t call_id) {
  if (client_id.size() != kClientIdBytes || call_id < 0) return {};
  std::string key(client_id);
  AppendBigEndian(&key, call_id);
  return key;
}

const RetryCache::Entry* RetryCache::Find(const std::string& key, int64_t now_ms) const {
  if (key.empty()) return nullptr;
  const auto it = numbers_.find(key);
  if (it == numbers_.end()) return nullptr;
  const Entry* entry = At(it->second);
  return now_ms - entry->time_ms > expiry_ms_ ? nullptr : entry;
}

void RetryCache::Add(Entry entry) {
  if (entry.key.empty() || max_entries_ <= 0) return;
  numbers_[entry.key] = next_number();
  queue_.push_back(std::move(entry));
  while (static_cast<int64_t>(queue_.size()) > max_entries_) PopFront();
}

void RetryCache::DropExpired(int64_t now_ms, int limit) {
  while (limit-- > 0 && !queue_.empty() && now_ms - queue_.front().time_ms > expiry_ms_) {
    PopFront();
  }
}

const RetryCache::Entry* RetryCache::At(uint64_t number) const {
  return number < first_number_ || number >= next_number() ? nullptr
                                                           : &queue_[number - first_number_];
}

void RetryCache::PopFront() {
  const auto it = numbers_.find(queue_.front().key);
  // The same call may stand again further back; then that entry counts.
  if (it != numbers_.end() && it->second == first_number_) {
    dropped_.push_back(std::move(queue_.front().key));
    numbers_.erase(it);
  }
  queue_.pop_front();
  ++first_number_;
}

}  // namespace tusk::namenode
