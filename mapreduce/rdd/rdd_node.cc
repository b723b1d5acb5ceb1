#include "mapreduce/rdd/rdd_node.h"

#include <exception>
#include <map>
#include <mutex>
#include <stdexcept>

#include "common/concurrent/mutex.h"
#include "mapreduce/rdd/broadcast.h"
#include "mapreduce/rdd/operator.h"
#include "mapreduce/rdd/sources.h"

namespace tusk::rdd {
namespace {

thread_local TaskContext* current_task = nullptr;

NodeHandle Add(const std::shared_ptr<mapreduce::Engine>& engine, mapreduce::LineageNode node) {
  NodeHandle handle{engine, {}, node.partitions, {}};
  auto added = engine->AddNode(std::move(node));
  if (added.ok()) {
    handle.id = *added;
  } else {
    handle.error = added.status();
  }
  return handle;
}

}  // namespace

TaskContext* CurrentTask() {
  return current_task;
}
void SetCurrentTask(TaskContext* task) {
  current_task = task;
}

Status UserError(const char* kind, const std::string& where, int partition, int64_t record,
                 const char* what) {
  return AbortedError(std::string(kind) + " at " + where + ", partition " +
                      std::to_string(partition) + ", record " + std::to_string(record) + ": " +
                      what);
}

std::string PlaceOf(const Where& where) {
  std::string file = where.file_name();
  if (const size_t slash = file.rfind('/'); slash != std::string::npos) file.erase(0, slash + 1);
  return file + ":" + std::to_string(where.line());
}

NodeHandle AddNarrow(const NodeHandle& parent, const mapreduce::OpDescriptor* op, std::string bound,
                     const Where& where, mapreduce::StorageLevel storage) {
  if (!parent.error.ok()) return parent;
  mapreduce::LineageNode node;
  node.op = {op, std::move(bound)};
  node.partitions = parent.partitions;
  node.parents.emplace_back(mapreduce::NarrowDependency{.parent = parent.id});
  node.storage = storage;
  node.name = op->kind;
  node.where = PlaceOf(where);
  return Add(parent.engine, std::move(node));
}

NodeHandle AddSource(const std::shared_ptr<mapreduce::Engine>& engine,
                     const mapreduce::OpDescriptor* op, std::string name,
                     std::vector<mapreduce::PartitionInput> inputs, const Where& where) {
  mapreduce::LineageNode node;
  node.op = {op, {}};
  node.partitions = static_cast<int>(inputs.size());
  node.inputs = std::move(inputs);
  node.name = std::move(name);
  node.where = PlaceOf(where);
  return Add(engine, std::move(node));
}

NodeHandle AddShuffled(const std::vector<ShuffledParent>& parents,
                       const mapreduce::OpDescriptor* op, std::string bound, int partitions,
                       const Where& where) {
  const std::shared_ptr<mapreduce::Engine>& engine = parents[0].parent.engine;
  mapreduce::LineageNode node;
  node.op = {op, std::move(bound)};
  node.partitions = partitions > 0 ? partitions : std::max(1, parents[0].parent.partitions);
  node.name = op->kind;
  node.where = PlaceOf(where);
  for (const ShuffledParent& shuffled : parents) {
    if (!shuffled.parent.error.ok()) return shuffled.parent;
    mapreduce::ShuffleDependency dependency;
    dependency.id = engine->NewShuffle();
    dependency.parent = shuffled.parent.id;
    dependency.partitions = node.partitions;
    dependency.order = mapreduce::ShuffleOrder::kByKey;
    dependency.writer = shuffled.writer;
    node.parents.emplace_back(std::move(dependency));
  }
  return Add(engine, std::move(node));
}

StatusOr<mapreduce::JobResult> RunAction(const NodeHandle& node,
                                         const mapreduce::OpDescriptor* sink, std::string bound,
                                         const char* action, const Where& where,
                                         std::string output_directory) {
  if (!node.error.ok()) {
    return node.error.WithContext(std::string(action) + " at " + PlaceOf(where));
  }
  mapreduce::JobRequest request;
  request.name = std::string(action) + " at " + PlaceOf(where);
  request.node = node.id;
  request.sink = {sink, std::move(bound)};
  if (!output_directory.empty()) {
    request.output = mapreduce::OutputSpec{std::move(output_directory)};
  }
  return node.engine->Run(request);
}

std::shared_ptr<const void> BroadcastValue(
    mapreduce::BroadcastId id,
    const std::function<std::shared_ptr<const void>(std::string_view)>& decode) {
  // Decoded values of this runner; weak, so that they go with the last task that uses them.
  static Mutex mu;
  static std::map<std::pair<std::string, int32_t>, std::weak_ptr<const void>> values;
  TaskContext* task = CurrentTask();
  if (task == nullptr)
    throw std::logic_error("a Broadcast's value was asked for outside of a task");
  const std::pair key{task->application_id(), id.value()};
  {
    MutexLock lock(mu);
    if (auto value = values[key].lock()) return value;
  }
  const auto bytes = task->Broadcast(id);
  if (!bytes.ok()) throw std::runtime_error("broadcast: " + bytes.status().message());
  auto value = decode(**bytes);
  if (value == nullptr) throw std::runtime_error("a broadcast value does not decode");
  MutexLock lock(mu);
  if (auto first = values[key].lock()) return first;
  values[key] = value;
  return value;
}

Status TextFileOp::RunTask(TaskContext& task, Inputs& inputs) {
  TextInput::Reader reader;
  RETURN_IF_ERROR(reader.Open(task, {}, inputs.split()));
  auto* out = static_cast<Stage<std::string_view>*>(next());
  int64_t offset = 0;
  int64_t records = 0;
  std::string_view line;
  std::string held;  // lines of one batch: the reader's views end with its next line
  std::vector<std::pair<size_t, size_t>> places;
  std::vector<std::string_view> batch;
  while (true) {
    held.clear();
    places.clear();
    batch.clear();
    while (places.size() < kBatchRecords) {
      ASSIGN_OR_RETURN(const bool more, reader.Next(&offset, &line));
      if (!more) break;
      places.emplace_back(held.size(), line.size());
      held.append(line);
    }
    if (places.empty()) break;
    for (const auto& [at, size] : places) batch.emplace_back(held.data() + at, size);
    records += static_cast<int64_t>(batch.size());
    RETURN_IF_ERROR(out->Push(batch));
    RETURN_IF_ERROR(task.Check());
    task.SetProgress(reader.progress());
  }
  task.counters().Add(mapreduce::counter::kTaskGroup, mapreduce::counter::kMapInputRecords,
                      records);
  reader.Close(task);
  return Status::Ok();
}

}  // namespace tusk::rdd
