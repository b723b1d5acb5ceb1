#include "examples/word_count/word_count.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace word_count {
namespace {

TEST(WordCountTest, WordsStandBetweenBlanks) {
  std::vector<std::string> words;
  ForEachWord("  to be\tor  not\r", [&](std::string_view word) { words.emplace_back(word); });
  EXPECT_EQ(words, (std::vector<std::string>{"to", "be", "or", "not"}));
}

TEST(WordCountTest, TheTableCountsAndRefusesWhatDoesNotFit) {
  WordTable table;
  constexpr size_t kWords = WordTable::kMaxWords + 1000;
  std::vector<int64_t> expected(kWords);
  std::vector<int64_t> counted(kWords);
  const auto drain = [&] {
    table.Drain([&](std::string_view word, int64_t n) {
      counted.at(std::stoul(std::string(word.substr(1)))) += n;
    });
  };
  for (size_t i = 0; i < kWords + 50'000; ++i) {
    const std::string word = "w" + std::to_string(i % kWords);
    ++expected[i % kWords];
    if (!table.Add(word)) {
      drain();
      ASSERT_TRUE(table.Add(word));
    }
  }
  drain();
  EXPECT_EQ(counted, expected);
  EXPECT_FALSE(table.Add(std::string(WordTable::kMaxBytes + 1, 'x')));
}

}  // namespace
}  // namespace word_count
