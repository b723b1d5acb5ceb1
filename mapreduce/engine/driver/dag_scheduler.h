// Turns jobs into stages of tasks, and knows at any moment which tasks have to run.
//
// A job is one result stage; every shuffle behind it is one map stage, shared by all jobs of the
// program. Nothing is remembered as "the plan": after each event Advance() walks from the jobs that
// are not finished down to the stages whose inputs are complete, and what it finds missing there
// has to run. So a map output lost at any time is simply missing, and comes back by lineage.
//
//     job -> result stage -> (all its shuffles complete? yes: its partitions not done run)
//                            (no: the same question for the map stages of those shuffles)
// A cached node that is held whole cuts the walk: what stands behind it is not needed.
//
// Owns:    stages, attempts, map outputs, cache locations. Borrows the lineage.
// Threads: not thread-safe; the driver's lock guards it. No I/O, no clock but what is handed in.
// Life:    the program's. A job lives from Submit until Advance tells its end, a map stage and its
//          outputs until DropShuffle.
// Fails:   a job ends with the failure of a task that used up its attempts.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "mapreduce/engine/driver/cache_locations.h"
#include "mapreduce/engine/driver/map_outputs.h"
#include "mapreduce/engine/driver/task_scheduler.h"
#include "mapreduce/engine/plan/engine.h"
#include "mapreduce/engine/plan/lineage.h"
#include "mapreduce/engine/plan/stage.h"
#include "mapreduce/engine/plan/task.h"

namespace tusk::mapreduce {

struct DagSchedulerOptions {
  JobMode mode = JobMode::kDisk;
  // Of one task, counting failures.
  int max_map_attempts = 4;     // in stages that read no shuffle
  int max_reduce_attempts = 4;  // in those that do
  int max_fetch_failures = 20;  // of one task: then something is wrong that repeating cannot cure
};

// What Advance() found to do.
struct DagChanges {
  struct NewTask {
    StageId stage;
    int partition = 0;
    TaskPreference preference;
  };
  struct FinishedJob {
    JobNumber job;
    Status status;
    JobResult result;
  };
  std::vector<std::pair<StageId, JobNumber>> new_stages;  // before their first task
  std::vector<NewTask> wanted;
  std::vector<std::pair<StageId, int>> unwanted;         // were waiting
  std::vector<std::pair<RunnerId, TaskAttemptId>> kill;  // are running for nobody
  std::vector<StageId> ended_stages;                     // for good
  std::vector<FinishedJob> finished;
};

// A partition of a stage, as the scheduler follows it.
struct TaskState {
  enum class Phase : uint8_t { kIdle, kWaiting, kRunning, kDone };
  Phase phase = Phase::kIdle;
  int attempts = 0;
  int failures = 0;
  int fetch_failures = 0;
  int64_t running_serial = 0;
  RunnerId runner;             // where it runs
  int64_t commit_granted = 0;  // serial of the attempt that may commit; 0: none yet
};

struct StageState {
  std::shared_ptr<const StagePlan> plan;
  std::optional<JobNumber> job;  // of a result stage
  std::vector<ShuffleId> reads;
  std::map<int, TaskState> tasks;  // by partition
  int done = 0;
  int running = 0;
  bool announced = false;     // in new_stages
  bool ignore_cache = false;  // a runner missed what was said to be cached
  StageReport report;
};

class DagScheduler {
 public:
  DagScheduler(const DagSchedulerOptions& options, const Lineage* lineage);

  // `work_directory`: of the job's output, or empty.
  Status Submit(JobNumber number, const JobRequest& request, const std::string& work_directory,
                int64_t now_ms);
  void Cancel(JobNumber number, Status why);
  void CancelAll(const Status& why);

  DagChanges Advance(int64_t now_ms);

  // A waiting task was given a slot. Its spec, with the splits and map outputs as they are now.
  TaskSpec Start(const Assignment& assignment);
  bool MayCommit(const TaskAttemptId& id);

  // News of an attempt. False: nobody waits for it any more (killed, its runner was given up).
  bool TaskEnded(RunnerId runner, const std::string& runner_name, const TaskOutcome& outcome,
                 int64_t now_ms);
  void CacheChanged(RunnerId runner, const CachedChange& change) { cache_.Apply(runner, change); }

  // The attempts that ran there are over; they count as failures if `counts`.
  std::vector<TaskAttemptId> RunnerLost(RunnerId runner, const std::string& host,
                                        const std::string& why, bool counts, int64_t now_ms);
  // All map outputs on that host are gone.
  int HostLost(const std::string& host) { return NoteLost(outputs_.LoseHost(host)); }

  void DropShuffle(ShuffleId shuffle) { outputs_.LoseAll(shuffle); }
  void ForgetCached(LineageId node) { cache_.Forget(node); }

  std::vector<int64_t> ShufflePartitionBytes(ShuffleId shuffle) const {
    return outputs_.PartitionBytes(shuffle);
  }
  const StageState* FindStage(StageId id) const;
  // Every stage there was, in order of their ids; ended result stages too.
  std::vector<const StageState*> Stages() const;

 private:
  struct Job {
    JobRequest request;
    std::vector<int> partitions;
    StageId stage;
    int64_t start_ms = 0;
    std::map<int, std::string> results;
    Status failure;            // set: the job is over
    std::set<StageId> stages;  // that ran tasks for it
    Counters counters;
    int64_t lost_before = 0;  // map outputs, when it began
  };

  StatusOr<StageId> MakeStage(LineageId last, const OpSpec& sink);
  StatusOr<StageId> MapStageOf(ShuffleId shuffle);
  // Marks what must run for this stage; true when all its partitions are done.
  bool Visit(StageId id, JobNumber job, std::set<StageId>* needed, int64_t now_ms,
             DagChanges* changes);
  std::vector<ShuffleId> NeededShuffles(const StageState& stage) const;
  void CollectShuffles(LineageId node, std::set<LineageId>* seen,
                       std::set<ShuffleId>* shuffles) const;
  bool PartitionDone(const StageState& stage, int partition) const;
  void Want(StageId id, StageState& stage, JobNumber job, int64_t now_ms, DagChanges* changes);
  void Withdraw(StageId id, StageState& stage, DagChanges* changes);
  TaskPreference PreferenceOf(const StageState& stage, int partition) const;
  bool FinishIfOver(JobNumber number, Job& job, int64_t now_ms, DagChanges* changes);
  JobResult ResultOf(JobNumber number, Job& job, int64_t now_ms) const;
  void EndAttempt(StageState& stage, TaskState& task);
  void Succeeded(StageId id, StageState& stage, RunnerId runner, const TaskOutcome& outcome,
                 int64_t now_ms);
  void Failed(StageId id, StageState& stage, TaskState& task, const std::string& runner_name,
              const TaskOutcome& outcome);
  void FetchFailed(StageId id, StageState& stage, TaskState& task, const TaskOutcome& outcome);
  void FailJobsOf(StageId id, const StageState& stage, const Status& why);
  int NoteLost(int outputs);
  void Count(StageId id, StageState& stage, std::string_view name);
  void ForgetTasks(StageState& stage);

  const DagSchedulerOptions options_;
  const Lineage* const lineage_;

  std::map<StageId, StageState> stages_;
  std::map<ShuffleId, StageId> map_stages_;
  std::map<JobNumber, Job> jobs_;  // not finished
  MapOutputs outputs_;
  CacheLocations cache_;
  int32_t last_stage_ = 0;
  int64_t last_serial_ = 0;
  int64_t lost_ = 0;  // map outputs so far
};

}  // namespace tusk::mapreduce
