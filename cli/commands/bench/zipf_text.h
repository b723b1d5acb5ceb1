// Text whose words are as unevenly frequent as those of a language: the k-th most frequent one
// comes 1/k as often as the first. The same text on every call.
//
// Words are syllables that spell their rank, so frequent words are short.
// Threads: not thread-safe.
#pragma once

#include <cstdint>
#include <string>

namespace tusk::cli {

class ZipfText {
 public:
  explicit ZipfText(int64_t words = 50000, uint64_t seed = 1);

  // Appends lines of 8 to 15 words until at least `bytes` were appended.
  void AppendLines(int64_t bytes, std::string* out);

  // "ba" is the first, "be" the second.
  static std::string Word(int64_t rank);

 private:
  uint64_t Next();

  const double log_words_;
  const int64_t words_;
  uint64_t state_;
};

}  // namespace tusk::cli
