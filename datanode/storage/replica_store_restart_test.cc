// What a store finds when it starts: after a clean stop, a kill, on a strange directory.
#include <thread>

#include "common/base/bytes.h"
#include "datanode/storage/store_fixture.h"

namespace tusk::datanode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using RestartTest = StoreTest;

constexpr char kFinalizedDir[] = "/d1/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0/";

TEST_F(RestartTest, ACleanStopNeedsNoCrawl) {
  Start();
  ASSERT_OK(Put(1, 600));
  store_.reset();
  // Seen only by a crawl.
  ASSERT_OK(env_.WriteFileAtomically(std::string(kFinalizedDir) + "blk_7", ""));
  ASSERT_OK(env_.WriteFileAtomically(std::string(kFinalizedDir) + "blk_7_1001.meta",
                                     EncodeMetaHeader(DataChecksum{})));
  Start();
  EXPECT_EQ(store_->replica_count(), 1);
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1));
  EXPECT_EQ(bytes, Pattern(600));
}

TEST_F(RestartTest, AnotherBootMakesTheIndexWorthless) {
  Start();
  ASSERT_OK(Put(1, 600));
  store_.reset();
  boot_id_ = "boot-2";
  ASSERT_OK(env_.WriteFileAtomically(std::string(kFinalizedDir) + "blk_7", ""));
  ASSERT_OK(env_.WriteFileAtomically(std::string(kFinalizedDir) + "blk_7_1001.meta",
                                     EncodeMetaHeader(DataChecksum{})));
  Start();
  EXPECT_EQ(store_->replica_count(), 2);
}

TEST_F(RestartTest, AReplicaBeingWrittenBecomesRwrWithItsValidPrefix) {
  Start();
  ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
  ASSERT_OK(WriteAll(writer.get(), 0, Pattern(2000)));
  writer.reset();
  store_.reset();
  // The last chunk's bytes did not all reach the disk.
  ASSERT_OK(env_.Corrupt("/d1/current/BP-1-127.0.0.1-1/current/rbw/blk_1", 1900));
  Start();
  ASSERT_OK_AND_ASSIGN(const ReplicaSnapshot now, store_->Find(TestBlock(1, 1001)));
  EXPECT_EQ(now.state, ReplicaState::kRwr);
  EXPECT_EQ(now.block.num_bytes, 1536);
  ASSERT_OK(store_->InitRecovery(TestBlock(1, 1001), 1002));
  ASSERT_OK(store_->UpdateRecovery(TestBlock(1, 1001), 1002, 1500));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1, 1002));
  EXPECT_EQ(bytes, Pattern(1500));
}

TEST_F(RestartTest, WhatWasHsyncedSurvivesAPowerLossUnderTheStampOfTheLastRecovery) {
  Start();
  {
    ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
    ASSERT_OK(WriteAll(writer.get(), 0, Pattern(700)));
  }
  {
    ASSERT_OK_AND_ASSIGN(auto writer, store_->RecoverRbw(TestBlock(1, 1001), GenerationStamp(1002),
                                                         700, 700, Session()));
    ASSERT_OK(WriteAll(writer.get(), 700, Pattern(1000).substr(700)));
    ASSERT_OK(writer->Hsync());
    env_.Crash();
  }
  store_.reset();
  Start();
  ASSERT_OK_AND_ASSIGN(const ReplicaSnapshot now, store_->Find(TestBlock(1, 1002)));
  EXPECT_EQ(now.block, (Block{BlockId(1), GenerationStamp(1002), 1000}));
  EXPECT_EQ(now.state, ReplicaState::kRwr);
}

TEST_F(RestartTest, AnIndexThatTakesNothingMoreCostsACrawlAndNoReplica) {
  Start();
  ASSERT_OK(Put(1, 600));
  indexes_.FailWrites(ResourceExhaustedError("the disk is full"));
  ASSERT_OK(Put(2, 600));
  indexes_.FailWrites(Status::Ok());
  ASSERT_OK(Put(3, 600));
  store_.reset();
  Start();
  EXPECT_EQ(store_->replica_count(), 3);
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(2));
  EXPECT_EQ(bytes, Pattern(600));
}

TEST_F(RestartTest, AnIndexWithAnImpossibleLengthCostsACrawlAndNoReplica) {
  Start();
  ASSERT_OK(Put(1, 600));
  for (const uint64_t length : {uint64_t{1} << 51, uint64_t{INT64_MAX} - 5, UINT64_MAX}) {
    store_.reset();
    std::string key;
    std::string value;
    AppendBigEndian(&key, int64_t{1});
    AppendVarint(&value, 1001);
    AppendVarint(&value, length);
    const auto index = indexes_.Opener()("/d1/current/BP-1-127.0.0.1-1/index", false).value();
    ASSERT_OK(index->Put(key, value, WriteSync::kNo));
    Start();
    ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1));
    EXPECT_EQ(bytes, Pattern(600));
    EXPECT_EQ(store_->StorageReports().at(0).dfs_used_bytes, Volume::UsedBy(600));
  }
}

TEST_F(RestartTest, CopiesThatWereComingInAreGone) {
  Start();
  {
    ASSERT_OK_AND_ASSIGN(
        auto writer, store_->CreateTemporary(TestBlock(1, 1001), {}, DataChecksum{}, Session()));
    ASSERT_OK(WriteAll(writer.get(), 0, Pattern(2000)));
  }
  store_.reset();
  Start();
  EXPECT_EQ(store_->replica_count(), 0);
  EXPECT_FALSE(env_.Exists("/d1/current/BP-1-127.0.0.1-1/tmp/blk_1"));
}

TEST_F(RestartTest, AForeignClusterIsRefusedNamingBoth) {
  Start();
  store_.reset();
  ASSERT_OK_AND_ASSIGN(store_, OpenStore());
  NamespaceInfo other = TestNamespace();
  other.cluster_id = "CID-other";
  const Status refused = store_->Join(other);
  EXPECT_THAT(refused, HasCode(Code::kFailedPrecondition));
  EXPECT_THAT(refused, MessageContains("CID-test"));
  EXPECT_THAT(refused, MessageContains("CID-other"));
}

TEST_F(RestartTest, DirectoriesOfTwoDatanodesAreNotMixed) {
  Start({{"/d1"}});
  store_.reset();
  Start({{"/d2"}});
  store_.reset();
  EXPECT_THAT(OpenStore({{"/d1"}, {"/d2"}}), MessageContains("different DataNodes"));
}

TEST_F(RestartTest, ANewerOrForeignLayoutIsRefusedWithTheCure) {
  Start();
  store_.reset();
  const std::string version = "/d1/current/VERSION";
  ASSERT_OK_AND_ASSIGN(const std::string text, env_.ReadFile(version));
  const auto with_layout = [&](const std::string& layout) {
    std::string changed = text;
    changed.replace(changed.find("layoutVersion=1"), 15, "layoutVersion=" + layout);
    return env_.WriteFileAtomically(version, changed);
  };
  ASSERT_OK(with_layout("2"));
  EXPECT_THAT(OpenStore(), MessageContains("newer than this DataNode's 1"));
  ASSERT_OK(with_layout("-57"));
  EXPECT_THAT(OpenStore(), MessageContains("Apache Hadoop"));
  ASSERT_OK(env_.WriteFileAtomically(version, "rubbish"));
  EXPECT_THAT(OpenStore(), HasCode(Code::kDataLoss));
}

TEST_F(RestartTest, ADirectoryInUseIsRefused) {
  Start();
  EXPECT_FALSE(OpenStore().ok());
}

TEST_F(RestartTest, ADamagedFinalizedReplicaIsReported) {
  Start();
  ASSERT_OK(Put(1, 600));
  store_.reset();
  boot_id_ = "boot-2";
  {
    ASSERT_OK_AND_ASSIGN(auto file,
                         env_.Open(std::string(kFinalizedDir) + "blk_1", OpenMode::kReadWrite));
    ASSERT_OK(file->Truncate(10));
  }
  listener_.Take();
  Start();
  EXPECT_THAT(listener_.Take(), ElementsAre("bad blk_1_1001 10"));
}

}  // namespace
}  // namespace tusk::datanode
