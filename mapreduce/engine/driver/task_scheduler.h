// Decides which waiting task runs on which free slot: nearest first, with patience.
//
// Each stage's waiting tasks are indexed by the runners that hold their cached partitions and by
// the hosts that hold their data. A free slot takes a task that is local to it; else one that
// prefers nowhere; else, when waiting is not worth while, one that prefers another host:
//   - no runner is there or expected on any host it prefers, or it failed before; or
//   - its stage has started no local task for `locality_wait`; or
//   - the queue on its hosts would take longer than `steal_after` at the stage's average run time.
// Stages of earlier jobs come first, then earlier stages.
//
// A task does not go back to a runner where it failed, nor to one where its stage failed
// `max_failures_per_runner` times, as long as another runner is there.
//
// Threads: not thread-safe; the driver's lock guards it. Time is handed in.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/task.h"

namespace tusk::mapreduce {

struct TaskPreference {
  std::vector<RunnerId> runners;  // hold what it would compute
  std::vector<std::string> hosts;
};

struct Assignment {
  StageId stage;
  int partition = 0;
  RunnerId runner;
  Locality locality = Locality::kAny;
  bool had_preference = false;
};

struct TaskSchedulerOptions {
  Duration locality_wait = std::chrono::seconds(3);
  Duration steal_after = std::chrono::seconds(10);
  int max_failures_per_runner = 3;
};

class TaskScheduler {
 public:
  explicit TaskScheduler(const TaskSchedulerOptions& options) : options_(options) {}

  void AddRunner(RunnerId id, const std::string& host, const std::string& rack, int slots);
  void RemoveRunner(RunnerId id);
  // A runner was asked for on `host` and may come; pairs up with ForgetExpected when it came or
  // will not.
  void Expect(const std::string& host) { ++expected_[host]; }
  void ForgetExpected(const std::string& host);

  void AddStage(StageId stage, JobNumber job);
  void RemoveStage(StageId stage);
  void AddTask(StageId stage, int partition, TaskPreference preference, TimePoint now);
  void RemoveTask(StageId stage, int partition);

  // The attempt's slot is free again. `run_time`: only of successful attempts.
  void TaskEnded(StageId stage, RunnerId runner, const Duration* run_time);
  void TaskFailed(StageId stage, int partition, RunnerId runner);

  // Gives waiting tasks to free slots; each is running from then on.
  std::vector<Assignment> Assign(TimePoint now);

  int waiting() const;
  int slots() const;

 private:
  struct Runner {
    std::string host;
    std::string rack;
    int slots = 0;
    int running = 0;
  };
  struct Waiting {
    TaskPreference preference;
    bool anywhere = false;
  };
  struct Stage {
    JobNumber job;
    std::map<int, Waiting> waiting;
    std::map<RunnerId, std::set<int>> by_runner;
    std::map<std::string, std::set<int>> by_host;
    std::set<int> anywhere;
    TimePoint last_local{};  // a local task was started, or the first began to wait
    std::map<int, std::set<RunnerId>> failed_on;
    std::map<RunnerId, int> failures;
    int finished = 0;
    Duration run_time{0};  // of the finished ones, together
  };

  void Unindex(Stage& stage, int partition);
  bool Accepts(const Stage& stage, int partition, RunnerId runner) const;
  bool BadFor(const Stage& stage, int partition, RunnerId runner) const;
  bool HostIsServed(const std::string& host) const;
  // First task of `candidates` that may run on `runner`, or -1.
  int FirstFor(const Stage& stage, const std::set<int>& candidates, RunnerId runner) const;
  int PickLocal(const Stage& stage, RunnerId id, const Runner& runner, Locality* locality) const;
  int PickRemote(const Stage& stage, RunnerId id, TimePoint now) const;
  bool WorthStealing(const Stage& stage, int partition, const Waiting& task, TimePoint now) const;
  Locality LocalityOf(const Waiting& task, RunnerId id, const Runner& runner) const;
  bool AssignOne(RunnerId id, Runner& runner, TimePoint now, bool remote,
                 std::vector<Assignment>* out);

  const TaskSchedulerOptions options_;
  std::map<RunnerId, Runner> runners_;
  std::map<std::string, int> hosts_;     // runners on each
  std::map<std::string, int> expected_;  // runners asked for on each
  std::map<std::pair<JobNumber, StageId>, Stage*> order_;
  std::map<StageId, Stage> stages_;
};

}  // namespace tusk::mapreduce
