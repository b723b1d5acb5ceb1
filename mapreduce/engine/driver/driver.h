// The driver of one program: takes jobs from the program, hands their tasks to runners, hears what
// became of them.
//
//   program threads --Run--> [ DagScheduler: what must run ]      runners: Admit, Receive, Lose
//                            [ TaskScheduler: where        ] ---> RunnerOutlet::Send
//
// Owns:    the lineage, both schedulers, broadcast values. Borrows committer, clock and timer.
// Threads: thread-safe; one lock over the schedulers. Run blocks its caller, which also does the
//          output's file work; nothing else here blocks. Outlets only queue, so sending under the
//          lock keeps each runner's messages in the order of the decisions behind them.
// Life:    Stop() ends all jobs (kCancelled) and tells the runners to go.
// Fails:   a runner that breaks the protocol or stays silent for 10 s is lost, with its tasks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/timer.h"
#include "mapreduce/engine/driver/dag_scheduler.h"
#include "mapreduce/engine/driver/program_log.h"
#include "mapreduce/engine/driver/task_scheduler.h"
#include "mapreduce/engine/plan/engine.h"
#include "mapreduce/engine/plan/job_protocol.h"
#include "mapreduce/engine/plan/output_committer.h"
#include "mapreduce/engine/plan/task_protocol.h"

namespace tusk::mapreduce {

struct DriverOptions {
  std::string application_id;
  std::string name;
  std::string user;
  JobMode mode = JobMode::kDisk;
  int driver_attempt = 1;
  int default_parallelism = 2;  // until runners tell their slots
  DagSchedulerOptions dag;      // its mode is set from `mode`
  TaskSchedulerOptions tasks;
  Duration runner_silence = std::chrono::seconds(10);
  Duration container_word = std::chrono::milliseconds(500);  // after a runner's connection ended
  std::map<std::string, std::string> options;  // the job's configuration, for operators
  // What a runner must have, as RegisteredModules() of the driver; a test may leave it empty.
  std::vector<CodeModule> modules;
};

class Driver final : public Engine {
 public:
  Driver(DriverOptions options, std::shared_ptr<FileSystem> file_system, OutputCommitter* committer,
         const Clock* clock, Timer* timer);
  ~Driver() override;

  // Engine
  JobMode mode() const override { return options_.mode; }
  int default_parallelism() const override EXCLUDES(mu_);
  std::optional<std::string> Option(std::string_view key) const override;
  const std::shared_ptr<FileSystem>& file_system() const override { return file_system_; }
  const std::string& application_id() const override { return options_.application_id; }
  ShuffleId NewShuffle() override EXCLUDES(mu_);
  StatusOr<LineageId> AddNode(LineageNode node) override;
  std::string Describe(LineageId node) const override { return lineage_.Describe(node); }
  StatusOr<JobResult> Run(const JobRequest& request) override EXCLUDES(mu_);
  StatusOr<bool> OutputIsDone(const OutputSpec& output) override {
    return committer_->IsDone(output);
  }
  void Unpersist(LineageId node) override EXCLUDES(mu_);
  void DropShuffle(ShuffleId shuffle) override EXCLUDES(mu_);
  BroadcastId AddBroadcast(std::string bytes) override EXCLUDES(mu_);
  void DropBroadcast(BroadcastId id) override EXCLUDES(mu_);
  void Print(std::string_view text) override { log_.Append(text); }

  // A runner was asked for and will come to `host`: tasks with data there wait for it a little.
  void ExpectRunner(const std::string& container, const std::string& host) EXCLUDES(mu_);
  void RunnerWillNotCome(const std::string& container) EXCLUDES(mu_);

  // A runner's first message. The refusal says why and is sent to it, too.
  StatusOr<RunnerId> Admit(const RunnerHello& hello, std::shared_ptr<RunnerOutlet> outlet)
      EXCLUDES(mu_);
  void Receive(RunnerId runner, ToDriver message) EXCLUDES(mu_);
  // The runner is gone. `counts`: its tasks have failed (it crashed), instead of having been taken
  // away (its node was lost, its container released).
  void Lose(RunnerId runner, const std::string& why, bool counts) EXCLUDES(mu_);
  // Its connection ended. It gets nothing more; why it ended is in its container's end, which is
  // waited for shortly (its host may be gone, too): a task must not fail with "connection broke".
  void Disconnected(RunnerId runner) EXCLUDES(mu_);
  // By its container's id; unknown ones only will not come.
  void LoseContainer(const std::string& container, const std::string& why, bool counts)
      EXCLUDES(mu_);
  // Nobody hands out the files of that host any more.
  void LoseHost(const std::string& host) EXCLUDES(mu_);

  // What followers see.
  ProgramLog& log() { return log_; }
  ProgramStatus Snapshot() const EXCLUDES(mu_);
  // Why the last failed job failed; empty: none has.
  std::string last_failure() const EXCLUDES(mu_);
  // The program has ended: its state, diagnostics, exit code and end are those of `last`.
  void SetEnd(const ProgramStatus& last) EXCLUDES(mu_);
  // All jobs, now and later, end with kCancelled.
  void Kill(const std::string& reason) EXCLUDES(mu_);
  // As Kill, and the runners go.
  void Stop() EXCLUDES(mu_);

 private:
  struct RunnerState {
    RunnerHello hello;
    std::shared_ptr<RunnerOutlet> outlet;
    TimePoint last_heard;
    std::optional<TimePoint> disconnected;
    std::map<int64_t, StageId> running;  // by serial
    std::set<StageId> plans;             // that it has
    std::vector<ToRunner> outbox;        // goes with the next message, as one parcel
    RunnerStatus status;
  };
  struct Waiter {
    bool over = false;
    Status status;
    JobResult result;
  };

  Status CheckModules(const RunnerHello& hello) const;
  void AdvanceLocked() REQUIRES(mu_);
  void ApplyLocked(DagChanges changes) REQUIRES(mu_);
  void AssignLocked() REQUIRES(mu_);
  void DropStageLocked(StageId stage) REQUIRES(mu_);
  void LaunchLocked(const Assignment& assignment) REQUIRES(mu_);
  void LoseLocked(RunnerId runner, const std::string& why, bool counts) REQUIRES(mu_);
  void TallyLocked(const std::string& host, const TaskOutcome& outcome) REQUIRES(mu_);
  void ReceiveLocked(RunnerId id, RunnerState& runner, ToDriver message) REQUIRES(mu_);
  void EndedLocked(RunnerId id, RunnerState& runner, const TaskOutcome& outcome) REQUIRES(mu_);
  void NotePeakLocked(RunnerState& runner, int64_t bytes) REQUIRES(mu_);
  void HeartbeatLocked(RunnerId id, RunnerState& runner, const RunnerHeartbeat& beat) REQUIRES(mu_);
  void SendLocked(RunnerState& runner, ToRunner message) REQUIRES(mu_);
  void SendToAllLocked(const DropNews& news) REQUIRES(mu_);
  void EmptyOutboxLocked(RunnerState& runner) REQUIRES(mu_);
  void NotExpectedLocked(const std::string& container) REQUIRES(mu_);
  void FillStagesLocked(ProgramStatus* status) const REQUIRES(mu_);
  StatusOr<JobResult> RunJob(JobNumber number, const JobRequest& request) EXCLUDES(mu_);
  StatusOr<JobResult> RunTasks(JobNumber number, const JobRequest& request,
                               const std::string& work_directory) EXCLUDES(mu_);
  void Tick() EXCLUDES(mu_);

  // Constant after construction.
  const DriverOptions options_;
  const std::shared_ptr<FileSystem> file_system_;
  OutputCommitter* const committer_;
  const Clock* const clock_;

  Lineage lineage_;
  ProgramLog log_;

  mutable Mutex mu_;
  CondVar job_over_;
  DagScheduler dag_ GUARDED_BY(mu_);
  TaskScheduler tasks_ GUARDED_BY(mu_);
  std::map<RunnerId, RunnerState> runners_ GUARDED_BY(mu_);
  std::map<std::string, std::string> expected_ GUARDED_BY(mu_);  // container -> host
  std::map<JobNumber, Waiter*> waiters_ GUARDED_BY(mu_);
  std::map<BroadcastId, std::shared_ptr<const std::string>> broadcasts_ GUARDED_BY(mu_);
  Status stopped_ GUARDED_BY(mu_);  // not ok: no job begins any more
  std::string last_failure_ GUARDED_BY(mu_);
  ProgramStatus program_ GUARDED_BY(mu_);  // without stages and runners
  int32_t last_shuffle_ GUARDED_BY(mu_) = 0;
  int32_t last_job_ GUARDED_BY(mu_) = 0;
  int32_t last_runner_ GUARDED_BY(mu_) = 0;
  int32_t last_broadcast_ GUARDED_BY(mu_) = 0;

  TimerHandle tick_;  // last: nothing of it runs once the rest goes
};

}  // namespace tusk::mapreduce
