#include "mapreduce/history/quantity.h"

#include <cmath>
#include <cstdio>

namespace tusk::mapreduce {
namespace {

std::string Print(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

std::string ThreeDigits(double value) {
  if (value >= 99.95) return Print("%.0f", value);
  return Print(value >= 9.995 ? "%.1f" : "%.2f", value);
}

}  // namespace

std::string SecondsText(double seconds) {
  return (seconds < 0.9995 ? Print("%.3f", seconds) : ThreeDigits(seconds)) + " s";
}

std::string BytesText(int64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr const char* kUnits[] = {" KB", " MB", " GB", " TB", " PB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return ThreeDigits(value) + kUnits[unit];
}

std::string CountText(int64_t count) {
  if (count < 10000) return std::to_string(count);
  if (count < 1000000) return ThreeDigits(static_cast<double>(count) / 1e3) + " thousand";
  return ThreeDigits(static_cast<double>(count) / 1e6) + " million";
}

std::string TimesText(double ratio) {
  return Print(ratio < 9.95 ? "%.1f times" : "%.0f times", ratio);
}

std::string PercentText(double fraction) {
  return Print("%.0f %%", fraction * 100);
}

}  // namespace tusk::mapreduce
