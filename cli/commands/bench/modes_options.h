// Arguments of `tusk bench modes`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/status.h"

namespace tusk::cli {

enum class BenchProgram { kWordCount, kSort, kLogisticRegression };

struct ModesOptions {
  std::vector<BenchProgram> programs;
  int64_t size_bytes = int64_t{64} << 20;  // of each generated input
  int iterations = 10;                     // of logistic regression
  int runs = 1;
  std::string input;   // word count's; empty: generated
  std::string report;  // local path of the HTML page; empty: none
  bool json = false;
  bool keep = false;  // the outputs stay in the DFS
  bool help = false;
};

extern const char* const kModesUsage;

StatusOr<ModesOptions> ParseModesOptions(const std::vector<std::string>& args);

}  // namespace tusk::cli
