#include "cli/commands/bench/modes_options.h"

#include <charconv>

#include "common/config/configuration.h"

namespace tusk::cli {
namespace {

constexpr int64_t kMinSize = int64_t{1} << 20;
constexpr int64_t kMaxSize = int64_t{1} << 40;

StatusOr<int> ParseCount(const std::string& option, const std::string& text, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= 1 && value <= max) {
    return value;
  }
  return InvalidArgumentError(option + " " + text + ": expected a number from 1 to " +
                              std::to_string(max));
}

StatusOr<std::vector<BenchProgram>> ParsePrograms(const std::string& text) {
  using enum BenchProgram;
  if (text == "all") return std::vector<BenchProgram>{kWordCount, kSort, kLogisticRegression};
  if (text == "wordcount") return std::vector<BenchProgram>{kWordCount};
  if (text == "sort") return std::vector<BenchProgram>{kSort};
  if (text == "lr") return std::vector<BenchProgram>{kLogisticRegression};
  return InvalidArgumentError("--program " + text + ": expected wordcount, sort, lr or all");
}

Status TakeOption(const std::string& option, const std::string& value, ModesOptions* out) {
  if (option == "--program") {
    ASSIGN_OR_RETURN(out->programs, ParsePrograms(value));
  } else if (option == "--size") {
    const auto size = ParseSize(value);
    if (!size.ok() || *size < kMinSize || *size > kMaxSize) {
      return InvalidArgumentError("--size " + value + ": expected a size from 1m to 1t");
    }
    out->size_bytes = *size;
  } else if (option == "--iterations") {
    ASSIGN_OR_RETURN(out->iterations, ParseCount(option, value, 1000));
  } else if (option == "--runs") {
    ASSIGN_OR_RETURN(out->runs, ParseCount(option, value, 99));
  } else if (option == "--input") {
    out->input = value;
  } else if (option == "--report") {
    out->report = value;
  } else {
    return InvalidArgumentError("unknown option " + option);
  }
  return Status::Ok();
}

}  // namespace

const char* const kModesUsage =
    "usage: tusk bench modes [--program wordcount|sort|lr|all] [--size 64m] [--iterations 10]\n"
    "                        [--runs 1] [--input PATH] [--report FILE.html] [--json] [--keep]\n"
    "\n"
    "Runs programs in disk mode and in memory mode on the running cluster, checks that the "
    "results\n"
    "agree, and says which was faster and why. Logistic regression runs three ways: as a chain of\n"
    "MapReduce jobs, and as an RDD program in both modes. Inputs of about --size are made once "
    "and\n"
    "kept below tusk-bench in your home directory; --input gives word count a text of your own.\n"
    "Exit code 1 when results disagree.\n";

StatusOr<ModesOptions> ParseModesOptions(const std::vector<std::string>& args) {
  ModesOptions options;
  options.programs = *ParsePrograms("all");
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& option = args[i];
    if (option == "--json") {
      options.json = true;
    } else if (option == "--keep") {
      options.keep = true;
    } else if (option == "--help" || option == "-help" || option == "-h") {
      options.help = true;
    } else if (!option.starts_with("--")) {
      return InvalidArgumentError("unknown argument " + option);
    } else if (i + 1 == args.size()) {
      return InvalidArgumentError("unknown option, or no value after " + option);
    } else {
      RETURN_IF_ERROR(TakeOption(option, args[i + 1], &options));
      ++i;
    }
  }
  return options;
}

}  // namespace tusk::cli
