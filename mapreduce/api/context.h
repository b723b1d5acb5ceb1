// What map and reduce functions see of the attempt they run in.
//
// Threads: the attempt's own thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/status.h"
#include "mapreduce/api/job_options.h"
#include "mapreduce/engine/plan/task_context.h"

namespace tusk {

class TaskAttemptContext {
 public:
  TaskAttemptContext(mapreduce::TaskContext* task, const mapreduce::JobOptions* options)
      : task_(task), options_(options) {}

  // A counter's place, valid as long as the attempt: look it up once, then add to it.
  int64_t* Counter(std::string_view group, std::string_view name) {
    return task_->counters().Cell(group, name);
  }
  void Increment(std::string_view group, std::string_view name, int64_t by = 1) {
    task_->counters().Add(group, name, by);
  }

  // What the job set, else the configuration's value.
  std::optional<std::string> Option(std::string_view key) const {
    auto value = options_->Get(key);
    return value.has_value() ? value : task_->Option(key);
  }

  // Number of this task among its stage's: Hadoop's mapreduce.task.partition.
  int partition() const { return task_->attempt().partition; }

  // Ends the attempt with this error, as soon as the function returns. The first one counts.
  void Fail(Status error) {
    if (status_.ok()) status_ = std::move(error);
  }
  const Status& status() const { return status_; }

  mapreduce::TaskContext& task() { return *task_; }

 private:
  mapreduce::TaskContext* const task_;
  const mapreduce::JobOptions* const options_;
  Status status_;
};

// Takes emitted pairs; typed, so that map-only jobs and reducers write text without encoding first.
template <class K, class V>
class PairSink {
 public:
  virtual ~PairSink() = default;
  virtual Status Push(const K& key, const V& value) = 0;
};

template <class K, class V>
class EmitContext : public TaskAttemptContext {
 public:
  EmitContext(mapreduce::TaskContext* task, const mapreduce::JobOptions* options,
              PairSink<K, V>* sink)
      : TaskAttemptContext(task, options), sink_(sink) {}

  // After an error nothing is taken any more; the attempt fails when the function returns.
  void Emit(const K& key, const V& value) {
    if (!status().ok()) return;
    if (Status s = sink_->Push(key, value); !s.ok()) Fail(std::move(s));
  }

 private:
  PairSink<K, V>* const sink_;
};

}  // namespace tusk
