// Says in plain sentences why one way of running was faster than another: each sentence stands on
// figures of these two runs, and is left out when they do not bear it.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/bench/mode_figures.h"

namespace tusk::cli {

// In any order of the two. The first sentence is the result, the others are its reasons. `runs`: of
// how many the figures are the median.
std::vector<std::string> Reasons(const ModeFigures& a, const ModeFigures& b, int runs);

}  // namespace tusk::cli
