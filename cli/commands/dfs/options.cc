#include "cli/commands/dfs/options.h"

#include <algorithm>

namespace tusk::cli {
namespace {

bool Contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

StatusOr<Options> ParseOptions(const std::vector<std::string>& words, const OptionRules& rules) {
  Options options;
  size_t at = 0;
  while (at < words.size() && words[at].size() > 1 && words[at][0] == '-') {
    const std::string name = words[at].substr(1);
    if (name == "-") {
      ++at;
      break;
    }
    if (Contains(rules.refused, name)) {
      return UnimplementedError("option -" + name + " is not supported yet");
    }
    if (Contains(rules.flags, name)) {
      options.flags.insert(name);
    } else if (Contains(rules.values, name)) {
      if (at + 1 == words.size()) {
        return InvalidArgumentError("Not enough arguments: expected " +
                                    std::to_string(rules.min_arguments) + " but got 0");
      }
      options.values[name] = words[++at];
    } else if (rules.ignore_unknown) {
      break;
    } else {
      return InvalidArgumentError("Illegal option -" + name);
    }
    ++at;
  }
  options.arguments.assign(words.begin() + static_cast<ptrdiff_t>(at), words.end());
  const size_t count = options.arguments.size();
  if (count < rules.min_arguments) {
    return InvalidArgumentError("Not enough arguments: expected " +
                                std::to_string(rules.min_arguments) + " but got " +
                                std::to_string(count));
  }
  if (count > rules.max_arguments) {
    return InvalidArgumentError("Too many arguments: expected " +
                                std::to_string(rules.max_arguments) + " but got " +
                                std::to_string(count));
  }
  return options;
}

}  // namespace tusk::cli
