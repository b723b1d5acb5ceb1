// For tests: a KvStore that forwards to one which outlives it, as a disk outlives a process.
#pragma once

#include <memory>
#include <string>

#include "common/kv/kv_store.h"

namespace tusk::namenode {

class SharedStore final : public KvStore {
 public:
  explicit SharedStore(KvStore* store) : store_(store) {}

  StatusOr<std::string> Get(std::string_view key) override { return store_->Get(key); }
  Status Write(const KvBatch& batch, WriteSync sync) override { return store_->Write(batch, sync); }
  std::unique_ptr<KvIterator> NewIterator() override { return store_->NewIterator(); }
  void Compact(std::string_view first, std::string_view last) override {
    store_->Compact(first, last);
  }

 private:
  KvStore* const store_;
};

}  // namespace tusk::namenode
