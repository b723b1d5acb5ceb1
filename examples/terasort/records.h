// TeraSort's records: 100 bytes, a key of 10 and 90 of payload; no separators between them.
//
// Row n of a generated file is a function of n and the seed alone, so that any task can make any
// range, and a validation can add up what must come out: the sum of a checksum over all records.
#pragma once

#include <tusk/mapreduce.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace terasort {

inline constexpr size_t kKeyBytes = 10;
inline constexpr size_t kRecordBytes = 100;

// SplitMix64: row number to 64 random bits.
inline uint64_t Mix(uint64_t z) {
  z += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// Appends row `row`: a random printable key (95 characters from blank on), the row number in
// hexadecimal, filler letters, CR LF at the end as the benchmark's generator has them.
inline void AppendRow(uint64_t row, uint64_t seed, std::string* out) {
  const size_t begin = out->size();
  uint64_t bits = Mix(row * 2 + seed);
  for (size_t i = 0; i < kKeyBytes; ++i) {
    if (i == 5) bits = Mix(row * 2 + 1 + seed);
    out->push_back(static_cast<char>(' ' + (bits & 0xFFFF) % 95));
    bits >>= 12;
  }
  constexpr char kHex[] = "0123456789ABCDEF";
  for (int shift = 60; shift >= 0; shift -= 4) out->push_back(kHex[row >> shift & 15]);
  while (out->size() - begin < kRecordBytes - 2) {
    out->push_back(static_cast<char>('A' + (row + (out->size() - begin) / 10) % 26));
  }
  out->append("\r\n");
}

// Order does not matter to the sum of these over all records.
inline uint64_t RecordChecksum(std::string_view record) {
  return tusk::mapreduce::HashBytes(record);
}

// Reducer r of n gets the keys in the r-th n-th of the key space. Keys are printable: their first
// four characters as a number to base 95.
struct RangePartitioner {
  int Partition(std::string_view key, std::string_view /*encoded*/, int partitions) const {
    uint64_t number = 0;
    for (size_t i = 0; i < 4; ++i) {
      const int c = i < key.size() ? static_cast<uint8_t>(key[i]) - ' ' : 0;
      number = number * 95 + static_cast<uint64_t>(c < 0 ? 0 : c > 94 ? 94 : c);
    }
    constexpr uint64_t kSpace = 95ull * 95 * 95 * 95;
    return static_cast<int>(number * static_cast<uint64_t>(partitions) / kSpace);
  }
};

}  // namespace terasort
