// ReduceByKey and Join: the map side that partitions by key, the reduce sides that meet the keys.
//
// Keys are compared encoded: two keys are one when their bytes are. Shuffles are ordered by key, so
// the reduce side streams: it holds one key's values at a time, whatever the size of the partition.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mapreduce/engine/plan/memory_ledger.h"
#include "mapreduce/rdd/cache_op.h"
#include "mapreduce/rdd/key_table.h"
#include "mapreduce/rdd/operator.h"

namespace tusk::rdd {

// A key's bytes in a shuffle: strings as they are, so that order is the one people expect.
template <class K>
void EncodeKey(const K& key, std::string* out) {
  out->clear();
  if constexpr (std::is_convertible_v<const K&, std::string_view>) {
    out->assign(std::string_view(key));
  } else {
    Writer writer(out);
    Codec<K>::Encode(key, writer);
  }
}
template <class K>
bool DecodeKey(std::string_view bytes, K* key) {
  if constexpr (std::is_same_v<K, std::string>) {
    key->assign(bytes);
    return true;
  } else {
    Reader in(bytes);
    Codec<K>::Decode(in, *key);
    return in.ok() && in.AtEnd();
  }
}
template <class T>
bool DecodeWhole(std::string_view bytes, T* value) {
  Reader in(bytes);
  Codec<T>::Decode(in, *value);
  return in.ok() && in.AtEnd();
}

inline int PartitionOf(std::string_view key, int partitions) {
  return partitions == 1
             ? 0
             : static_cast<int>(mapreduce::HashBytes(key) % static_cast<uint64_t>(partitions));
}

// Map side without combining.
template <class K, class V>
struct PairShuffleOp final : Stage<std::pair<K, V>> {
  static constexpr const char* kKind = "ShuffleByKey";
  using In = std::pair<K, V>;
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<PairShuffleOp>(); }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    partitions = task.shuffle_partitions();
    ASSIGN_OR_RETURN(sink, task.OpenShuffleSink({}));
    RETURN_IF_ERROR(inputs.Produce(0, this));
    ASSIGN_OR_RETURN(mapreduce::MapOutput output, sink->Finish());
    task.SetMapOutput(std::move(output));
    return Status::Ok();
  }
  Status Push(std::span<const std::pair<K, V>> batch) override {
    for (const auto& [k, v] : batch) {
      EncodeKey(k, &key);
      value.clear();
      Writer writer(&value);
      Codec<Owned<V>>::Encode(v, writer);
      RETURN_IF_ERROR(sink->Add(PartitionOf(key, partitions), key, value));
    }
    return Status::Ok();
  }

  int partitions = 1;
  std::unique_ptr<mapreduce::ShuffleSink> sink;
  std::string key;
  std::string value;
};

// Map side of ReduceByKey: combines what meets in memory, so that a key leaves once per spill.
template <class F, class K, class V, class... S>
struct CombineShuffleOp final : Stage<std::pair<K, V>> {
  static constexpr const char* kKind = "ReduceByKey (map side)";
  using In = std::pair<K, V>;
  using Out = void;
  static constexpr int64_t kGrowBytes = 1 << 20;
  static std::unique_ptr<Operator> Decode(Reader& in) {
    auto op = std::make_unique<CombineShuffleOp>();
    op->function.DecodeFrom(in);
    return op;
  }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    share.emplace(&task.memory());
    partitions = task.shuffle_partitions();
    ASSIGN_OR_RETURN(sink, task.OpenShuffleSink({}));
    RETURN_IF_ERROR(inputs.Produce(0, this));
    RETURN_IF_ERROR(EmitAll());
    ASSIGN_OR_RETURN(mapreduce::MapOutput output, sink->Finish());
    task.SetMapOutput(std::move(output));
    return Status::Ok();
  }

  Status Push(std::span<const std::pair<K, V>> batch) override {
    RETURN_IF_ERROR(Guarded(
        "ReduceByKey", function.where, this->partition_, [&] { return records; },
        [&] {
          for (const auto& [k, v] : batch) {
            EncodeKey(k, &key);
            auto [value, added] = table.FindOrAdd(key);
            const int64_t before = added ? 0 : HeapBytes(*value);
            *value = added ? V(v) : V(function(*value, v));
            value_bytes += HeapBytes(*value) - before;
            ++records;
          }
          return Status::Ok();
        }));
    return StayWithinShare();
  }

  Status StayWithinShare() {
    const int64_t used = table.memory_bytes() + value_bytes;
    if (used <= share->bytes()) return Status::Ok();
    if (share->Grow(std::max(kGrowBytes, used - share->bytes()))) return Status::Ok();
    // The smallest table may always be there; beyond it the pairs leave now.
    return used <= kGrowBytes ? Status::Ok() : EmitAll();
  }

  Status EmitAll() {
    RETURN_IF_ERROR(table.ForEach([this](std::string_view k, const V& v) {
      encoded.clear();
      Writer writer(&encoded);
      Codec<V>::Encode(v, writer);
      return sink->Add(PartitionOf(k, partitions), k, encoded);
    }));
    table.Clear();
    value_bytes = 0;
    return Status::Ok();
  }

  Function<F, S...> function;
  std::optional<mapreduce::MemoryShare> share;
  KeyTable<V> table;
  int64_t value_bytes = 0;
  int partitions = 1;
  std::unique_ptr<mapreduce::ShuffleSink> sink;
  std::string key;
  std::string encoded;
  int64_t records = 0;
};

// Collects records and pushes them in batches.
template <class T>
class BatchedOutput {
 public:
  explicit BatchedOutput(Stage<T>* stage) : stage_(stage) { batch_.reserve(kBatchRecords); }
  Status Add(T record) {
    batch_.push_back(std::move(record));
    return batch_.size() < kBatchRecords ? Status::Ok() : Flush();
  }
  Status Flush() {
    if (batch_.empty()) return Status::Ok();
    const Status status = stage_->Push(batch_);
    batch_.clear();
    return status;
  }

 private:
  Stage<T>* const stage_;
  std::vector<T> batch_;
};

inline Status BadShuffleBytes() {
  return DataLossError("a record of a shuffle does not decode");
}

// Reduce side of ReduceByKey: K and V are owned.
template <class F, class K, class V, class... S>
struct ReduceByKeyOp final : TaskOperator {
  static constexpr const char* kKind = "ReduceByKey";
  using In = void;
  using Out = std::pair<K, V>;
  static std::unique_ptr<Operator> Decode(Reader& in) {
    auto op = std::make_unique<ReduceByKeyOp>();
    op->function.DecodeFrom(in);
    return op;
  }

  Status RunTask(TaskContext&, Inputs& inputs) override {
    ASSIGN_OR_RETURN(const auto source, inputs.OpenShuffle(0, {}));
    BatchedOutput<std::pair<K, V>> out(static_cast<Stage<std::pair<K, V>>*>(next()));
    std::string current;
    std::optional<V> sum;
    const auto emit = [&]() -> Status {
      if (!sum.has_value()) return Status::Ok();
      std::pair<K, V> pair;
      if (!DecodeKey(current, &pair.first)) return BadShuffleBytes();
      pair.second = std::move(*sum);
      sum.reset();
      return out.Add(std::move(pair));
    };
    std::string_view key;
    std::string_view bytes;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, source->Next(&key, &bytes));
      if (!more) break;
      V value{};
      if (!DecodeWhole(bytes, &value)) return BadShuffleBytes();
      ++records;
      if (sum.has_value() && key == current) {
        RETURN_IF_ERROR(Guarded(
            kKind, function.where, partition_, [&] { return records; },
            [&] {
              sum = function(*sum, value);
              return Status::Ok();
            }));
        continue;
      }
      RETURN_IF_ERROR(emit());
      current.assign(key);
      sum = std::move(value);
    }
    RETURN_IF_ERROR(emit());
    return out.Flush();
  }

  Function<F, S...> function;
  int64_t records = 0;
};

// Inner join of two shuffles ordered by key: the left values of one key are held, the right ones
// pass.
template <class K, class V, class W>
struct JoinOp final : TaskOperator {
  static constexpr const char* kKind = "Join";
  using In = void;
  using Out = std::pair<K, std::pair<V, W>>;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<JoinOp>(); }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    ASSIGN_OR_RETURN(const auto left, inputs.OpenShuffle(0, {}));
    ASSIGN_OR_RETURN(const auto right, inputs.OpenShuffle(1, {}));
    BatchedOutput<Out> out(static_cast<Stage<Out>*>(next()));
    mapreduce::MemoryShare share(&task.memory());
    std::string_view left_key;
    std::string_view left_bytes;
    std::string_view right_key;
    std::string_view right_bytes;
    ASSIGN_OR_RETURN(bool more_left, left->Next(&left_key, &left_bytes));
    ASSIGN_OR_RETURN(bool more_right, right->Next(&right_key, &right_bytes));
    std::string key;
    std::vector<V> values;
    while (more_left && more_right) {
      const int order = left_key.compare(right_key);
      if (order < 0) {
        ASSIGN_OR_RETURN(more_left, left->Next(&left_key, &left_bytes));
        continue;
      }
      if (order > 0) {
        ASSIGN_OR_RETURN(more_right, right->Next(&right_key, &right_bytes));
        continue;
      }
      key.assign(left_key);
      values.clear();
      share.Clear();
      while (more_left && left_key == key) {
        V value{};
        if (!DecodeWhole(left_bytes, &value)) return BadShuffleBytes();
        if (!share.Grow(static_cast<int64_t>(sizeof(V)) + HeapBytes(value))) {
          return ResourceExhaustedError(
              "Join: the values of one key do not fit into the runner's memory; join the other way "
              "round, or more memory (tusk.runner.memory-mb)");
        }
        values.push_back(std::move(value));
        ASSIGN_OR_RETURN(more_left, left->Next(&left_key, &left_bytes));
      }
      K owned_key{};
      if (!DecodeKey(key, &owned_key)) return BadShuffleBytes();
      while (more_right && right_key == key) {
        W other{};
        if (!DecodeWhole(right_bytes, &other)) return BadShuffleBytes();
        for (const V& value : values) RETURN_IF_ERROR(out.Add({owned_key, {value, other}}));
        RETURN_IF_ERROR(task.Check());
        ASSIGN_OR_RETURN(more_right, right->Next(&right_key, &right_bytes));
      }
    }
    return out.Flush();
  }
};

}  // namespace tusk::rdd
