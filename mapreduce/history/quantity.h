// Seconds and bytes as people read them, the same in tables, sentences and charts.
#pragma once

#include <cstdint>
#include <string>

namespace tusk::mapreduce {

// Three digits: "0.045 s", "1.23 s", "12.3 s", "123 s".
std::string SecondsText(double seconds);
// Three digits, units of 1024: "0 B", "980 B", "9.77 KB", "61.0 MB".
std::string BytesText(int64_t bytes);
// "950", "12.3 thousand", "6.60 million".
std::string CountText(int64_t count);
// "1.8 times", "23 times".
std::string TimesText(double ratio);
// "0 %", "7 %", "100 %".
std::string PercentText(double fraction);

}  // namespace tusk::mapreduce
