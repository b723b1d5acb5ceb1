#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/io/env.h"
#include "common/kv/leveldb_store.h"
#include "common/kv/memory_store.h"
#include "common/testing/fault_env.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<std::pair<std::string, std::string>> All(KvIterator* it) {
  std::vector<std::pair<std::string, std::string>> all;
  for (; it->Valid(); it->Next()) all.emplace_back(it->key(), it->value());
  EXPECT_OK(it->status());
  return all;
}

class KvStoreTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      store_ = std::make_unique<MemoryStore>();
    } else {
      ASSERT_OK_AND_ASSIGN(store_, OpenLevelDb(dir_.File("db"), {}));
    }
  }

  TempDir dir_;
  std::unique_ptr<KvStore> store_;
};

// The disk stops at each write in turn, and goes on with what was durable or a part of the rest:
// what was synced is there, later batches whole or not at all, and the store opens.
TEST(LevelDbOnAFaultEnvTest, KeepsEverySyncedBatchWhereverThePowerGoes) {
  constexpr int kBatches = 60;
  const std::string filler(2000, 'x');        // some memtables are filled, some tables merged
  for (uint64_t way = 0; way <= 10; ++way) {  // 0: everything unsynced is gone
    for (int n = 1;; ++n) {
      const uint64_t seed = 1000 * way + static_cast<uint64_t>(n);
      SCOPED_TRACE("stopped at write " + std::to_string(n) + ", torn by " + std::to_string(seed));
      FaultEnv env;
      ASSERT_OK(env.MakeDirs("/db"));
      if (way > 0) env.TearAtCrash(seed);
      env.FailAfterWrites(n);
      const LevelDbOptions options{.write_buffer_bytes = 64 << 10, .compress = false, .env = &env};
      int synced = 0;
      if (auto store = OpenLevelDb("/db", options); store.ok()) {
        for (int i = 1; i <= kBatches; ++i) {
          KvBatch batch;
          batch.Put("first", std::to_string(i));
          batch.Put("second", std::to_string(i));
          batch.Put("filler" + std::to_string(i % 9), filler);
          if (!(*store)->Write(batch, WriteSync::kYes).ok()) break;
          synced = i;
        }
      }
      const bool stopped = env.failed();
      env.Crash();
      auto store = OpenLevelDb("/db", options);
      if (!store.ok()) store = OpenLevelDb("/db", {.paranoid = false, .env = &env});
      if (!store.ok()) {
        ASSERT_OK(RepairLevelDb("/db", &env));
        store = OpenLevelDb("/db", options);
      }
      ASSERT_OK(store);
      const auto newest = [it = (*store)->NewIterator()](const char* key) {
        it->Seek(key);
        return it->Valid() && it->key() == key ? std::string(it->value()) : std::string("0");
      };
      EXPECT_EQ(newest("second"), newest("first"));
      EXPECT_GE(std::stoi(newest("first")), synced);
      if (!stopped) break;
    }
  }
}

TEST_P(KvStoreTest, ABatchPutsAndDeletes) {
  ASSERT_OK(store_->Put("a", "1", WriteSync::kNo));
  KvBatch batch;
  batch.Put("b", std::string("2\0x", 3));
  batch.Delete("a");
  EXPECT_EQ(batch.bytes(), 5u);
  ASSERT_OK(store_->Write(batch, WriteSync::kYes));
  EXPECT_THAT(store_->Get("a"), HasCode(Code::kNotFound));
  EXPECT_EQ(*store_->Get("b"), std::string("2\0x", 3));
}

TEST_P(KvStoreTest, IteratesInOrderOverTheStoreAsItWas) {
  for (const char* key : {"c", "a", "b"}) ASSERT_OK(store_->Put(key, key, WriteSync::kNo));
  const auto it = store_->NewIterator();
  ASSERT_OK(store_->Put("d", "d", WriteSync::kNo));
  ASSERT_OK(store_->Delete("b", WriteSync::kNo));
  it->SeekToFirst();
  EXPECT_THAT(All(it.get()), ElementsAre(Pair("a", "a"), Pair("b", "b"), Pair("c", "c")));
  it->Seek("aa");
  EXPECT_THAT(All(it.get()), ElementsAre(Pair("b", "b"), Pair("c", "c")));
  const auto now = store_->NewIterator();
  now->Seek("b");
  EXPECT_THAT(All(now.get()), ElementsAre(Pair("c", "c"), Pair("d", "d")));
}

INSTANTIATE_TEST_SUITE_P(Stores, KvStoreTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Memory" : "LevelDb"; });

TEST(MemoryStoreTest, APowerLossTakesWhatWasNotSynced) {
  MemoryStore store;
  ASSERT_OK(store.Put("a", "1", WriteSync::kYes));
  ASSERT_OK(store.Put("a", "2", WriteSync::kNo));
  store.LosePower();
  EXPECT_EQ(*store.Get("a"), "1");
  store.FailWrites(ResourceExhaustedError("full"));
  EXPECT_THAT(store.Put("b", "", WriteSync::kNo), HasCode(Code::kResourceExhausted));
  EXPECT_EQ(store.size(), 1u);
}

TEST(LevelDbTest, WhatWasWrittenIsThereAfterReopening) {
  TempDir dir;
  {
    ASSERT_OK_AND_ASSIGN(auto store, OpenLevelDb(dir.File("db"), {}));
    ASSERT_OK(store->Put("k", "v", WriteSync::kYes));
    EXPECT_THAT(OpenLevelDb(dir.File("db"), {}), HasCode(Code::kFailedPrecondition));
  }
  ASSERT_OK_AND_ASSIGN(auto store, OpenLevelDb(dir.File("db"), {.create_if_missing = false}));
  EXPECT_EQ(*store->Get("k"), "v");
  store.reset();
  ASSERT_OK(DestroyLevelDb(dir.File("db")));
  EXPECT_FALSE(OpenLevelDb(dir.File("db"), {.create_if_missing = false}).ok());
}

TEST(LevelDbTest, ADamagedLogStopsAParanoidOpenAndLosesItsBatchOtherwise) {
  TempDir dir;
  const std::string db = dir.File("db");
  {
    ASSERT_OK_AND_ASSIGN(auto store, OpenLevelDb(db, {}));
    ASSERT_OK(store->Put("k", std::string(100, 'v'), WriteSync::kYes));
  }
  Env* const env = Env::Posix();
  ASSERT_OK_AND_ASSIGN(const auto entries, env->List(db));
  for (const DirEntry& entry : entries) {
    if (!entry.name.ends_with(".log")) continue;
    ASSERT_OK_AND_ASSIGN(auto log, env->Open(JoinPath(db, entry.name), OpenMode::kReadWrite));
    ASSERT_OK(log->WriteAt(60, "#"));
  }
  EXPECT_THAT(OpenLevelDb(db, {}), HasCode(Code::kDataLoss));
  ASSERT_OK_AND_ASSIGN(auto store, OpenLevelDb(db, {.paranoid = false}));
  EXPECT_THAT(store->Get("k"), HasCode(Code::kNotFound));
}

TEST(LevelDbTest, ReadsVerifyChecksums) {
  TempDir dir;
  const std::string db = dir.File("db");
  const LevelDbOptions options{.compress = false};
  {
    ASSERT_OK_AND_ASSIGN(auto store, OpenLevelDb(db, options));
    ASSERT_OK(store->Put("k", std::string(1000, 'v'), WriteSync::kYes));
    store->Compact("", "z");  // into a table
  }
  Env* const env = Env::Posix();
  ASSERT_OK_AND_ASSIGN(const auto entries, env->List(db));
  int damaged = 0;
  for (const DirEntry& entry : entries) {
    if (!entry.name.ends_with(".ldb")) continue;
    ASSERT_OK_AND_ASSIGN(auto table, env->Open(JoinPath(db, entry.name), OpenMode::kReadWrite));
    ASSERT_OK(table->WriteAt(200, "#"));
    ++damaged;
  }
  ASSERT_EQ(damaged, 1);
  ASSERT_OK_AND_ASSIGN(auto store, OpenLevelDb(db, options));
  EXPECT_THAT(store->Get("k"), HasCode(Code::kDataLoss));
  const auto it = store->NewIterator();
  it->SeekToFirst();
  EXPECT_FALSE(it->Valid());
  EXPECT_THAT(it->status(), HasCode(Code::kDataLoss));
}

}  // namespace
}  // namespace tusk
