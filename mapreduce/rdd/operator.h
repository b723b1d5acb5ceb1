// The operators that RDD transformations compile to: batches of typed records pushed down a chain.
//
// One virtual call per batch of 256 to 1024 records, not per record; buffers are refilled, never
// rebuilt (measured in the note on functions: within 2 times of one fused loop, mostly much less).
// Threads: an operator belongs to one task attempt.
#pragma once

#include <exception>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "mapreduce/engine/plan/operator.h"
#include "mapreduce/engine/plan/task_context.h"
#include "mapreduce/rdd/codec.h"
#include "mapreduce/rdd/emitter.h"

namespace tusk::rdd {

using mapreduce::Inputs;
using mapreduce::Operator;
using mapreduce::TaskContext;

// The task whose function runs on this thread; Broadcast<T>::value() asks it. Null in the driver.
TUSK_EXPORT TaskContext* CurrentTask();
TUSK_EXPORT void SetCurrentTask(TaskContext* task);

// Runs in a task: everything of this interface begins so.
struct TaskOperator : Operator {
  Status Run(TaskContext& task, Inputs& inputs) override {
    SetCurrentTask(&task);
    task_ = &task;
    partition_ = inputs.partition();
    return RunTask(task, inputs);
  }
  virtual Status RunTask(TaskContext& task, Inputs& inputs) { return Operator::Run(task, inputs); }

 protected:
  TaskContext* task_ = nullptr;
  int partition_ = 0;
};

// Takes batches of T. A batch and what its views point to live until Push returns.
template <class T>
struct Stage : TaskOperator {
  virtual Status Push(std::span<const T> batch) = 0;
};

// An array that is written over and over: elements are assigned, not built again.
template <class U>
class Buffer {
 public:
  U* Need(size_t count) {
    if (size_ < count) {
      items_ = std::make_unique<U[]>(count);
      size_ = count;
    }
    return items_.get();
  }

 private:
  std::unique_ptr<U[]> items_;  // not a vector: vector<bool> has no array of bool inside
  size_t size_ = 0;
};

// What every operator with a user function holds: the values bound to it and its place in the
// source.
template <class F, class... S>
struct Function {
  static_assert(std::is_empty_v<F>);

  template <class... A>
  decltype(auto) operator()(A&&... args) const {
    return std::apply(
        [&](const S&... values) -> decltype(auto) {
          return F{}(values..., std::forward<A>(args)...);
        },
        bound);
  }

  void DecodeFrom(Reader& in) {
    in.String(&where);
    Codec<std::tuple<S...>>::Decode(in, bound);
  }

  std::tuple<S...> bound;
  std::string where;  // "job.cc:42"
};

template <class F, class T, class... S>
using ResultOf = std::remove_cvref_t<decltype(F{}(std::declval<const S&>()..., std::declval<T>()))>;

// Names operator, place, partition and record of what a user's function threw.
TUSK_EXPORT Status UserError(const char* kind, const std::string& where, int partition,
                             int64_t record, const char* what);

// Runs `loop` and turns an exception into a Status that says where; record() is the number of the
// record the loop stood at.
template <class Record, class Loop>
Status Guarded(const char* kind, const std::string& where, int partition, Record record,
               Loop loop) {
  try {
    return loop();
  } catch (const std::exception& e) {
    return UserError(kind, where, partition, record(), e.what());
  } catch (...) {
    return UserError(kind, where, partition, record(), "an exception that is no std::exception");
  }
}

}  // namespace tusk::rdd
