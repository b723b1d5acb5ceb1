// Numbers, times and columns as Hadoop's shell prints them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tusk::cli {

// "12", "2.9 M", "128 M": with a binary prefix from 1024 on, exact multiples without decimals.
std::string HumanSize(int64_t bytes, int decimals = 1);
// HumanSize or the plain number.
std::string SizeText(int64_t bytes, bool human);

// "2026-11-21 11:53", local time.
std::string MinuteText(int64_t millis);
// Any strftime pattern, of local time or UTC.
std::string TimeText(int64_t millis, const char* pattern, bool utc);

std::string PadLeft(std::string_view text, size_t width);   // right-aligned
std::string PadRight(std::string_view text, size_t width);  // left-aligned

// Characters that no terminal prints become "?".
std::string Printable(std::string_view text);

// Rows of text in columns that are as wide as they need to be, two spaces apart.
class TextTable {
 public:
  // `right_aligned`: one per column.
  explicit TextTable(std::vector<bool> right_aligned) : right_aligned_(std::move(right_aligned)) {}

  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // With a newline after each row; without blanks at their ends.
  std::string Render() const;

 private:
  const std::vector<bool> right_aligned_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tusk::cli
