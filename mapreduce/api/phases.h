// The engine's operators that MapReduce jobs compile to: a map phase as a source, the map side of
// the shuffle, a reduce phase, an output. Not for user programs; job.h puts them together.
//
// Between two of them stands PairStage: typed pairs, one virtual call each.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/status.h"
#include "mapreduce/api/context.h"
#include "mapreduce/api/mapper.h"
#include "mapreduce/api/partitioner.h"
#include "mapreduce/api/reducer.h"
#include "mapreduce/api/writable.h"
#include "mapreduce/engine/plan/operator.h"
#include "mapreduce/engine/plan/task_context.h"

namespace tusk::mapreduce {

inline constexpr int kRecordsPerCheck = 1024;

template <class K, class V>
struct PairStage : Operator, PairSink<K, V> {};

// Decodes the job's options, which every phase is bound to.
template <class Phase>
std::unique_ptr<Operator> DecodePhase(Reader& bound) {
  auto phase = std::make_unique<Phase>();
  phase->options = JobOptions::Decode(bound);
  return phase;
}

// Input has Key, Value and Reader; Reader has
//   Status Open(TaskContext&, const JobOptions&, std::string_view split);
//   StatusOr<bool> Next(Key*, Value*);  double progress() const;  void Close(TaskContext&);
template <class Input, class M>
struct MapPhase final : Operator {
  static constexpr const char* kKind = "MapPhase";
  using In = void;
  using Out = std::pair<typename M::OutputKey, typename M::OutputValue>;
  static std::unique_ptr<Operator> Decode(Reader& bound) { return DecodePhase<MapPhase>(bound); }

  Status Run(TaskContext& task, Inputs& inputs) override {
    auto* out = static_cast<PairStage<typename M::OutputKey, typename M::OutputValue>*>(next());
    typename M::Context context(&task, &options, out);
    typename Input::Reader reader;
    RETURN_IF_ERROR(reader.Open(task, options, inputs.split()));
    M mapper;
    mapper.Setup(context);
    typename Input::Key key{};
    typename Input::Value value{};
    int64_t records = 0;
    while (context.status().ok()) {
      ASSIGN_OR_RETURN(const bool more, reader.Next(&key, &value));
      if (!more) break;
      mapper.Map(key, value, context);
      if (++records % kRecordsPerCheck == 0) {
        RETURN_IF_ERROR(task.Check());
        task.SetProgress(reader.progress());
      }
    }
    if (context.status().ok()) mapper.Cleanup(context);
    task.counters().Add(counter::kTaskGroup, counter::kMapInputRecords, records);
    reader.Close(task);
    return context.status();
  }

  JobOptions options;
};

// Hands a combiner's pairs back to the shuffle, encoded.
template <class K, class V>
class CombinedPairs final : public PairSink<K, V> {
 public:
  void set_emit(const GroupCombiner::Emit* emit) { emit_ = emit; }
  Status Push(const K& key, const V& value) override {
    key_.clear();
    value_.clear();
    Writable<K>::Encode(key, &key_);
    Writable<V>::Encode(value, &value_);
    return (*emit_)(key_, value_);
  }

 private:
  const GroupCombiner::Emit* emit_ = nullptr;
  std::string key_;
  std::string value_;
};

template <class C>
class CombinerAdapter final : public GroupCombiner {
 public:
  CombinerAdapter(TaskContext* task, const JobOptions* options)
      : context_(task, options, &pairs_) {}

  Status Combine(std::string_view key, ValueStream& values, const Emit& emit) override {
    pairs_.set_emit(&emit);
    if (!started_) combiner_.Setup(context_);
    started_ = true;
    if (!Writable<typename C::InputKey>::Decode(key, &key_)) {
      return DataLossError("a key of the shuffle does not decode");
    }
    typename C::Values typed(&values);
    combiner_.Reduce(key_, typed, context_);
    if (typed.bad()) return DataLossError("a value of the shuffle does not decode");
    return context_.status();
  }

 private:
  CombinedPairs<typename C::OutputKey, typename C::OutputValue> pairs_;
  typename C::Context context_;
  C combiner_;
  typename C::InputKey key_{};
  bool started_ = false;
};

struct NoCombiner {};

// The map side's sink: partitions and encodes.
template <class K, class V, class P, class C>
struct ShuffleMapSink final : PairStage<K, V> {
  static constexpr const char* kKind = "ShuffleMapSink";
  using In = std::pair<K, V>;
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader& bound) {
    return DecodePhase<ShuffleMapSink>(bound);
  }

  Status Run(TaskContext& task, Inputs& inputs) override {
    std::unique_ptr<GroupCombiner> combiner;
    if constexpr (!std::is_same_v<C, NoCombiner>) {
      combiner = std::make_unique<CombinerAdapter<C>>(&task, &options);
    }
    ShuffleWriteOptions write;
    write.combiner = combiner.get();
    ASSIGN_OR_RETURN(sink_, task.OpenShuffleSink(write));
    partitions_ = task.shuffle_partitions();
    RETURN_IF_ERROR(inputs.Produce(0, this));
    ASSIGN_OR_RETURN(MapOutput output, sink_->Finish());
    task.SetMapOutput(std::move(output));
    return Status::Ok();
  }

  Status Push(const K& key, const V& value) override {
    key_.clear();
    value_.clear();
    Writable<K>::Encode(key, &key_);
    Writable<V>::Encode(value, &value_);
    const int partition = partitions_ == 1 ? 0 : partitioner_.Partition(key, key_, partitions_);
    if (partition < 0 || partition >= partitions_) {
      return InvalidArgumentError("the partitioner sent a key to partition " +
                                  std::to_string(partition) + " of " + std::to_string(partitions_));
    }
    return sink_->Add(partition, key_, value_);
  }

  JobOptions options;

 private:
  P partitioner_;
  std::unique_ptr<ShuffleSink> sink_;
  int partitions_ = 1;
  std::string key_;
  std::string value_;
};

// One group of a sorted shuffle at a time, over its reader.
class TUSK_EXPORT ShuffleGroups final : public ValueStream {
 public:
  explicit ShuffleGroups(ShuffleSource* source) : source_(source) {}

  bool NextGroup();
  const std::string& key() const { return key_; }
  bool Next(std::string_view* value) override;
  const Status& status() const { return status_; }
  int64_t records() const { return records_; }

 private:
  bool Advance();

  ShuffleSource* const source_;
  std::string key_;
  std::string_view next_key_;
  std::string_view next_value_;
  bool started_ = false;
  bool has_next_ = false;  // next_key_, next_value_ are not given out yet
  bool in_group_ = false;
  int64_t records_ = 0;
  Status status_;
};

template <class R>
struct ReducePhase final : Operator {
  static constexpr const char* kKind = "ReducePhase";
  using In = void;
  using Out = std::pair<typename R::OutputKey, typename R::OutputValue>;
  static std::unique_ptr<Operator> Decode(Reader& bound) { return DecodePhase<ReducePhase>(bound); }

  Status Run(TaskContext& task, Inputs& inputs) override {
    auto* out = static_cast<PairStage<typename R::OutputKey, typename R::OutputValue>*>(next());
    ASSIGN_OR_RETURN(const std::unique_ptr<ShuffleSource> source, inputs.OpenShuffle(0, {}));
    ShuffleGroups groups(source.get());
    typename R::Context context(&task, &options, out);
    R reducer;
    reducer.Setup(context);
    typename R::InputKey key{};
    int64_t count = 0;
    while (context.status().ok() && groups.NextGroup()) {
      if (!Writable<typename R::InputKey>::Decode(groups.key(), &key)) {
        return DataLossError("a key of the shuffle does not decode");
      }
      typename R::Values values(&groups);
      reducer.Reduce(key, values, context);
      if (values.bad()) return DataLossError("a value of the shuffle does not decode");
      if (++count % kRecordsPerCheck == 0) RETURN_IF_ERROR(task.Check());
    }
    RETURN_IF_ERROR(groups.status());
    if (context.status().ok()) reducer.Cleanup(context);
    task.counters().Add(counter::kTaskGroup, counter::kReduceInputGroups, count);
    task.counters().Add(counter::kTaskGroup, counter::kReduceInputRecords, groups.records());
    return context.status();
  }

  JobOptions options;
};

// Output has Writer<K, V>: Open(TaskContext&, const JobOptions&, name), Write(key, value), Close().
template <class Output, class K, class V>
struct OutputSink final : PairStage<K, V> {
  static constexpr const char* kKind = "OutputSink";
  using In = std::pair<K, V>;
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader& bound) { return DecodePhase<OutputSink>(bound); }

  Status Run(TaskContext& task, Inputs& inputs) override {
    char name[32];
    std::snprintf(name, sizeof(name), "part-%s-%05d",
                  options.Get("tusk.job.map-only").has_value() ? "m" : "r",
                  task.attempt().partition);
    RETURN_IF_ERROR(writer_.Open(task, options, name));
    RETURN_IF_ERROR(inputs.Produce(0, this));
    RETURN_IF_ERROR(writer_.Close());
    task.counters().Add(counter::kTaskGroup,
                        options.Get("tusk.job.map-only").has_value()
                            ? counter::kMapOutputRecords
                            : counter::kReduceOutputRecords,
                        records_);
    task.counters().Add(counter::kFileSystemGroup, counter::kHdfsBytesWritten, writer_.bytes());
    return Status::Ok();
  }

  Status Push(const K& key, const V& value) override {
    ++records_;
    return writer_.Write(key, value);
  }

  JobOptions options;

 private:
  typename Output::template Writer<K, V> writer_;
  int64_t records_ = 0;
};

}  // namespace tusk::mapreduce
