#include "cli/commands/bench/mode_figures.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace tusk::cli {
namespace {

namespace counter = mapreduce::counter;

// Cuts the time of a run into pieces, each from where the last one ended.
class PhaseClock {
 public:
  explicit PhaseClock(int64_t begin_ms) : at_ms_(begin_ms) {}

  // Everything up to `until_ms` belongs to that phase; nothing when it lies back.
  void Reach(std::string_view phase, int64_t until_ms) {
    if (until_ms <= at_ms_) return;
    millis_[phase] += until_ms - at_ms_;
    at_ms_ = until_ms;
  }
  int64_t at_ms() const { return at_ms_; }

  std::vector<ModeFigures::Phase> Phases() const {
    std::vector<ModeFigures::Phase> phases;
    for (const std::string_view name :
         {ModeFigures::kDriverStarts, ModeFigures::kRunnersStart, ModeFigures::kMapStages,
          ModeFigures::kResultStages, ModeFigures::kBetween, ModeFigures::kEnds}) {
      const auto it = millis_.find(name);
      const int64_t millis = it == millis_.end() ? 0 : it->second;
      phases.push_back({std::string(name), static_cast<double>(millis) / 1000});
    }
    return phases;
  }

 private:
  int64_t at_ms_;
  std::map<std::string_view, int64_t> millis_;
};

std::vector<ModeFigures::Phase> PhasesOf(const mapreduce::ProgramStatus& status,
                                         const RunTimes& times) {
  std::vector<mapreduce::StageStatus> stages = status.stages;
  std::erase_if(stages, [](const auto& s) { return s.start_ms == 0 || s.finish_ms == 0; });
  std::ranges::sort(stages, {}, &mapreduce::StageStatus::start_ms);
  PhaseClock clock(times.submit_ms);
  clock.Reach(ModeFigures::kDriverStarts, std::min(status.start_ms, times.end_ms));
  // A first stage may stand ready before there is a runner to run it.
  int64_t first_task_ms = times.runner_ms;
  if (!stages.empty()) first_task_ms = std::max(first_task_ms, stages.front().start_ms);
  clock.Reach(ModeFigures::kRunnersStart, std::min(first_task_ms, times.end_ms));
  for (const mapreduce::StageStatus& stage : stages) {
    clock.Reach(ModeFigures::kBetween, std::min(stage.start_ms, times.end_ms));
    clock.Reach(stage.shuffle_map ? ModeFigures::kMapStages : ModeFigures::kResultStages,
                std::min(stage.finish_ms, times.end_ms));
  }
  clock.Reach(ModeFigures::kEnds, times.end_ms);
  return clock.Phases();
}

}  // namespace

double ModeFigures::LaterIteration() const {
  if (iterations.size() < 2) return 0;
  std::vector<double> later(iterations.begin() + 1, iterations.end());
  const auto middle = later.begin() + static_cast<ptrdiff_t>(later.size() / 2);
  std::nth_element(later.begin(), middle, later.end());
  return *middle;
}

double ModeFigures::PhaseSeconds(std::string_view name) const {
  for (const Phase& phase : phases) {
    if (phase.name == name) return phase.seconds;
  }
  return 0;
}

std::vector<double> IterationsIn(std::string_view output) {
  constexpr std::string_view kMark = "tusk-iteration ";
  std::vector<double> seconds;
  for (size_t at = 0; at < output.size();) {
    const size_t end = std::min(output.find('\n', at), output.size());
    std::string_view line = output.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(kMark)) continue;
    line.remove_prefix(kMark.size());
    const size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    line.remove_prefix(blank + 1);
    double value = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), value);
    if (parsed.ec == std::errc() && value >= 0) seconds.push_back(value);
  }
  return seconds;
}

ModeFigures FiguresOf(const std::string& program, const mapreduce::ProgramStatus& status,
                      std::string_view output, const RunTimes& times) {
  const mapreduce::Counters& c = status.counters;
  ModeFigures figures;
  figures.program = program;
  figures.mode = mapreduce::JobModeName(status.mode);
  figures.wall_seconds = static_cast<double>(times.end_ms - times.submit_ms) / 1000;
  figures.phases = PhasesOf(status, times);
  figures.iterations = IterationsIn(output);
  for (const mapreduce::StageStatus& stage : status.stages) {
    figures.jobs = std::max(figures.jobs, static_cast<int>(stage.job.value()));
  }
  figures.tasks = c.Get(counter::kJobGroup, counter::kLaunchedTasks);
  figures.failed_tasks = c.Get(counter::kJobGroup, counter::kFailedTasks);
  figures.cpu_ms = c.Get(counter::kTaskGroup, counter::kCpuMillis);
  figures.input_records = c.Get(counter::kTaskGroup, counter::kMapInputRecords);
  figures.dfs_read = c.Get(counter::kFileSystemGroup, counter::kHdfsBytesRead);
  figures.dfs_written = c.Get(counter::kFileSystemGroup, counter::kHdfsBytesWritten);
  figures.spilled = c.Get(counter::kTuskGroup, counter::kSpilledBytes);
  figures.cache_written = c.Get(counter::kTuskGroup, counter::kCacheSpilledBytes);
  figures.cache_read = c.Get(counter::kFileSystemGroup, counter::kFileBytesRead);
  figures.shuffled = c.Get(counter::kTaskGroup, counter::kReduceShuffleBytes);
  figures.cache_hits = c.Get(counter::kTuskGroup, counter::kCacheHits);
  figures.cache_misses = c.Get(counter::kTuskGroup, counter::kCacheMisses);
  figures.input_tasks = c.Get(counter::kTuskGroup, counter::kInputTasks);
  figures.descriptor_tasks = c.Get(counter::kTuskGroup, counter::kDescriptorOnlyTasks);
  figures.memory_peak = c.Get(counter::kTuskGroup, counter::kRunnerMemoryPeak);
  return figures;
}

}  // namespace tusk::cli
