#include "cli/commands/job/progress.h"

#include <cstdio>

namespace tusk::cli {
namespace {

using mapreduce::ProgramState;
using mapreduce::ProgramStatus;
using mapreduce::StageStatus;

std::string Bytes(int64_t bytes) {
  char text[32];
  const double mb = static_cast<double>(bytes) / (1 << 20);
  std::snprintf(text, sizeof(text), "%.1f MB", mb);
  return text;
}

double Seconds(int64_t begin_ms, int64_t end_ms) {
  return begin_ms == 0 || end_ms < begin_ms ? 0 : static_cast<double>(end_ms - begin_ms) / 1000;
}

std::string Failures(const StageStatus& stage) {
  if (stage.failed_attempts == 0) return "";
  return ", " + std::to_string(stage.failed_attempts) + " failed attempts";
}

// Whether the reason stands in the program's output, or ends in its last line.
bool Told(const std::string& reason, const std::string& output) {
  if (!reason.empty() && output.find(reason) != std::string::npos) return true;
  if (!output.ends_with('\n')) return false;
  std::string_view line = output;
  line.remove_suffix(1);
  line = line.substr(line.rfind('\n') + 1);
  return !line.empty() && reason.ends_with(line);
}

}  // namespace

void ProgressPrinter::Waiting(const std::string& reason) {
  constexpr std::string_view kWaiting = "Waiting: ";
  std::string earlier = reason;  // how an earlier driver ended
  std::string waits;
  if (const size_t at = reason.rfind(kWaiting); at != std::string::npos) {
    earlier = reason.substr(0, at);
    waits = reason.substr(at + kWaiting.size());
  }
  earlier = earlier.substr(0, earlier.find('\n'));
  if (!earlier.empty() && earlier != last_earlier_) {
    Clear();
    std::fprintf(stderr, "%s; the driver is started again\n", earlier.c_str());
    last_earlier_ = earlier;
  }
  if (waits.empty() || waits == last_reason_) return;
  Clear();
  std::fprintf(stderr, "waiting: %s\n", waits.c_str());
  last_reason_ = waits;
}

void ProgressPrinter::Clear() {
  if (!line_shown_) return;
  std::fputs("\r\033[K", stderr);
  line_shown_ = false;
}

void ProgressPrinter::Show(const ProgramStatus& status) {
  for (const StageStatus& stage : status.stages) {
    if (stage.finish_ms == 0 || stage.done + stage.running == 0 || told_[stage.id]) continue;
    told_[stage.id] = true;
    Clear();
    std::fprintf(stderr, "stage %d (%s): %d tasks in %.1f s%s\n", stage.id.value(),
                 stage.name.c_str(), stage.tasks, Seconds(stage.start_ms, stage.finish_ms),
                 Failures(stage).c_str());
  }
  if (terminal_) ShowLine(status);
}

void ProgressPrinter::ShowLine(const ProgramStatus& status) {
  int running = 0;
  for (const StageStatus& stage : status.stages) running += stage.running;
  if (status.state > ProgramState::kRunning) return;
  std::fprintf(stderr, "\r\033[K%3.0f %%  %zu runners, %d tasks running", status.progress * 100,
               status.runners.size(), running);
  std::fflush(stderr);
  line_shown_ = true;
}

void ProgressPrinter::Summary(const ProgramStatus& status, const std::string& output_tail) {
  Clear();
  namespace counter = mapreduce::counter;
  const auto& counters = status.counters;
  const auto own = [&](std::string_view name) { return counters.Get(counter::kTuskGroup, name); };
  std::fprintf(stderr, "%s: %s in %.1f s, %s mode\n", status.application_id.c_str(),
               mapreduce::ProgramStateName(status.state),
               Seconds(status.start_ms, status.finish_ms), mapreduce::JobModeName(status.mode));
  const bool told = Told(status.diagnostics, output_tail);
  if (!told && !status.diagnostics.empty() && status.state != ProgramState::kSucceeded) {
    std::fprintf(stderr, "%s\n", status.diagnostics.c_str());
  }
  if (status.state != ProgramState::kSucceeded) return;
  std::string ran;
  for (const auto& worker : status.workers) {
    ran += (ran.empty() ? "" : ", ") + std::to_string(worker.tasks) + " on " + worker.host;
  }
  if (!ran.empty()) std::fprintf(stderr, "tasks ran: %s\n", ran.c_str());
  std::fprintf(stderr, "read %s, shuffled %s, spilled %s; %lld tasks (%lld local)\n",
               Bytes(counters.Get(counter::kFileSystemGroup, counter::kHdfsBytesRead)).c_str(),
               Bytes(own(counter::kShuffleRemoteBytes) + own(counter::kShuffleLocalBytes)).c_str(),
               Bytes(own(counter::kSpilledBytes)).c_str(),
               static_cast<long long>(counters.Get(counter::kJobGroup, counter::kLaunchedTasks)),
               static_cast<long long>(counters.Get(counter::kJobGroup, counter::kDataLocalTasks)));
}

}  // namespace tusk::cli
