#include "mapreduce/formats/line_reader.h"

#include <gtest/gtest.h>

#include "common/base/random.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"

namespace tusk::mapreduce {
namespace {

// Gives a text in pieces of chosen sizes, so that every line end meets a buffer's edge.
class TextSource final : public ByteSource {
 public:
  TextSource(std::string_view text, size_t piece) : rest_(text), piece_(piece) {}
  StatusOr<size_t> Read(char* to, size_t size) override {
    const size_t count = std::min({size, piece_, rest_.size()});
    rest_.copy(to, count);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  const size_t piece_;
};

using Lines = std::vector<std::pair<int64_t, std::string>>;

Lines ReadSplit(std::string_view text, int64_t begin, int64_t end, size_t piece) {
  TextSource source(text.substr(static_cast<size_t>(begin > 0 ? begin - 1 : 0)), piece);
  LineReader reader(&source, begin, end, /*buffer_bytes=*/4);
  Lines lines;
  int64_t offset = 0;
  std::string_view line;
  while (true) {
    const auto more = reader.Next(&offset, &line);
    EXPECT_OK(more);
    if (!more.ok() || !*more) return lines;
    lines.emplace_back(offset, line);
  }
}

// By the definition, a byte at a time.
Lines Expected(std::string_view text) {
  Lines lines;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' && text[i] != '\r') continue;
    lines.emplace_back(begin, text.substr(begin, i - begin));
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    begin = i + 1;
  }
  if (begin < text.size()) lines.emplace_back(begin, text.substr(begin));
  return lines;
}

TEST(LineReaderTest, EverySplitOfEveryTextGivesEachLineOnce) {
  Random random(TestSeed());
  std::vector<std::string> texts = {"",           "a",      "\n",     "\r\n",     "a\nb",
                                    "a\r\nb\r\n", "\n\n\n", "a\rb\r", "\r\r\n\n", "no end"};
  for (int i = 0; i < 40; ++i) {
    std::string text;
    for (size_t k = random.Below(12); k > 0; --k) text.push_back("ab\r\n"[random.Below(4)]);
    texts.push_back(text);
  }
  for (const std::string& text : texts) {
    const Lines expected = Expected(text);
    const auto size = static_cast<int64_t>(text.size());
    for (const size_t piece : {size_t{1}, size_t{2}, size_t{100}}) {
      for (int64_t a = 0; a <= size; ++a) {
        for (int64_t b = a; b <= size; ++b) {
          Lines lines = ReadSplit(text, 0, a, piece);
          for (auto& line : ReadSplit(text, a, b, piece))
            if (b > a) lines.push_back(line);
          for (auto& line : ReadSplit(text, b, size, piece))
            if (size > b) lines.push_back(line);
          EXPECT_EQ(lines, expected) << ::testing::PrintToString(text) << " cut at " << a << ", "
                                     << b << " pieces of " << piece;
        }
      }
    }
  }
}

TEST(LineReaderTest, ALineLongerThanTheBufferIsWhole) {
  const std::string text = std::string(3'000'000, 'x') + "\r\nshort\n" + std::string(1 << 20, 'y');
  EXPECT_EQ(ReadSplit(text, 0, static_cast<int64_t>(text.size()), 65536), Expected(text));
}

}  // namespace
}  // namespace tusk::mapreduce
