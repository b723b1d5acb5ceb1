// Takes what FlatMap and MapPartitions produce, any number of records for one.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace tusk {

inline constexpr size_t kBatchRecords = 1024;

// Views that were emitted must stay valid until the function returns.
template <class U>
class Emitter {
 public:
  virtual ~Emitter() = default;

  void Emit(U record) {
    batch_.push_back(std::move(record));
    if (batch_.size() >= kBatchRecords) FlushBatch();
  }
  void operator()(U record) { Emit(std::move(record)); }

 protected:
  virtual Status PushOn(std::span<const U> batch) = 0;

  void FlushBatch() {
    if (!batch_.empty() && status_.ok()) status_ = PushOn(batch_);
    batch_.clear();
  }
  // The first error of a batch that was passed on.
  const Status& status() const { return status_; }

 private:
  std::vector<U> batch_;
  Status status_;
};

}  // namespace tusk
