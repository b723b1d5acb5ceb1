#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"
#include "tests/engine/local_engine.h"
#include "tests/engine/test_operators.h"

namespace tusk::mapreduce {
namespace {

constexpr int64_t kNumbers = 4000;

// A program over a shuffle whose outputs exist when something happens to them.
struct ShuffledProgram {
  explicit ShuffledProgram(LocalEngine& local) : engine(local.engine()) {
    auto ranges = AddRanges(engine, 8, kNumbers / 8);
    EXPECT_OK(ranges);
    auto added = AddSums(engine, *ranges, 10, 4);
    EXPECT_OK(added);
    sums = *added;
  }
  StatusOr<JobResult> Run() { return engine.Run({"sums", sums, SumResult(), {}, {}}); }

  Engine& engine;
  LineageId sums;
};

TEST(LineageRecoveryTest, MemoryModeMakesTheMapOutputsOfALostRunnerAgain) {
  LocalEngine local({.runners = 3, .slots = 1, .mode = JobMode::kMemory});
  ASSERT_OK(local.Start());
  ShuffledProgram program(local);
  ASSERT_OK_AND_ASSIGN(const JobResult before, program.Run());
  local.KillRunner(1);
  ASSERT_OK_AND_ASSIGN(const JobResult after, program.Run());
  EXPECT_EQ(Total(after).sum, Total(before).sum);
  const int64_t tasks = after.counters.Get(counter::kJobGroup, counter::kLaunchedTasks);
  EXPECT_GT(tasks, 4) << "the lost maps and four reduces";
  EXPECT_LT(tasks, 12) << "only the lost maps";
}

TEST(LineageRecoveryTest, DiskModeOutlivesTheRunnerThatWroteIt) {
  LocalEngine local({.runners = 3, .slots = 1, .mode = JobMode::kDisk});
  ASSERT_OK(local.Start());
  ShuffledProgram program(local);
  ASSERT_OK_AND_ASSIGN(const JobResult before, program.Run());
  local.KillRunner(1);
  ASSERT_OK_AND_ASSIGN(const JobResult after, program.Run());
  EXPECT_EQ(Total(after).sum, Total(before).sum);
  EXPECT_EQ(after.counters.Get(counter::kJobGroup, counter::kLaunchedTasks), 4);
}

TEST(LineageRecoveryTest, AFailedFetchRunsTheLostMapsFirstWithoutCountingTheAttempt) {
  LocalEngine local({.runners = 3, .slots = 1, .mode = JobMode::kDisk});
  ASSERT_OK(local.Start());
  ShuffledProgram program(local);
  ASSERT_OK_AND_ASSIGN(const JobResult before, program.Run());
  local.KillNode(1);  // the driver still believes in its map outputs
  ASSERT_OK_AND_ASSIGN(const JobResult after, program.Run());
  EXPECT_EQ(Total(after).sum, Total(before).sum);
  EXPECT_EQ(after.counters.Get(counter::kJobGroup, counter::kFailedTasks), 0);
  EXPECT_GT(after.counters.Get(counter::kTuskGroup, counter::kRecomputedMaps), 0);
}

TEST(LineageRecoveryTest, CachedPartitionsOfALostRunnerAreComputedAgain) {
  LocalEngine local({.runners = 3, .slots = 1, .mode = JobMode::kMemory});
  ASSERT_OK(local.Start());
  Engine& engine = local.engine();
  ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(engine, 9, 100));
  ASSERT_OK_AND_ASSIGN(const LineageId cached,
                       AddStep(engine, ranges, 9, CacheNumbers(), StorageLevel::MemoryOnly()));
  ASSERT_OK_AND_ASSIGN(const JobResult before, engine.Run({"1", cached, SumResult(), {}, {}}));
  local.KillRunner(0);
  ASSERT_OK_AND_ASSIGN(const JobResult after, engine.Run({"2", cached, SumResult(), {}, {}}));
  EXPECT_EQ(Total(after).sum, Total(before).sum);
  const int64_t misses = after.counters.Get(counter::kTuskGroup, counter::kCacheMisses);
  EXPECT_GT(misses, 0) << "what the lost runner held";
  EXPECT_LT(misses, 9) << "and nothing else";
  EXPECT_EQ(after.counters.Get(counter::kTuskGroup, counter::kCacheHits), 9 - misses);
}

TEST(LineageRecoveryTest, ACacheBehindAShuffleComesBackThroughTheShuffle) {
  LocalEngine local({.runners = 2, .slots = 1, .mode = JobMode::kMemory});
  ASSERT_OK(local.Start());
  Engine& engine = local.engine();
  ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(engine, 4, 100));
  ASSERT_OK_AND_ASSIGN(const LineageId sums, AddSums(engine, ranges, 10, 4));
  ASSERT_OK_AND_ASSIGN(const LineageId cached,
                       AddStep(engine, sums, 4, CacheNumbers(), StorageLevel::MemoryOnly()));
  ASSERT_OK_AND_ASSIGN(const JobResult before, engine.Run({"1", cached, SumResult(), {}, {}}));
  local.KillRunner(0);
  ASSERT_OK(local.AddRunner());
  ASSERT_OK_AND_ASSIGN(const JobResult after, engine.Run({"2", cached, SumResult(), {}, {}}));
  EXPECT_EQ(Total(after).sum, Total(before).sum);
}

TEST(LineageRecoveryTest, ARunnerLostInTheMiddleOfAJobDoesNotEndIt) {
  for (const JobMode mode : {JobMode::kDisk, JobMode::kMemory}) {
    LocalEngine local({.runners = 3, .slots = 1, .mode = mode});
    ASSERT_OK(local.Start());
    Engine& engine = local.engine();
    ASSERT_OK_AND_ASSIGN(const LineageId ranges, AddRanges(engine, 24, 20'000));
    ASSERT_OK_AND_ASSIGN(const LineageId sums, AddSums(engine, ranges, 1000, 4));
    ThreadPool program("program", 1);
    StatusOr<JobResult> result = InternalError("not yet");
    Notification done;
    program.Post([&] {
      result = engine.Run({"sums", sums, SumResult(), {}, {}});
      done.Notify();
    });
    const auto some_maps_done = [&] {
      const auto status = local.driver().Snapshot();
      return !status.stages.empty() && status.progress > 0.1;
    };
    while (!some_maps_done()) std::this_thread::yield();
    local.KillRunner(2);
    done.Wait();
    ASSERT_OK(result);
    EXPECT_EQ(Total(*result).count, 1000);
  }
}

}  // namespace
}  // namespace tusk::mapreduce
