#include "datanode/storage/replica_store.h"

#include <thread>

#include "common/fault/fault_point.h"
#include "datanode/storage/store_fixture.h"

namespace tusk::datanode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using ReplicaStoreTest = StoreTest;

TEST_F(ReplicaStoreTest, AReplicaIsWrittenFinalizedAndReadBack) {
  Start();
  ASSERT_OK(Put(1, 1300));
  EXPECT_THAT(listener_.Take(), ElementsAre("receiving blk_1_1001 0", "received blk_1_1001 1300"));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1));
  EXPECT_EQ(bytes, Pattern(1300));
  EXPECT_TRUE(env_.Exists("/d1/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0/blk_1"));
  ASSERT_OK_AND_ASSIGN(const FileInfo meta,
                       env_.Stat("/d1/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0/"
                                 "blk_1_1001.meta"));
  EXPECT_EQ(meta.size, 7 + 3 * 4);
}

TEST_F(ReplicaStoreTest, FinalizedFoldersFollowTheBlockId) {
  Start();
  ASSERT_OK(Put(0x40123456, 10));
  EXPECT_TRUE(env_.Exists(
      "/d1/current/BP-1-127.0.0.1-1/current/finalized/subdir18/subdir20/blk_1074934870"));
}

TEST_F(ReplicaStoreTest, AnExistingReplicaIsNotCreatedAgain) {
  Start();
  ASSERT_OK(Put(1, 10));
  EXPECT_THAT(Create(1, 1002), HasReason(Reason::kReplicaAlreadyExists));
}

TEST_F(ReplicaStoreTest, AForeignPoolIsRefused) {
  Start();
  ExtendedBlock foreign = TestBlock(1, 1001);
  foreign.pool_id = "BP-other";
  EXPECT_THAT(store_->CreateRbw(foreign, {}, DataChecksum{}, Session()),
              MessageContains("BP-other"));
  EXPECT_THAT(store_->OpenForRead(foreign), HasReason(Reason::kReplicaNotFound));
}

TEST_F(ReplicaStoreTest, ReadersOfAReplicaBeingWrittenSeeWhatIsAcknowledged) {
  Start();
  ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
  const std::string data = Pattern(1000);
  ASSERT_OK(writer->Write(0, data, SumsOf(writer->checksum(), data), writer->checksum()));
  ASSERT_OK_AND_ASSIGN(int64_t visible, store_->VisibleLength(TestBlock(1, 1001)));
  EXPECT_EQ(visible, 0);
  writer->Acked(700);
  ASSERT_OK_AND_ASSIGN(visible, store_->VisibleLength(TestBlock(1, 1001)));
  EXPECT_EQ(visible, 700);
  ASSERT_OK_AND_ASSIGN(const ReplicaReader reader, store_->OpenForRead(TestBlock(1, 1001)));
  EXPECT_EQ(reader.length, 700);
  EXPECT_FALSE(reader.tail_crc.has_value());
}

TEST_F(ReplicaStoreTest, AnOlderReplicaThanAskedForIsNotFound) {
  Start();
  ASSERT_OK(Put(1, 10, 1001));
  EXPECT_THAT(store_->OpenForRead(TestBlock(1, 1002)), HasReason(Reason::kReplicaNotFound));
  EXPECT_OK(store_->OpenForRead(TestBlock(1, 1000)));
}

TEST_F(ReplicaStoreTest, AppendReopensAFinalizedReplicaUnderItsNewStamp) {
  Start();
  ASSERT_OK(Put(1, 700));
  ASSERT_OK_AND_ASSIGN(auto writer,
                       store_->Append(TestBlock(1, 1001), GenerationStamp(1002), 700, Session()));
  // Only the new bytes, in the partial chunk, then from a boundary on.
  const std::string all = Pattern(2000);
  ASSERT_OK(WriteAll(writer.get(), 700, all.substr(700, 324)));
  ASSERT_OK(WriteAll(writer.get(), 1024, all.substr(1024)));
  ASSERT_OK(store_->Finalize(std::move(writer)));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1, 1002));
  EXPECT_EQ(bytes, all);
  EXPECT_THAT(store_->Append(TestBlock(1, 1001), GenerationStamp(1003), 2000, Session()),
              HasReason(Reason::kReplicaNotFound));
  EXPECT_THAT(store_->Append(TestBlock(1, 1002), GenerationStamp(1003), 1999, Session()),
              MessageContains("expected length is 1999"));
}

TEST_F(ReplicaStoreTest, AppendDoesNotContinueWrongBytes) {
  Start();
  ASSERT_OK(Put(1, 700));
  listener_.Take();
  ASSERT_OK(
      env_.Corrupt("/d1/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0/blk_1", 650));
  EXPECT_THAT(store_->Append(TestBlock(1, 1001), GenerationStamp(1002), 700, Session()),
              HasCode(Code::kDataLoss));
  EXPECT_THAT(listener_.Take(), ElementsAre("bad blk_1_1001 700"));
}

TEST_F(ReplicaStoreTest, RecoveryOfAPipelineCutsToWhatWasAcknowledged) {
  Start();
  const std::string data = Pattern(3000);
  {
    ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
    ASSERT_OK(writer->Write(0, data, SumsOf(writer->checksum(), data), writer->checksum()));
    writer->Acked(1700);
  }
  EXPECT_THAT(store_->RecoverRbw(TestBlock(1, 1001), GenerationStamp(1002), 1800, 3000, Session()),
              MessageContains("Unmatched length"));
  EXPECT_THAT(store_->RecoverRbw(TestBlock(1, 1001), GenerationStamp(1002), 1700, 2999, Session()),
              MessageContains("Unmatched length"));
  ASSERT_OK_AND_ASSIGN(auto writer, store_->RecoverRbw(TestBlock(1, 1001), GenerationStamp(1002),
                                                       1700, 3000, Session()));
  EXPECT_EQ(writer->length(), 1700);
  // As a Java client does: the whole partial chunk again.
  ASSERT_OK(WriteAll(writer.get(), 1536, data.substr(1536)));
  ASSERT_OK(store_->Finalize(std::move(writer)));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1, 1002));
  EXPECT_EQ(bytes, data);
}

TEST_F(ReplicaStoreTest, RecoveryStopsTheOldWriterFirst) {
  Start();
  std::atomic<bool> stopped = false;
  auto session = std::make_shared<WriterSession>([&] { stopped = true; });
  ASSERT_OK_AND_ASSIGN(auto old_writer,
                       store_->CreateRbw(TestBlock(1, 1001), {}, DataChecksum{}, session));
  ASSERT_OK(WriteAll(old_writer.get(), 0, Pattern(512)));
  std::thread stale([&, writer = std::move(old_writer)]() mutable {
    while (!writer->stopped()) std::this_thread::yield();
    // What it still wanted to do comes too late.
    EXPECT_THAT(store_->Finalize(std::move(writer)), HasCode(Code::kCancelled));
  });
  ASSERT_OK_AND_ASSIGN(auto writer, store_->RecoverRbw(TestBlock(1, 1001), GenerationStamp(1002),
                                                       512, 512, Session()));
  stale.join();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(writer->length(), 512);
}

TEST_F(ReplicaStoreTest, AWriterThatDoesNotStopMakesRecoveryFail) {
  ReplicaStoreOptions options;
  options.volumes = {{"/d1"}};
  options.writer_stop_timeout = std::chrono::milliseconds(1);
  ReplicaStoreDeps deps{&env_, &deletions_, &listener_, indexes_.Opener(), nullptr};
  ASSERT_OK_AND_ASSIGN(store_, ReplicaStore::Open(options, deps));
  ASSERT_OK(store_->Join(TestNamespace()));
  ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
  EXPECT_THAT(store_->RecoverRbw(TestBlock(1, 1001), GenerationStamp(1002), 0, 10, Session()),
              HasCode(Code::kDeadlineExceeded));
}

TEST_F(ReplicaStoreTest, CloseRecoveryFinalizesWithTheNewStamp) {
  Start();
  {
    ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
    ASSERT_OK(WriteAll(writer.get(), 0, Pattern(600)));
  }
  ASSERT_OK(store_->RecoverClose(TestBlock(1, 1001), GenerationStamp(1002), 600));
  // Again, now finalized: the answer may have been lost.
  ASSERT_OK(store_->RecoverClose(TestBlock(1, 1001), GenerationStamp(1003), 600));
  ASSERT_OK_AND_ASSIGN(const ReplicaSnapshot now, store_->Find(TestBlock(1, 0)));
  EXPECT_EQ(now.state, ReplicaState::kFinalized);
  EXPECT_EQ(now.block.generation_stamp, GenerationStamp(1003));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1, 1003));
  EXPECT_EQ(bytes, Pattern(600));
}

TEST_F(ReplicaStoreTest, ATemporaryReplicaIsInvisibleUntilItIsFinalized) {
  Start();
  ASSERT_OK_AND_ASSIGN(auto writer,
                       store_->CreateTemporary(TestBlock(1, 1001), {}, DataChecksum{}, Session()));
  ASSERT_OK(WriteAll(writer.get(), 0, Pattern(100)));
  EXPECT_THAT(store_->OpenForRead(TestBlock(1, 1001)), HasReason(Reason::kReplicaNotFound));
  EXPECT_THAT(store_->Snapshot().at(0).replicas, IsEmpty());
  EXPECT_THAT(listener_.Take(), IsEmpty());
  ASSERT_OK(store_->Finalize(std::move(writer)));
  EXPECT_THAT(listener_.Take(), ElementsAre("received blk_1_1001 100"));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1));
  EXPECT_EQ(bytes, Pattern(100));
}

TEST_F(ReplicaStoreTest, AnAbandonedCopyLeavesNothingAndMayComeAgain) {
  Start();
  std::shared_ptr<Replica> replica;
  {
    ASSERT_OK_AND_ASSIGN(
        auto writer, store_->CreateTemporary(TestBlock(1, 1001), {}, DataChecksum{}, Session()));
    replica = writer->replica();
  }
  store_->AbandonTemporary(replica);
  EXPECT_EQ(store_->replica_count(), 0);
  EXPECT_FALSE(env_.Exists("/d1/current/BP-1-127.0.0.1-1/tmp/blk_1"));
  EXPECT_OK(store_->CreateTemporary(TestBlock(1, 1001), {}, DataChecksum{}, Session()));
}

TEST_F(ReplicaStoreTest, ATransferredRbwJoinsAPipeline) {
  Start();
  ASSERT_OK_AND_ASSIGN(auto copy,
                       store_->CreateTemporary(TestBlock(1, 1001), {}, DataChecksum{}, Session()));
  ASSERT_OK(WriteAll(copy.get(), 0, Pattern(900)));
  ASSERT_OK(store_->ConvertToRbw(std::move(copy)));
  ASSERT_OK_AND_ASSIGN(auto writer, store_->RecoverRbw(TestBlock(1, 1001), GenerationStamp(1002),
                                                       900, 900, Session()));
  ASSERT_OK(store_->Finalize(std::move(writer)));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1, 1002));
  EXPECT_EQ(bytes, Pattern(900));
}

TEST_F(ReplicaStoreTest, InvalidationSparesANewerReplica) {
  Start();
  ASSERT_OK(Put(1, 10, 1005));
  ASSERT_OK(Put(2, 10, 1005));
  listener_.Take();
  store_->Invalidate({TestBlock(1, 1004).block, TestBlock(2, 1005).block});
  deletions_.RunAll();
  EXPECT_THAT(listener_.Take(), ElementsAre("received blk_1_1005 10", "deleted blk_2_1005 10"));
  EXPECT_OK(ReadBack(1, 1005));
  EXPECT_FALSE(env_.Exists("/d1/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0/blk_2"));
  EXPECT_EQ(store_->StorageReports().at(0).dfs_used_bytes, Volume::UsedBy(10));
}

TEST_F(ReplicaStoreTest, InvalidationOfWhatIsNotHereIsAnswered) {
  Start();
  store_->Invalidate({TestBlock(7, 1004).block});
  deletions_.RunAll();
  EXPECT_THAT(listener_.Take(), ElementsAre("deleted blk_7_1004 " +
                                            std::to_string(TestBlock(7, 1004).block.num_bytes)));
}

TEST_F(ReplicaStoreTest, AnOpenReaderOutlivesInvalidation) {
  Start();
  ASSERT_OK(Put(1, 1000));
  ASSERT_OK_AND_ASSIGN(const ReplicaReader reader, store_->OpenForRead(TestBlock(1, 1001)));
  store_->Invalidate({TestBlock(1, 1001).block});
  deletions_.RunAll();
  std::string bytes(1000, '\0');
  ASSERT_OK(reader.data->ReadAt(0, bytes.data(), bytes.size()));
  EXPECT_EQ(bytes, Pattern(1000));
}

TEST_F(ReplicaStoreTest, BlockRecoveryAgreesAndFinalizes) {
  Start();
  {
    ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
    ASSERT_OK(WriteAll(writer.get(), 0, Pattern(1500)));
    writer->Acked(1500);
  }
  ASSERT_OK_AND_ASSIGN(const ReplicaRecoveryInfo info,
                       store_->InitRecovery(TestBlock(1, 1001), 1010));
  EXPECT_EQ(info.state, ReplicaState::kRbw);
  EXPECT_EQ(info.block.num_bytes, 1500);
  EXPECT_EQ(info.bytes_acked, 1500);
  EXPECT_THAT(store_->InitRecovery(TestBlock(1, 1001), 1009),
              HasReason(Reason::kRecoveryInProgress));
  ASSERT_OK(store_->InitRecovery(TestBlock(1, 1001), 1011));
  EXPECT_THAT(store_->UpdateRecovery(TestBlock(1, 1001), 1010, 1400),
              HasReason(Reason::kRecoveryInProgress));
  EXPECT_THAT(store_->UpdateRecovery(TestBlock(1, 1001), 1011, 1501), HasCode(Code::kOutOfRange));
  listener_.Take();
  ASSERT_OK(store_->UpdateRecovery(TestBlock(1, 1001), 1011, 1400));
  EXPECT_THAT(listener_.Take(), ElementsAre("received blk_1_1011 1400"));
  ASSERT_OK(store_->UpdateRecovery(TestBlock(1, 1001), 1011, 1400));  // asked again
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1, 1011));
  EXPECT_EQ(bytes, Pattern(1400));
}

TEST_F(ReplicaStoreTest, AFullVolumeIsPassedOverAndNamed) {
  Start({{"/d1"}, {"/ssd", StorageType::kSsd}});
  env_.SetCapacity(1 << 20);
  ReplicaStore::Placement where;
  where.expected_bytes = 128 << 20;
  const auto refused = store_->CreateRbw(TestBlock(1, 1001), where, DataChecksum{}, Session());
  EXPECT_THAT(refused, HasCode(Code::kResourceExhausted));
  EXPECT_THAT(refused, MessageContains("/d1 has"));
  EXPECT_THAT(refused, MessageContains("/ssd is SSD"));
  where.expected_bytes = 1000;
  where.type = StorageType::kSsd;
  ASSERT_OK_AND_ASSIGN(auto writer,
                       store_->CreateRbw(TestBlock(1, 1001), where, DataChecksum{}, Session()));
  EXPECT_EQ(writer->replica()->volume()->dir(), "/ssd");
}

TEST_F(ReplicaStoreTest, ADiskThatFillsUpFailsTheWriteAndStaysInUse) {
  Start();
  ASSERT_OK(Put(1, 1000));
  ASSERT_OK_AND_ASSIGN(auto writer, Create(2));
  env_.SetCapacity(3000);
  EXPECT_THAT(WriteAll(writer.get(), 0, Pattern(100'000)), HasCode(Code::kResourceExhausted));
  store_->CheckVolumes();
  EXPECT_EQ(store_->failed_volumes(), 0);
  EXPECT_OK(ReadBack(1));
}

TEST_F(ReplicaStoreTest, AVolumeThatDoesNotTakeWritesFailsAloneOrEndsTheDatanode) {
  tolerated_ = 1;
  Start({{"/d1"}, {"/d2"}});
  ASSERT_OK(Put(1, 100));
  env_.FailSyncs(true);
  store_->CheckVolumes();
  // Both are on the one disk of this test.
  EXPECT_EQ(store_->failed_volumes(), 2);
  EXPECT_THAT(fatal_, testing::HasSubstr("too many volumes failed"));
  EXPECT_THAT(store_->OpenForRead(TestBlock(1, 1001)), HasReason(Reason::kReplicaNotFound));
  EXPECT_TRUE(store_->StorageReports().at(0).failed);
}

TEST_F(ReplicaStoreTest, FinalizingThatFailsTellsNobodyThatItWorked) {
  Start();
  ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
  ASSERT_OK(WriteAll(writer.get(), 0, Pattern(100)));
  listener_.Take();
  const ScopedFault fault("datanode.storage.finalize.between_renames", Fault::Error());
  EXPECT_FALSE(store_->Finalize(std::move(writer)).ok());
  EXPECT_THAT(listener_.Take(), IsEmpty());
}

TEST_F(ReplicaStoreTest, ReconcilingMendsWhatTheDiskAndTheMapDisagreeOn) {
  Start();
  ASSERT_OK(Put(1, 600));
  ASSERT_OK(Put(2, 600));
  ASSERT_OK(Put(3, 600));
  const std::string dir = "/d1/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0/";
  ASSERT_OK(env_.Remove(dir + "blk_1"));
  {
    ASSERT_OK_AND_ASSIGN(auto file, env_.Open(dir + "blk_2", OpenMode::kReadWrite));
    ASSERT_OK(file->Truncate(100));
  }
  // A replica that somebody copied in.
  ASSERT_OK_AND_ASSIGN(const std::string data, env_.ReadFile(dir + "blk_3"));
  ASSERT_OK_AND_ASSIGN(const std::string meta, env_.ReadFile(dir + "blk_3_1001.meta"));
  ASSERT_OK(env_.WriteFileAtomically(dir + "blk_9", data));
  ASSERT_OK(env_.WriteFileAtomically(dir + "blk_9_1007.meta", meta));
  listener_.Take();
  ASSERT_OK_AND_ASSIGN(const int64_t differences, store_->Reconcile());
  EXPECT_EQ(differences, 3);
  EXPECT_THAT(listener_.Take(),
              testing::UnorderedElementsAre("deleted blk_1_1001 600", "bad blk_2_1001 600",
                                            "received blk_9_1007 600"));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(9, 1007));
  EXPECT_EQ(bytes, Pattern(600));
}

TEST_F(ReplicaStoreTest, ReplicasThatFinishTogetherShareTheSyncOfTheirFolder) {
  FolderSync sync(&env_);
  ASSERT_OK(env_.MakeDirs("/x"));
  ASSERT_OK(env_.MakeDirs("/y"));
  constexpr int kThreads = 8;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) EXPECT_OK(sync.Sync("/x", "/y"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sync.calls(), kThreads * 200);
  EXPECT_LE(sync.syncs(), 2 * sync.calls());
}

}  // namespace
}  // namespace tusk::datanode
