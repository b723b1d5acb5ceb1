#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "common/testing/status_matchers.h"
#include "tests/engine/local_engine.h"
#include "tests/engine/test_operators.h"

namespace tusk::mapreduce {
namespace {

std::vector<std::string> LinesBelow(const std::string& directory) {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().front() == '_') continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) lines.push_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> Listed(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

TEST(EngineTest, SumsByKeyAreTheSameOnEveryTopology) {
  ForEachTopology([](LocalEngine& local) {
    Engine& engine = local.engine();
    ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(engine, 7, 1000));
    ASSERT_OK_AND_ASSIGN(const LineageId added, AddStep(engine, ranges, 7, AddAmount(1)));
    ASSERT_OK_AND_ASSIGN(const LineageId sums, AddSums(engine, added, 10, 3));
    ASSERT_OK_AND_ASSIGN(const JobResult result, engine.Run({"sums", sums, SumResult(), {}, {}}));
    // Keys 0..9; each sum of 700 numbers below 7001.
    std::map<int64_t, int64_t> expected;
    for (int64_t number = 1; number <= 7000; ++number) expected[number % 10] += number;
    int64_t sum = 0;
    for (const auto& [key, value] : expected) sum += key * 1'000'000 + value % 1'000'000;
    EXPECT_EQ(Total(result).count, 10);
    EXPECT_EQ(Total(result).sum, sum);
    EXPECT_EQ(result.results.size(), 3u);
    EXPECT_EQ(result.stages.size(), 2u);
    EXPECT_EQ(result.counters.Get(counter::kJobGroup, counter::kLaunchedTasks), 10);
  });
}

TEST(EngineTest, SomePartitionsAreComputedAloneAndInTheOrderAskedFor) {
  LocalEngine local({.runners = 2});
  ASSERT_OK(local.Start());
  ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(local.engine(), 5, 10));
  ASSERT_OK_AND_ASSIGN(const JobResult result,
                       local.engine().Run({"two", ranges, SumResult(), {4, 1}, {}}));
  ASSERT_EQ(result.results.size(), 2u);
  EXPECT_EQ(DecodeSum(result.results[0]).sum, 445);
  EXPECT_EQ(DecodeSum(result.results[1]).sum, 145);
}

TEST(EngineTest, AShuffleMadeByOneJobIsUsedAgainByTheNext) {
  LocalEngine local({.runners = 2});
  ASSERT_OK(local.Start());
  ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(local.engine(), 4, 10));
  ASSERT_OK_AND_ASSIGN(const LineageId sums, AddSums(local.engine(), ranges, 5, 2));
  ASSERT_OK(local.engine().Run({"first", sums, SumResult(), {}, {}}));
  ASSERT_OK_AND_ASSIGN(const JobResult second,
                       local.engine().Run({"second", sums, SumResult(), {}, {}}));
  EXPECT_EQ(second.counters.Get(counter::kJobGroup, counter::kLaunchedTasks), 2);
  EXPECT_EQ(second.stages.size(), 1u);
}

TEST(EngineTest, AnExceptionOfUserCodeFailsTheJobAfterFourAttemptsAndIsQuoted) {
  LocalEngine local({.runners = 2});
  ASSERT_OK(local.Start());
  ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(local.engine(), 3, 10));
  ASSERT_OK_AND_ASSIGN(const LineageId bad, AddStep(local.engine(), ranges, 3, ThrowAt(17)));
  const auto result = local.engine().Run({"bad", bad, SumResult(), {}, {}});
  EXPECT_THAT(result, MessageContains("cannot take 17"));
  EXPECT_THAT(result, MessageContains("failed 4 times"));
  // The engine is as good as before.
  ASSERT_OK_AND_ASSIGN(const JobResult good,
                       local.engine().Run({"good", ranges, SumResult(), {}, {}}));
  EXPECT_EQ(Total(good).count, 30);
}

TEST(EngineTest, MapAndReduceTasksHaveTheirOwnNumbersOfAttempts) {
  LocalEngine local({.runners = 2, .map_attempts = 2, .reduce_attempts = 3});
  ASSERT_OK(local.Start());
  ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(local.engine(), 2, 10));
  ASSERT_OK_AND_ASSIGN(const LineageId bad_map, AddStep(local.engine(), ranges, 2, ThrowAt(17)));
  EXPECT_THAT(local.engine().Run({"map", bad_map, SumResult(), {}, {}}),
              MessageContains("failed 2 times"));
  ASSERT_OK_AND_ASSIGN(const LineageId sums, AddSums(local.engine(), ranges, 1, 2));
  ASSERT_OK_AND_ASSIGN(const LineageId bad_reduce, AddStep(local.engine(), sums, 2, ThrowAt(190)));
  EXPECT_THAT(local.engine().Run({"reduce", bad_reduce, SumResult(), {}, {}}),
              MessageContains("failed 3 times"));
}

TEST(EngineTest, OutputAppearsWholeWithItsSuccessMark) {
  ForEachTopology([](LocalEngine& local) {
    const std::string out = local.directory() + "/out";
    ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(local.engine(), 3, 4));
    ASSERT_OK(local.engine().Run({"text", ranges, TextOutput(), {}, OutputSpec{out}}));
    EXPECT_EQ(LinesBelow(out).size(), 12u);
    EXPECT_EQ(Listed(out), (std::vector<std::string>{"_SUCCESS", "part-0", "part-1", "part-2"}));
  });
}

TEST(EngineTest, AnExistingOutputDirectoryIsRefusedBeforeAnythingRuns) {
  LocalEngine local({.runners = 1});
  ASSERT_OK(local.Start());
  const std::string out = local.directory() + "/out";
  std::filesystem::create_directory(out);
  ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(local.engine(), 3, 4));
  const auto result = local.engine().Run({"text", ranges, TextOutput(), {}, OutputSpec{out}});
  EXPECT_THAT(result, HasCode(Code::kAlreadyExists));
  EXPECT_THAT(result, MessageContains("Output directory file://" + out + " already exists"));
  EXPECT_TRUE(local.driver().Snapshot().stages.empty());
}

TEST(EngineTest, AFailedJobLeavesNothingOfItsOutput) {
  LocalEngine local({.runners = 2});
  ASSERT_OK(local.Start());
  const std::string parent = local.directory() + "/results";
  std::filesystem::create_directory(parent);
  ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(local.engine(), 3, 10));
  ASSERT_OK_AND_ASSIGN(const LineageId bad, AddStep(local.engine(), ranges, 3, ThrowAt(17)));
  EXPECT_FALSE(
      local.engine().Run({"bad", bad, TextOutput(), {}, OutputSpec{parent + "/out"}}).ok());
  EXPECT_TRUE(Listed(parent).empty());
}

TEST(EngineTest, ACachedNodeIsComputedOnce) {
  ForEachTopology([](LocalEngine& local) {
    Engine& engine = local.engine();
    ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(engine, 4, 3000));
    ASSERT_OK_AND_ASSIGN(const LineageId cached,
                         AddStep(engine, ranges, 4, CacheNumbers(), StorageLevel::MemoryAndDisk()));
    ASSERT_OK_AND_ASSIGN(const JobResult first, engine.Run({"1", cached, SumResult(), {}, {}}));
    EXPECT_EQ(first.counters.Get(counter::kTuskGroup, counter::kCacheMisses), 4);
    ASSERT_OK_AND_ASSIGN(const JobResult second, engine.Run({"2", cached, SumResult(), {}, {}}));
    EXPECT_EQ(second.counters.Get(counter::kTuskGroup, counter::kCacheHits), 4);
    EXPECT_EQ(Total(second).sum, Total(first).sum);
  });
}

TEST(EngineTest, KillEndsARunningProgramWithItsReason) {
  LocalEngine local({.runners = 1});
  ASSERT_OK(local.Start());
  ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(local.engine(), 64, 50'000'000));
  ThreadPool program("program", 1);
  Status status;
  Notification done;
  program.Post([&] {
    status = local.engine().Run({"long", ranges, SumResult(), {}, {}}).status();
    done.Notify();
  });
  while (local.driver().Snapshot().stages.empty()) std::this_thread::yield();
  local.driver().Kill("killed by its user");
  done.Wait();
  EXPECT_THAT(status, HasCode(Code::kCancelled));
  EXPECT_THAT(status, MessageContains("killed by its user"));
}

}  // namespace
}  // namespace tusk::mapreduce
