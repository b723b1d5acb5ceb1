// Makes the text whose words are counted: Zipf's law over a vocabulary of 200,000 made-up words.
//
//   bench_make_text BYTES FILE
//
// The k-th most frequent word comes 1/k as often as the first; frequent words are short. The same
// text every time.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int kWords = 200'000;
constexpr size_t kPiece = 1 << 20;

uint64_t Next(uint64_t* state) {  // SplitMix64
  uint64_t z = *state += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// Its rank in syllables.
std::string Word(int rank) {
  static const char* const kSyllables[] = {"ta", "ri", "no",  "mel", "sau", "ke",  "dor", "li",
                                           "en", "wu", "par", "zi",  "ho",  "gra", "be",  "fi"};
  std::string word;
  for (int rest = rank + 1; rest > 0; rest /= 16) word += kSyllables[rest % 16];
  return word;
}

}  // namespace

int main(int argc, char** argv) {
  const long long bytes = argc == 3 ? std::atoll(argv[1]) : 0;
  std::FILE* const out = bytes > 0 ? std::fopen(argv[2], "wb") : nullptr;
  if (out == nullptr) {
    std::fprintf(stderr, "usage: bench_make_text BYTES FILE\n");
    return 2;
  }
  std::vector<std::string> words;
  for (int rank = 0; rank < kWords; ++rank) words.push_back(Word(rank));
  const double log_words = std::log(static_cast<double>(kWords));
  uint64_t state = 7;
  std::string text;
  int in_line = 0;
  for (long long written = 0; written < bytes;) {
    // Of a density of 1/x between 1 and kWords.
    const double uniform = static_cast<double>(Next(&state) >> 11) * 0x1p-53;
    const auto rank = static_cast<size_t>(std::exp(uniform * log_words)) - 1;
    text += words[rank < words.size() ? rank : words.size() - 1];
    text += ++in_line % 12 == 0 ? '\n' : ' ';
    if (text.size() < kPiece && written + static_cast<long long>(text.size()) < bytes) continue;
    text.back() = '\n';
    if (std::fwrite(text.data(), 1, text.size(), out) != text.size()) return 1;
    written += static_cast<long long>(text.size());
    text.clear();
  }
  return std::fclose(out) == 0 ? 0 : 1;
}
