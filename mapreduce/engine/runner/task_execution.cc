#include "mapreduce/engine/runner/task_execution.h"

#include <time.h>

#include <exception>
#include <filesystem>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/log.h"

namespace tusk::mapreduce {
namespace {

constexpr size_t kNoteBytes = 4096;

int64_t ThreadCpuMillis() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

// The inputs of one operator instance: runs the operators behind narrow inputs, opens shuffles.
class StageInputs final : public Inputs {
 public:
  // Of the operator of `node`.
  StageInputs(TaskExecution* task, const StageNode* node, int partition)
      : task_(task), node_(node), partition_(partition) {}

  // Of the stage's sink, which stands on the stage's last node.
  static StageInputs OfSink(TaskExecution* task, const StageNode* last, int partition) {
    StageInputs inputs(task, last, partition);
    inputs.sink_ = true;
    return inputs;
  }

  LineageId node() const override { return node_->id; }
  int partition() const override { return partition_; }
  StorageLevel storage() const override { return node_->storage; }
  std::string_view split() const override {
    return sink_ ? std::string_view() : task_->FindSplit(node_->id, partition_);
  }
  int count() const override { return sink_ ? 1 : static_cast<int>(node_->inputs.size()); }

  Status Produce(int input, Operator* into) override {
    if (sink_) return RunNode(*node_, partition_, into);
    ASSIGN_OR_RETURN(const StageNode::Input* from, InputAt(input, /*shuffle=*/false));
    const StageNode* parent = task_->plan_->Find(from->parent);
    if (parent == nullptr) return InternalError("the stage lacks a node");
    for (const int partition : from->narrow.ParentPartitions(partition_)) {
      RETURN_IF_ERROR(RunNode(*parent, partition, into));
    }
    return Status::Ok();
  }

  StatusOr<std::unique_ptr<ShuffleSource>> OpenShuffle(int input,
                                                       const ShuffleReadOptions& options) override {
    ASSIGN_OR_RETURN(const StageNode::Input* from, InputAt(input, /*shuffle=*/true));
    const ShuffleInput* read = task_->FindRead(node_->id, input, partition_);
    if (read == nullptr) {
      // The driver took a cached partition for granted that is not here any more.
      const std::string message = node_->name + ": its shuffle has to be made again";
      task_->NoteFetchFailure({from->shuffle_id, -1, {}, "", false, message});
      return UnavailableError(message);
    }
    ASSIGN_OR_RETURN(const ShuffleAttempt attempt, task_->NewShuffleAttempt());
    return task_->host_->shuffle_service().OpenReader(
        attempt, *read, options,
        [task = task_](const FetchFailure& failure) { task->NoteFetchFailure(failure); });
  }

 private:
  StatusOr<const StageNode::Input*> InputAt(int input, bool shuffle) const {
    if (sink_ || input < 0 || input >= static_cast<int>(node_->inputs.size()) ||
        node_->inputs[input].shuffle != shuffle) {
      return InternalError(node_->name + " has no " + (shuffle ? "shuffle" : "narrow") + " input " +
                           std::to_string(input));
    }
    return &node_->inputs[input];
  }

  Status RunNode(const StageNode& node, int partition, Operator* into) const {
    RETURN_IF_ERROR(task_->Check());
    ASSIGN_OR_RETURN(const std::unique_ptr<Operator> op, Rebuild(node.op));
    op->set_next(into);
    StageInputs inputs(task_, &node, partition);
    return op->Run(*task_, inputs);
  }

  TaskExecution* const task_;
  const StageNode* const node_;
  const int partition_;
  bool sink_ = false;
};

TaskExecution::TaskExecution(std::shared_ptr<const StagePlan> plan, TaskSpec spec, TaskHost* host)
    : plan_(std::move(plan)), spec_(std::move(spec)), host_(host) {
  outcome_.id = spec_.id;
}

TaskOutcome TaskExecution::Run() {
  const TimePoint begin = Clock::Real()->Now();
  const int64_t cpu_begin = ThreadCpuMillis();
  Status status = RunGuarded();
  if (status.ok()) status = Finish();
  CleanUp(status.ok());
  outcome_.counters.Add(counter::kTaskGroup, counter::kCpuMillis, ThreadCpuMillis() - cpu_begin);
  outcome_.run_ms = ToMillis(Clock::Real()->Now() - begin);
  if (status.ok()) {
    outcome_.end = TaskEnd::kSucceeded;
    outcome_.fetch_failure.reset();
    return std::move(outcome_);
  }
  outcome_.map_output.reset();
  outcome_.result.clear();
  outcome_.end = killed_.load()                       ? TaskEnd::kKilled
                 : denied_                            ? TaskEnd::kDenied
                 : outcome_.fetch_failure.has_value() ? TaskEnd::kFetchFailed
                                                      : TaskEnd::kFailed;
  outcome_.message = status.message();
  if (const std::string notes = Notes(); !notes.empty()) outcome_.message += "\n" + notes;
  return std::move(outcome_);
}

Status TaskExecution::RunGuarded() {
  try {
    return RunOperators();
  } catch (const std::exception& error) {
    return AbortedError(std::string("exception in user code: ") + error.what());
  } catch (...) {
    return AbortedError("exception in user code, not derived from std::exception");
  }
}

Status TaskExecution::RunOperators() {
  RETURN_IF_ERROR(Check());
  ASSIGN_OR_RETURN(const std::unique_ptr<Operator> sink, Rebuild(plan_->sink));
  const StageNode* last = plan_->Find(plan_->last);
  if (last == nullptr) return InternalError("the stage lacks its last node");
  StageInputs inputs = StageInputs::OfSink(this, last, spec_.id.partition);
  RETURN_IF_ERROR(sink->Run(*this, inputs));
  if (plan_->shuffle_map && !outcome_.map_output.has_value()) {
    return InternalError("the shuffle's writer " + plan_->sink.code.kind + " left no output");
  }
  return Check();
}

Status TaskExecution::Finish() {
  if (!output_opened_) return Status::Ok();
  if (!host_->AskToCommit(spec_.id, [this] { return Check(); })) {
    denied_ = true;
    return AbortedError("another attempt commits this task's output");
  }
  return host_->committer().CommitTask(plan_->output_work_directory, spec_.id);
}

void TaskExecution::CleanUp(bool committed) {
  if (output_opened_ && !committed) {
    host_->committer().AbortTask(plan_->output_work_directory, spec_.id);
  }
  if (!committed && outcome_.map_output.has_value()) {
    host_->shuffle_service().DropOutput(plan_->shuffle, outcome_.map_output->path);
  }
  if (scratch_.empty()) return;
  std::error_code error;
  std::filesystem::remove_all(scratch_, error);
  if (error) LOG_WARN("cannot remove scratch directory path={}: {}", scratch_, error.message());
}

void TaskExecution::Kill() {
  killed_.store(true);
}

Status TaskExecution::Check() const {
  if (killed_.load()) return CancelledError("the attempt was killed");
  return Status::Ok();
}

StatusOr<std::string> TaskExecution::ScratchDirectory() {
  if (scratch_.empty()) {
    const std::string path = host_->ScratchPath(spec_.id);
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return ResourceExhaustedError("cannot create " + path + ": " + error.message());
    scratch_ = path;
  }
  return scratch_;
}

StatusOr<ShuffleAttempt> TaskExecution::NewShuffleAttempt() {
  ASSIGN_OR_RETURN(std::string scratch, ScratchDirectory());
  return ShuffleAttempt{spec_.id, std::move(scratch), &outcome_.counters,
                        [this] { return Check(); }};
}

StatusOr<std::unique_ptr<ShuffleSink>> TaskExecution::OpenShuffleSink(
    const ShuffleWriteOptions& options) {
  if (!plan_->shuffle_map) return FailedPreconditionError("this stage writes no shuffle");
  ASSIGN_OR_RETURN(const ShuffleAttempt attempt, NewShuffleAttempt());
  return host_->shuffle_service().OpenWriter(attempt, plan_->shuffle, spec_.id.partition,
                                             plan_->shuffle_partitions, plan_->shuffle_order,
                                             options);
}

StatusOr<std::string> TaskExecution::OutputDirectory() {
  if (plan_->output_work_directory.empty()) {
    return FailedPreconditionError("this job has no output directory");
  }
  if (!output_opened_) {
    RETURN_IF_ERROR(
        host_->committer().MakeAttemptDirectory(plan_->output_work_directory, spec_.id));
    output_opened_ = true;
  }
  return OutputCommitter::AttemptDirectory(plan_->output_work_directory, spec_.id);
}

StatusOr<std::shared_ptr<const std::string>> TaskExecution::Broadcast(BroadcastId id) {
  return host_->FetchBroadcast(id, [this] { return Check(); });
}

const ShuffleInput* TaskExecution::FindRead(LineageId node, int input, int partition) const {
  for (const TaskSpec::ShuffleRead& read : spec_.reads) {
    if (read.node == node && read.input == input && read.from.partition == partition) {
      return &read.from;
    }
  }
  return nullptr;
}

std::string_view TaskExecution::FindSplit(LineageId node, int partition) const {
  for (const TaskSpec::Split& split : spec_.splits) {
    if (split.node == node && split.partition == partition) return split.bytes;
  }
  return {};
}

void TaskExecution::Note(std::string_view line) {
  MutexLock lock(mu_);
  notes_ += line;
  if (line.empty() || line.back() != '\n') notes_ += '\n';
  if (notes_.size() > kNoteBytes) notes_.erase(0, notes_.size() - kNoteBytes);
}

std::string TaskExecution::Notes() const {
  MutexLock lock(mu_);
  return notes_;
}

}  // namespace tusk::mapreduce
