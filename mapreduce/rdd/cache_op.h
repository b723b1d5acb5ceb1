// Keeps a partition where the storage level says, and reads it from there the next time. When it is
// not there (the first time, dropped for room, its runner lost) the partition is computed from the
// operator's input and kept again.
//
//   RunTask -> Find: hit  -> push what is kept
//                    miss -> Inputs::Produce: the lineage behind it runs, Push gathers -> Keep
//
// Owns:    what it gathers and its share of the memory ledger, until the BlockStore has it.
// Threads: one task attempt, one thread; what was kept is read by many, and never changes.
// Life:    one RunTask. An attempt that fails midway keeps nothing.
// Fails:   memory that is refused is no failure: the rest goes to disk, or is only passed on, as
//          the level says. A miss that needs a shuffle whose outputs are gone ends the attempt with
//          a fetch failure; the driver's DagScheduler has those maps run first, then this one
//          again.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mapreduce/engine/plan/block_store.h"
#include "mapreduce/engine/plan/memory_ledger.h"
#include "mapreduce/rdd/huge_pages.h"
#include "mapreduce/rdd/operator.h"

namespace tusk::rdd {

// Memory behind a record beyond its own size.
template <class T>
int64_t HeapBytes(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value.capacity() > 15 ? static_cast<int64_t>(value.capacity()) + 17 : 0;
  } else if constexpr (requires { typename T::mapped_type; }) {
    return static_cast<int64_t>(value.size() * (sizeof(typename T::value_type) + 48));
  } else if constexpr (requires {
                         value.capacity();
                         typename T::value_type;
                       }) {
    int64_t bytes = static_cast<int64_t>(value.capacity() * sizeof(typename T::value_type)) + 16;
    if constexpr (!std::is_trivially_copyable_v<typename T::value_type>) {
      for (const auto& item : value) bytes += HeapBytes(item);
    }
    return bytes;
  } else if constexpr (requires {
                         value.first;
                         value.second;
                       }) {
    return HeapBytes(value.first) + HeapBytes(value.second);
  } else {
    return 0;
  }
}

// A cached partition as the program's own objects, side by side in arrays that never move: to grow
// one array, old and new would be there at a time, up to three times what the ledger was asked for.
template <class T>
class CachedRecords final : public mapreduce::CachedPartition {
 public:
  int64_t memory_bytes() const override { return bytes_; }

  Status Encode(const std::function<Status(std::string_view)>& append) const override {
    return ForEachBatch([&append](std::span<const T> batch) {
      Writer out;
      out.Varint(batch.size());
      for (const T& record : batch) Codec<T>::Encode(record, out);
      return append(out.str());
    });
  }

  // Memory needed for `batch` more records, a new array included.
  int64_t BytesFor(std::span<const T> batch) const {
    int64_t bytes = 0;
    if (batch.size() > Room()) {
      bytes += static_cast<int64_t>(NewCapacity(batch.size() - Room()) * sizeof(T));
    }
    if constexpr (!std::is_trivially_copyable_v<T>) {
      for (const T& record : batch) bytes += HeapBytes(record);
    }
    return bytes;
  }
  void Add(std::span<const T> batch, int64_t bytes) {
    const size_t first = std::min(batch.size(), Room());
    if (first > 0)
      arrays_.back().insert(arrays_.back().end(), batch.begin(), batch.begin() + first);
    if (first < batch.size()) {
      Array array;
      array.reserve(NewCapacity(batch.size() - first));
      array.insert(array.end(), batch.begin() + first, batch.end());
      arrays_.push_back(std::move(array));
    }
    count_ += batch.size();
    bytes_ += bytes;
  }
  // Calls `each` with all records in their order, kBatchRecords at most at a time.
  template <class Each>
  Status ForEachBatch(Each each) const {
    for (const Array& array : arrays_) {
      const std::span<const T> all(array);
      for (size_t at = 0; at < all.size(); at += kBatchRecords) {
        RETURN_IF_ERROR(each(all.subspan(at, std::min(kBatchRecords, all.size() - at))));
      }
    }
    return Status::Ok();
  }
  void Clear() {
    arrays_ = {};
    count_ = 0;
    bytes_ = 0;
  }

 private:
  using Array = std::vector<T, HugePageAllocator<T>>;

  size_t Room() const {
    return arrays_.empty() ? 0 : arrays_.back().capacity() - arrays_.back().size();
  }
  // Small partitions take little: arrays grow with what is there, up to a whole huge page.
  size_t NewCapacity(size_t more) const {
    constexpr size_t kWhole = kHugePageBytes / sizeof(T);
    return std::max(more, count_ < kWhole / 2 ? count_ : kWhole);
  }

  std::vector<Array> arrays_;
  size_t count_ = 0;
  int64_t bytes_ = 0;
};

// T is what the parent pushes and what is cached: views do not get here (Rdd::Cache owns them
// first).
template <class T>
struct CacheOp final : Stage<T> {
  static constexpr const char* kKind = "Cache";
  using In = T;
  using Out = T;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<CacheOp>(); }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    level = inputs.storage();
    node = inputs.node();
    if (!level.cached()) return inputs.Produce(0, this);
    if (auto hit = task.blocks().Find(node, inputs.partition())) {
      task.counters().Add(mapreduce::counter::kTuskGroup, mapreduce::counter::kCacheHits, 1);
      return hit->memory != nullptr ? PushMemory(task, hit->memory) : PushDisk(*hit->disk);
    }
    task.counters().Add(mapreduce::counter::kTuskGroup, mapreduce::counter::kCacheMisses, 1);
    share.emplace(&task.memory());
    gathering = level.memory;
    if (!gathering) RETURN_IF_ERROR(OpenDisk());
    RETURN_IF_ERROR(inputs.Produce(0, this));
    return Keep();
  }

  Status Push(std::span<const T> batch) override {
    if (gathering) {
      const int64_t bytes = records->BytesFor(batch);
      if (share->Grow(bytes)) {
        records->Add(batch, bytes);
      } else {
        RETURN_IF_ERROR(GiveUpMemory());
      }
    }
    if (disk != nullptr) RETURN_IF_ERROR(AppendToDisk(batch));
    return next_stage()->Push(batch);
  }

 private:
  Stage<T>* next_stage() { return static_cast<Stage<T>*>(this->next()); }

  Status PushMemory(TaskContext& task,
                    const std::shared_ptr<const mapreduce::CachedPartition>& cached) {
    return static_cast<const CachedRecords<T>&>(*cached).ForEachBatch(
        [&](std::span<const T> batch) -> Status {
          RETURN_IF_ERROR(task.Check());
          return next_stage()->Push(batch);
        });
  }

  Status PushDisk(mapreduce::CachedBlockReader& reader) {
    std::vector<T> batch;
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<std::string> chunk, reader.Next());
      if (!chunk.has_value()) return Status::Ok();
      this->task_->counters().Add(mapreduce::counter::kFileSystemGroup,
                                  mapreduce::counter::kFileBytesRead,
                                  static_cast<int64_t>(chunk->size()));
      Reader in(*chunk);
      uint64_t count = 0;
      in.Varint(&count);
      batch.resize(std::min<uint64_t>(count, kBatchRecords));
      for (T& record : batch) Codec<T>::Decode(in, record);
      if (!in.ok() || !in.AtEnd()) return DataLossError("a cached partition does not decode");
      RETURN_IF_ERROR(next_stage()->Push(batch));
    }
  }

  Status OpenDisk() {
    ASSIGN_OR_RETURN(disk, this->task_->blocks().OpenDisk(node, this->partition_));
    return Status::Ok();
  }

  Status AppendToDisk(std::span<const T> batch) {
    for (size_t at = 0; at < batch.size(); at += kBatchRecords) {
      const auto part = batch.subspan(at, std::min(kBatchRecords, batch.size() - at));
      Writer out;
      out.Varint(part.size());
      for (const T& record : part) Codec<T>::Encode(record, out);
      RETURN_IF_ERROR(AppendChunk(out.str()));
    }
    return Status::Ok();
  }

  Status AppendChunk(std::string_view chunk) {
    const auto bytes = static_cast<int64_t>(chunk.size());
    mapreduce::Counters& counters = this->task_->counters();
    counters.Add(mapreduce::counter::kTuskGroup, mapreduce::counter::kCacheSpilledBytes, bytes);
    counters.Add(mapreduce::counter::kFileSystemGroup, mapreduce::counter::kFileBytesWritten,
                 bytes);
    return disk->Append(chunk);
  }

  // No room: what was gathered goes to disk, or is recomputed the next time.
  Status GiveUpMemory() {
    gathering = false;
    if (level.disk) {
      RETURN_IF_ERROR(OpenDisk());
      RETURN_IF_ERROR(
          records->Encode([this](std::string_view chunk) { return AppendChunk(chunk); }));
    }
    records->Clear();
    share->Clear();
    return Status::Ok();
  }

  Status Keep() {
    if (disk != nullptr) return disk->Commit();
    if (gathering) {
      this->task_->blocks().Put(node, this->partition_, level, std::move(records), share->Detach());
    }
    return Status::Ok();
  }

  mapreduce::StorageLevel level;
  mapreduce::LineageId node;
  std::optional<mapreduce::MemoryShare> share;
  std::shared_ptr<CachedRecords<T>> records = std::make_shared<CachedRecords<T>>();
  std::unique_ptr<mapreduce::CachedBlockWriter> disk;
  bool gathering = false;
};

}  // namespace tusk::rdd
