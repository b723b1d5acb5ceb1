#include "mapreduce/engine/driver/driver.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/log.h"

namespace tusk::mapreduce {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(250);
constexpr size_t kStagesShown = 200;  // the last ones: an iterative program has thousands

DagSchedulerOptions WithMode(DagSchedulerOptions options, JobMode mode) {
  options.mode = mode;
  return options;
}

}  // namespace

Driver::Driver(DriverOptions options, std::shared_ptr<FileSystem> file_system,
               OutputCommitter* committer, const Clock* clock, Timer* timer)
    : options_(std::move(options)),
      file_system_(std::move(file_system)),
      committer_(committer),
      clock_(clock),
      dag_(WithMode(options_.dag, options_.mode), &lineage_),
      tasks_(options_.tasks) {
  program_.application_id = options_.application_id;
  program_.name = options_.name;
  program_.user = options_.user;
  program_.mode = options_.mode;
  program_.driver_attempt = options_.driver_attempt;
  program_.start_ms = clock_->WallMillis();
  tick_ = timer->Every(kTick, [this] { Tick(); });
}

Driver::~Driver() {
  tick_.Cancel();
  Stop();
}

int Driver::default_parallelism() const {
  MutexLock lock(mu_);
  return std::max(options_.default_parallelism, tasks_.slots());
}

std::optional<std::string> Driver::Option(std::string_view key) const {
  const auto it = options_.options.find(std::string(key));
  if (it == options_.options.end()) return std::nullopt;
  return it->second;
}

ShuffleId Driver::NewShuffle() {
  MutexLock lock(mu_);
  return ShuffleId(++last_shuffle_);
}

StatusOr<LineageId> Driver::AddNode(LineageNode node) {
  if (options_.mode == JobMode::kDisk && node.storage.cached()) {
    node.storage = StorageLevel::DiskOnly();
  }
  return lineage_.Add(std::move(node));
}

StatusOr<JobResult> Driver::Run(const JobRequest& request) {
  JobNumber number;
  {
    MutexLock lock(mu_);
    RETURN_IF_ERROR(stopped_);
    number = JobNumber(++last_job_);
  }
  auto result = RunJob(number, request);
  if (!result.ok()) {
    MutexLock lock(mu_);
    last_failure_ = result.status().message();
  }
  return result;
}

std::string Driver::last_failure() const {
  MutexLock lock(mu_);
  return last_failure_;
}

StatusOr<JobResult> Driver::RunJob(JobNumber number, const JobRequest& request) {
  if (!request.output.has_value()) return RunTasks(number, request, "");
  ASSIGN_OR_RETURN(const OutputPlace place, committer_->Begin(*request.output, number));
  if (place.already_committed) {
    LOG_INFO("output was committed by an earlier driver attempt job={} path={}", number,
             place.target);
    JobResult result;
    result.number = number;
    result.already_committed = true;
    return result;
  }
  auto result = RunTasks(number, request, place.work_directory);
  if (!result.ok()) {
    committer_->AbortJob(place);
    return result;
  }
  if (const Status committed = committer_->CommitJob(place, number); !committed.ok()) {
    committer_->AbortJob(place);
    return committed;
  }
  return result;
}

StatusOr<JobResult> Driver::RunTasks(JobNumber number, const JobRequest& request,
                                     const std::string& work_directory) {
  Waiter waiter;
  MutexLock lock(mu_);
  RETURN_IF_ERROR(stopped_);
  RETURN_IF_ERROR(dag_.Submit(number, request, work_directory, clock_->WallMillis()));
  LOG_INFO("job begins number={} name={}", number, request.name);
  waiters_[number] = &waiter;
  if (program_.state == ProgramState::kPreparing) program_.state = ProgramState::kRunning;
  AdvanceLocked();
  while (!waiter.over) job_over_.Wait(mu_);
  LOG_INFO("job ended number={} status={} ms={}", number, waiter.status, waiter.result.elapsed_ms);
  RETURN_IF_ERROR(waiter.status);
  return std::move(waiter.result);
}

void Driver::AdvanceLocked() {
  ApplyLocked(dag_.Advance(clock_->WallMillis()));
  AssignLocked();
  log_.Touch();
}

void Driver::ApplyLocked(DagChanges changes) {
  const TimePoint now = clock_->Now();
  for (const auto& [stage, job] : changes.new_stages) tasks_.AddStage(stage, job);
  for (const auto& [stage, partition] : changes.unwanted) tasks_.RemoveTask(stage, partition);
  for (auto& task : changes.wanted) {
    tasks_.AddTask(task.stage, task.partition, std::move(task.preference), now);
  }
  for (const auto& [id, attempt] : changes.kill) {
    if (const auto it = runners_.find(id); it != runners_.end()) {
      SendLocked(it->second, TaskKill{attempt});
    }
  }
  for (const StageId stage : changes.ended_stages) {
    tasks_.RemoveStage(stage);
    DropStageLocked(stage);
  }
  for (auto& finished : changes.finished) {
    program_.counters.Merge(finished.result.counters);
    const auto it = waiters_.find(finished.job);
    if (it == waiters_.end()) continue;
    it->second->over = true;
    it->second->status = std::move(finished.status);
    it->second->result = std::move(finished.result);
    waiters_.erase(it);
  }
  if (!changes.finished.empty()) job_over_.NotifyAll();
}

// No runner is in a hurry to forget a plan: the word waits for the next message (a heartbeat's
// answer at the latest), instead of waking everybody while the program makes its next job.
void Driver::DropStageLocked(StageId stage) {
  for (auto& [id, runner] : runners_) {
    if (runner.plans.erase(stage) == 0) continue;
    DropNews news;
    news.stages.push_back(stage);
    runner.outbox.push_back(std::move(news));
  }
}

// All that a runner gets at once goes in one parcel: each costs both sides several wake-ups.
void Driver::AssignLocked() {
  std::set<RunnerId> given;
  for (const Assignment& assignment : tasks_.Assign(clock_->Now())) {
    LaunchLocked(assignment);
    given.insert(assignment.runner);
  }
  for (const RunnerId id : given) EmptyOutboxLocked(runners_.at(id));
}

void Driver::EmptyOutboxLocked(RunnerState& runner) {
  if (!runner.outbox.empty()) runner.outlet->SendTogether(std::exchange(runner.outbox, {}));
}

void Driver::SendLocked(RunnerState& runner, ToRunner message) {
  runner.outbox.push_back(std::move(message));
  EmptyOutboxLocked(runner);
}

void Driver::LaunchLocked(const Assignment& assignment) {
  RunnerState& runner = runners_.at(assignment.runner);
  TaskSpec spec = dag_.Start(assignment);
  runner.running[spec.id.serial] = assignment.stage;
  if (runner.plans.insert(assignment.stage).second) {
    runner.outbox.emplace_back(dag_.FindStage(assignment.stage)->plan);
  }
  runner.outbox.emplace_back(std::move(spec));
}

void Driver::ExpectRunner(const std::string& container, const std::string& host) {
  MutexLock lock(mu_);
  if (expected_.emplace(container, host).second) tasks_.Expect(host);
}

void Driver::NotExpectedLocked(const std::string& container) {
  const auto it = expected_.find(container);
  if (it == expected_.end()) return;
  tasks_.ForgetExpected(it->second);
  expected_.erase(it);
}

void Driver::RunnerWillNotCome(const std::string& container) {
  MutexLock lock(mu_);
  NotExpectedLocked(container);
  AssignLocked();
}

Status Driver::CheckModules(const RunnerHello& hello) const {
  for (const CodeModule& needed : options_.modules) {
    const bool there = std::ranges::any_of(
        hello.modules, [&](const CodeModule& module) { return module.hash == needed.hash; });
    if (!there) {
      return FailedPreconditionError("the runner on " + hello.host +
                                     " was built from another program or version: it has no " +
                                     needed.path + " with hash " + needed.hash);
    }
  }
  return Status::Ok();
}

StatusOr<RunnerId> Driver::Admit(const RunnerHello& hello, std::shared_ptr<RunnerOutlet> outlet) {
  Status refusal = CheckModules(hello);
  MutexLock lock(mu_);
  if (refusal.ok()) refusal = stopped_;
  if (refusal.ok() && hello.slots < 1) refusal = InvalidArgumentError("a runner without slots");
  NotExpectedLocked(hello.container);
  if (!refusal.ok()) {
    outlet->Send(RunnerWelcome{RunnerId(), refusal.message(), {}});
    return refusal;
  }
  const RunnerId id(++last_runner_);
  outlet->Send(RunnerWelcome{id, "", options_.options});
  RunnerState& runner = runners_[id];
  runner.hello = hello;
  runner.outlet = std::move(outlet);
  runner.last_heard = clock_->Now();
  runner.status.id = id;
  runner.status.container = hello.container;
  runner.status.host = hello.host;
  runner.status.slots = hello.slots;
  runner.status.memory_budget_bytes = hello.memory_bytes;
  tasks_.AddRunner(id, hello.host, hello.rack, hello.slots);
  LOG_INFO("runner registered id={} container={} host={} slots={}", id, hello.container, hello.host,
           hello.slots);
  AdvanceLocked();
  return id;
}

void Driver::Receive(RunnerId id, ToDriver message) {
  MutexLock lock(mu_);
  const auto it = runners_.find(id);
  if (it == runners_.end()) return;  // given up meanwhile
  it->second.last_heard = clock_->Now();
  ReceiveLocked(id, it->second, std::move(message));
}

void Driver::ReceiveLocked(RunnerId id, RunnerState& runner, ToDriver message) {
  if (const auto* outcome = std::get_if<TaskOutcome>(&message)) {
    EndedLocked(id, runner, *outcome);
  } else if (const auto* commit = std::get_if<CommitRequest>(&message)) {
    SendLocked(runner, CommitAnswer{commit->id, dag_.MayCommit(commit->id)});
  } else if (const auto* beat = std::get_if<RunnerHeartbeat>(&message)) {
    HeartbeatLocked(id, runner, *beat);
  } else if (const auto* wanted = std::get_if<BroadcastRequest>(&message)) {
    const auto found = broadcasts_.find(wanted->id);
    const bool known = found != broadcasts_.end();
    SendLocked(runner, BroadcastValue{wanted->id, known, known ? found->second : nullptr});
  } else {
    LoseLocked(id, "the runner said hello twice", /*counts=*/true);
  }
}

void Driver::TallyLocked(const std::string& host, const TaskOutcome& outcome) {
  auto worker = std::ranges::find(program_.workers, host, &WorkerStatus::host);
  if (worker == program_.workers.end()) {
    program_.workers.push_back({host, 0, 0, 0});
    worker = program_.workers.end() - 1;
  }
  if (outcome.end == TaskEnd::kSucceeded) {
    ++worker->tasks;
    worker->busy_ms += outcome.run_ms;
  } else {
    ++worker->failed_attempts;
  }
}

void Driver::EndedLocked(RunnerId id, RunnerState& runner, const TaskOutcome& outcome) {
  const auto running = runner.running.find(outcome.id.serial);
  if (running == runner.running.end()) return;
  runner.running.erase(running);
  NotePeakLocked(runner, outcome.runner_memory_peak_bytes);
  const Duration took = std::chrono::milliseconds(outcome.run_ms);
  const bool succeeded = outcome.end == TaskEnd::kSucceeded;
  TallyLocked(runner.hello.host, outcome);
  tasks_.TaskEnded(outcome.id.stage, id, succeeded ? &took : nullptr);
  if (outcome.end == TaskEnd::kFailed) {
    tasks_.TaskFailed(outcome.id.stage, outcome.id.partition, id);
    LOG_WARN("task failed {} runner={} host={}: {}", outcome.id.ToString(), id, runner.hello.host,
             outcome.message);
  } else if (outcome.end == TaskEnd::kFetchFailed) {
    LOG_WARN("fetch failed {} runner={}: {}", outcome.id.ToString(), id, outcome.message);
  }
  dag_.TaskEnded(id, runner.hello.host, outcome, clock_->WallMillis());
  AdvanceLocked();
}

// Of attempts that fail, too: it is the process's peak, not the attempt's.
void Driver::NotePeakLocked(RunnerState& runner, int64_t bytes) {
  runner.status.memory_peak_bytes = std::max(runner.status.memory_peak_bytes, bytes);
  int64_t* peak = program_.counters.Cell(counter::kTuskGroup, counter::kRunnerMemoryPeak);
  *peak = std::max(*peak, bytes);
}

void Driver::HeartbeatLocked(RunnerId id, RunnerState& runner, const RunnerHeartbeat& beat) {
  runner.status.memory_used_bytes = beat.memory_used_bytes;
  NotePeakLocked(runner, beat.memory_peak_bytes);
  for (const CachedChange& change : beat.cached) dag_.CacheChanged(id, change);
  SendLocked(runner, HeartbeatAnswer{});
}

void Driver::Lose(RunnerId runner, const std::string& why, bool counts) {
  MutexLock lock(mu_);
  LoseLocked(runner, why, counts);
}

void Driver::Disconnected(RunnerId id) {
  MutexLock lock(mu_);
  const auto it = runners_.find(id);
  if (it == runners_.end()) return;
  it->second.disconnected = clock_->Now();
  tasks_.RemoveRunner(id);
}

void Driver::LoseContainer(const std::string& container, const std::string& why, bool counts) {
  MutexLock lock(mu_);
  NotExpectedLocked(container);
  for (const auto& [id, runner] : runners_) {
    if (runner.hello.container != container) continue;
    LoseLocked(id, why, counts);
    return;
  }
  AssignLocked();
}

void Driver::LoseLocked(RunnerId id, const std::string& why, bool counts) {
  const auto it = runners_.find(id);
  if (it == runners_.end()) return;
  LOG_WARN("runner lost id={} host={} tasks={}: {}", id, it->second.hello.host,
           it->second.running.size(), why);
  SendLocked(it->second, RunnerStop{});
  tasks_.RemoveRunner(id);
  dag_.RunnerLost(id, it->second.hello.host, "its runner was lost: " + why, counts,
                  clock_->WallMillis());
  runners_.erase(it);
  AdvanceLocked();
}

void Driver::LoseHost(const std::string& host) {
  MutexLock lock(mu_);
  const int lost = dag_.HostLost(host);
  if (lost > 0) LOG_WARN("host lost host={} map_outputs={}", host, lost);
  AdvanceLocked();
}

void Driver::Unpersist(LineageId node) {
  MutexLock lock(mu_);
  dag_.ForgetCached(node);
  DropNews news;
  news.cached_nodes.push_back(node);
  SendToAllLocked(news);
}

void Driver::DropShuffle(ShuffleId shuffle) {
  MutexLock lock(mu_);
  dag_.DropShuffle(shuffle);
  DropNews news;
  news.shuffles.push_back(shuffle);
  SendToAllLocked(news);
  AdvanceLocked();
}

BroadcastId Driver::AddBroadcast(std::string bytes) {
  MutexLock lock(mu_);
  const BroadcastId id(++last_broadcast_);
  broadcasts_[id] = std::make_shared<const std::string>(std::move(bytes));
  return id;
}

void Driver::DropBroadcast(BroadcastId id) {
  MutexLock lock(mu_);
  broadcasts_.erase(id);
  DropNews news;
  news.broadcasts.push_back(id);
  SendToAllLocked(news);
}

void Driver::SendToAllLocked(const DropNews& news) {
  for (auto& [id, runner] : runners_) SendLocked(runner, news);
}

void Driver::SetEnd(const ProgramStatus& last) {
  {
    MutexLock lock(mu_);
    program_.state = last.state;
    program_.diagnostics = last.diagnostics;
    program_.exit_code = last.exit_code;
    program_.finish_ms = last.finish_ms;
  }
  log_.Touch();
}

void Driver::Kill(const std::string& reason) {
  MutexLock lock(mu_);
  if (!stopped_.ok()) return;
  stopped_ = CancelledError(reason);
  dag_.CancelAll(stopped_);
  AdvanceLocked();
}

void Driver::Stop() {
  Kill("the driver stops");
  MutexLock lock(mu_);
  for (auto& [id, runner] : runners_) SendLocked(runner, RunnerStop{});
  for (auto& [id, runner] : runners_) tasks_.RemoveRunner(id);
  runners_.clear();
}

void Driver::Tick() {
  MutexLock lock(mu_);
  const TimePoint now = clock_->Now();
  std::vector<RunnerId> silent;
  std::vector<RunnerId> gone;
  for (const auto& [id, runner] : runners_) {
    if (now - runner.last_heard > options_.runner_silence) silent.push_back(id);
    if (runner.disconnected && now - *runner.disconnected >= options_.container_word) {
      gone.push_back(id);
    }
  }
  for (const RunnerId id : silent) LoseLocked(id, "no heartbeat", /*counts=*/true);
  for (const RunnerId id : gone) LoseLocked(id, "its connection broke", /*counts=*/true);
  if (tasks_.waiting() > 0) AssignLocked();
}

void Driver::FillStagesLocked(ProgramStatus* status) const {
  std::vector<const StageState*> stages = dag_.Stages();
  int64_t tasks = 0;
  int64_t done = 0;
  for (const StageState* stage : stages) {
    const bool ended = stage->report.finish_ms != 0;
    tasks += stage->report.tasks;
    done += ended ? stage->report.tasks : stage->done;
  }
  status->progress = tasks == 0 ? 0 : static_cast<double>(done) / static_cast<double>(tasks);
  if (stages.size() > kStagesShown) stages.erase(stages.begin(), stages.end() - kStagesShown);
  for (const StageState* stage : stages) {
    StageStatus shown;
    shown.id = stage->report.id;
    shown.job = stage->plan->job;
    shown.name = stage->report.name;
    shown.shuffle_map = stage->report.shuffle_map;
    shown.tasks = stage->report.tasks;
    shown.done = stage->done;
    shown.running = stage->running;
    shown.failed_attempts = stage->report.failed_attempts;
    shown.start_ms = stage->report.start_ms;
    shown.finish_ms = stage->report.finish_ms;
    if (shown.shuffle_map) {
      shown.shuffle_partition_bytes = dag_.ShufflePartitionBytes(stage->plan->shuffle);
      for (const int64_t bytes : shown.shuffle_partition_bytes) shown.shuffle_bytes += bytes;
    }
    status->stages.push_back(std::move(shown));
  }
}

ProgramStatus Driver::Snapshot() const {
  MutexLock lock(mu_);
  ProgramStatus status = program_;
  FillStagesLocked(&status);
  for (const auto& [id, runner] : runners_) {
    status.runners.push_back(runner.status);
    status.runners.back().running = static_cast<int>(runner.running.size());
  }
  return status;
}

}  // namespace tusk::mapreduce
