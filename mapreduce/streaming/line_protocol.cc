#include "mapreduce/streaming/line_protocol.h"

#include <cctype>
#include <charconv>

namespace tusk::mapreduce {

StatusOr<std::vector<std::string>> SplitCommand(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote == 0 && std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
      continue;
    }
    in_word = true;
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      word.push_back(command[++i]);
    } else {
      word.push_back(c);
    }
  }
  if (quote != 0) {
    return InvalidArgumentError("the command has an open quote: " + std::string(command));
  }
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return InvalidArgumentError("the command is empty");
  return words;
}

std::pair<std::string_view, std::string_view> SplitKeyValue(std::string_view line,
                                                            std::string_view separator,
                                                            int fields) {
  size_t at = 0;
  for (int field = 0; field < fields; ++field) {
    const size_t found = line.find(separator, at);
    if (found == std::string_view::npos) return {line, {}};
    at = found + separator.size();
  }
  return {line.substr(0, at - separator.size()), line.substr(at)};
}

std::optional<ReporterLine> ParseReporterLine(std::string_view line) {
  constexpr std::string_view kCounter = "reporter:counter:";
  constexpr std::string_view kStatus = "reporter:status:";
  ReporterLine parsed;
  if (line.substr(0, kStatus.size()) == kStatus) {
    parsed.status = std::string(line.substr(kStatus.size()));
    return parsed;
  }
  if (line.substr(0, kCounter.size()) != kCounter) return std::nullopt;
  line.remove_prefix(kCounter.size());
  const size_t first = line.find(',');
  const size_t last = line.rfind(',');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  parsed.group = std::string(line.substr(0, first));
  parsed.counter = std::string(line.substr(first + 1, last - first - 1));
  const std::string_view amount = line.substr(last + 1);
  const auto result = std::from_chars(amount.data(), amount.data() + amount.size(), parsed.amount);
  if (result.ec != std::errc() || result.ptr != amount.data() + amount.size()) return std::nullopt;
  return parsed;
}

std::string EnvironmentName(std::string_view key) {
  std::string name(key);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

}  // namespace tusk::mapreduce
