// Hadoop's way of options: single-dash words in front of the arguments, some with a value.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace tusk::cli {

struct OptionRules {
  size_t min_arguments = 0;
  size_t max_arguments = SIZE_MAX;
  std::vector<std::string_view> flags;    // without dash: "R", "skipTrash"; "-x" is --x
  std::vector<std::string_view> values;   // options that take a value
  std::vector<std::string_view> refused;  // known to Hadoop, not supported yet here
  bool ignore_unknown = false;            // an unknown one begins the arguments ("-w" as a mode)
};

struct Options {
  std::set<std::string, std::less<>> flags;
  std::map<std::string, std::string, std::less<>> values;
  std::vector<std::string> arguments;

  bool Has(std::string_view flag) const { return flags.contains(flag); }
};

// kInvalidArgument with Hadoop's words ("Illegal option -z", "Not enough arguments: expected 1 but
// got 0"); kUnimplemented for an option that is not supported yet. "--" ends the options, and so
// does "-" (standard input).
StatusOr<Options> ParseOptions(const std::vector<std::string>& words, const OptionRules& rules);

}  // namespace tusk::cli
