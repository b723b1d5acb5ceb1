// The benchmark itself: runs each program its ways in turn, compares their results, and finds the
// reasons.
//
//   inputs --> run way 1, way 2 ... (runs times) --> compare outputs --> medians --> reasons
//
// Threads: not thread-safe.
// On disk: outputs below `<home>/tusk-bench/run-<time>`, removed at the end, also after an error.
// Fails:   when a program fails or an output cannot be read; results that disagree are no error
//          here but stand in the comparison.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/commands/bench/bench_inputs.h"
#include "cli/commands/bench/compare_outputs.h"
#include "cli/commands/bench/modes_options.h"
#include "cli/commands/bench/modes_report.h"
#include "cli/commands/bench/program_runner.h"

namespace tusk::cli {

class ModesBench {
 public:
  // `say` shows progress. All outlive the bench.
  ModesBench(const ModesOptions* options, FileSystem* file_system, ProgramRunner* runner,
             std::function<void(const std::string&)> say);
  ~ModesBench();

  StatusOr<ModesComparison> Compare(BenchProgram program);

 private:
  struct Way {
    std::string program;
    std::string mode;
  };
  struct Plan {
    std::string name;
    BenchInput input;
    std::vector<Way> ways;
    std::vector<std::string> more_args;         // after input and output
    std::vector<std::pair<int, int>> compared;  // ways whose difference is explained
    StatusOr<Verdict> (*compare)(FileSystem&, const std::string&, const std::string&) = nullptr;
    bool validate = false;  // sorted records
  };

  StatusOr<Plan> PlanOf(BenchProgram program);
  StatusOr<ModesComparison> RunPlan(const Plan& plan);
  // One output is there already: `reference`.
  Status CheckAgainst(const Plan& plan, const std::string& reference, const std::string& output,
                      ModesComparison* comparison);
  Status Validate(const Plan& plan, const std::string& sorted, ModesComparison* comparison);

  const ModesOptions* const options_;
  FileSystem* const file_system_;
  ProgramRunner* const runner_;
  const std::function<void(const std::string&)> say_;
  const std::string directory_;  // of this run's outputs
  BenchInputs inputs_;
  int outputs_ = 0;
};

}  // namespace tusk::cli
