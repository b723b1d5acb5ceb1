// What actions do with a partition: collect, count, reduce, aggregate, write.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "mapreduce/api/writable.h"
#include "mapreduce/formats/output_file.h"
#include "mapreduce/rdd/operator.h"

namespace tusk::rdd {

template <class T>
struct CollectOp final : Stage<T> {
  static constexpr const char* kKind = "Collect";
  using In = T;
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<CollectOp>(); }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    RETURN_IF_ERROR(inputs.Produce(0, this));
    task.SetResult(std::move(bytes));
    return Status::Ok();
  }
  Status Push(std::span<const T> batch) override {
    Writer out(&bytes);
    for (const T& record : batch) {
      if constexpr (std::is_same_v<T, Owned<T>>) {
        Codec<T>::Encode(record, out);
      } else {
        Codec<Owned<T>>::Encode(Owned<T>(record), out);
      }
    }
    return Status::Ok();
  }

  std::string bytes;
};

template <class T>
struct CountOp final : Stage<T> {
  static constexpr const char* kKind = "Count";
  using In = T;
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<CountOp>(); }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    RETURN_IF_ERROR(inputs.Produce(0, this));
    task.SetResult(Encoded(count));
    return Status::Ok();
  }
  Status Push(std::span<const T> batch) override {
    count += static_cast<int64_t>(batch.size());
    return Status::Ok();
  }

  int64_t count = 0;
};

// The result is an optional: empty for an empty partition.
template <class F, class T, class... S>
struct ReduceOp final : Stage<T> {
  static constexpr const char* kKind = "Reduce";
  using In = T;
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader& in) {
    auto op = std::make_unique<ReduceOp>();
    op->function.DecodeFrom(in);
    return op;
  }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    RETURN_IF_ERROR(inputs.Produce(0, this));
    task.SetResult(Encoded(sum));
    return Status::Ok();
  }
  Status Push(std::span<const T> batch) override {
    return Guarded(
        kKind, function.where, this->partition_, [&] { return records; },
        [&] {
          for (const T& record : batch) {
            sum = sum.has_value() ? Owned<T>(function(*sum, record)) : Owned<T>(record);
            ++records;
          }
          return Status::Ok();
        });
  }

  Function<F, S...> function;
  std::optional<Owned<T>> sum;
  int64_t records = 0;
};

// F adds one record, or a batch of them, to an accumulator: void(A&, const T&) or
// void(A&, std::span<const T>), in place.
template <class F, class T, class A, class... S>
struct AggregateOp final : Stage<T> {
  static constexpr const char* kKind = "Aggregate";
  using In = T;
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader& in) {
    auto op = std::make_unique<AggregateOp>();
    op->function.DecodeFrom(in);
    Codec<A>::Decode(in, op->sum);
    return op;
  }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    RETURN_IF_ERROR(inputs.Produce(0, this));
    task.SetResult(Encoded(sum));
    return Status::Ok();
  }
  Status Push(std::span<const T> batch) override {
    return Guarded(
        kKind, function.where, this->partition_, [&] { return records; },
        [&] {
          if constexpr (std::is_invocable_v<F, const S&..., A&, const T&>) {
            for (const T& record : batch) {
              function(sum, record);
              ++records;
            }
          } else {
            function(sum, batch);
            records += static_cast<int64_t>(batch.size());
          }
          return Status::Ok();
        });
  }

  Function<F, S...> function;
  A sum{};
  int64_t records = 0;
};

// A record as a line of text: pairs as "key<TAB>value".
template <class T>
struct SaveTextOp final : Stage<T> {
  static constexpr const char* kKind = "SaveAsTextFile";
  using In = T;
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader&) { return std::make_unique<SaveTextOp>(); }

  Status RunTask(TaskContext& task, Inputs& inputs) override {
    char name[32];
    std::snprintf(name, sizeof(name), "part-%05d", inputs.partition());
    RETURN_IF_ERROR(file.Open(task, name));
    RETURN_IF_ERROR(inputs.Produce(0, this));
    RETURN_IF_ERROR(file.Close());
    task.counters().Add(mapreduce::counter::kFileSystemGroup, mapreduce::counter::kHdfsBytesWritten,
                        file.bytes());
    return Status::Ok();
  }
  Status Push(std::span<const T> batch) override {
    for (const T& record : batch) {
      Writable<T>::AppendText(record, file.buffer());
      file.buffer()->push_back('\n');
      RETURN_IF_ERROR(file.Flushed());
    }
    return Status::Ok();
  }

  mapreduce::OutputFile file;
};

}  // namespace tusk::rdd
