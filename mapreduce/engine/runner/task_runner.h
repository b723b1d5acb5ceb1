// A runner: takes tasks from its driver, runs each on a thread of the given executor, and reports.
//
//   driver --Receive--> [ stage plans, running attempts ] --Outlet--> driver
//
// Owns:    the attempts while they run, fetched broadcast values. Borrows everything else.
// Threads: thread-safe. Receive comes in the driver's order from one thread at a time and never
//          blocks. The executor has as many threads as the runner has slots.
// Life:    Stop() (or RunnerStop, a refusal, a silent driver) kills what runs; `gone` is then
//          called once, after the last attempt has ended.
// Fails:   a message that does not fit (a task of an unknown stage) fails that task.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/timer.h"
#include "mapreduce/engine/plan/task_protocol.h"
#include "mapreduce/engine/runner/local_block_store.h"
#include "mapreduce/engine/runner/runner_ledger.h"
#include "mapreduce/engine/runner/task_execution.h"

namespace tusk::mapreduce {

struct TaskRunnerOptions {
  std::string application_id;
  std::string work_directory = ".";
  std::vector<std::string> local_directories;  // scratch goes below them, in turn
  Duration heartbeat = std::chrono::seconds(1);
  Duration driver_silence = std::chrono::seconds(10);
  Duration measure = std::chrono::milliseconds(100);
  bool measure_memory = true;  // off where several runners share a process
};

struct TaskRunnerParts {
  std::shared_ptr<FileSystem> file_system;
  ShuffleService* shuffle = nullptr;
  RunnerLedger* ledger = nullptr;
  LocalBlockStore* blocks = nullptr;
  OutputCommitter* committer = nullptr;
  DriverOutlet* driver = nullptr;
  Executor* executor = nullptr;  // one thread per slot
  const Clock* clock = nullptr;
  Timer* timer = nullptr;
};

class TaskRunner final : public TaskHost {
 public:
  // `gone`: called from any thread, with why.
  TaskRunner(TaskRunnerOptions options, TaskRunnerParts parts,
             std::function<void(const Status&)> gone);
  ~TaskRunner() override;

  void Receive(ToRunner message) EXCLUDES(mu_);
  void Stop(const Status& why) EXCLUDES(mu_);
  int running() const EXCLUDES(mu_);

  // TaskHost
  const std::string& application_id() const override { return options_.application_id; }
  std::optional<std::string> Option(std::string_view key) const override EXCLUDES(mu_);
  MemoryLedger& ledger() override { return *parts_.ledger; }
  BlockStore& block_store() override { return *parts_.blocks; }
  ShuffleService& shuffle_service() override { return *parts_.shuffle; }
  FileSystem& default_file_system() override { return *parts_.file_system; }
  OutputCommitter& committer() override { return *parts_.committer; }
  const std::string& work_directory() const override { return options_.work_directory; }
  std::string ScratchPath(const TaskAttemptId& id) const override;
  bool AskToCommit(const TaskAttemptId& id, const std::function<Status()>& check) override
      EXCLUDES(mu_);
  StatusOr<std::shared_ptr<const std::string>> FetchBroadcast(
      BroadcastId id, const std::function<Status()>& check) override EXCLUDES(mu_);

 private:
  void Launch(TaskSpec spec) EXCLUDES(mu_);
  void RunTask(const std::shared_ptr<TaskExecution>& task) EXCLUDES(mu_);
  void Drop(const DropNews& news) EXCLUDES(mu_);
  void Beat() EXCLUDES(mu_);
  // Calls gone_ once nothing runs any more after a stop.
  void LeaveIfDone() EXCLUDES(mu_);

  const TaskRunnerOptions options_;
  const TaskRunnerParts parts_;
  const std::function<void(const Status&)> gone_;

  mutable Mutex mu_;
  CondVar news_;  // answers for waiting attempts
  std::map<std::string, std::string, std::less<>> job_options_ GUARDED_BY(mu_);
  std::map<StageId, std::shared_ptr<const StagePlan>> plans_ GUARDED_BY(mu_);
  std::map<int64_t, std::shared_ptr<TaskExecution>> running_ GUARDED_BY(mu_);  // by serial
  std::map<int64_t, bool> commit_answers_ GUARDED_BY(mu_);
  // Null: asked for. Values stay until the driver drops them.
  std::map<BroadcastId, std::shared_ptr<const std::string>> broadcasts_ GUARDED_BY(mu_);
  std::set<BroadcastId> unknown_broadcasts_ GUARDED_BY(mu_);
  TimePoint last_heard_ GUARDED_BY(mu_);
  bool stopping_ GUARDED_BY(mu_) = false;
  bool left_ GUARDED_BY(mu_) = false;
  Status why_ GUARDED_BY(mu_);

  WorkGuard guard_;
  TimerHandle beat_;
  TimerHandle measure_;
};

}  // namespace tusk::mapreduce
