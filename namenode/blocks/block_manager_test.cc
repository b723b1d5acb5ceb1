// The pipeline's life, recovery, safe mode: what the namespace and writers see.
#include "namenode/blocks/blocks_fixture.h"

namespace tusk::namenode {
namespace {

using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Kind = BlockEffect::Kind;

class BlockManagerTest : public BlocksFixture {
 protected:
  void SetUp() override {
    Activate();
    for (const int node : {1, 2, 3}) Join(node);
    executor_.RunAll();
    TakeEffects();
  }
};

TEST_F(BlockManagerTest, ACommittedBlockIsCompleteWhenItsFirstReplicaIsReported) {
  const Block block = BlockOf(1);
  Open(1, {1, 2, 3}, 3);
  ASSERT_OK(blocks_.Commit(block));
  EXPECT_FALSE(blocks_.IsComplete(block.id));
  Received(2, block);
  EXPECT_TRUE(blocks_.IsComplete(block.id));
  EXPECT_THAT(TakeEffects(), ElementsAre(Kind::kBlockComplete));
}

TEST_F(BlockManagerTest, ReplicasReportedBeforeTheCommitCountWhenItComes) {
  const Block block = BlockOf(1);
  Open(1, {1, 2}, 2);
  Received(1, block);
  EXPECT_EQ(blocks_.StateOf(block.id).value(), BlockState::kUnderConstruction);
  ASSERT_OK(blocks_.Commit(block));
  EXPECT_TRUE(blocks_.IsComplete(block.id));
  EXPECT_THAT(HoldersOf(block), ElementsAre(Host(1)));
}

TEST_F(BlockManagerTest, CommitRefusesAnotherGenerationStampAndAnotherLengthButMayBeRepeated) {
  Open(1, {1}, 1);
  EXPECT_THAT(blocks_.Commit(BlockOf(1, 1002)), HasCode(Code::kFailedPrecondition));
  EXPECT_OK(blocks_.Commit(BlockOf(1)));
  EXPECT_OK(blocks_.Commit(BlockOf(1)));
  EXPECT_THAT(blocks_.Commit(BlockOf(1, 1001, 5)), HasCode(Code::kFailedPrecondition));
  EXPECT_THAT(blocks_.Commit(BlockOf(9)), HasCode(Code::kNotFound));
}

TEST_F(BlockManagerTest, ReadersOfAnUnfinishedBlockAreSentToItsPipelineNearestFirst) {
  const Block block = Open(1, {1, 2, 3}, 3);
  EXPECT_THAT(HoldersOf(block), UnorderedElementsAre(Host(1), Host(2), Host(3)));
  EXPECT_EQ(HoldersOf(block, Host(2)).front(), Host(2));
}

TEST_F(BlockManagerTest, AfterAPipelineRecoveryOnlyTheNewGenerationStampCounts) {
  Open(1, {1, 2, 3}, 3);
  ASSERT_OK(blocks_.UpdatePipeline(BlockOf(1, 1001, 0), BlockOf(1, 1005, 100),
                                   {datanodes_.Find(Uuid(1))->id, datanodes_.Find(Uuid(2))->id},
                                   {Storage(1), Storage(2)}));
  Received(3, BlockOf(1, 1001));  // it finalized what it had when it fell out
  Received(1, BlockOf(1, 1005));
  ASSERT_OK(blocks_.Commit(BlockOf(1, 1005)));
  EXPECT_THAT(HoldersOf(BlockOf(1, 1005)), ElementsAre(Host(1)));
}

TEST_F(BlockManagerTest, WhatANodeThatFellOutOfThePipelineHasIsDeletedOnceTheBlockIsComplete) {
  Open(1, {1, 2}, 2);
  ASSERT_OK(blocks_.UpdatePipeline(BlockOf(1, 1001, 0), BlockOf(1, 1005, 0),
                                   {datanodes_.Find(Uuid(1))->id}, {Storage(1)}));
  Received(1, BlockOf(1, 1005));
  ASSERT_OK(blocks_.Commit(BlockOf(1, 1005)));
  Pass(seconds(2), {1, 2, 3});
  const auto deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  EXPECT_EQ(deletions[0].first, Uuid(2));
  EXPECT_EQ(deletions[0].second.blocks[0].generation_stamp, GenerationStamp(1004));
}

TEST_F(BlockManagerTest, ANodeThatFellOutAndHasNothingLeftMayBeGivenACopy) {
  Pass(seconds(60), {1, 2});  // nobody else is there
  Open(1, {1, 2}, 2);
  ASSERT_OK(blocks_.UpdatePipeline(BlockOf(1, 1001, 0), BlockOf(1, 1005, 0),
                                   {datanodes_.Find(Uuid(1))->id}, {Storage(1)}));
  Received(1, BlockOf(1, 1005));
  ASSERT_OK(blocks_.Commit(BlockOf(1, 1005)));
  Pass(seconds(5), {1, 2});
  EXPECT_THAT(commander_.Take<TransferBlock>(), SizeIs(0));  // 2 still has something to delete
  Event(2, ReplicaEventType::kDeleted, BlockOf(1, 1004), {}, /*storage=*/"");
  Pass(seconds(2), {1, 2});
  const auto copies = commander_.Take<TransferBlock>();
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_EQ(copies[0].second.targets[0].id.uuid, Uuid(2));
}

TEST_F(BlockManagerTest, ANewerReplicaEndsTheWaitForTheDeletionOfAnOlderOne) {
  Open(1, {1, 2}, 2);
  ASSERT_OK(blocks_.UpdatePipeline(BlockOf(1, 1001, 0), BlockOf(1, 1005, 0),
                                   {datanodes_.Find(Uuid(1))->id}, {Storage(1)}));
  Received(1, BlockOf(1, 1005));
  ASSERT_OK(blocks_.Commit(BlockOf(1, 1005)));
  Pass(seconds(2), {1, 2, 3});
  EXPECT_EQ(blocks_.Stats().pending_deletion_blocks, 1);
  Received(2, BlockOf(1, 1005));
  EXPECT_EQ(blocks_.Stats().pending_deletion_blocks, 0);
  EXPECT_EQ(blocks_.View(BlockId(1))->live, 2);
}

TEST_F(BlockManagerTest, WhatIsAbandonedOrFailsTakesNoRoomOnItsDatanodes) {
  for (const int node : {1, 2, 3}) Beat(node, 0, /*remaining=*/kBlockBytes * 3 / 2);
  const PlacementRequest request{
      .path = "/f", .additional = 3, .minimum = 3, .block_size_bytes = kBlockBytes};
  for (int64_t id = 1; id < 10; ++id) {  // a client that finds no pipeline that works
    ASSERT_OK_AND_ASSIGN(const auto targets, blocks_.ChooseTargets(request));
    const Block block = BlockOf(id, 1001, 0);
    blocks_.AddUnderConstruction(InodeId(1), block, 3, targets);
    if (id % 2 == 0) {  // it recovers once before it gives up
      ASSERT_OK(blocks_.UpdatePipeline(block, BlockOf(id, 1002, 0), {targets[0].node.id},
                                       {targets[0].storage_id}));
    }
    EXPECT_FALSE(blocks_.ChooseTargets(request).ok());  // they are full with this one
    blocks_.Remove({block.id});
  }
}

TEST_F(BlockManagerTest, UpdatePipelineRefusesWhatIsNotNewer) {
  Open(1, {1}, 1);
  EXPECT_THAT(blocks_.UpdatePipeline(BlockOf(1, 1001, 0), BlockOf(1, 1001, 0), {}, {}),
              HasCode(Code::kFailedPrecondition));
}

TEST_F(BlockManagerTest, AnAppendedBlockTurnsItsReplicasIntoThePipeline) {
  const Block block = Complete(1, {1, 2}, 2);
  ASSERT_OK_AND_ASSIGN(const auto pipeline, blocks_.Reopen(block.id, Host(2)));
  ASSERT_THAT(pipeline, SizeIs(2));
  EXPECT_EQ(pipeline[0].node.id.ip_addr, Host(2));
  EXPECT_EQ(pipeline[0].storage_id, Storage(2));
  EXPECT_EQ(blocks_.StateOf(block.id).value(), BlockState::kUnderConstruction);
  EXPECT_EQ(blocks_.GetTotals().complete, 0);
}

TEST_F(BlockManagerTest, NoTargetSaysInHadoopsWordsHowManyNodesThereAreAndWhyEachWasLeftOut) {
  Beat(3, 0, /*remaining=*/100);
  Register(4, "/r1");  // has not reported
  const auto targets = blocks_.ChooseTargets(
      {.path = "/t/ex",
       .additional = 1,
       .block_size_bytes = kBlockBytes,
       .excluded = {datanodes_.Find(Uuid(1))->id, datanodes_.Find(Uuid(2))->id}});
  EXPECT_THAT(targets, HasCode(Code::kUnavailable));
  EXPECT_THAT(targets.status().message(),
              HasSubstr("File /t/ex could only be written to 0 of the 1 minReplication nodes. "
                        "There are 4 datanode(s) running and 2 node(s) are excluded in this "
                        "operation. Left out: 127.0.10.1:9866 (excluded by the client)"));
  EXPECT_THAT(targets.status().message(), HasSubstr("127.0.10.3:9866 (no room: 0 MB left"));
  EXPECT_THAT(targets.status().message(), HasSubstr("127.0.10.4:9866 (has not reported"));
}

TEST_F(BlockManagerTest, RemovedBlocksAreDeletedOnlyWhenTheLogIsSynced) {
  const Block block = Complete(1, {1, 2}, 2);
  gate_.open = false;
  blocks_.Remove({block.id});
  executor_.RunAll();
  EXPECT_THAT(commander_.Take<InvalidateBlocks>(), IsEmpty());
  EXPECT_EQ(blocks_.Stats().pending_deletion_blocks, 2);
  gate_.Sync();
  EXPECT_THAT(commander_.Take<InvalidateBlocks>(), SizeIs(2));
  Deleted(1, block);
  Deleted(2, block);
  EXPECT_EQ(blocks_.Stats().pending_deletion_blocks, 0);
}

TEST_F(BlockManagerTest, ADeletionThatWasSentOverABrokenStreamIsSentAgain) {
  const Block block = Complete(1, {1}, 1);
  blocks_.Remove({block.id});
  executor_.RunAll();
  EXPECT_THAT(commander_.Take<InvalidateBlocks>(), SizeIs(1));
  blocks_.Disconnected(Uuid(1), 1, &effects_);
  executor_.RunAll();
  EXPECT_THAT(commander_.Take<InvalidateBlocks>(), IsEmpty());
  const RegistrationAccepted accepted = Register(1);
  EXPECT_FALSE(accepted.need_full_report);
  EXPECT_EQ(accepted.last_event_taken, events_[1]);
  Pass(seconds(2), {1, 2, 3});
  EXPECT_THAT(commander_.Take<InvalidateBlocks>(), SizeIs(1));
}

// ---- recovery ----------------------------------------------------------------------------------

TEST_F(BlockManagerTest, RecoveryIsLedByALivePrimaryAndItsOutcomeCompletesTheBlock) {
  Open(1, {1, 2}, 2);
  EXPECT_EQ(blocks_.StartRecovery(BlockId(1), GenerationStamp(1007)).value(), true);
  const auto commands = commander_.Take<RecoverBlock>();
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_THAT(commands[0].second.locations, SizeIs(2));
  EXPECT_THAT(commands[0].second.recovery_ports, ElementsAre(9869, 9869));
  const BlockSynchronization outcome{.block = BlockOf(1, 1001, 0),
                                     .new_generation_stamp = GenerationStamp(1007),
                                     .new_length = 77,
                                     .datanode_uuids = {Uuid(2)},
                                     .storage_uuids = {Storage(2)}};
  blocks_.Receive(commands[0].first, outcome, &effects_);
  EXPECT_THAT(TakeEffects(), ElementsAre(Kind::kSynchronized));
  EXPECT_FALSE(blocks_.IsComplete(BlockId(1)));
  ASSERT_OK(blocks_.ApplySynchronization(outcome));
  EXPECT_TRUE(blocks_.IsComplete(BlockId(1)));
  EXPECT_EQ(blocks_.Get(BlockId(1)).value(), BlockOf(1, 1007, 77));
  EXPECT_THAT(HoldersOf(BlockOf(1, 1007, 77)), ElementsAre(Host(2)));
}

TEST_F(BlockManagerTest, TheOutcomeOfAnOlderRecoveryIsIgnored) {
  Open(1, {1, 2}, 2);
  ASSERT_OK(blocks_.StartRecovery(BlockId(1), GenerationStamp(1007)));
  ASSERT_OK(blocks_.StartRecovery(BlockId(1), GenerationStamp(1008)));
  const BlockSynchronization late{.block = BlockOf(1, 1001, 0),
                                  .new_generation_stamp = GenerationStamp(1007)};
  blocks_.Receive(Uuid(1), late, &effects_);
  EXPECT_THAT(TakeEffects(), IsEmpty());
  EXPECT_THAT(blocks_.ApplySynchronization(late), HasCode(Code::kFailedPrecondition));
}

TEST_F(BlockManagerTest, APrimaryThatBreaksOffOrStaysSilentIsTold) {
  Open(1, {1, 2}, 2);
  ASSERT_OK(blocks_.StartRecovery(BlockId(1), GenerationStamp(1007)));
  const std::string primary = commander_.Take<RecoverBlock>()[0].first;
  blocks_.Disconnected(primary, 1, &effects_);
  EXPECT_THAT(TakeEffects(), ElementsAre(Kind::kRecoveryFailed));
  ASSERT_OK(blocks_.StartRecovery(BlockId(1), GenerationStamp(1008)));
  EXPECT_NE(commander_.Take<RecoverBlock>()[0].first, primary);
  Pass(seconds(32), {1, 2, 3});
  EXPECT_THAT(TakeEffects(), Contains(Kind::kRecoveryFailed));
}

TEST_F(BlockManagerTest, ABlockThatNobodyEverReportedHasNobodyToRecoverIt) {
  blocks_.Restore({.block = BlockOf(1, 1001, 0),
                   .inode = InodeId(1),
                   .replication = 3,
                   .state = BlockState::kUnderConstruction});
  EXPECT_EQ(blocks_.StartRecovery(BlockId(1), GenerationStamp(1007)).value(), false);
  Event(2, ReplicaEventType::kReceiving, BlockOf(1, 1001, 0));
  EXPECT_EQ(blocks_.StartRecovery(BlockId(1), GenerationStamp(1008)).value(), true);
}

// ---- safe mode ---------------------------------------------------------------------------------

class SafeModeStartTest : public BlocksFixture {
 protected:
  void SetUp() override {
    for (int64_t id = 1; id <= 10; ++id) {
      blocks_.Restore({.block = BlockOf(id), .inode = InodeId(id), .replication = 1});
    }
    Activate();
  }
  std::vector<ReportedReplica> Replicas(int64_t first, int64_t last) {
    std::vector<ReportedReplica> replicas;
    for (int64_t id = first; id <= last; ++id) replicas.push_back({BlockOf(id)});
    return replicas;
  }
};

TEST_F(SafeModeStartTest, LastsUntilTheThresholdOfBlocksIsReportedAndSaysWhatIsMissing) {
  Register(1);
  ReportAll(1, Replicas(1, 5));
  EXPECT_TRUE(blocks_.InSafeMode());
  EXPECT_THAT(blocks_.SafeModeTip(),
              HasSubstr("The reported blocks 5 needs additional 4 blocks to reach the threshold "
                        "0.9990 of total blocks 10.\n"));
  Register(2);
  ReportAll(2, Replicas(6, 9));
  EXPECT_FALSE(blocks_.InSafeMode());
  EXPECT_THAT(TakeEffects(), ElementsAre(Kind::kLeftSafeMode));
  EXPECT_EQ(blocks_.SafeModeTip(), "");
}

TEST_F(SafeModeStartTest, TwoReplicasOfOneBlockCountOnce) {
  Register(1);
  ReportAll(1, Replicas(1, 8));
  Register(2);
  ReportAll(2, Replicas(1, 8));
  EXPECT_TRUE(blocks_.InSafeMode());
}

TEST_F(SafeModeStartTest, EnteredByHandItStaysUntilLeftByHand) {
  Register(1);
  ReportAll(1, Replicas(1, 10));
  EXPECT_FALSE(blocks_.InSafeMode());
  blocks_.EnterSafeMode();
  Pass(seconds(10), {1});
  EXPECT_TRUE(blocks_.InSafeMode());
  EXPECT_THAT(blocks_.SafeModeTip(),
              HasSubstr("It was turned on manually. Use \"hdfs dfsadmin -safemode leave\""));
  blocks_.LeaveSafeMode();
  EXPECT_FALSE(blocks_.InSafeMode());
}

TEST_F(SafeModeStartTest, NothingIsCopiedBeforeTheNodesKnownBeforeTheStopAreBackOrDead) {
  datanodes_.RestoreExpected({Host(1), Host(1), Uuid(1), 9866, 9864, 9867});
  datanodes_.RestoreExpected({Host(2), Host(2), Uuid(2), 9866, 9864, 9867});
  blocks_.SetReplication({BlockId(1)}, 2);
  Register(1);
  ReportAll(1, Replicas(1, 10));
  Register(3);
  ReportAll(3);
  EXPECT_FALSE(blocks_.InSafeMode());
  Pass(seconds(20), {1, 3});
  EXPECT_THAT(commander_.Take<TransferBlock>(), IsEmpty());
  EXPECT_FALSE(blocks_.GetTotals().redundancy_ready);
  Pass(seconds(15), {1, 3});  // node 2 counts as dead now
  EXPECT_THAT(commander_.Take<TransferBlock>(), SizeIs(1));
}

TEST(SafeModeTest, TheExtensionKeepsItOnAfterTheThreshold) {
  SafeMode safe_mode({.extension = seconds(30)});
  const TimePoint start{std::chrono::hours(1)};
  const SafeMode::Counts counts{.complete_blocks = 10, .reported_blocks = 10};
  EXPECT_FALSE(safe_mode.Check(counts, start));
  EXPECT_TRUE(safe_mode.on());
  EXPECT_THAT(safe_mode.Tip(counts, start + seconds(10)),
              HasSubstr("In safe mode extension. Safe mode will be turned off automatically in 20 "
                        "seconds."));
  EXPECT_TRUE(safe_mode.Check(counts, start + seconds(30)));
  EXPECT_FALSE(safe_mode.on());
}

TEST(SafeModeTest, WaitsForTheMinimumOfDatanodesWhenOneIsSet) {
  SafeMode safe_mode({.min_datanodes = 2});
  EXPECT_FALSE(safe_mode.Check({.live_datanodes = 1}, {}));
  EXPECT_THAT(safe_mode.Tip({.live_datanodes = 1}, {}),
              HasSubstr("The number of live datanodes 1 needs an additional 1 live datanodes to "
                        "reach the minimum number 2."));
  EXPECT_TRUE(safe_mode.Check({.live_datanodes = 2}, {}));
}

}  // namespace
}  // namespace tusk::namenode
