// The text forms of Hadoop streaming: command lines, key and value on a line, reporter lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace tusk::mapreduce {

// Words of a command, split at blanks outside of single and double quotes; a backslash quotes the
// next character outside of single quotes. No shell runs. kInvalidArgument on an open quote.
StatusOr<std::vector<std::string>> SplitCommand(std::string_view command);

// Key: up to the `fields`-th separator; value: behind it. Without one the whole line is the key and
// the value empty.
std::pair<std::string_view, std::string_view> SplitKeyValue(std::string_view line,
                                                            std::string_view separator, int fields);

struct ReporterLine {
  // reporter:counter:<group>,<counter>,<amount>
  std::string group;
  std::string counter;
  int64_t amount = 0;
  // reporter:status:<text>
  std::optional<std::string> status;
};
// Of a line on stderr that begins with "reporter:"; nothing for all others and for malformed ones.
std::optional<ReporterLine> ParseReporterLine(std::string_view line);

// A jobconf key as a task sees it in its environment: every character but letters and digits is _.
std::string EnvironmentName(std::string_view key);

}  // namespace tusk::mapreduce
