#include "cli/commands/bench/zipf_text.h"

#include <algorithm>
#include <cmath>

namespace tusk::cli {

ZipfText::ZipfText(int64_t words, uint64_t seed)
    : log_words_(std::log(static_cast<double>(words) + 1)), words_(words), state_(seed) {}

// SplitMix64.
uint64_t ZipfText::Next() {
  state_ += 0x9E3779B97F4A7C15ull;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

std::string ZipfText::Word(int64_t rank) {
  constexpr char kConsonants[] = "bdfgklmnprstvwzchjqx";
  constexpr char kVowels[] = "aeiou";
  std::string word;
  for (;; rank = rank / 100 - 1) {
    word.push_back(kConsonants[rank % 100 / 5]);
    word.push_back(kVowels[rank % 5]);
    if (rank < 100) return word;
  }
}

void ZipfText::AppendLines(int64_t bytes, std::string* out) {
  const size_t end = out->size() + static_cast<size_t>(bytes);
  while (out->size() < end) {
    const uint64_t words = 8 + Next() % 8;
    for (uint64_t i = 0; i < words; ++i) {
      // x is uniform in [0, 1): e^(x ln(n + 1)) lies between k and k + 1 with weight ln(1 + 1/k).
      const double x = static_cast<double>(Next() >> 11) * 0x1p-53;
      const auto rank = static_cast<int64_t>(std::exp(x * log_words_)) - 1;
      if (i > 0) out->push_back(' ');
      out->append(Word(std::clamp<int64_t>(rank, 0, words_ - 1)));
    }
    out->push_back('\n');
  }
}

}  // namespace tusk::cli
