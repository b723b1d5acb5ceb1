#include "mapreduce/engine/shuffle/shuffle_service.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "common/base/random.h"
#include "common/concurrent/mutex.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_seed.h"
#include "mapreduce/engine/shuffle/partition_server.h"

namespace tusk::mapreduce {
namespace {

// A budget that asks its holders before it refuses, as the runner's does.
class TestLedger final : public MemoryLedger {
 public:
  explicit TestLedger(int64_t budget) : budget_(budget) {}

  bool Reserve(int64_t bytes, MemoryHolder* asker) override {
    for (int round = 0; round < 2; ++round) {
      {
        MutexLock lock(mu_);
        if (reserved_ + bytes <= budget_) {
          reserved_ += bytes;
          return true;
        }
      }
      if (round == 0 && holder_ != nullptr && holder_ != asker) holder_->GiveBack(bytes);
    }
    return false;
  }
  void Return(int64_t bytes) override {
    MutexLock lock(mu_);
    reserved_ -= bytes;
  }
  void AddHolder(MemoryHolder* holder) override { holder_ = holder; }
  void RemoveHolder(MemoryHolder*) override { holder_ = nullptr; }
  int64_t budget() const override { return budget_; }
  int64_t reserved() const override {
    MutexLock lock(mu_);
    return reserved_;
  }

 private:
  const int64_t budget_;
  mutable Mutex mu_;
  int64_t reserved_ GUARDED_BY(mu_) = 0;
  MemoryHolder* holder_ = nullptr;
};

constexpr char kSecret[] = "application secret";

// One runner's shuffle, with its server where the mode has one.
struct Runner {
  Runner(JobMode mode, int64_t budget) : ledger(budget), fetcher({.secret = kSecret}) {
    ShuffleServiceOptions options;
    options.mode = mode;
    options.local_directory = dir.path();
    options.path_prefix = PartitionServer::kPathPrefix;
    options.sort_buffer_bytes = budget / 2;
    options.server = {.host = "127.0.0.1", .port = 1, .in_runner = mode == JobMode::kMemory};
    if (mode == JobMode::kMemory) {
      store = std::make_unique<MapOutputStore>(dir.path(), &ledger);
      server = std::make_unique<PartitionServer>(
          PartitionServer::Options{.host = "127.0.0.1", .secret = kSecret}, store.get());
      EXPECT_OK(server->Start());
      options.server.port = server->port();
    }
    service = std::make_unique<RunnerShuffleService>(options, &ledger, &fetcher, store.get());
  }

  ShuffleAttempt Attempt() {
    ShuffleAttempt attempt;
    attempt.id.serial = ++serial;
    attempt.scratch_directory = dir.path();
    attempt.counters = &counters;
    attempt.check = [] { return Status::Ok(); };
    return attempt;
  }

  const TempDir dir;
  TestLedger ledger;
  HttpSegmentFetcher fetcher;
  std::unique_ptr<MapOutputStore> store;
  std::unique_ptr<PartitionServer> server;
  std::unique_ptr<RunnerShuffleService> service;
  Counters counters;
  int64_t serial = 0;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

StatusOr<MapOutput> WriteOutput(Runner* runner, int map_index, int records, ShuffleOrder order) {
  ASSIGN_OR_RETURN(const auto sink, runner->service->OpenWriter(runner->Attempt(), ShuffleId(1),
                                                                map_index, 2, order, {}));
  Random random(TestSeed() + static_cast<uint64_t>(map_index));
  for (int i = 0; i < records; ++i) {
    const std::string key = "key" + std::to_string(random.Below(100));
    RETURN_IF_ERROR(sink->Add(i % 2, key, std::to_string(map_index) + "/" + std::to_string(i)));
  }
  return sink->Finish();
}

ShuffleInput InputOf(const std::vector<MapOutput>& outputs, int partition, ShuffleOrder order) {
  ShuffleInput input{.shuffle = ShuffleId(1), .partition = partition, .order = order};
  for (size_t m = 0; m < outputs.size(); ++m) {
    const auto& sizes = outputs[m].partition_bytes;
    input.segments.push_back({.map_index = static_cast<int>(m),
                              .server = outputs[m].server,
                              .path = outputs[m].path,
                              .offset = partition == 0 ? 0 : sizes[0],
                              .length = sizes[static_cast<size_t>(partition)]});
  }
  return input;
}

StatusOr<Pairs> ReadAll(Runner* runner, const ShuffleInput& input,
                        std::vector<FetchFailure>* failures = nullptr) {
  ASSIGN_OR_RETURN(const auto source,
                   runner->service->OpenReader(runner->Attempt(), input, {},
                                               [failures](const FetchFailure& failure) {
                                                 if (failures) failures->push_back(failure);
                                               }));
  Pairs pairs;
  std::string_view key;
  std::string_view value;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, source->Next(&key, &value));
    if (!more) return pairs;
    pairs.emplace_back(key, value);
  }
}

TEST(ShuffleServiceTest, BothModesAndATinyBudgetReadTheSameRecords) {
  for (const ShuffleOrder order : {ShuffleOrder::kByKey, ShuffleOrder::kNone}) {
    Pairs expected;
    for (const auto& [mode, budget] : {std::pair{JobMode::kDisk, int64_t{64} << 20},
                                       std::pair{JobMode::kDisk, int64_t{64} << 10},
                                       std::pair{JobMode::kMemory, int64_t{64} << 20},
                                       std::pair{JobMode::kMemory, int64_t{64} << 10}}) {
      Runner runner(mode, budget);
      std::vector<MapOutput> outputs;
      for (int m = 0; m < 3; ++m) {
        ASSERT_OK_AND_ASSIGN(MapOutput output, WriteOutput(&runner, m, 4000, order));
        outputs.push_back(std::move(output));
      }
      ASSERT_OK_AND_ASSIGN(const Pairs pairs, ReadAll(&runner, InputOf(outputs, 1, order)));
      EXPECT_EQ(pairs.size(), 6000u);
      if (expected.empty()) expected = pairs;
      EXPECT_EQ(pairs, expected);
    }
  }
}

TEST(ShuffleServiceTest, AnotherRunnersPartitionsComeOverTheNetwork) {
  for (const int64_t reader_budget : {int64_t{64} << 20, int64_t{1} << 10}) {
    Runner writer(JobMode::kMemory, 64 << 20);
    Runner reader(JobMode::kMemory, reader_budget);
    ASSERT_OK_AND_ASSIGN(const MapOutput output,
                         WriteOutput(&writer, 0, 50000, ShuffleOrder::kByKey));
    const ShuffleInput input = InputOf({output}, 0, ShuffleOrder::kByKey);
    ASSERT_OK_AND_ASSIGN(const Pairs there, ReadAll(&writer, input));
    ASSERT_OK_AND_ASSIGN(const Pairs here, ReadAll(&reader, input));
    EXPECT_EQ(here, there);
    EXPECT_EQ(reader.counters.Get(counter::kTuskGroup, counter::kShuffleRemoteBytes),
              output.partition_bytes[0]);
    EXPECT_EQ(reader.ledger.reserved(), 0);
  }
}

TEST(ShuffleServiceTest, UnderPressureOutputsGoToDiskAndReadersDoNotNotice) {
  Runner runner(JobMode::kMemory, 64 << 20);
  ASSERT_OK_AND_ASSIGN(const MapOutput output, WriteOutput(&runner, 0, 5000, ShuffleOrder::kByKey));
  const ShuffleInput input = InputOf({output}, 0, ShuffleOrder::kByKey);
  ASSERT_OK_AND_ASSIGN(const Pairs before, ReadAll(&runner, input));
  EXPECT_GT(runner.ledger.reserved(), 0);
  EXPECT_GT(runner.store->GiveBack(1), 0);
  EXPECT_EQ(runner.ledger.reserved(), 0);
  ASSERT_OK_AND_ASSIGN(const Pairs after, ReadAll(&runner, input));
  EXPECT_EQ(after, before);
  runner.service->Drop(ShuffleId(1));
  EXPECT_TRUE(std::filesystem::is_empty(runner.dir.path()));
}

TEST(ShuffleServiceTest, AnOutputThatIsGoneIsToldAsAFetchFailure) {
  Runner writer(JobMode::kMemory, 64 << 20);
  Runner reader(JobMode::kMemory, 64 << 20);
  ASSERT_OK_AND_ASSIGN(const MapOutput output, WriteOutput(&writer, 7, 10, ShuffleOrder::kByKey));
  ShuffleInput input = InputOf({output}, 0, ShuffleOrder::kByKey);
  input.segments[0].map_index = 7;
  writer.service->Drop(ShuffleId(1));
  std::vector<FetchFailure> failures;
  EXPECT_THAT(ReadAll(&reader, input, &failures), HasCode(Code::kAborted));
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].map_index, 7);
  EXPECT_FALSE(failures[0].server_unreachable);

  writer.server->Stop();
  EXPECT_THAT(ReadAll(&reader, input, &failures), HasCode(Code::kAborted));
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_TRUE(failures[1].server_unreachable);
}

TEST(ShuffleServiceTest, AnOutputWithAFlippedBitIsToldAsAFetchFailureOfThatMapAlone) {
  for (const ShuffleOrder order : {ShuffleOrder::kByKey, ShuffleOrder::kNone}) {
    Runner runner(JobMode::kDisk, 64 << 20);
    std::vector<MapOutput> outputs;
    for (int map = 0; map < 3; ++map) {
      ASSERT_OK_AND_ASSIGN(MapOutput output, WriteOutput(&runner, map, 1000, order));
      outputs.push_back(std::move(output));
    }
    const std::string prefix = PartitionServer::kPathPrefix;
    const std::string file = runner.dir.path() + "/" + outputs[1].path.substr(prefix.size());
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(40);
    const int byte = bytes.get();
    bytes.seekp(40);
    bytes.put(static_cast<char>(byte ^ 1));
    bytes.close();
    ASSERT_TRUE(bytes) << file;

    std::vector<FetchFailure> failures;
    EXPECT_THAT(ReadAll(&runner, InputOf(outputs, 0, order), &failures), HasCode(Code::kDataLoss));
    ASSERT_EQ(failures.size(), 1u);
    EXPECT_EQ(failures[0].map_index, 1);
    EXPECT_EQ(failures[0].path, outputs[1].path);
    EXPECT_FALSE(failures[0].server_unreachable);
    EXPECT_OK(ReadAll(&runner, InputOf(outputs, 1, order), &failures));  // its other part is whole
    EXPECT_EQ(failures.size(), 1u);
  }
}

TEST(ShuffleServiceTest, AStrangerWithoutTheSecretGetsNothing) {
  Runner writer(JobMode::kMemory, 64 << 20);
  ASSERT_OK_AND_ASSIGN(const MapOutput output, WriteOutput(&writer, 0, 10, ShuffleOrder::kByKey));
  HttpSegmentFetcher stranger({.secret = "guessed", .attempts = 1});
  std::string got;
  const Status s = stranger.Fetch(InputOf({output}, 0, ShuffleOrder::kByKey).segments[0],
                                  [&got](std::string_view piece) {
                                    got.append(piece);
                                    return Status::Ok();
                                  });
  EXPECT_THAT(s, HasCode(Code::kUnauthenticated));
  EXPECT_EQ(got, "");
}

TEST(ShuffleServiceTest, ALosersOutputIsRemovedAlone) {
  Runner runner(JobMode::kDisk, 64 << 20);
  ASSERT_OK_AND_ASSIGN(const MapOutput loser, WriteOutput(&runner, 0, 10, ShuffleOrder::kByKey));
  ASSERT_OK_AND_ASSIGN(const MapOutput winner, WriteOutput(&runner, 0, 10, ShuffleOrder::kByKey));
  runner.service->DropOutput(ShuffleId(1), loser.path);
  EXPECT_FALSE(ReadAll(&runner, InputOf({loser}, 0, ShuffleOrder::kByKey)).ok());
  EXPECT_OK(ReadAll(&runner, InputOf({winner}, 0, ShuffleOrder::kByKey)));
}

}  // namespace
}  // namespace tusk::mapreduce
