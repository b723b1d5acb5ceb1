// One task attempt while it runs: rebuilds the stage's operators, runs them, and is the context
// they see.
//
// Owns:    the attempt's operators and its scratch directory.
// Threads: Run on one thread; Kill, Check, SetProgress, Note and the driver's answers on any.
// Life:    Run once. The scratch directory goes when the attempt ends.
// Fails:   Run never fails itself: whatever happened, a thrown exception of user code too, stands
//          in the outcome.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "common/concurrent/mutex.h"
#include "mapreduce/engine/plan/output_committer.h"
#include "mapreduce/engine/plan/stage.h"
#include "mapreduce/engine/plan/task.h"
#include "mapreduce/engine/plan/task_context.h"

namespace tusk::mapreduce {

// What an attempt needs of its runner.
class TaskHost {
 public:
  virtual ~TaskHost() = default;
  virtual const std::string& application_id() const = 0;
  virtual std::optional<std::string> Option(std::string_view key) const = 0;
  virtual MemoryLedger& ledger() = 0;
  virtual BlockStore& block_store() = 0;
  virtual ShuffleService& shuffle_service() = 0;
  virtual FileSystem& default_file_system() = 0;
  virtual OutputCommitter& committer() = 0;
  virtual const std::string& work_directory() const = 0;
  // A path below one of the runner's local directories that belongs to this attempt.
  virtual std::string ScratchPath(const TaskAttemptId& id) const = 0;
  // Asks the driver and waits; false also when the attempt is killed meanwhile.
  virtual bool AskToCommit(const TaskAttemptId& id, const std::function<Status()>& check) = 0;
  virtual StatusOr<std::shared_ptr<const std::string>> FetchBroadcast(
      BroadcastId id, const std::function<Status()>& check) = 0;
};

class TaskExecution final : public TaskContext {
 public:
  TaskExecution(std::shared_ptr<const StagePlan> plan, TaskSpec spec, TaskHost* host);

  TaskOutcome Run();
  void Kill();
  double progress() const { return progress_.load(); }

  // TaskContext
  const TaskAttemptId& attempt() const override { return spec_.id; }
  int stage_partitions() const override { return plan_->partitions; }
  JobMode mode() const override { return plan_->mode; }
  const std::string& application_id() const override { return host_->application_id(); }
  Status Check() const override;
  Counters& counters() override { return outcome_.counters; }
  MemoryLedger& memory() override { return host_->ledger(); }
  BlockStore& blocks() override { return host_->block_store(); }
  FileSystem& file_system() override { return host_->default_file_system(); }
  std::optional<std::string> Option(std::string_view key) const override {
    return host_->Option(key);
  }
  StatusOr<std::string> ScratchDirectory() override;
  const std::string& work_directory() const override { return host_->work_directory(); }
  int shuffle_partitions() const override { return plan_->shuffle_partitions; }
  StatusOr<std::unique_ptr<ShuffleSink>> OpenShuffleSink(
      const ShuffleWriteOptions& options) override;
  void SetMapOutput(MapOutput output) override { outcome_.map_output = std::move(output); }
  StatusOr<std::string> OutputDirectory() override;
  void SetResult(std::string bytes) override { outcome_.result = std::move(bytes); }
  StatusOr<std::shared_ptr<const std::string>> Broadcast(BroadcastId id) override;
  void SetProgress(double fraction) override { progress_.store(fraction); }
  void Note(std::string_view line) override EXCLUDES(mu_);

 private:
  friend class StageInputs;

  Status RunOperators();
  Status RunGuarded();  // with exceptions turned into a status
  Status Finish();      // commit
  void CleanUp(bool committed);
  StatusOr<ShuffleAttempt> NewShuffleAttempt();
  // The spec's input for (node, input, partition); null when the driver had none to give.
  const ShuffleInput* FindRead(LineageId node, int input, int partition) const;
  std::string_view FindSplit(LineageId node, int partition) const;
  void NoteFetchFailure(const FetchFailure& failure) { outcome_.fetch_failure = failure; }
  std::string Notes() const EXCLUDES(mu_);

  const std::shared_ptr<const StagePlan> plan_;
  const TaskSpec spec_;
  TaskHost* const host_;

  TaskOutcome outcome_;
  std::string scratch_;
  bool output_opened_ = false;
  bool denied_ = false;
  std::atomic<bool> killed_{false};
  std::atomic<double> progress_{0};

  mutable Mutex mu_;
  std::string notes_ GUARDED_BY(mu_);  // the last lines
};

}  // namespace tusk::mapreduce
