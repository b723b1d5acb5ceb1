// Map, Filter, FlatMap, MapPartitions: each child partition from one parent partition.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "mapreduce/engine/plan/memory_ledger.h"
#include "mapreduce/rdd/operator.h"

namespace tusk::rdd {

template <class F, class T, class U, class... S>
struct MapOp final : Stage<T> {
  static constexpr const char* kKind = "Map";
  using In = T;
  using Out = U;
  static std::unique_ptr<Operator> Decode(Reader& in) {
    auto op = std::make_unique<MapOp>();
    op->function.DecodeFrom(in);
    return op;
  }

  Status Push(std::span<const T> in) override {
    U* __restrict out = buffer.Need(in.size());
    size_t i = 0;
    RETURN_IF_ERROR(Guarded(
        kKind, function.where, this->partition_, [&] { return records + static_cast<int64_t>(i); },
        [&] {
          for (; i < in.size(); ++i) out[i] = function(in[i]);
          return Status::Ok();
        }));
    records += static_cast<int64_t>(in.size());
    return static_cast<Stage<U>*>(this->next())->Push({out, in.size()});
  }

  Function<F, S...> function;
  Buffer<U> buffer;
  int64_t records = 0;
};

template <class F, class T, class... S>
struct FilterOp final : Stage<T> {
  static constexpr const char* kKind = "Filter";
  using In = T;
  using Out = T;
  static std::unique_ptr<Operator> Decode(Reader& in) {
    auto op = std::make_unique<FilterOp>();
    op->function.DecodeFrom(in);
    return op;
  }

  Status Push(std::span<const T> in) override {
    T* __restrict out = buffer.Need(in.size());
    size_t kept = 0;
    const T* at = in.data();
    RETURN_IF_ERROR(Guarded(
        kKind, function.where, this->partition_, [&] { return records + (at - in.data()); },
        [&] {
          for (; at != in.data() + in.size(); ++at) {
            const T& record = *at;
            if constexpr (std::is_trivially_copyable_v<T>) {
              out[kept] = record;  // without a branch: the next one may overwrite it
              kept += static_cast<bool>(function(record));
            } else if (function(record)) {
              out[kept++] = record;
            }
          }
          return Status::Ok();
        }));
    records += static_cast<int64_t>(in.size());
    if (kept == 0) return Status::Ok();
    return static_cast<Stage<T>*>(this->next())->Push({out, kept});
  }

  Function<F, S...> function;
  Buffer<T> buffer;
  int64_t records = 0;
};

// Passes what was emitted on to a stage.
template <class U>
struct StageEmitter final : Emitter<U> {
  Status PushOn(std::span<const U> batch) override { return stage->Push(batch); }
  Status Flush() {
    this->FlushBatch();
    return this->status();
  }
  Stage<U>* stage = nullptr;
};

// F emits, or returns a container of records.
template <class F, class T, class U, class... S>
struct FlatMapOp final : Stage<T> {
  static constexpr const char* kKind = "FlatMap";
  using In = T;
  using Out = U;
  static std::unique_ptr<Operator> Decode(Reader& in) {
    auto op = std::make_unique<FlatMapOp>();
    op->function.DecodeFrom(in);
    return op;
  }

  Status Push(std::span<const T> in) override {
    emitter.stage = static_cast<Stage<U>*>(this->next());
    RETURN_IF_ERROR(Guarded(
        kKind, function.where, this->partition_, [&] { return records; },
        [&] {
          for (const T& record : in) {
            if constexpr (std::is_invocable_v<F, const S&..., const T&, Emitter<U>&>) {
              function(record, static_cast<Emitter<U>&>(emitter));
            } else {
              for (auto& item : function(record)) emitter.Emit(std::move(item));
            }
            ++records;
          }
          return Status::Ok();
        }));
    // Views that were emitted point into this batch: they leave with it.
    return emitter.Flush();
  }

  Function<F, S...> function;
  StageEmitter<U> emitter;
  int64_t records = 0;
};

// The function sees a whole partition, which the memory ledger must have room for.
template <class F, class T, class U, class... S>
struct MapPartitionsOp final : Stage<T> {
  static constexpr const char* kKind = "MapPartitions";
  using In = T;
  using Out = U;
  static std::unique_ptr<Operator> Decode(Reader& in) {
    auto op = std::make_unique<MapPartitionsOp>();
    op->function.DecodeFrom(in);
    return op;
  }

  Status Push(std::span<const T> in) override {
    if (!share.has_value()) share.emplace(&this->task_->memory());
    if (!share->Grow(static_cast<int64_t>(in.size() * sizeof(Owned<T>)))) {
      return ResourceExhaustedError("MapPartitions at " + function.where + ": partition " +
                                    std::to_string(this->partition_) +
                                    " does not fit into the runner's memory; use more "
                                    "partitions, Map or FlatMap");
    }
    for (const T& record : in) gathered.push_back(Owned<T>(record));
    return Status::Ok();
  }

  Status Finish(TaskContext&) override {
    emitter.stage = static_cast<Stage<U>*>(this->next());
    RETURN_IF_ERROR(Guarded(
        kKind, function.where, this->partition_, [&] { return records; },
        [&] {
          function(std::span<const Owned<T>>(gathered), static_cast<Emitter<U>&>(emitter));
          return Status::Ok();
        }));
    return emitter.Flush();
  }

  Function<F, S...> function;
  std::optional<mapreduce::MemoryShare> share;
  std::vector<Owned<T>> gathered;
  StageEmitter<U> emitter;
  int64_t records = 0;
};

}  // namespace tusk::rdd
