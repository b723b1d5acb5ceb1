#include "mapreduce/engine/driver/task_scheduler.h"

#include <algorithm>

#include "common/base/check.h"

namespace tusk::mapreduce {

void TaskScheduler::AddRunner(RunnerId id, const std::string& host, const std::string& rack,
                              int slots) {
  runners_[id] = {host, rack, slots, 0};
  ++hosts_[host];
}

void TaskScheduler::RemoveRunner(RunnerId id) {
  const auto it = runners_.find(id);
  if (it == runners_.end()) return;
  if (--hosts_[it->second.host] == 0) hosts_.erase(it->second.host);
  runners_.erase(it);
}

void TaskScheduler::ForgetExpected(const std::string& host) {
  const auto it = expected_.find(host);
  if (it != expected_.end() && --it->second == 0) expected_.erase(it);
}

void TaskScheduler::AddStage(StageId id, JobNumber job) {
  Stage& stage = stages_[id];
  stage.job = job;
  order_[{job, id}] = &stage;
}

void TaskScheduler::RemoveStage(StageId id) {
  const auto it = stages_.find(id);
  if (it == stages_.end()) return;
  order_.erase({it->second.job, id});
  stages_.erase(it);
}

void TaskScheduler::AddTask(StageId id, int partition, TaskPreference preference, TimePoint now) {
  Stage& stage = stages_.at(id);
  if (stage.waiting.empty()) stage.last_local = now;
  const bool anywhere = preference.runners.empty() && preference.hosts.empty();
  for (const RunnerId runner : preference.runners) stage.by_runner[runner].insert(partition);
  for (const std::string& host : preference.hosts) stage.by_host[host].insert(partition);
  if (anywhere) stage.anywhere.insert(partition);
  stage.waiting[partition] = {std::move(preference), anywhere};
}

void TaskScheduler::Unindex(Stage& stage, int partition) {
  const auto it = stage.waiting.find(partition);
  if (it == stage.waiting.end()) return;
  for (const RunnerId runner : it->second.preference.runners) {
    stage.by_runner[runner].erase(partition);
  }
  for (const std::string& host : it->second.preference.hosts) stage.by_host[host].erase(partition);
  stage.anywhere.erase(partition);
  stage.waiting.erase(it);
}

void TaskScheduler::RemoveTask(StageId id, int partition) {
  const auto it = stages_.find(id);
  if (it != stages_.end()) Unindex(it->second, partition);
}

void TaskScheduler::TaskEnded(StageId id, RunnerId runner, const Duration* run_time) {
  const auto runner_it = runners_.find(runner);
  if (runner_it != runners_.end()) --runner_it->second.running;
  const auto it = stages_.find(id);
  if (it == stages_.end() || run_time == nullptr) return;
  ++it->second.finished;
  it->second.run_time += *run_time;
}

void TaskScheduler::TaskFailed(StageId id, int partition, RunnerId runner) {
  const auto it = stages_.find(id);
  if (it == stages_.end()) return;
  it->second.failed_on[partition].insert(runner);
  ++it->second.failures[runner];
}

bool TaskScheduler::BadFor(const Stage& stage, int partition, RunnerId runner) const {
  const auto failed = stage.failed_on.find(partition);
  if (failed != stage.failed_on.end() && failed->second.contains(runner)) return true;
  const auto failures = stage.failures.find(runner);
  return failures != stage.failures.end() && failures->second >= options_.max_failures_per_runner;
}

bool TaskScheduler::Accepts(const Stage& stage, int partition, RunnerId runner) const {
  if (!BadFor(stage, partition, runner)) return true;
  // Better than not at all: when it is bad everywhere, everywhere is fine.
  return std::all_of(runners_.begin(), runners_.end(),
                     [&](const auto& other) { return BadFor(stage, partition, other.first); });
}

int TaskScheduler::FirstFor(const Stage& stage, const std::set<int>& candidates,
                            RunnerId runner) const {
  for (const int partition : candidates) {
    if (Accepts(stage, partition, runner)) return partition;
  }
  return -1;
}

bool TaskScheduler::HostIsServed(const std::string& host) const {
  return hosts_.contains(host) || expected_.contains(host);
}

Locality TaskScheduler::LocalityOf(const Waiting& task, RunnerId id, const Runner& runner) const {
  const auto& preference = task.preference;
  if (std::ranges::count(preference.runners, id) > 0) return Locality::kRunner;
  if (std::ranges::count(preference.hosts, runner.host) > 0) return Locality::kNode;
  for (const auto& [other_id, other] : runners_) {
    if (other.rack != runner.rack) continue;
    if (std::ranges::count(preference.runners, other_id) > 0 ||
        std::ranges::count(preference.hosts, other.host) > 0) {
      return Locality::kRack;
    }
  }
  return Locality::kAny;
}

int TaskScheduler::PickLocal(const Stage& stage, RunnerId id, const Runner& runner,
                             Locality* locality) const {
  if (const auto it = stage.by_runner.find(id); it != stage.by_runner.end()) {
    *locality = Locality::kRunner;
    if (const int found = FirstFor(stage, it->second, id); found >= 0) return found;
  }
  if (const auto it = stage.by_host.find(runner.host); it != stage.by_host.end()) {
    *locality = Locality::kNode;
    if (const int found = FirstFor(stage, it->second, id); found >= 0) return found;
  }
  *locality = Locality::kAny;
  return FirstFor(stage, stage.anywhere, id);
}

bool TaskScheduler::WorthStealing(const Stage& stage, int partition, const Waiting& task,
                                  TimePoint now) const {
  if (stage.failed_on.contains(partition)) return true;
  bool served = false;
  for (const RunnerId runner : task.preference.runners) served |= runners_.contains(runner);
  for (const std::string& host : task.preference.hosts) served |= HostIsServed(host);
  if (!served || now - stage.last_local >= options_.locality_wait) return true;
  if (stage.finished == 0) return false;
  const Duration average = stage.run_time / stage.finished;
  Duration shortest = Duration::max();
  for (const std::string& host : task.preference.hosts) {
    const auto queue = stage.by_host.find(host);
    int slots = 0;
    for (const auto& [id, runner] : runners_) slots += runner.host == host ? runner.slots : 0;
    if (queue == stage.by_host.end() || slots == 0) continue;
    shortest = std::min(shortest, average * static_cast<int64_t>(queue->second.size()) / slots);
  }
  return shortest != Duration::max() && shortest > options_.steal_after;
}

int TaskScheduler::PickRemote(const Stage& stage, RunnerId id, TimePoint now) const {
  const Runner& runner = runners_.at(id);
  int best = -1;
  for (const auto& [partition, task] : stage.waiting) {
    if (task.anywhere || !Accepts(stage, partition, id) ||
        !WorthStealing(stage, partition, task, now)) {
      continue;
    }
    if (LocalityOf(task, id, runner) <= Locality::kRack) return partition;
    if (best < 0) best = partition;
  }
  return best;
}

bool TaskScheduler::AssignOne(RunnerId id, Runner& runner, TimePoint now, bool remote,
                              std::vector<Assignment>* out) {
  for (const auto& [key, stage] : order_) {
    Assignment assignment{key.second, -1, id, Locality::kAny, true};
    if (remote) {
      assignment.partition = PickRemote(*stage, id, now);
      if (assignment.partition < 0) continue;
      assignment.locality = LocalityOf(stage->waiting.at(assignment.partition), id, runner);
    } else {
      assignment.partition = PickLocal(*stage, id, runner, &assignment.locality);
      if (assignment.partition < 0) continue;
      assignment.had_preference = !stage->waiting.at(assignment.partition).anywhere;
      if (assignment.locality <= Locality::kNode) stage->last_local = now;
    }
    Unindex(*stage, assignment.partition);
    ++runner.running;
    out->push_back(assignment);
    return true;
  }
  return false;
}

std::vector<Assignment> TaskScheduler::Assign(TimePoint now) {
  std::vector<Assignment> out;
  // One slot of each runner in turn, so that the first runner does not take everything; remote
  // tasks only when no runner finds a local one any more.
  for (const bool remote : {false, true}) {
    for (bool progress = true; progress;) {
      progress = false;
      for (auto& [id, runner] : runners_) {
        if (runner.running < runner.slots) progress |= AssignOne(id, runner, now, remote, &out);
      }
    }
  }
  return out;
}

int TaskScheduler::waiting() const {
  int count = 0;
  for (const auto& [id, stage] : stages_) count += static_cast<int>(stage.waiting.size());
  return count;
}

int TaskScheduler::slots() const {
  int count = 0;
  for (const auto& [id, runner] : runners_) count += runner.slots;
  return count;
}

}  // namespace tusk::mapreduce
