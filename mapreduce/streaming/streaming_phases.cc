#include "mapreduce/streaming/streaming_phases.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <vector>

#include "mapreduce/api/phases.h"
#include "mapreduce/formats/text.h"
#include "mapreduce/streaming/line_protocol.h"
#include "mapreduce/streaming/streaming_child.h"

extern char** environ;

namespace tusk::mapreduce {
namespace {

using LineStage = PairStage<std::string_view, std::string_view>;
using LinePair = std::pair<std::string_view, std::string_view>;

constexpr int64_t kCombineBytes = 16 << 20;

int NumberOption(const JobOptions& options, const char* key, int fallback) {
  const auto text = options.Get(key);
  int value = fallback;
  if (text.has_value()) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// How a side writes its lines.
struct LineFormat {
  LineFormat(const JobOptions& options, const char* separator_key, const char* fields_key)
      : separator(options.Get(separator_key).value_or("\t")),
        fields(NumberOption(options, fields_key, 1)) {}

  const std::string separator;
  const int fields;
};

// "attempt_<application's digits>_m_000003_0" and the like, as Hadoop names them.
std::string TaskName(const TaskContext& task, bool is_map, bool with_attempt) {
  std::string job = task.application_id();
  if (const size_t at = job.find('_'); at != std::string::npos) job = job.substr(at);
  char tail[48];
  std::snprintf(tail, sizeof(tail), "_%s_%06d", is_map ? "m" : "r", task.attempt().partition);
  std::string name = (with_attempt ? "attempt" : "task") + job + tail;
  if (with_attempt) name += "_" + std::to_string(task.attempt().attempt);
  return name;
}

std::vector<std::string> ChildEnvironment(TaskContext& task, const JobOptions& options, bool is_map,
                                          const FileSplit* split) {
  std::map<std::string, std::string> set;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      set[std::string(text.substr(0, equals))] = std::string(text.substr(equals + 1));
    }
  }
  for (const auto& [key, value] : options.values()) set[EnvironmentName(key)] = value;
  set["mapreduce_task_partition"] = std::to_string(task.attempt().partition);
  set["mapreduce_task_ismap"] = is_map ? "true" : "false";
  set["mapreduce_task_id"] = TaskName(task, is_map, /*with_attempt=*/false);
  set["mapreduce_task_attempt_id"] = TaskName(task, is_map, /*with_attempt=*/true);
  std::string job = task.application_id();
  if (const size_t at = job.find('_'); at != std::string::npos) job = "job" + job.substr(at);
  set["mapreduce_job_id"] = job;
  if (split != nullptr) {
    set["mapreduce_map_input_file"] = task.file_system().uri() + split->path;
    set["mapreduce_map_input_start"] = std::to_string(split->offset);
    set["mapreduce_map_input_length"] = std::to_string(split->length);
  }
  if (const auto extra = options.Get(stream_option::kEnvironment)) {
    const auto words = SplitCommand(*extra);
    for (const std::string& word : words.ok() ? *words : std::vector<std::string>()) {
      const size_t equals = word.find('=');
      if (equals != std::string::npos) set[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  std::vector<std::string> environment;
  for (const auto& [name, value] : set) environment.push_back(name + "=" + value);
  return environment;
}

StatusOr<std::unique_ptr<StreamingChild>> StartChild(
    TaskContext& task, const JobOptions& options, const std::string& command, bool is_map,
    const FileSplit* split, std::function<Status(std::string_view)> on_output) {
  StreamingChildOptions child;
  ASSIGN_OR_RETURN(child.argv, SplitCommand(command));
  // A file of the job (-file) is found by its bare name, as Hadoop has "." in the PATH.
  const std::string local = task.work_directory() + "/" + child.argv[0];
  if (child.argv[0].find('/') == std::string::npos && ::access(local.c_str(), X_OK) == 0) {
    child.argv[0] = local;
  }
  child.environment = ChildEnvironment(task, options, is_map, split);
  child.directory = task.work_directory();
  child.memory_limit_bytes =
      static_cast<int64_t>(NumberOption(options, stream_option::kChildMemory, 64)) << 20;
  child.non_zero_exit_is_failure =
      options.Get(stream_option::kExitIsFailure).value_or("true") != "false";
  child.on_output = std::move(on_output);
  child.on_error = [&task](std::string_view line) {
    const auto report = ParseReporterLine(line);
    if (!report.has_value()) {
      // As Hadoop: into the container's stderr file, for `yarn logs`.
      std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
      return task.Note(line);
    }
    if (report->status.has_value()) return task.Note("status: " + *report->status);
    task.counters().Add(report->group, report->counter, report->amount);
  };
  child.check = [&task] { return task.Check(); };
  return StreamingChild::Start(std::move(child));
}

// The mapper's process as a source: lines of the split in, key and value pairs out.
struct MapSource final : Operator {
  static constexpr const char* kKind = "StreamingMap";
  using In = void;
  using Out = LinePair;
  static std::unique_ptr<Operator> Decode(Reader& bound) { return DecodePhase<MapSource>(bound); }

  Status Run(TaskContext& task, Inputs& inputs) override {
    auto* out = static_cast<LineStage*>(next());
    const LineFormat format(options, stream_option::kMapSeparator, stream_option::kMapKeyFields);
    ASSIGN_OR_RETURN(const FileSplit split, FileSplit::Decode(inputs.split()));
    ASSIGN_OR_RETURN(const std::unique_ptr<StreamingChild> child,
                     StartChild(task, options, options.Get(stream_option::kMapper).value_or("cat"),
                                /*is_map=*/true, &split, [out, &format](std::string_view line) {
                                  const auto [key, value] =
                                      SplitKeyValue(line, format.separator, format.fields);
                                  return out->Push(key, value);
                                }));
    TextInput::Reader reader;
    RETURN_IF_ERROR(reader.Open(task, options, inputs.split()));
    int64_t offset = 0;
    int64_t records = 0;
    std::string_view line;
    std::string fed;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, reader.Next(&offset, &line));
      if (!more) break;
      fed.assign(line);
      fed.push_back('\n');
      RETURN_IF_ERROR(child->Feed(fed));
      if (++records % kRecordsPerCheck == 0) task.SetProgress(reader.progress());
    }
    reader.Close(task);
    task.counters().Add(counter::kTaskGroup, counter::kMapInputRecords, records);
    return child->Finish();
  }

  JobOptions options;
};

// The map side: lines to partitions by their key; with a combiner they gather first, sorted, and
// pass through its process.
struct ShuffleSinkOfLines final : LineStage {
  static constexpr const char* kKind = "StreamingShuffle";
  using In = LinePair;
  using Out = void;
  static std::unique_ptr<Operator> Decode(Reader& bound) {
    return DecodePhase<ShuffleSinkOfLines>(bound);
  }

  Status Run(TaskContext& task, Inputs& inputs) override {
    task_ = &task;
    combiner_ = options.Get(stream_option::kCombiner).value_or("");
    ASSIGN_OR_RETURN(sink_, task.OpenShuffleSink({}));
    partitions_ = task.shuffle_partitions();
    RETURN_IF_ERROR(inputs.Produce(0, this));
    RETURN_IF_ERROR(Combine());
    ASSIGN_OR_RETURN(MapOutput output, sink_->Finish());
    task.SetMapOutput(std::move(output));
    return Status::Ok();
  }

  Status Push(const std::string_view& key, const std::string_view& value) override {
    if (combiner_.empty()) return AddToShuffle(key, value);
    gathered_bytes_ += static_cast<int64_t>(key.size() + value.size() + sizeof(Line));
    gathered_.push_back({std::string(key), std::string(value)});
    return gathered_bytes_ < kCombineBytes ? Status::Ok() : Combine();
  }

  JobOptions options;

 private:
  struct Line {
    std::string key;
    std::string value;
  };

  Status AddToShuffle(std::string_view key, std::string_view value) {
    const int partition = partitions_ == 1 ? 0 : HashPartitioner().Partition(key, key, partitions_);
    return sink_->Add(partition, key, value);
  }

  Status Combine() {
    if (gathered_.empty()) return Status::Ok();
    std::stable_sort(gathered_.begin(), gathered_.end(),
                     [](const Line& a, const Line& b) { return a.key < b.key; });
    const LineFormat format(options, stream_option::kMapSeparator, stream_option::kMapKeyFields);
    int64_t combined = 0;
    ASSIGN_OR_RETURN(const std::unique_ptr<StreamingChild> child,
                     StartChild(*task_, options, combiner_, /*is_map=*/true, nullptr,
                                [this, &format, &combined](std::string_view line) {
                                  const auto [key, value] =
                                      SplitKeyValue(line, format.separator, format.fields);
                                  ++combined;
                                  return AddToShuffle(key, value);
                                }));
    std::string fed;
    for (const Line& line : gathered_) {
      fed.assign(line.key).append(format.separator).append(line.value).push_back('\n');
      RETURN_IF_ERROR(child->Feed(fed));
    }
    RETURN_IF_ERROR(child->Finish());
    Counters& counters = task_->counters();
    counters.Add(counter::kTaskGroup, counter::kCombineInputRecords,
                 static_cast<int64_t>(gathered_.size()));
    counters.Add(counter::kTaskGroup, counter::kCombineOutputRecords, combined);
    gathered_.clear();
    gathered_bytes_ = 0;
    return Status::Ok();
  }

  TaskContext* task_ = nullptr;
  std::string combiner_;
  std::unique_ptr<ShuffleSink> sink_;
  int partitions_ = 1;
  std::vector<Line> gathered_;
  int64_t gathered_bytes_ = 0;
};

// Text, in files named as Hadoop's streaming does: part-00000, of its old interface.
struct StreamingOutput {
  template <class K, class V>
  class Writer : public TextOutput::Writer<K, V> {
   public:
    Status Open(TaskContext& task, const JobOptions& options, const std::string& name) {
      return TextOutput::Writer<K, V>::Open(task, options, "part" + name.substr(name.rfind('-')));
    }
  };
};

// The reducer's process: sorted lines in, pairs out.
struct ReduceSource final : Operator {
  static constexpr const char* kKind = "StreamingReduce";
  using In = void;
  using Out = LinePair;
  static std::unique_ptr<Operator> Decode(Reader& bound) {
    return DecodePhase<ReduceSource>(bound);
  }

  Status Run(TaskContext& task, Inputs& inputs) override {
    auto* out = static_cast<LineStage*>(next());
    const LineFormat in(options, stream_option::kMapSeparator, stream_option::kMapKeyFields);
    const LineFormat format(options, stream_option::kReduceSeparator,
                            stream_option::kReduceKeyFields);
    ASSIGN_OR_RETURN(const std::unique_ptr<ShuffleSource> source, inputs.OpenShuffle(0, {}));
    ASSIGN_OR_RETURN(const std::unique_ptr<StreamingChild> child,
                     StartChild(task, options, options.Get(stream_option::kReducer).value_or("cat"),
                                /*is_map=*/false, nullptr, [out, &format](std::string_view line) {
                                  const auto [key, value] =
                                      SplitKeyValue(line, format.separator, format.fields);
                                  return out->Push(key, value);
                                }));
    int64_t records = 0;
    int64_t groups = 0;
    std::string last_key;
    std::string fed;
    std::string_view key;
    std::string_view value;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, source->Next(&key, &value));
      if (!more) break;
      if (records++ == 0 || key != last_key) {
        ++groups;
        last_key.assign(key);
      }
      fed.assign(key).append(in.separator).append(value).push_back('\n');
      RETURN_IF_ERROR(child->Feed(fed));
    }
    task.counters().Add(counter::kTaskGroup, counter::kReduceInputGroups, groups);
    task.counters().Add(counter::kTaskGroup, counter::kReduceInputRecords, records);
    return child->Finish();
  }

  JobOptions options;
};

}  // namespace

const OpDescriptor* StreamingMapPhase() {
  return DescriptorOf<MapSource>();
}
const OpDescriptor* StreamingShuffleSink() {
  return DescriptorOf<ShuffleSinkOfLines>();
}
const OpDescriptor* StreamingReducePhase() {
  return DescriptorOf<ReduceSource>();
}
const OpDescriptor* StreamingOutputSink() {
  return DescriptorOf<OutputSink<StreamingOutput, std::string_view, std::string_view>>();
}

}  // namespace tusk::mapreduce
