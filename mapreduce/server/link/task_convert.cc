#include "mapreduce/server/link/task_convert.h"

#include <map>

namespace tusk::mapreduce {
namespace {

Status OutOfRange(const char* what) {
  return InvalidArgumentError(std::string("a message of the task protocol has a bad ") + what);
}

void To(const RemoteOp& in, proto::RemoteOpProto* out) {
  out->set_module(in.code.module);
  out->set_offset(in.code.offset);
  out->set_kind(in.code.kind);
  out->set_bound(in.bound);
}

RemoteOp OpFrom(const proto::RemoteOpProto& in) {
  return {{in.module(), in.offset(), in.kind()}, in.bound()};
}

void To(const ShuffleServer& in, proto::ShuffleServerProto* out) {
  out->set_host(in.host);
  out->set_port(in.port);
  out->set_in_runner(in.in_runner);
}

ShuffleServer ServerFrom(const proto::ShuffleServerProto& in) {
  return {in.host(), in.port(), in.in_runner()};
}

void To(const CachedChange& in, proto::CachedChangeProto* out) {
  out->set_node(in.node.value());
  out->set_partition(in.partition);
  out->set_present(in.present);
  out->set_on_disk(in.on_disk);
  out->set_bytes(in.bytes);
}

CachedChange ChangeFrom(const proto::CachedChangeProto& in) {
  return {LineageId(in.node()), in.partition(), in.present(), in.on_disk(), in.bytes()};
}

void To(const StageNode& in, proto::StageNodeProto* out) {
  out->set_id(in.id.value());
  To(in.op, out->mutable_op());
  out->set_in_memory(in.storage.memory);
  out->set_on_disk(in.storage.disk);
  out->set_name(in.name);
  out->set_where(in.where);
  for (const StageNode::Input& input : in.inputs) {
    auto* added = out->add_inputs();
    added->set_shuffle(input.shuffle);
    added->set_parent(input.parent.value());
    added->set_shuffle_id(input.shuffle_id.value());
    added->set_mapping(static_cast<int>(input.narrow.mapping));
    added->set_child_begin(input.narrow.child_begin);
    added->set_count(input.narrow.count);
    for (const auto& group : input.narrow.groups) {
      added->add_groups()->mutable_partitions()->Assign(group.begin(), group.end());
    }
  }
}

StatusOr<StageNode> NodeFrom(const proto::StageNodeProto& in) {
  StageNode out;
  out.id = LineageId(in.id());
  out.op = OpFrom(in.op());
  out.storage = {in.in_memory(), in.on_disk()};
  out.name = in.name();
  out.where = in.where();
  for (const auto& input : in.inputs()) {
    if (input.mapping() < 0 || input.mapping() > 2) return OutOfRange("mapping");
    StageNode::Input added;
    added.shuffle = input.shuffle();
    added.parent = LineageId(input.parent());
    added.shuffle_id = ShuffleId(input.shuffle_id());
    added.narrow.parent = added.parent;
    added.narrow.mapping = static_cast<NarrowDependency::Mapping>(input.mapping());
    added.narrow.child_begin = input.child_begin();
    added.narrow.count = input.count();
    for (const auto& group : input.groups()) {
      added.narrow.groups.emplace_back(group.partitions().begin(), group.partitions().end());
    }
    out.inputs.push_back(std::move(added));
  }
  return out;
}

template <class Proto>
void CountersTo(const Counters& in, Proto* out) {
  for (const auto& [name, group] : in.groups()) {
    auto* added = out->add_counters();
    added->set_name(name);
    for (const auto& [counter, value] : group) {
      auto* one = added->add_counters();
      one->set_name(counter);
      one->set_value(value);
    }
  }
}

}  // namespace

void To(const TaskAttemptId& in, proto::TaskAttemptIdProto* out) {
  out->set_stage(in.stage.value());
  out->set_partition(in.partition);
  out->set_attempt(in.attempt);
  out->set_serial(in.serial);
}

TaskAttemptId AttemptFrom(const proto::TaskAttemptIdProto& in) {
  return {StageId(in.stage()), in.partition(), in.attempt(), in.serial()};
}

void To(const RunnerHello& in, proto::RunnerHelloProto* out) {
  out->set_container(in.container);
  out->set_host(in.host);
  out->set_rack(in.rack);
  out->set_slots(in.slots);
  out->set_memory_bytes(in.memory_bytes);
  out->set_pid(in.pid);
  for (const CodeModule& module : in.modules) {
    auto* added = out->add_modules();
    added->set_hash(module.hash);
    added->set_path(module.path);
  }
}

RunnerHello HelloFrom(const proto::RunnerHelloProto& in) {
  RunnerHello out;
  out.container = in.container();
  out.host = in.host();
  out.rack = in.rack();
  out.slots = in.slots();
  out.memory_bytes = in.memory_bytes();
  out.pid = in.pid();
  for (const auto& module : in.modules()) out.modules.push_back({module.hash(), module.path()});
  return out;
}

void To(const TaskOutcome& in, proto::TaskOutcomeProto* out) {
  To(in.id, out->mutable_id());
  out->set_end(static_cast<int>(in.end));
  out->set_message(in.message);
  out->set_result(in.result);
  out->set_run_ms(in.run_ms);
  out->set_runner_memory_peak_bytes(in.runner_memory_peak_bytes);
  if (in.map_output.has_value()) {
    auto* output = out->mutable_map_output();
    To(in.map_output->server, output->mutable_server());
    output->set_path(in.map_output->path);
    output->mutable_partition_bytes()->Assign(in.map_output->partition_bytes.begin(),
                                              in.map_output->partition_bytes.end());
  }
  if (in.fetch_failure.has_value()) {
    auto* failure = out->mutable_fetch_failure();
    failure->set_shuffle(in.fetch_failure->shuffle.value());
    failure->set_map_index(in.fetch_failure->map_index);
    To(in.fetch_failure->server, failure->mutable_server());
    failure->set_path(in.fetch_failure->path);
    failure->set_server_unreachable(in.fetch_failure->server_unreachable);
    failure->set_message(in.fetch_failure->message);
  }
  CountersTo(in.counters, out);
  for (const CachedChange& change : in.cached) To(change, out->add_cached());
}

StatusOr<TaskOutcome> OutcomeFrom(proto::TaskOutcomeProto& in) {
  if (in.end() < 0 || in.end() > 4) return OutOfRange("end of a task");
  TaskOutcome out;
  out.id = AttemptFrom(in.id());
  out.end = static_cast<TaskEnd>(in.end());
  out.message = in.message();
  out.result = std::move(*in.mutable_result());
  out.run_ms = in.run_ms();
  out.runner_memory_peak_bytes = in.runner_memory_peak_bytes();
  if (in.has_map_output()) {
    const auto& output = in.map_output();
    out.map_output = MapOutput{ServerFrom(output.server()),
                               output.path(),
                               {output.partition_bytes().begin(), output.partition_bytes().end()}};
  }
  if (in.has_fetch_failure()) {
    const auto& failure = in.fetch_failure();
    out.fetch_failure = FetchFailure{ShuffleId(failure.shuffle()), failure.map_index(),
                                     ServerFrom(failure.server()), failure.path(),
                                     failure.server_unreachable(), failure.message()};
  }
  for (const auto& group : in.counters()) {
    for (const auto& one : group.counters()) {
      out.counters.Add(group.name(), one.name(), one.value());
    }
  }
  for (const auto& change : in.cached()) out.cached.push_back(ChangeFrom(change));
  return out;
}

void To(const RunnerHeartbeat& in, proto::RunnerHeartbeatProto* out) {
  out->set_memory_used_bytes(in.memory_used_bytes);
  out->set_memory_reserved_bytes(in.memory_reserved_bytes);
  out->set_memory_peak_bytes(in.memory_peak_bytes);
  for (const CachedChange& change : in.cached) To(change, out->add_cached());
  for (const auto& progress : in.running) {
    auto* added = out->add_running();
    To(progress.id, added->mutable_id());
    added->set_fraction(progress.fraction);
  }
}

RunnerHeartbeat HeartbeatFrom(const proto::RunnerHeartbeatProto& in) {
  RunnerHeartbeat out;
  out.memory_used_bytes = in.memory_used_bytes();
  out.memory_reserved_bytes = in.memory_reserved_bytes();
  out.memory_peak_bytes = in.memory_peak_bytes();
  for (const auto& change : in.cached()) out.cached.push_back(ChangeFrom(change));
  for (const auto& one : in.running())
    out.running.push_back({AttemptFrom(one.id()), one.fraction()});
  return out;
}

void To(const RunnerWelcome& in, proto::RunnerWelcomeProto* out) {
  out->set_id(in.id.value());
  out->set_refusal(in.refusal);
  for (const auto& [key, value] : in.options) {
    auto* added = out->add_options();
    added->set_key(key);
    added->set_value(value);
  }
}

RunnerWelcome WelcomeFrom(const proto::RunnerWelcomeProto& in) {
  RunnerWelcome out{RunnerId(in.id()), in.refusal(), {}};
  for (const auto& option : in.options()) out.options[option.key()] = option.value();
  return out;
}

void To(const StagePlan& in, proto::StagePlanProto* out) {
  out->set_id(in.id.value());
  out->set_job(in.job.value());
  out->set_name(in.name);
  out->set_mode(static_cast<int>(in.mode));
  out->set_partitions(in.partitions);
  out->set_last(in.last.value());
  for (const StageNode& node : in.nodes) To(node, out->add_nodes());
  To(in.sink, out->mutable_sink());
  out->set_shuffle_map(in.shuffle_map);
  out->set_shuffle(in.shuffle.value());
  out->set_shuffle_partitions(in.shuffle_partitions);
  out->set_shuffle_order(static_cast<int>(in.shuffle_order));
  out->set_output_work_directory(in.output_work_directory);
}

StatusOr<StagePlan> StageFrom(const proto::StagePlanProto& in) {
  if (in.mode() < 0 || in.mode() > 1) return OutOfRange("mode");
  if (in.shuffle_order() < 0 || in.shuffle_order() > 1) return OutOfRange("order");
  StagePlan out;
  out.id = StageId(in.id());
  out.job = JobNumber(in.job());
  out.name = in.name();
  out.mode = static_cast<JobMode>(in.mode());
  out.partitions = in.partitions();
  out.last = LineageId(in.last());
  for (const auto& node : in.nodes()) {
    ASSIGN_OR_RETURN(StageNode added, NodeFrom(node));
    out.nodes.push_back(std::move(added));
  }
  out.sink = OpFrom(in.sink());
  out.shuffle_map = in.shuffle_map();
  out.shuffle = ShuffleId(in.shuffle());
  out.shuffle_partitions = in.shuffle_partitions();
  out.shuffle_order = static_cast<ShuffleOrder>(in.shuffle_order());
  out.output_work_directory = in.output_work_directory();
  return out;
}

void To(const TaskSpec& in, proto::TaskSpecProto* out) {
  To(in.id, out->mutable_id());
  for (const TaskSpec::Split& split : in.splits) {
    auto* added = out->add_splits();
    added->set_node(split.node.value());
    added->set_partition(split.partition);
    added->set_bytes(split.bytes);
  }
  for (const TaskSpec::ShuffleRead& read : in.reads) {
    auto* added = out->add_reads();
    added->set_node(read.node.value());
    added->set_input(read.input);
    added->set_shuffle(read.from.shuffle.value());
    added->set_partition(read.from.partition);
    added->set_order(static_cast<int>(read.from.order));
    std::map<ShuffleServer, int> servers;
    for (const ShuffleSegment& segment : read.from.segments) {
      const auto [it, fresh] = servers.emplace(segment.server, added->servers_size());
      if (fresh) To(segment.server, added->add_servers());
      auto* one = added->add_segments();
      one->set_map_index(segment.map_index);
      one->set_server(it->second);
      one->set_path(segment.path);
      one->set_offset(segment.offset);
      one->set_length(segment.length);
    }
  }
}

StatusOr<TaskSpec> SpecFrom(proto::TaskSpecProto& in) {
  TaskSpec out;
  out.id = AttemptFrom(in.id());
  for (auto& split : *in.mutable_splits()) {
    out.splits.push_back(
        {LineageId(split.node()), split.partition(), std::move(*split.mutable_bytes())});
  }
  for (const auto& read : in.reads()) {
    if (read.order() < 0 || read.order() > 1) return OutOfRange("order");
    TaskSpec::ShuffleRead added;
    added.node = LineageId(read.node());
    added.input = read.input();
    added.from.shuffle = ShuffleId(read.shuffle());
    added.from.partition = read.partition();
    added.from.order = static_cast<ShuffleOrder>(read.order());
    for (const auto& segment : read.segments()) {
      if (segment.server() < 0 || segment.server() >= read.servers_size()) {
        return OutOfRange("server");
      }
      added.from.segments.push_back({segment.map_index(),
                                     ServerFrom(read.servers(segment.server())), segment.path(),
                                     segment.offset(), segment.length()});
    }
    out.reads.push_back(std::move(added));
  }
  return out;
}

void To(const DropNews& in, proto::DropNewsProto* out) {
  for (const ShuffleId id : in.shuffles) out->add_shuffles(id.value());
  for (const LineageId id : in.cached_nodes) out->add_cached_nodes(id.value());
  for (const BroadcastId id : in.broadcasts) out->add_broadcasts(id.value());
  for (const StageId id : in.stages) out->add_stages(id.value());
}

DropNews DropFrom(const proto::DropNewsProto& in) {
  DropNews out;
  for (const int id : in.shuffles()) out.shuffles.emplace_back(id);
  for (const int id : in.cached_nodes()) out.cached_nodes.emplace_back(id);
  for (const int id : in.broadcasts()) out.broadcasts.emplace_back(id);
  for (const int id : in.stages()) out.stages.emplace_back(id);
  return out;
}

}  // namespace tusk::mapreduce
