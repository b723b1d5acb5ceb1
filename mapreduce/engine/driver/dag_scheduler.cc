#include "mapreduce/engine/driver/dag_scheduler.h"

#include <algorithm>
#include <numeric>

#include "common/base/check.h"

namespace tusk::mapreduce {
namespace {

using Phase = TaskState::Phase;

}  // namespace

DagScheduler::DagScheduler(const DagSchedulerOptions& options, const Lineage* lineage)
    : options_(options), lineage_(lineage) {}

StatusOr<StageId> DagScheduler::MakeStage(LineageId last, const OpSpec& sink) {
  ASSIGN_OR_RETURN(StagePlan plan, CutStage(*lineage_, last, sink, options_.mode));
  std::vector<ShuffleId> reads = ShufflesOf(*lineage_, last);
  // Before the stage gets its number: stages are numbered in the order in which they run.
  for (const ShuffleId shuffle : reads) {
    auto parent = MapStageOf(shuffle);
    if (!parent.ok()) return std::move(parent).status();
  }
  const StageId id(++last_stage_);
  plan.id = id;
  StageState& stage = stages_[id];
  stage.reads = std::move(reads);
  stage.report.id = id;
  stage.report.name = plan.name;
  stage.plan = std::make_shared<const StagePlan>(std::move(plan));
  return id;
}

StatusOr<StageId> DagScheduler::MapStageOf(ShuffleId shuffle) {
  if (const auto it = map_stages_.find(shuffle); it != map_stages_.end()) return it->second;
  const ShuffleDependency* dependency = lineage_->FindShuffle(shuffle);
  CHECK(dependency != nullptr) << "shuffle " << shuffle << " is in no lineage";
  ASSIGN_OR_RETURN(const StageId id, MakeStage(dependency->parent, dependency->writer));
  StageState& stage = stages_.at(id);
  StagePlan plan = *stage.plan;
  plan.shuffle_map = true;
  plan.shuffle = shuffle;
  plan.shuffle_partitions = dependency->partitions;
  plan.shuffle_order = dependency->order;
  for (int p = 0; p < plan.partitions; ++p) stage.tasks[p];
  stage.report.shuffle_map = true;
  stage.report.tasks = plan.partitions;
  outputs_.AddShuffle(shuffle, plan.partitions, dependency->partitions);
  stage.plan = std::make_shared<const StagePlan>(std::move(plan));
  map_stages_[shuffle] = id;
  return id;
}

Status DagScheduler::Submit(JobNumber number, const JobRequest& request,
                            const std::string& work_directory, int64_t now_ms) {
  ASSIGN_OR_RETURN(const StageId id, MakeStage(request.node, request.sink));
  StageState& stage = stages_.at(id);
  StagePlan plan = *stage.plan;
  plan.job = number;
  plan.output_work_directory = work_directory;
  Job job;
  job.request = request;
  job.partitions = request.partitions;
  if (job.partitions.empty()) {
    job.partitions.resize(static_cast<size_t>(plan.partitions));
    std::iota(job.partitions.begin(), job.partitions.end(), 0);
  }
  for (const int partition : job.partitions) {
    if (partition < 0 || partition >= plan.partitions) {
      stages_.erase(id);
      return InvalidArgumentError("there is no partition " + std::to_string(partition));
    }
    stage.tasks[partition];
  }
  stage.plan = std::make_shared<const StagePlan>(std::move(plan));
  stage.job = number;
  stage.report.tasks = static_cast<int>(stage.tasks.size());
  job.stage = id;
  job.start_ms = now_ms;
  job.lost_before = lost_;
  jobs_[number] = std::move(job);
  return Status::Ok();
}

void DagScheduler::Cancel(JobNumber number, Status why) {
  const auto it = jobs_.find(number);
  if (it != jobs_.end() && it->second.failure.ok()) it->second.failure = std::move(why);
}

void DagScheduler::CancelAll(const Status& why) {
  for (auto& [number, job] : jobs_) {
    if (job.failure.ok()) job.failure = why;
  }
}

DagChanges DagScheduler::Advance(int64_t now_ms) {
  DagChanges changes;
  std::vector<JobNumber> over;
  for (auto& [number, job] : jobs_) {
    if (FinishIfOver(number, job, now_ms, &changes)) over.push_back(number);
  }
  for (const JobNumber number : over) jobs_.erase(number);

  std::set<StageId> needed;
  for (auto& [number, job] : jobs_) Visit(job.stage, number, &needed, now_ms, &changes);
  for (auto& [id, stage] : stages_) {
    if (!needed.contains(id)) Withdraw(id, stage, &changes);
  }
  return changes;
}

bool DagScheduler::FinishIfOver(JobNumber number, Job& job, int64_t now_ms, DagChanges* changes) {
  StageState& stage = stages_.at(job.stage);
  const bool complete = stage.done == static_cast<int>(stage.tasks.size());
  if (job.failure.ok() && !complete) return false;
  stage.report.finish_ms = now_ms;
  changes->finished.push_back({number, job.failure, ResultOf(number, job, now_ms)});
  Withdraw(job.stage, stage, changes);
  changes->ended_stages.push_back(job.stage);
  ForgetTasks(stage);
  if (!job.failure.ok()) {
    for (const StageId id : job.stages) {  // a later job starts afresh
      for (auto& [partition, task] : stages_.at(id).tasks) {
        task.failures = 0;
        task.fetch_failures = 0;
      }
    }
  }
  return true;
}

// What an ended result stage need not keep: reports name it, nothing runs it again.
void DagScheduler::ForgetTasks(StageState& stage) {
  auto slim = std::make_shared<StagePlan>();
  slim->id = stage.plan->id;
  slim->job = stage.plan->job;
  slim->name = stage.plan->name;
  slim->last = stage.plan->last;
  stage.plan = std::move(slim);
  stage.tasks.clear();
  stage.reads.clear();
}

void DagScheduler::Count(StageId id, StageState& stage, std::string_view name) {
  stage.report.counters.Add(counter::kJobGroup, name, 1);
  for (auto& [number, job] : jobs_) {
    if (job.stages.contains(id)) job.counters.Add(counter::kJobGroup, name, 1);
  }
}

JobResult DagScheduler::ResultOf(JobNumber number, Job& job, int64_t now_ms) const {
  JobResult result;
  result.number = number;
  result.elapsed_ms = now_ms - job.start_ms;
  for (const int partition : job.partitions) {
    result.results.push_back(std::move(job.results[partition]));
  }
  result.counters = job.counters;
  result.counters.Add(counter::kTuskGroup, counter::kRecomputedMaps, lost_ - job.lost_before);
  for (const StageId id : job.stages) {
    StageReport report = stages_.at(id).report;
    if (report.shuffle_map) {
      report.shuffle_partition_bytes = outputs_.PartitionBytes(stages_.at(id).plan->shuffle);
    }
    result.stages.push_back(std::move(report));
  }
  return result;
}

void DagScheduler::CollectShuffles(LineageId id, std::set<LineageId>* seen,
                                   std::set<ShuffleId>* shuffles) const {
  if (!seen->insert(id).second) return;
  const auto node = lineage_->Find(id);
  if (node->storage.cached() && cache_.HoldsAll(id, node->partitions)) return;
  for (const Dependency& dependency : node->parents) {
    if (const auto* narrow = std::get_if<NarrowDependency>(&dependency)) {
      CollectShuffles(narrow->parent, seen, shuffles);
    } else {
      shuffles->insert(std::get<ShuffleDependency>(dependency).id);
    }
  }
}

std::vector<ShuffleId> DagScheduler::NeededShuffles(const StageState& stage) const {
  if (stage.ignore_cache || stage.reads.empty()) return stage.reads;
  std::set<LineageId> seen;
  std::set<ShuffleId> shuffles;
  CollectShuffles(stage.plan->last, &seen, &shuffles);
  return {shuffles.begin(), shuffles.end()};
}

bool DagScheduler::PartitionDone(const StageState& stage, int partition) const {
  if (stage.plan->shuffle_map) return outputs_.Has(stage.plan->shuffle, partition);
  return stage.tasks.at(partition).phase == Phase::kDone;
}

bool DagScheduler::Visit(StageId id, JobNumber job, std::set<StageId>* needed, int64_t now_ms,
                         DagChanges* changes) {
  StageState& stage = stages_.at(id);
  if (stage.plan->shuffle_map && outputs_.Complete(stage.plan->shuffle)) return true;
  jobs_.at(job).stages.insert(id);
  if (!needed->insert(id).second) return false;  // another path or job came by already
  bool ready = true;
  for (const ShuffleId shuffle : NeededShuffles(stage)) {
    ready &= Visit(map_stages_.at(shuffle), job, needed, now_ms, changes);
  }
  if (ready) Want(id, stage, job, now_ms, changes);
  return false;
}

void DagScheduler::Want(StageId id, StageState& stage, JobNumber job, int64_t now_ms,
                        DagChanges* changes) {
  if (!stage.announced) {
    stage.announced = true;
    changes->new_stages.emplace_back(id, job);
    if (stage.report.start_ms == 0) stage.report.start_ms = now_ms;
  }
  for (auto& [partition, task] : stage.tasks) {
    if (task.phase == Phase::kDone && !PartitionDone(stage, partition)) {
      task.phase = Phase::kIdle;  // its output was lost
      task.commit_granted = 0;
      --stage.done;
    }
    if (task.phase != Phase::kIdle) continue;
    task.phase = Phase::kWaiting;
    changes->wanted.push_back({id, partition, PreferenceOf(stage, partition)});
  }
}

void DagScheduler::Withdraw(StageId id, StageState& stage, DagChanges* changes) {
  for (auto& [partition, task] : stage.tasks) {
    if (task.phase == Phase::kWaiting) {
      changes->unwanted.emplace_back(id, partition);
      task.phase = Phase::kIdle;
    } else if (task.phase == Phase::kRunning && !stage.plan->shuffle_map) {
      // A map attempt may go on: what it makes is there when it is needed.
      TaskAttemptId attempt{id, partition, task.attempts - 1, task.running_serial};
      changes->kill.emplace_back(task.runner, attempt);
      EndAttempt(stage, task);
    }
  }
}

TaskPreference DagScheduler::PreferenceOf(const StageState& stage, int partition) const {
  TaskPreference preference;
  for (const NodePartition& at : PartitionsBehind(*lineage_, stage.plan->last, partition)) {
    const auto node = lineage_->Find(at.node);
    if (node->storage.cached()) {
      if (const auto* holders = cache_.Holders(at)) {
        preference.runners.assign(holders->begin(), holders->end());
        preference.hosts.clear();
        return preference;  // what lies behind it is not read
      }
    }
    if (node->inputs.empty()) continue;
    for (const std::string& host : node->inputs[at.partition].hosts) {
      if (std::ranges::count(preference.hosts, host) == 0) preference.hosts.push_back(host);
    }
  }
  return preference;
}

TaskSpec DagScheduler::Start(const Assignment& assignment) {
  const StageId id = assignment.stage;
  const int partition = assignment.partition;
  StageState& stage = stages_.at(id);
  TaskState& task = stage.tasks.at(partition);
  CHECK(task.phase == Phase::kWaiting) << "partition " << partition << " was not waiting";
  task.phase = Phase::kRunning;
  task.runner = assignment.runner;
  task.running_serial = ++last_serial_;
  TaskSpec spec;
  spec.id = {id, partition, task.attempts++, task.running_serial};
  ++stage.running;
  ++stage.report.attempts;
  Count(id, stage, counter::kLaunchedTasks);
  if (assignment.had_preference) {
    Count(id, stage,
          assignment.locality <= Locality::kNode   ? counter::kDataLocalTasks
          : assignment.locality == Locality::kRack ? counter::kRackLocalTasks
                                                   : counter::kOtherLocalTasks);
  }
  for (const NodePartition& at : PartitionsBehind(*lineage_, stage.plan->last, partition)) {
    const auto node = lineage_->Find(at.node);
    if (!node->inputs.empty()) {
      spec.splits.push_back({at.node, at.partition, node->inputs[at.partition].bytes});
    }
    for (size_t input = 0; input < node->parents.size(); ++input) {
      const auto* shuffle = std::get_if<ShuffleDependency>(&node->parents[input]);
      // Incomplete ones stand behind a cached node; should the runner need one after all, that is
      // a fetch failure.
      if (shuffle == nullptr || !outputs_.Complete(shuffle->id)) continue;
      spec.reads.push_back({at.node, static_cast<int>(input),
                            outputs_.InputOf(shuffle->id, at.partition, shuffle->order)});
    }
  }
  return spec;
}

bool DagScheduler::MayCommit(const TaskAttemptId& id) {
  const auto it = stages_.find(id.stage);
  if (it == stages_.end()) return false;
  const auto task = it->second.tasks.find(id.partition);
  if (task == it->second.tasks.end() || task->second.phase != Phase::kRunning ||
      task->second.running_serial != id.serial) {
    return false;
  }
  if (task->second.commit_granted == 0) task->second.commit_granted = id.serial;
  return task->second.commit_granted == id.serial;
}

void DagScheduler::EndAttempt(StageState& stage, TaskState& task) {
  task.phase = Phase::kIdle;
  task.running_serial = 0;
  task.commit_granted = 0;
  --stage.running;
}

bool DagScheduler::TaskEnded(RunnerId runner, const std::string& runner_name,
                             const TaskOutcome& outcome, int64_t now_ms) {
  for (const CachedChange& change : outcome.cached) cache_.Apply(runner, change);
  const auto it = stages_.find(outcome.id.stage);
  if (it == stages_.end()) return false;
  StageState& stage = it->second;
  const auto found = stage.tasks.find(outcome.id.partition);
  if (found == stage.tasks.end() || found->second.running_serial != outcome.id.serial ||
      found->second.phase != Phase::kRunning) {
    return false;
  }
  TaskState& task = found->second;
  EndAttempt(stage, task);
  switch (outcome.end) {
    case TaskEnd::kSucceeded:
      Succeeded(it->first, stage, runner, outcome, now_ms);
      break;
    case TaskEnd::kFailed:
      Failed(it->first, stage, task, runner_name, outcome);
      break;
    case TaskEnd::kFetchFailed:
      FetchFailed(it->first, stage, task, outcome);
      break;
    case TaskEnd::kKilled:
    case TaskEnd::kDenied:
      Count(it->first, stage, counter::kKilledTasks);
      break;
  }
  return true;
}

void DagScheduler::Succeeded(StageId id, StageState& stage, RunnerId runner,
                             const TaskOutcome& outcome, int64_t now_ms) {
  TaskState& task = stage.tasks.at(outcome.id.partition);
  if (stage.plan->shuffle_map) {
    if (!outcome.map_output.has_value() ||
        !outputs_.Add(stage.plan->shuffle, outcome.id.partition, runner, *outcome.map_output)) {
      TaskOutcome bad = outcome;
      bad.message = "the map task left no output of " +
                    std::to_string(stage.plan->shuffle_partitions) + " partitions";
      Failed(id, stage, task, "the runner", bad);
      return;
    }
  }
  task.phase = Phase::kDone;
  ++stage.done;
  stage.report.counters.Merge(outcome.counters);
  if (stage.done == static_cast<int>(stage.tasks.size())) stage.report.finish_ms = now_ms;
  for (auto& [number, job] : jobs_) {
    if (!job.stages.contains(id)) continue;
    job.counters.Merge(outcome.counters);
    if (stage.job == number) job.results[outcome.id.partition] = outcome.result;
  }
}

void DagScheduler::Failed(StageId id, StageState& stage, TaskState& task,
                          const std::string& runner_name, const TaskOutcome& outcome) {
  ++stage.report.failed_attempts;
  Count(id, stage, counter::kFailedTasks);
  const bool maps = stage.reads.empty();
  if (++task.failures < (maps ? options_.max_map_attempts : options_.max_reduce_attempts)) return;
  FailJobsOf(id, stage,
             AbortedError("task " + std::to_string(outcome.id.partition) + " of stage " +
                          std::to_string(id.value()) + " (" + stage.plan->name + ") failed " +
                          std::to_string(task.failures) + " times; the last time on " +
                          runner_name + ": " + outcome.message));
}

void DagScheduler::FetchFailed(StageId id, StageState& stage, TaskState& task,
                               const TaskOutcome& outcome) {
  stage.report.counters.Add(counter::kTuskGroup, counter::kFetchFailures, 1);
  if (outcome.fetch_failure.has_value()) {
    const FetchFailure& failure = *outcome.fetch_failure;
    if (failure.server_unreachable) {
      NoteLost(outputs_.LoseServer(failure.server));
    } else if (failure.map_index >= 0) {
      NoteLost(outputs_.LoseOutput(failure.shuffle, failure.map_index, failure.path));
    } else {
      stage.ignore_cache = true;
    }
  }
  if (++task.fetch_failures < options_.max_fetch_failures) return;
  FailJobsOf(id, stage,
             AbortedError("stage " + std::to_string(id.value()) + " (" + stage.plan->name +
                          ") could not fetch its input " + std::to_string(task.fetch_failures) +
                          " times; the last time: " + outcome.message));
}

void DagScheduler::FailJobsOf(StageId id, const StageState& stage, const Status& why) {
  for (auto& [number, job] : jobs_) {
    const bool concerned = stage.job.has_value() ? *stage.job == number : job.stages.contains(id);
    if (concerned && job.failure.ok()) job.failure = why;
  }
}

int DagScheduler::NoteLost(int outputs) {
  lost_ += outputs;
  return outputs;
}

std::vector<TaskAttemptId> DagScheduler::RunnerLost(RunnerId runner, const std::string& host,
                                                    const std::string& why, bool counts,
                                                    int64_t now_ms) {
  std::vector<TaskAttemptId> ended;
  for (auto& [id, stage] : stages_) {
    for (auto& [partition, task] : stage.tasks) {
      if (task.phase == Phase::kRunning && task.runner == runner) {
        ended.push_back({id, partition, task.attempts - 1, task.running_serial});
      }
    }
  }
  for (const TaskAttemptId& id : ended) {
    TaskOutcome outcome;
    outcome.id = id;
    outcome.end = counts ? TaskEnd::kFailed : TaskEnd::kKilled;
    outcome.message = why;
    TaskEnded(runner, host, outcome, now_ms);
  }
  NoteLost(outputs_.LoseRunner(runner));
  cache_.LoseRunner(runner);
  return ended;
}

const StageState* DagScheduler::FindStage(StageId id) const {
  const auto it = stages_.find(id);
  return it == stages_.end() ? nullptr : &it->second;
}

std::vector<const StageState*> DagScheduler::Stages() const {
  std::vector<const StageState*> stages;
  for (const auto& [id, stage] : stages_) stages.push_back(&stage);
  return stages;
}

}  // namespace tusk::mapreduce
