// What one run of a program in one mode did, in numbers: taken from the driver's report, its output
// and the submitter's clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mapreduce/engine/plan/job_protocol.h"

namespace tusk::cli {

// Milliseconds since 1970, all taken on the submitter's side.
struct RunTimes {
  int64_t submit_ms = 0;
  int64_t runner_ms = 0;  // when the first runner was heard of; 0: never
  int64_t end_ms = 0;
};

struct ModeFigures {
  struct Phase {
    std::string name;
    double seconds = 0;
  };

  std::string program;  // "lr-rdd"
  std::string mode;     // "disk", "memory"
  double wall_seconds = 0;
  std::vector<Phase> phases;       // one after the other; they add up to the wall time
  std::vector<double> iterations;  // seconds each; empty where the program has none
  int jobs = 0;                    // of the engine: actions of an RDD program

  int64_t tasks = 0;
  int64_t failed_tasks = 0;
  int64_t cpu_ms = 0;
  int64_t input_records = 0;
  int64_t dfs_read = 0;
  int64_t dfs_written = 0;
  int64_t spilled = 0;        // map outputs and fetched segments on local disks
  int64_t cache_written = 0;  // cached partitions on local disks
  int64_t cache_read = 0;     // read from there again
  int64_t shuffled = 0;
  int64_t cache_hits = 0;
  int64_t cache_misses = 0;
  int64_t input_tasks = 0;       // tasks that read an input,
  int64_t descriptor_tasks = 0;  // those of them that read it through passed descriptors alone
  int64_t memory_peak = 0;       // of the largest runner

  std::string Way() const { return program + ", " + mode; }
  double FirstIteration() const { return iterations.empty() ? 0 : iterations.front(); }
  // Median of those after the first; 0 when there is none.
  double LaterIteration() const;
  double PhaseSeconds(std::string_view name) const;
  double StartSeconds() const { return PhaseSeconds(kDriverStarts) + PhaseSeconds(kRunnersStart); }

  static constexpr std::string_view kDriverStarts = "driver starts";
  static constexpr std::string_view kRunnersStart = "runners start";
  static constexpr std::string_view kMapStages = "map stages";
  static constexpr std::string_view kResultStages = "reduce and result stages";
  static constexpr std::string_view kBetween = "between stages";
  static constexpr std::string_view kEnds = "program ends";
};

// Seconds of the lines "tusk-iteration N SECONDS" that a program printed, in their order.
std::vector<double> IterationsIn(std::string_view output);

ModeFigures FiguresOf(const std::string& program, const mapreduce::ProgramStatus& status,
                      std::string_view output, const RunTimes& times);

}  // namespace tusk::cli
