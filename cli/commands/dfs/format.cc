#include "cli/commands/dfs/format.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace tusk::cli {
namespace {

std::string Fixed(double value, int decimals) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

// Bytes of the UTF-8 character at the start of `text`; 0 when there is no valid one.
size_t ValidCharacter(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size == 0 || size > text.size() || lead > 0xF4) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  return size;
}

}  // namespace

std::string HumanSize(int64_t bytes, int decimals) {
  if (bytes < 0) return "-" + HumanSize(-bytes, decimals);
  if (bytes < 1024) return std::to_string(bytes);
  constexpr std::string_view kPrefixes = "KMGTPE";
  size_t prefix = 0;
  while (prefix + 1 < kPrefixes.size() && bytes >> (10 * (prefix + 2)) > 0) ++prefix;
  int shift = 10 * (static_cast<int>(prefix) + 1);
  std::string number;
  if ((bytes & ((int64_t{1} << shift) - 1)) == 0) {
    number = std::to_string(bytes >> shift);
  } else {
    number = Fixed(static_cast<double>(bytes) / static_cast<double>(int64_t{1} << shift), decimals);
    if (number.starts_with("1024") && prefix + 1 < kPrefixes.size()) {  // rounded up
      ++prefix;
      shift += 10;
      number =
          Fixed(static_cast<double>(bytes) / static_cast<double>(int64_t{1} << shift), decimals);
    }
  }
  return number + " " + kPrefixes[prefix];
}

std::string SizeText(int64_t bytes, bool human) {
  return human ? HumanSize(bytes) : std::to_string(bytes);
}

std::string MinuteText(int64_t millis) {
  return TimeText(millis, "%Y-%m-%d %H:%M", /*utc=*/false);
}

std::string TimeText(int64_t millis, const char* pattern, bool utc) {
  const auto seconds = static_cast<std::time_t>(millis / 1000);
  std::tm parts{};
  if (utc) {
    gmtime_r(&seconds, &parts);
  } else {
    localtime_r(&seconds, &parts);
  }
  std::array<char, 128> text;
  return {text.data(), std::strftime(text.data(), text.size(), pattern, &parts)};
}

std::string PadLeft(std::string_view text, size_t width) {
  std::string padded(width > text.size() ? width - text.size() : 0, ' ');
  return padded.append(text);
}

std::string PadRight(std::string_view text, size_t width) {
  std::string padded(text);
  if (padded.size() < width) padded.append(width - padded.size(), ' ');
  return padded;
}

std::string Printable(std::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const size_t size = ValidCharacter(text);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool control = size == 0 || first < 0x20 || first == 0x7F ||
                         (size == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0);
    if (control) {
      printable += '?';
    } else {
      printable.append(text.substr(0, size));
    }
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return printable;
}

std::string TextTable::Render() const {
  std::vector<size_t> widths(right_aligned_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += right_aligned_[i] ? PadLeft(row[i], widths[i]) : PadRight(row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace tusk::cli
