#include "examples/word_count/word_count.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace word_count {
namespace {

TEST(WordCountTest, WordsStandBetweenBlanks) {
  std::vector<std::string> words;
  ForEachWord("  to be\tor  not\r", [&](std::string_view word) { words.emplace_back(word); });
  EXPECT_EQ(words, (std::vector<std::string>{"to", "be", "or", "not"}));
}

TEST(WordCountTest, TheTableCountsAndRefusesWhatDoesNotFit) {
  WordTable table;
  std::map<std::string, int64_t> expected;
  std::map<std::string, int64_t> counted;
  const auto drain = [&] {
    table.Drain([&](std::string_view word, int64_t n) { counted[std::string(word)] += n; });
  };
  for (int i = 0; i < 700000; ++i) {
    const std::string word = "w" + std::to_string(i % 300007);
    ++expected[word];
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
