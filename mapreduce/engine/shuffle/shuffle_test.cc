#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <tuple>

#include "common/base/random.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_seed.h"
#include "mapreduce/engine/shuffle/merger.h"
#include "mapreduce/engine/shuffle/shuffle_writer.h"
#include "mapreduce/engine/shuffle/sort_buffer.h"
#include "mapreduce/engine/shuffle/spill_file.h"

namespace tusk::mapreduce {
namespace {

using Emitted = std::tuple<int, std::string, std::string>;  // partition, key, value
using Pairs = std::vector<std::pair<std::string, std::string>>;

// Few distinct keys, some with zero bytes, some sharing long prefixes: every tie-break is met.
std::vector<Emitted> RandomRecords(size_t count, int partitions) {
  Random random(TestSeed());
  std::vector<Emitted> records;
  for (size_t i = 0; i < count; ++i) {
    std::string key = random.OneIn(3) ? "common-prefix-" : "";
    const size_t tail = random.Below(4);
    for (size_t k = 0; k < tail; ++k) key.push_back(static_cast<char>(random.Below(3) * 127));
    records.emplace_back(static_cast<int>(random.Below(partitions)), key, std::to_string(i));
  }
  return records;
}

std::vector<Pairs> Expected(const std::vector<Emitted>& records, int partitions) {
  std::vector<Pairs> expected(static_cast<size_t>(partitions));
  for (const auto& [partition, key, value] : records) {
    expected[static_cast<size_t>(partition)].emplace_back(key, value);
  }
  for (Pairs& pairs : expected) {
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  return expected;
}

Pairs Drain(RecordSource* source) {
  Pairs pairs;
  while (source->Next()) pairs.emplace_back(source->record().key, source->record().value);
  EXPECT_OK(source->status());
  return pairs;
}

Pairs ReadSegment(const std::string& path, const SegmentIndex& segment) {
  auto bytes = SegmentInFile(path, segment.offset, segment.length);
  EXPECT_OK(bytes);
  return Drain(DecodeSegment(std::move(bytes).value()).get());
}

TEST(SortBufferTest, SortsByPartitionThenKeyThenOrderOfEmission) {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{500}, size_t{40000}}) {
    const auto records = RandomRecords(count, 3);
    SortBuffer buffer(3, 64 << 20);
    for (const auto& [partition, key, value] : records) {
      ASSERT_TRUE(buffer.Add(partition, key, value));
    }
    buffer.Sort();
    const auto expected = Expected(records, 3);
    for (int p = 0; p < 3; ++p) {
      EXPECT_EQ(Drain(buffer.Partition(p).get()), expected[static_cast<size_t>(p)]);
      EXPECT_EQ(buffer.RecordCount(p),
                static_cast<int64_t>(expected[static_cast<size_t>(p)].size()));
    }
  }
}

TEST(SortBufferTest, AFullBufferRefusesButAnEmptyOneTakesAnyRecord) {
  SortBuffer buffer(1, 1000);
  EXPECT_TRUE(buffer.Add(0, "k", std::string(5000, 'v')));
  EXPECT_FALSE(buffer.Add(0, "k", "v"));
  buffer.Clear();
  EXPECT_TRUE(buffer.Add(0, "k", "v"));
}

TEST(SpillFileTest, SegmentsRoundTripWithAndWithoutCompression) {
  const TempDir dir;
  const auto expected = Expected(RandomRecords(30000, 4), 4);
  for (const SpillCodec codec : {SpillCodec::kNone, SpillCodec::kLz4}) {
    const std::string path = dir.File("spill");
    ASSERT_OK_AND_ASSIGN(auto writer, SpillFileWriter::Create(path, 5, codec));
    for (int p = 0; p < 4; ++p) {
      for (const auto& [key, value] : expected[static_cast<size_t>(p)]) {
        ASSERT_OK(writer->Add(p, key, value));
      }
    }
    ASSERT_OK(writer->Finish());
    ASSERT_OK_AND_ASSIGN(const auto index, ReadSpillIndex(path));
    ASSERT_EQ(index.size(), 5u);
    for (size_t p = 0; p < 4; ++p) EXPECT_EQ(ReadSegment(path, index[p]), expected[p]);
    EXPECT_EQ(index[4].records, 0);
    EXPECT_TRUE(ReadSegment(path, index[4]).empty());
  }
}

TEST(SpillFileTest, EveryFlippedByteAndEveryCutIsNoticed) {
  const TempDir dir;
  const std::string path = dir.File("spill");
  ASSERT_OK_AND_ASSIGN(auto writer, SpillFileWriter::Create(path, 1, SpillCodec::kLz4));
  for (int i = 0; i < 50; ++i) ASSERT_OK(writer->Add(0, "key", std::string(20, 'x')));
  ASSERT_OK_AND_ASSIGN(const auto index, writer->Finish());
  std::ifstream in(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  ASSERT_EQ(static_cast<int64_t>(good.size()), index[0].length);
  for (size_t at = 0; at < good.size(); ++at) {
    for (const bool cut : {false, true}) {
      std::string bad = cut ? good.substr(0, at) : good;
      if (!cut) bad[at] = static_cast<char>(bad[at] ^ 0x40);
      const auto source = DecodeSegment(
          SegmentInMemory(std::make_shared<std::string>(bad), 0, static_cast<int64_t>(bad.size())));
      while (source->Next()) {
      }
      if (cut && at == 0) continue;  // an empty segment is a good one
      EXPECT_FALSE(source->status().ok()) << at << " cut=" << cut;
    }
  }
}

TEST(MergerTest, EqualKeysKeepTheOrderOfTheirSources) {
  for (const size_t sources : {1, 2, 3, 7, 16}) {
    Random random(TestSeed() + sources);
    std::vector<Emitted> all;
    std::vector<std::unique_ptr<SortBuffer>> buffers;
    std::vector<std::unique_ptr<RecordSource>> inputs;
    for (size_t s = 0; s < sources; ++s) {
      buffers.push_back(std::make_unique<SortBuffer>(1, 1 << 20));
      const size_t count = random.Below(50);
      for (size_t i = 0; i < count; ++i) {
        const std::string key(1, static_cast<char>('a' + random.Below(4)));
        all.emplace_back(0, key, std::to_string(s) + ":" + std::to_string(i));
        ASSERT_TRUE(buffers.back()->Add(0, key, std::get<2>(all.back())));
      }
      buffers.back()->Sort();
      inputs.push_back(buffers.back()->Partition(0));
    }
    EXPECT_EQ(Drain(MergeSources(std::move(inputs)).get()), Expected(all, 1)[0]);
  }
}

TEST(GroupedRecordsTest, CutsIntoGroupsAndSkipsWhatWasNotTaken) {
  SortBuffer buffer(1, 1 << 20);
  for (const char* key : {"a", "b", "b", "b", "c", "d", "d"}) ASSERT_TRUE(buffer.Add(0, key, key));
  buffer.Sort();
  GroupedRecords groups(buffer.Partition(0));
  std::map<std::string, int> taken;
  while (groups.NextGroup()) {
    taken[groups.key()] = 0;
    while (taken[groups.key()] < 2 && groups.NextValue()) {
      EXPECT_EQ(groups.value(), groups.key());
      ++taken[groups.key()];
    }
  }
  EXPECT_EQ(taken, (std::map<std::string, int>{{"a", 1}, {"b", 2}, {"c", 1}, {"d", 2}}));
}

class SumValues final : public GroupCombiner {
 public:
  Status Combine(std::string_view key, ValueStream& values, const Emit& emit) override {
    int64_t sum = 0;
    std::string_view value;
    while (values.Next(&value)) sum += std::stoll(std::string(value));
    return emit(key, std::to_string(sum));
  }
};

TEST(ShuffleWriterTest, OutputIsTheSameHoweverOftenItSpilled) {
  const auto records = RandomRecords(20000, 3);
  const auto expected = Expected(records, 3);
  for (const int64_t buffer_bytes : {int64_t{64} << 20, int64_t{100} << 10, int64_t{9} << 10}) {
    const TempDir dir;
    ShuffleWriter writer({.directory = dir.path(),
                          .name = "map-0",
                          .partitions = 3,
                          .buffer_bytes = buffer_bytes,
                          .merge_factor = 4});
    for (const auto& [partition, key, value] : records)
      ASSERT_OK(writer.Add(partition, key, value));
    ASSERT_OK_AND_ASSIGN(const auto index, writer.Finish());
    for (size_t p = 0; p < 3; ++p) EXPECT_EQ(ReadSegment(dir.File("map-0"), index[p]), expected[p]);
    EXPECT_EQ(writer.counters().output_records, 20000);
    EXPECT_EQ(writer.counters().spills == 1, buffer_bytes == int64_t{64} << 20);
    // Nothing but the output and its index stays behind.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 2);
  }
}

TEST(ShuffleWriterTest, TheCombinerRunsAtSpillAndMergeAndKeepsTheSums) {
  std::map<std::string, int64_t> expected;
  const auto records = RandomRecords(5000, 1);
  for (const auto& [partition, key, value] : records) ++expected[key];
  SumValues combiner;
  const TempDir dir;
  ShuffleWriter writer({.directory = dir.path(),
                        .name = "m",
                        .partitions = 1,
                        .buffer_bytes = 8 << 10,
                        .merge_factor = 3,
                        .combiner = &combiner});
  for (const auto& [partition, key, value] : records) ASSERT_OK(writer.Add(0, key, "1"));
  ASSERT_OK_AND_ASSIGN(const auto index, writer.Finish());
  std::map<std::string, int64_t> sums;
  for (const auto& [key, value] : ReadSegment(dir.File("m"), index[0]))
    sums[key] = std::stoll(value);
  EXPECT_EQ(sums, expected);
  EXPECT_EQ(index[0].records, static_cast<int64_t>(expected.size()));
}

TEST(ShuffleWriterTest, InMemoryItHoldsTheSameSegmentsAsOnDisk) {
  const auto records = RandomRecords(5000, 3);
  const TempDir dir;
  ShuffleWriter disk({.directory = dir.path(), .name = "d", .partitions = 3});
  ShuffleWriter memory({.directory = dir.path(), .name = "m", .partitions = 3});
  for (const auto& [partition, key, value] : records) {
    ASSERT_OK(disk.Add(partition, key, value));
    ASSERT_OK(memory.Add(partition, key, value));
  }
  ASSERT_OK_AND_ASSIGN(const auto disk_index, disk.Finish());
  const auto bytes = std::make_shared<std::string>();
  ASSERT_OK_AND_ASSIGN(const auto memory_index, memory.FinishInMemory(bytes.get()));
  for (size_t p = 0; p < 3; ++p) {
    EXPECT_EQ(memory_index[p].offset, disk_index[p].offset);
    EXPECT_EQ(memory_index[p].length, disk_index[p].length);
    const auto source =
        DecodeSegment(SegmentInMemory(bytes, memory_index[p].offset, memory_index[p].length));
    EXPECT_EQ(Drain(source.get()), ReadSegment(dir.File("d"), disk_index[p]));
  }
}

TEST(ShuffleWriterTest, WithoutAnOrderRecordsStayAsTheyCame) {
  const auto records = RandomRecords(5000, 2);
  std::vector<Pairs> expected(2);
  const TempDir dir;
  ShuffleWriter writer({.directory = dir.path(),
                        .name = "m",
                        .partitions = 2,
                        .buffer_bytes = 20 << 10,
                        .merge_factor = 3,
                        .sorted = false});
  for (const auto& [partition, key, value] : records) {
    expected[static_cast<size_t>(partition)].emplace_back(key, value);
    ASSERT_OK(writer.Add(partition, key, value));
  }
  ASSERT_OK_AND_ASSIGN(const auto index, writer.Finish());
  EXPECT_GT(writer.counters().spills, 3);
  for (size_t p = 0; p < 2; ++p) EXPECT_EQ(ReadSegment(dir.File("m"), index[p]), expected[p]);
}

class Descending final : public KeyOrder {
 public:
  int Compare(std::string_view a, std::string_view b) const override { return b.compare(a); }
  uint64_t Prefix(std::string_view key) const override { return ~KeyComparison().Prefix(key); }
};

TEST(ShuffleWriterTest, AKeyOrderOfTheJobsOwnRulesSortAndMerge) {
  const Descending order;
  const TempDir dir;
  ShuffleWriter writer(
      {.directory = dir.path(), .name = "m", .buffer_bytes = 2000, .order = &order});
  for (int i = 0; i < 300; ++i) ASSERT_OK(writer.Add(0, std::to_string(i * 7 % 300), "v"));
  ASSERT_OK_AND_ASSIGN(const auto index, writer.Finish());
  const Pairs pairs = ReadSegment(dir.File("m"), index[0]);
  ASSERT_EQ(pairs.size(), 300u);
  EXPECT_TRUE(std::is_sorted(pairs.rbegin(), pairs.rend()));
}

TEST(ShuffleWriterTest, AnAbandonedWriterLeavesNothingBehind) {
  const TempDir dir;
  {
    ShuffleWriter writer({.directory = dir.path(), .name = "m", .buffer_bytes = 1000});
    for (int i = 0; i < 500; ++i) ASSERT_OK(writer.Add(0, std::to_string(i), "v"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(ShuffleWriterTest, NoRecordsMakeAnEmptyOutput) {
  const TempDir dir;
  ShuffleWriter writer({.directory = dir.path(), .name = "m", .partitions = 2});
  ASSERT_OK(writer.Finish());
  ASSERT_OK_AND_ASSIGN(const auto index, ReadSpillIndex(dir.File("m")));
  EXPECT_EQ(index.size(), 2u);
  EXPECT_EQ(index[1].length, 0);
}

}  // namespace
}  // namespace tusk::mapreduce
