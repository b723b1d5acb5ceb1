#include "cli/commands/bench/modes_bench.h"

#include <algorithm>

#include "cli/commands/bench/mode_reasons.h"
#include "common/base/clock.h"
#include "mapreduce/history/quantity.h"

namespace tusk::cli {
namespace {

int Splits(const ModesOptions& options, const ClusterSize& cluster) {
  constexpr int64_t kSmallest = int64_t{1} << 20;
  return static_cast<int>(
      std::clamp<int64_t>(options.size_bytes / kSmallest, 1, std::max(2, cluster.vcores)));
}

// Of the runs of one way: the one whose wall time is the median.
ModeFigures Median(std::vector<ModeFigures> runs) {
  std::ranges::sort(runs, {}, &ModeFigures::wall_seconds);
  return runs[(runs.size() - 1) / 2];
}

}  // namespace

ModesBench::ModesBench(const ModesOptions* options, FileSystem* file_system, ProgramRunner* runner,
                       std::function<void(const std::string&)> say)
    : options_(options),
      file_system_(file_system),
      runner_(runner),
      say_(std::move(say)),
      directory_(file_system->HomeDirectory() + "/tusk-bench/run-" +
                 std::to_string(Clock::Real()->WallMillis())),
      inputs_(file_system, runner, file_system->HomeDirectory() + "/tusk-bench/input",
              Splits(*options, runner->cluster()), say_) {}

ModesBench::~ModesBench() {
  if (options_->keep) return;
  const auto removed = file_system_->Delete(directory_, /*recursive=*/true);
  if (!removed.ok()) say_("the outputs stay in " + directory_ + ": " + removed.status().message());
}

StatusOr<ModesBench::Plan> ModesBench::PlanOf(BenchProgram program) {
  Plan plan;
  switch (program) {
    case BenchProgram::kWordCount: {
      plan.name = "word count";
      plan.ways = {{"wordcount", "disk"}, {"wordcount", "memory"}};
      plan.compared = {{0, 1}};
      plan.compare = &CompareFiles;
      ASSIGN_OR_RETURN(plan.input, options_->input.empty() ? inputs_.Text(options_->size_bytes)
                                                           : inputs_.Given(options_->input));
      break;
    }
    case BenchProgram::kSort: {
      plan.name = "sort";
      plan.ways = {{"terasort", "disk"}, {"terasort", "memory"}};
      plan.compared = {{0, 1}};
      plan.compare = &CompareFiles;
      plan.validate = true;
      ASSIGN_OR_RETURN(plan.input, inputs_.Records(options_->size_bytes));
      break;
    }
    case BenchProgram::kLogisticRegression: {
      plan.name = "logistic regression";
      plan.ways = {{"lr-mapreduce", "disk"}, {"lr-rdd", "disk"}, {"lr-rdd", "memory"}};
      plan.compared = {{0, 2}, {1, 2}};
      plan.compare = &CompareNumbers;
      plan.more_args = {std::to_string(options_->iterations)};
      ASSIGN_OR_RETURN(plan.input, inputs_.Points(options_->size_bytes));
      break;
    }
  }
  return plan;
}

Status ModesBench::CheckAgainst(const Plan& plan, const std::string& reference,
                                const std::string& output, ModesComparison* comparison) {
  ASSIGN_OR_RETURN(const Verdict verdict, plan.compare(*file_system_, reference, output));
  if (!comparison->agree) return Status::Ok();  // the first disagreement is the one that is shown
  comparison->agree = verdict.agree;
  comparison->agreement = verdict.text;
  return Status::Ok();
}

Status ModesBench::Validate(const Plan& plan, const std::string& sorted,
                            ModesComparison* comparison) {
  const std::string output = directory_ + "/validation";
  const auto ran = runner_->Run("teravalidate", {sorted, output}, {});
  if (!ran.ok()) {
    comparison->agree = false;
    comparison->agreement = ran.status().message();
    return Status::Ok();
  }
  ASSIGN_OR_RETURN(const std::string text, file_system_->ReadFile(output + "/part-r-00000"));
  const std::string expected = "records\t" + std::to_string(plan.input.records) + "\n";
  if (text.find(expected) == std::string::npos) {
    comparison->agree = false;
    comparison->agreement = "the sorted output does not hold the input's " +
                            std::to_string(plan.input.records) + " records: " + text;
  } else if (comparison->agree) {
    comparison->agreement += "; teravalidate found all " +
                             mapreduce::CountText(plan.input.records) + " records in order";
  }
  return Status::Ok();
}

StatusOr<ModesComparison> ModesBench::RunPlan(const Plan& plan) {
  ModesComparison comparison;
  comparison.name = plan.name;
  comparison.input = plan.input.description;
  comparison.agree = true;
  std::string reference;
  std::vector<std::vector<ModeFigures>> figures(plan.ways.size());
  for (int run = 0; run < options_->runs; ++run) {
    for (size_t w = 0; w < plan.ways.size(); ++w) {
      const Way& way = plan.ways[w];
      const std::string output = directory_ + "/" + way.program + "-" + std::to_string(++outputs_);
      std::vector<std::string> args = {plan.input.path, output};
      args.insert(args.end(), plan.more_args.begin(), plan.more_args.end());
      ASSIGN_OR_RETURN(
          ModeFigures ran,
          runner_->Run(way.program, args,
                       {{"tusk.job.mode", way.mode},
                        {"mapreduce.job.reduces", std::to_string(runner_->cluster().nodes)}}));
      say_(ran.Way() + ": " + mapreduce::SecondsText(ran.wall_seconds));
      figures[w].push_back(std::move(ran));
      if (reference.empty()) {
        reference = output;
      } else {
        RETURN_IF_ERROR(CheckAgainst(plan, reference, output, &comparison));
      }
    }
  }
  if (plan.validate) RETURN_IF_ERROR(Validate(plan, reference, &comparison));
  for (auto& runs : figures) comparison.ways.push_back(Median(std::move(runs)));
  for (const auto& [a, b] : plan.compared) {
    const auto sentences = Reasons(comparison.ways[static_cast<size_t>(a)],
                                   comparison.ways[static_cast<size_t>(b)], options_->runs);
    comparison.reasons.insert(comparison.reasons.end(), sentences.begin(), sentences.end());
  }
  return comparison;
}

StatusOr<ModesComparison> ModesBench::Compare(BenchProgram program) {
  ASSIGN_OR_RETURN(const Plan plan, PlanOf(program));
  return RunPlan(plan);
}

}  // namespace tusk::cli
