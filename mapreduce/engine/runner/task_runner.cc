#include "mapreduce/engine/runner/task_runner.h"

#include "common/base/log.h"

namespace tusk::mapreduce {
namespace {

// How often a waiting attempt looks whether it was killed meanwhile.
constexpr Duration kLook = std::chrono::milliseconds(100);

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace

TaskRunner::TaskRunner(TaskRunnerOptions options, TaskRunnerParts parts,
                       std::function<void(const Status&)> gone)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      gone_(std::move(gone)),
      last_heard_(parts_.clock->Now()) {
  beat_ = parts_.timer->Every(options_.heartbeat, [this] { Beat(); });
  if (options_.measure_memory) {
    measure_ = parts_.timer->Every(options_.measure,
                                   [this] { parts_.ledger->Measure(MeasuredAnonymousBytes()); });
  }
}

TaskRunner::~TaskRunner() {
  beat_.Cancel();
  measure_.Cancel();
  Stop(CancelledError("the runner ends"));
  guard_.Stop();
}

void TaskRunner::Receive(ToRunner message) {
  {
    MutexLock lock(mu_);
    last_heard_ = parts_.clock->Now();
  }
  std::visit(Overloaded{
                 [&](RunnerWelcome& welcome) {
                   if (!welcome.refusal.empty())
                     return Stop(FailedPreconditionError(welcome.refusal));
                   MutexLock lock(mu_);
                   job_options_ = {welcome.options.begin(), welcome.options.end()};
                 },
                 [&](std::shared_ptr<const StagePlan>& plan) {
                   MutexLock lock(mu_);
                   plans_[plan->id] = std::move(plan);
                 },
                 [&](TaskSpec& spec) { Launch(std::move(spec)); },
                 [&](TaskKill& kill) {
                   MutexLock lock(mu_);
                   const auto it = running_.find(kill.id.serial);
                   if (it != running_.end()) it->second->Kill();
                   news_.NotifyAll();
                 },
                 [&](CommitAnswer& answer) {
                   MutexLock lock(mu_);
                   commit_answers_[answer.id.serial] = answer.granted;
                   news_.NotifyAll();
                 },
                 [&](BroadcastValue& value) {
                   MutexLock lock(mu_);
                   if (value.known) {
                     broadcasts_[value.id] = std::move(value.bytes);
                   } else {
                     broadcasts_.erase(value.id);
                     unknown_broadcasts_.insert(value.id);
                   }
                   news_.NotifyAll();
                 },
                 [&](DropNews& news) { Drop(news); },
                 [](HeartbeatAnswer&) {},
                 [&](RunnerStop&) { Stop(Status::Ok()); },
             },
             message);
}

void TaskRunner::Launch(TaskSpec spec) {
  std::shared_ptr<TaskExecution> task;
  {
    MutexLock lock(mu_);
    const auto plan = plans_.find(spec.id.stage);
    if (stopping_) return;
    if (plan != plans_.end()) {
      task = std::make_shared<TaskExecution>(plan->second, std::move(spec), this);
      running_[task->attempt().serial] = task;
    }
  }
  if (task == nullptr) {
    TaskOutcome outcome;
    outcome.id = spec.id;
    outcome.message = "the runner was never told about this stage";
    parts_.driver->Send(std::move(outcome));
    return;
  }
  parts_.executor->Post(guard_.Wrap([this, task] { RunTask(task); }));
}

void TaskRunner::RunTask(const std::shared_ptr<TaskExecution>& task) {
  TaskOutcome outcome = task->Run();
  outcome.cached = parts_.blocks->TakeChanges();
  if (options_.measure_memory) outcome.runner_memory_peak_bytes = PeakResidentBytes();
  {
    MutexLock lock(mu_);
    running_.erase(outcome.id.serial);
    commit_answers_.erase(outcome.id.serial);
  }
  parts_.driver->Send(std::move(outcome));
  LeaveIfDone();
}

void TaskRunner::Drop(const DropNews& news) {
  {
    MutexLock lock(mu_);
    for (const StageId stage : news.stages) plans_.erase(stage);
    for (const BroadcastId id : news.broadcasts) broadcasts_.erase(id);
  }
  if (news.shuffles.empty() && news.cached_nodes.empty()) return;
  // These touch disks: not on the thread that hears the driver.
  parts_.executor->Post(guard_.Wrap([this, news] {
    for (const ShuffleId shuffle : news.shuffles) parts_.shuffle->Drop(shuffle);
    for (const LineageId node : news.cached_nodes) parts_.blocks->Drop(node);
  }));
}

void TaskRunner::Beat() {
  RunnerHeartbeat beat;
  beat.memory_used_bytes = MeasuredAnonymousBytes();
  beat.memory_reserved_bytes = parts_.ledger->reserved();
  if (options_.measure_memory) beat.memory_peak_bytes = PeakResidentBytes();
  beat.cached = parts_.blocks->TakeChanges();
  Duration silence{0};
  {
    MutexLock lock(mu_);
    if (stopping_) return;
    silence = parts_.clock->Now() - last_heard_;
    for (const auto& [serial, task] : running_) {
      beat.running.push_back({task->attempt(), task->progress()});
    }
  }
  if (silence > options_.driver_silence) {
    Stop(UnavailableError("the driver has been silent for " + std::to_string(ToMillis(silence)) +
                          " ms"));
    return;
  }
  parts_.driver->Send(std::move(beat));
}

void TaskRunner::Stop(const Status& why) {
  {
    MutexLock lock(mu_);
    if (!stopping_) {
      stopping_ = true;
      why_ = why;
    }
    for (const auto& [serial, task] : running_) task->Kill();
    news_.NotifyAll();
  }
  LeaveIfDone();
}

void TaskRunner::LeaveIfDone() {
  Status why;
  {
    MutexLock lock(mu_);
    if (!stopping_ || left_ || !running_.empty()) return;
    left_ = true;
    why = why_;
  }
  if (gone_) gone_(why);
}

int TaskRunner::running() const {
  MutexLock lock(mu_);
  return static_cast<int>(running_.size());
}

std::optional<std::string> TaskRunner::Option(std::string_view key) const {
  MutexLock lock(mu_);
  const auto it = job_options_.find(key);
  if (it == job_options_.end()) return std::nullopt;
  return it->second;
}

std::string TaskRunner::ScratchPath(const TaskAttemptId& id) const {
  const auto& directories = options_.local_directories;
  const std::string& base = directories[static_cast<size_t>(id.serial) % directories.size()];
  return base + "/scratch_" + std::to_string(id.serial);
}

bool TaskRunner::AskToCommit(const TaskAttemptId& id, const std::function<Status()>& check) {
  parts_.driver->Send(CommitRequest{id});
  MutexLock lock(mu_);
  while (!commit_answers_.contains(id.serial)) {
    if (!check().ok()) return false;
    news_.WaitFor(mu_, kLook);
  }
  return commit_answers_[id.serial];
}

StatusOr<std::shared_ptr<const std::string>> TaskRunner::FetchBroadcast(
    BroadcastId id, const std::function<Status()>& check) {
  bool ask = false;
  {
    MutexLock lock(mu_);
    ask = broadcasts_.try_emplace(id).second;
    if (ask) unknown_broadcasts_.erase(id);
  }
  if (ask) parts_.driver->Send(BroadcastRequest{id});
  MutexLock lock(mu_);
  for (;;) {
    if (const auto it = broadcasts_.find(id); it != broadcasts_.end() && it->second != nullptr) {
      return it->second;
    }
    if (unknown_broadcasts_.contains(id)) {
      return NotFoundError("broadcast value " + std::to_string(id.value()) + " is gone");
    }
    RETURN_IF_ERROR(check());
    news_.WaitFor(mu_, kLook);
  }
}

}  // namespace tusk::mapreduce
