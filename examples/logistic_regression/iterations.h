// What the ways of running have in common around their iterations: arguments, the output that must
// not exist, and the lines that say how long each iteration took.
#pragma once

#include <tusk/file_system.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace logistic_regression {

struct Run {
  std::string input;
  std::string output;
  int iterations = 0;
};

inline tusk::StatusOr<Run> ParseRun(const char* program, const std::vector<std::string>& args) {
  Run run;
  if (args.size() == 3) {
    const std::string& text = args[2];
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), run.iterations);
    if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && run.iterations > 0) {
      run.input = args[0];
      run.output = args[1];
      return run;
    }
  }
  return tusk::InvalidArgumentError(std::string("Usage: ") + program + " <in> <out> <iterations>");
}

// "tusk-iteration 3 0.123456": read by `tusk bench modes`.
class IterationClock {
 public:
  std::string Line(int iteration) const {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
    char line[64];
    std::snprintf(line, sizeof(line), "tusk-iteration %d %.6f\n", iteration, took.count());
    return line;
  }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace logistic_regression
