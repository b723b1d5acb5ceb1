#include "common/kv/memory_store.h"

namespace tusk {

namespace {

class MemoryIterator final : public KvIterator {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;
  explicit MemoryIterator(std::shared_ptr<const Map> map)
      : map_(std::move(map)), at_(map_->end()) {}

  void SeekToFirst() override { at_ = map_->begin(); }
  void Seek(std::string_view key) override { at_ = map_->lower_bound(key); }
  bool Valid() const override { return at_ != map_->end(); }
  void Next() override { ++at_; }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  Status status() const override { return Status::Ok(); }

 private:
  const std::shared_ptr<const Map> map_;
  Map::const_iterator at_;
};

}  // namespace

StatusOr<std::string> MemoryStore::Get(std::string_view key) {
  MutexLock lock(mu_);
  const auto it = live_->find(key);
  if (it == live_->end()) return NotFoundError("no such key");
  return it->second;
}

Status MemoryStore::Write(const KvBatch& batch, WriteSync sync) {
  MutexLock lock(mu_);
  RETURN_IF_ERROR(write_failure_);
  if (live_.use_count() > 1) live_ = std::make_shared<Map>(*live_);
  for (const KvBatch::Change& change : batch.changes()) {
    if (change.deletes) {
      live_->erase(change.key);
    } else {
      (*live_)[change.key] = change.value;
    }
  }
  if (sync == WriteSync::kYes) synced_ = *live_;
  return Status::Ok();
}

std::unique_ptr<KvIterator> MemoryStore::NewIterator() {
  MutexLock lock(mu_);
  return std::make_unique<MemoryIterator>(live_);
}

void MemoryStore::LosePower() {
  MutexLock lock(mu_);
  live_ = std::make_shared<Map>(synced_);
}

void MemoryStore::FailWrites(Status status) {
  MutexLock lock(mu_);
  write_failure_ = std::move(status);
}

size_t MemoryStore::size() const {
  MutexLock lock(mu_);
  return live_->size();
}

}  // namespace tusk
