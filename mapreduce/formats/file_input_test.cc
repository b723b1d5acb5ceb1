#include "mapreduce/formats/file_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"
#include "mapreduce/formats/line_reader.h"

namespace tusk::mapreduce {
namespace {

// A file in memory that adds up what was asked of it.
class MemoryFile final : public FileReader {
 public:
  explicit MemoryFile(std::string text) : text_(std::move(text)) {}

  StatusOr<size_t> Read(char* to, size_t count) override {
    ASSIGN_OR_RETURN(const size_t got, PRead(position_, to, count));
    position_ += static_cast<int64_t>(got);
    return got;
  }
  StatusOr<size_t> PRead(int64_t offset, char* to, size_t count) override {
    const size_t got = text_.copy(to, count, static_cast<size_t>(offset));
    statistics_.descriptor_bytes += static_cast<int64_t>(got);
    return got;
  }
  Status Seek(int64_t position) override {
    position_ = position;
    return Status::Ok();
  }
  int64_t position() const override { return position_; }
  int64_t length() const override { return static_cast<int64_t>(text_.size()); }
  ReadStatistics statistics() const override { return statistics_; }
  StatusOr<std::vector<std::string>> ReplicaHosts(int64_t) override {
    return std::vector<std::string>();
  }

 private:
  const std::string text_;
  int64_t position_ = 0;
  ReadStatistics statistics_;
};

struct SplitRead {
  int lines = 0;
  int64_t bytes = 0;  // taken from the file
};

SplitRead ReadLines(const std::string& text, int64_t begin, int64_t end) {
  auto file = std::make_shared<MemoryFile>(text);
  EXPECT_OK(file->Seek(std::max<int64_t>(0, begin - 1)));
  const auto source = MakeSplitSource(file, end);
  LineReader reader(source.get(), begin, end);
  SplitRead read;
  int64_t offset = 0;
  std::string_view line;
  for (;;) {
    const auto more = reader.Next(&offset, &line);
    EXPECT_OK(more);
    if (!more.ok() || !*more) break;
    ++read.lines;
  }
  read.bytes = file->statistics().descriptor_bytes;
  return read;
}

std::string TextOf(int lines, size_t line_bytes) {
  std::string text;
  for (int i = 0; i < lines; ++i) text += std::string(line_bytes - 1, 'x') + "\n";
  return text;
}

TEST(SplitSourceTest, ALineAcrossTheEndOfASplitCostsOneSmallPieceOfTheNext) {
  const std::string text = TextOf(100'000, 80);
  const int64_t half = 4'000'010;  // within a line
  const SplitRead first = ReadLines(text, 0, half);
  const SplitRead second = ReadLines(text, half, static_cast<int64_t>(text.size()));
  EXPECT_EQ(first.lines + second.lines, 100'000);
  EXPECT_EQ(first.bytes, half + 4096);
  EXPECT_EQ(second.bytes, static_cast<int64_t>(text.size()) - half + 1);
}

TEST(SplitSourceTest, ASplitThatEndsWithALineTakesNothingOfTheNext) {
  const std::string text = TextOf(100'000, 80);
  EXPECT_EQ(ReadLines(text, 0, 4'000'000).bytes, 4'000'000);
}

TEST(SplitSourceTest, ALongLineBehindTheEndIsReadInPiecesThatGrow) {
  const std::string text = std::string(10, 'a') + std::string(3'000'000, 'b') + "\nend\n";
  const SplitRead read = ReadLines(text, 0, 5);
  EXPECT_EQ(read.lines, 1);
  EXPECT_GE(read.bytes, 3'000'011);
}

}  // namespace
}  // namespace tusk::mapreduce
