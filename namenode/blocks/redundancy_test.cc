// Re-replication, excess, corruption and full reports: what keeps blocks at their replication.
#include "namenode/blocks/blocks_fixture.h"

namespace tusk::namenode {
namespace {

using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class RedundancyTest : public BlocksFixture {
 protected:
  void SetUp() override {
    Activate();
    for (const int node : {1, 2, 3, 4}) Join(node);
    executor_.RunAll();
    commander_.Take<TransferBlock>();
  }
  bool HasCopyOf(const Block& block, int node) {
    const auto hosts = HoldersOf(block);
    return std::find(hosts.begin(), hosts.end(), Host(node)) != hosts.end();
  }

  // A block written to nodes 1, 2 and 3, of which 3 fails. Steps: L(ost), B(ack), P: full report of
  // node 3; u: new pipeline 1, 2, 4; r: their replicas are there; e: one is finalized; c: commit.
  void KillInPipeline(int64_t id, const std::string& steps) {
    const Block old_block = Open(id, {1, 2, 3}, 3);
    const Block new_block = BlockOf(id, 1002);
    for (const int node : {1, 2, 3}) Event(node, ReplicaEventType::kReceiving, old_block);
    const uint64_t incarnation = 2 * static_cast<uint64_t>(id);
    std::vector<int> to_finalize = {4, 2, 1};
    commander_.Take<InvalidateBlocks>();
    for (const char step : steps) {
      if (step == 'L') blocks_.Disconnected(Uuid(3), last_incarnation_, &effects_);
      if (step == 'B') {
        Register(3, "/r1", incarnation);
        last_incarnation_ = incarnation;
        events_[3] = 0;
      }
      if (step == 'P') ReportAll(3, {{BlockOf(id, 1001, 100), ReplicaState::kRwr}});
      if (step == 'u') {
        EXPECT_OK(blocks_.UpdatePipeline(old_block, BlockOf(id, 1002, 0),
                                         {Target(1).node.id, Target(2).node.id, Target(4).node.id},
                                         {Storage(1), Storage(2), Storage(4)}));
      }
      if (step == 'r') {
        for (const int node : {1, 2, 4}) {
          Event(node, ReplicaEventType::kReceiving, BlockOf(id, 1002, 0));
        }
      }
      if (step == 'e') {
        Received(to_finalize.back(), new_block);
        to_finalize.pop_back();
      }
      if (step == 'c') EXPECT_OK(blocks_.Commit(new_block));
      executor_.RunAll();
      if (step == 'B') commander_.Take<InvalidateBlocks>();  // what was sent before is lost
    }
    Pass(seconds(3), {1, 2, 3, 4});
    EXPECT_TRUE(blocks_.IsComplete(BlockId(id)));
    EXPECT_THAT(HoldersOf(new_block), UnorderedElementsAre(Host(1), Host(2), Host(4)));
    std::vector<std::string> told;
    for (const auto& [uuid, work] : commander_.Take<InvalidateBlocks>()) {
      for (const Block& block : work.blocks) {
        EXPECT_LT(block.generation_stamp,
                  uuid == Uuid(3) ? GenerationStamp(9999) : new_block.generation_stamp);
        if (block.id == old_block.id) told.push_back(uuid);
      }
    }
    EXPECT_THAT(told, Contains(Uuid(3)));
    Deleted(3, BlockOf(id, 1001, 100));
    blocks_.Remove({BlockId(id)});
    for (const int node : {1, 2, 4}) Deleted(node, new_block);
  }
  uint64_t last_incarnation_ = 1;
};

TEST_F(RedundancyTest, ReReplicatesWhatASilentDatanodeHeld) {
  const Block block = Complete(1, {1, 2, 3}, 3);
  Pass(seconds(29), {2, 3, 4});
  EXPECT_THAT(commander_.Take<TransferBlock>(), IsEmpty());
  Pass(seconds(3), {2, 3, 4});
  const auto copies = commander_.Take<TransferBlock>();
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_THAT(copies[0].first, AnyOf(Uuid(2), Uuid(3)));
  EXPECT_EQ(copies[0].second.targets[0].id.uuid, Uuid(4));
  EXPECT_EQ(copies[0].second.block.block, block);
  EXPECT_EQ(blocks_.GetTotals().pending_copies, 1);
  Received(4, block);
  EXPECT_EQ(blocks_.GetTotals().pending_copies, 0);
  EXPECT_THAT(HoldersOf(block), UnorderedElementsAre(Host(2), Host(3), Host(4)));
}

TEST_F(RedundancyTest, ABrokenStreamMakesANodeTheLastChoiceAtOnceButNotDead) {
  const Block block = Complete(1, {1, 2}, 2);
  blocks_.Disconnected(Uuid(1), 1, &effects_);
  EXPECT_THAT(HoldersOf(block, Host(1)), ElementsAre(Host(2), Host(1)));
  const auto targets = blocks_.ChooseTargets(
      {.additional = 4, .block_size_bytes = kBlockBytes, .writer_host = Host(1)});
  EXPECT_THAT(targets.value(), SizeIs(3));
}

TEST_F(RedundancyTest, ACopyWhoseTargetBreaksOffIsGivenToAnotherAtOnce) {
  const Block block = Complete(1, {1}, 1);
  blocks_.SetReplication({block.id}, 2);
  executor_.RunAll();
  const auto first = commander_.Take<TransferBlock>();
  ASSERT_THAT(first, SizeIs(1));
  const std::string target = first[0].second.targets[0].id.uuid;
  blocks_.Disconnected(target, 1, &effects_);
  executor_.RunAll();
  const auto second = commander_.Take<TransferBlock>();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_NE(second[0].second.targets[0].id.uuid, target);
}

TEST_F(RedundancyTest, ACopyThatFailedIsOrderedAgainInTheNextRound) {
  const Block block = Complete(1, {1}, 1);
  blocks_.SetReplication({block.id}, 2);
  executor_.RunAll();
  const auto first = commander_.Take<TransferBlock>();
  ASSERT_THAT(first, SizeIs(1));
  blocks_.Receive(Uuid(1), TransferFailed{block, first[0].second.targets[0].id.uuid, "refused"});
  Pass(seconds(1), {1, 2, 3, 4});
  EXPECT_THAT(commander_.Take<TransferBlock>(), SizeIs(1));
}

TEST_F(RedundancyTest, ACopyNobodyMentionsAgainIsOrderedAnewAfterTheTimeLimit) {
  const Block block = Complete(1, {1}, 1);
  blocks_.SetReplication({block.id}, 2);
  executor_.RunAll();
  EXPECT_THAT(commander_.Take<TransferBlock>(), SizeIs(1));
  Pass(seconds(299), {1, 2, 3, 4});
  EXPECT_THAT(commander_.Take<TransferBlock>(), IsEmpty());
  Pass(seconds(3), {1, 2, 3, 4});
  EXPECT_THAT(commander_.Take<TransferBlock>(), SizeIs(1));
}

TEST_F(RedundancyTest, OneNodeMakesOnlySoManyCopiesAtATimeAndLastReplicasGoFirst) {
  std::vector<BlockId> blocks;
  for (int64_t id = 1; id <= 20; ++id) blocks.push_back(Complete(id, {1, 2}, 2).id);
  const Block last = Complete(100, {1}, 1);
  blocks_.SetReplication(blocks, 3);
  blocks_.SetReplication({last.id}, 2);
  executor_.RunAll();
  const auto copies = commander_.Take<TransferBlock>();
  ASSERT_FALSE(copies.empty());
  EXPECT_EQ(copies[0].second.block.block.id, last.id);
  std::map<std::string, int> per_source;
  for (const auto& [source, copy] : copies) ++per_source[source];
  EXPECT_LE(per_source[Uuid(1)], options_.max_streams_hard_limit);
  EXPECT_LE(per_source[Uuid(2)], options_.max_streams_per_node);
}

TEST_F(RedundancyTest, TheRestOfAPipelineIsNotCopiedWhileItIsAboutToReport) {
  Open(1, {1, 2, 3}, 3);
  Received(1, BlockOf(1));
  ASSERT_OK(blocks_.Commit(BlockOf(1)));
  Pass(seconds(5), {1, 2, 3, 4});
  EXPECT_THAT(commander_.Take<TransferBlock>(), IsEmpty());
  blocks_.Disconnected(Uuid(2), 1, &effects_);
  executor_.RunAll();
  EXPECT_THAT(commander_.Take<TransferBlock>(), SizeIs(1));
}

TEST_F(RedundancyTest, ANodeThatComesBackMakesTheExtraReplicaGo) {
  const Block block = Complete(1, {1, 2}, 2);
  Pass(seconds(31), {2, 3, 4});
  const auto copies = commander_.Take<TransferBlock>();
  ASSERT_THAT(copies, SizeIs(1));
  Received(copies[0].second.targets[0].id.uuid.back() - '0', block);
  Register(1, "/r1", /*incarnation=*/2);
  events_[1] = 0;
  ReportAll(1, {{block}});
  EXPECT_EQ(blocks_.View(block.id)->live, 2);
  EXPECT_EQ(blocks_.View(block.id)->excess, 1);
  const auto deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  const int node = deletions[0].first.back() - '0';
  Deleted(node, block);
  EXPECT_THAT(HoldersOf(block), SizeIs(2));
  EXPECT_FALSE(HasCopyOf(block, node));
}

TEST_F(RedundancyTest, AnExtraReplicaStillGoesWhenItsDatanodeIsRestartedBeforeItDeletes) {
  const Block block = Complete(1, {1, 2, 3}, 3);
  blocks_.SetReplication({block.id}, 2);
  executor_.RunAll();
  auto deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  const int node = deletions[0].first.back() - '0';
  Register(node, "/r1", /*incarnation=*/2);
  events_[node] = 0;
  ReportAll(node, {{block}});
  EXPECT_EQ(blocks_.View(block.id)->live, 2);
  EXPECT_EQ(blocks_.View(block.id)->excess, 1);
  deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  Deleted(deletions[0].first.back() - '0', block);
  EXPECT_THAT(HoldersOf(block), SizeIs(2));
}

TEST_F(RedundancyTest, LateWordOfHowAPipelineBeganTakesNothingFromTheReplicaThatCameOfIt) {
  const Block begun = Open(1, {1, 2, 3}, 3);
  const Block block = BlockOf(1, 1002);
  ASSERT_OK(blocks_.UpdatePipeline(begun, BlockOf(1, 1002, 0),
                                   {Target(1).node.id, Target(2).node.id, Target(3).node.id},
                                   {Storage(1), Storage(2), Storage(3)}));
  Received(1, block);
  Received(2, block);
  ASSERT_OK(blocks_.Commit(block));
  Event(3, ReplicaEventType::kReceiving, begun);
  Event(3, ReplicaEventType::kReceiving, BlockOf(1, 1002, 0));
  Received(3, block);
  Pass(seconds(2), {1, 2, 3, 4});
  EXPECT_EQ(blocks_.View(block.id)->live, 3);
  EXPECT_THAT(HoldersOf(block), SizeIs(3));
  for (const auto& [uuid, work] : commander_.Take<InvalidateBlocks>()) {
    for (const Block& order : work.blocks)
      EXPECT_LT(order.generation_stamp, block.generation_stamp);
  }
}

TEST_F(RedundancyTest, AnOldReplicaGivesItsPlaceUpThoughTheBlockLacksOne) {
  const Block block = BlockOf(1, 1002);
  Open(1, {1, 2}, 4);
  ASSERT_OK(blocks_.UpdatePipeline(BlockOf(1, 1001, 0), BlockOf(1, 1002, 0),
                                   {Target(1).node.id, Target(2).node.id},
                                   {Storage(1), Storage(2)}));
  Received(1, block);
  Received(2, block);
  ASSERT_OK(blocks_.Commit(block));
  ReportAll(3, {{BlockOf(1, 1001, 100), ReplicaState::kRwr}});
  const auto deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  EXPECT_EQ(deletions[0].first, Uuid(3));
}

TEST_F(RedundancyTest, ACopyThatArrivesWhenTheFileIsOpenedAgainIsDeletedAtTheEnd) {
  const Block block = Complete(1, {1, 2, 3}, 3);
  ASSERT_OK(blocks_.Reopen(block.id, Host(1)));
  ASSERT_OK(blocks_.UpdatePipeline(block, BlockOf(1, 1002),
                                   {Target(1).node.id, Target(2).node.id, Target(3).node.id},
                                   {Storage(1), Storage(2), Storage(3)}));
  Received(4, block);
  for (const int node : {1, 2, 3}) Received(node, BlockOf(1, 1002, kBlockBytes + 1));
  ASSERT_OK(blocks_.Commit(BlockOf(1, 1002, kBlockBytes + 1)));
  Pass(seconds(2), {1, 2, 3, 4});
  const auto deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  EXPECT_EQ(deletions[0].first, Uuid(4));
}

// Node 3 is killed in the pipeline and comes back, while the writer goes on without it: whatever
// comes first, in the end it is told to delete what it has.
TEST_F(RedundancyTest, WhatANodeKilledInThePipelineHasIsDeletedWheneverItComesBack) {
  const std::vector<std::string> kWriters = {"ureeec", "urceee", "ureece"};
  int64_t id = 0;
  for (const std::string& writer : kWriters) {
    // Where the three steps of node 3 fall among those of the writer.
    for (size_t lost = 0; lost <= writer.size(); ++lost) {
      for (size_t back = lost; back <= writer.size(); ++back) {
        for (size_t report = back; report <= writer.size(); ++report) {
          std::string steps;
          for (size_t i = 0; i <= writer.size(); ++i) {
            if (i == lost) steps += 'L';
            if (i == back) steps += 'B';
            if (i == report) steps += 'P';
            if (i < writer.size()) steps += writer[i];
          }
          SCOPED_TRACE(steps);
          KillInPipeline(++id, steps);
        }
      }
    }
  }
}

TEST_F(RedundancyTest, LoweringTheReplicationDeletesAndRaisingItCopies) {
  const Block block = Complete(1, {1, 2, 3}, 3);
  blocks_.SetReplication({block.id}, 1);
  executor_.RunAll();
  EXPECT_THAT(commander_.Take<InvalidateBlocks>(), SizeIs(2));
  blocks_.SetReplication({block.id}, 4);
  executor_.RunAll();
  // To the one node that has none; the others first delete what they were told to.
  const auto copies = commander_.Take<TransferBlock>();
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_EQ(copies[0].second.targets[0].id.uuid, Uuid(4));
}

TEST_F(RedundancyTest, TheBalancersHintDecidesWhichReplicaGoes) {
  const Block block = Complete(1, {1, 2}, 2);
  Event(3, ReplicaEventType::kReceived, block, Uuid(1));
  executor_.RunAll();
  const auto deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  EXPECT_EQ(deletions[0].first, Uuid(1));
}

// ---- corruption --------------------------------------------------------------------------------

TEST_F(RedundancyTest, ACorruptReplicaIsHiddenReplacedAndOnlyThenDeleted) {
  const Block block = Complete(1, {1, 2}, 2);
  blocks_.ReportBad(block, Uuid(1), Storage(1), "checksum");
  executor_.RunAll();
  EXPECT_THAT(HoldersOf(block), ElementsAre(Host(2)));
  EXPECT_EQ(blocks_.Stats().corrupt_blocks, 1);
  EXPECT_THAT(commander_.Take<InvalidateBlocks>(), IsEmpty());
  const auto copies = commander_.Take<TransferBlock>();
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_EQ(copies[0].first, Uuid(2));
  const std::string target = copies[0].second.targets[0].id.uuid;
  EXPECT_NE(target, Uuid(1));
  Received(target.back() - '0', block);
  Pass(seconds(1), {1, 2, 3, 4});
  const auto deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  EXPECT_EQ(deletions[0].first, Uuid(1));
  EXPECT_EQ(blocks_.Stats().corrupt_blocks, 0);
}

TEST_F(RedundancyTest, WhenAllReplicasAreCorruptTheyAreGivenOutAndMarkedSo) {
  const Block block = Complete(1, {1}, 1);
  blocks_.ReportBad(block, Uuid(1), Storage(1), "checksum");
  const LocatedBlock located = blocks_.Locate(block, 0, "");
  EXPECT_TRUE(located.corrupt);
  EXPECT_THAT(located.locations, SizeIs(1));
  EXPECT_EQ(blocks_.Stats().missing_blocks, 1);
  EXPECT_EQ(blocks_.Stats().missing_repl_one_blocks, 1);
  Pass(seconds(10), {1, 2, 3, 4});
  EXPECT_THAT(commander_.Take<InvalidateBlocks>(), IsEmpty());  // bad bytes beat no bytes
}

TEST_F(RedundancyTest, AReplicaOfAnotherLengthOrOlderStampIsCorruptWhenReported) {
  const Block block = Complete(1, {1, 2}, 2);
  Received(3, BlockOf(1, 1001, 17));
  Received(4, BlockOf(1, 1000));
  EXPECT_THAT(HoldersOf(block), UnorderedElementsAre(Host(1), Host(2)));
  Pass(seconds(1), {1, 2, 3, 4});
  EXPECT_THAT(commander_.Take<InvalidateBlocks>(), SizeIs(2));  // enough good ones are there
}

TEST_F(RedundancyTest, BadWordOfAReplicaThatIsNotThereIsIgnored) {
  const Block block = Complete(1, {1}, 1);
  blocks_.ReportBad(block, Uuid(2), Storage(2), "invented");
  blocks_.ReportBad(BlockOf(99), Uuid(1), Storage(1), "invented");
  blocks_.ReportBad(block, "nobody", "", "invented");
  EXPECT_EQ(blocks_.Stats().corrupt_blocks, 0);
}

// ---- racks -------------------------------------------------------------------------------------

TEST_F(RedundancyTest, BlocksOnOneRackAreSpreadWhenASecondRackAppears) {
  const Block block = Complete(1, {1, 2}, 2);
  Join(5, "/r2");
  executor_.RunAll();
  Pass(seconds(2), {1, 2, 3, 4, 5});
  const auto copies = commander_.Take<TransferBlock>();
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_EQ(copies[0].second.targets[0].id.uuid, Uuid(5));
  Received(5, block);
  Pass(seconds(1), {1, 2, 3, 4, 5});
  const auto deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  EXPECT_NE(deletions[0].first, Uuid(5));
}

// ---- reports -----------------------------------------------------------------------------------

TEST_F(RedundancyTest, AtTheEndOfAFullReportWhatWasNeitherListedNorTouchedIsGone) {
  const Block kept = Complete(1, {1, 2}, 2);
  const Block lost = Complete(2, {1, 2}, 2);
  const Block touched = BlockOf(3);
  const uint64_t snapshot = events_[1];
  Open(3, {1}, 1);
  Received(1, touched);  // after the snapshot, before its chunks
  ASSERT_OK(blocks_.Commit(touched));
  ReportAll(1, {{kept}}, snapshot);
  EXPECT_TRUE(HasCopyOf(kept, 1));
  EXPECT_FALSE(HasCopyOf(lost, 1));
  EXPECT_TRUE(HasCopyOf(touched, 1));
}

TEST_F(RedundancyTest, AChunkDoesNotBringBackWhatALaterEventDeleted) {
  const Block block = Complete(1, {1, 2}, 2);
  const uint64_t snapshot = events_[1];
  Deleted(1, block);
  ReportAll(1, {{block}}, snapshot);
  EXPECT_FALSE(HasCopyOf(block, 1));
}

TEST_F(RedundancyTest, ABrokenReportTakesNothingAway) {
  const Block first = Complete(1, {1, 2}, 2);
  const Block second = Complete(2, {1, 2}, 2);
  blocks_.Receive(Uuid(1),
                  BlockReportChunk{.report_id = 77,
                                   .at_event = events_[1],
                                   .first = true,
                                   .storage_uuid = Storage(1),
                                   .replicas = {{first}}},
                  &effects_);
  blocks_.Disconnected(Uuid(1), 1, &effects_);
  Register(1);
  // Its end comes too late: the report was dropped.
  blocks_.Receive(Uuid(1),
                  BlockReportChunk{.report_id = 77,
                                   .last = true,
                                   .storage_uuid = Storage(1),
                                   .all_storage_uuids = {Storage(1)}},
                  &effects_);
  EXPECT_TRUE(HasCopyOf(second, 1));
}

TEST_F(RedundancyTest, ReplicasOfFilesThatAreGoneAreDeleted) {
  ReportAll(1, {{BlockOf(4711)}});
  const auto deletions = commander_.Take<InvalidateBlocks>();
  ASSERT_THAT(deletions, SizeIs(1));
  EXPECT_THAT(deletions[0].second.blocks, ElementsAre(BlockOf(4711)));
}

TEST_F(RedundancyTest, ARepeatedEventCountsOnceAndAHoleAsksForAFullReport) {
  const Block block = Complete(1, {1}, 1);
  const uint64_t last = events_[1];
  blocks_.Receive(Uuid(1),
                  ReplicaEvents{{{.number = last,
                                  .type = ReplicaEventType::kDeleted,
                                  .block = block,
                                  .storage_uuid = Storage(1)}}},
                  &effects_);
  EXPECT_TRUE(HasCopyOf(block, 1));
  EXPECT_THAT(commander_.Take<SendFullReport>(), IsEmpty());
  events_[1] += 5;
  Received(1, block);
  EXPECT_THAT(commander_.Take<SendFullReport>(), SizeIs(1));
}

TEST_F(RedundancyTest, ARestartedDatanodeReportsInFullAReconnectedOneGoesOn) {
  Complete(1, {1}, 1);
  EXPECT_FALSE(Register(1, "/r1", 1).need_full_report);
  EXPECT_EQ(Register(1, "/r1", 1).last_event_taken, events_[1]);
  const RegistrationAccepted restarted = Register(1, "/r1", 2);
  EXPECT_TRUE(restarted.need_full_report);
  EXPECT_EQ(restarted.last_event_taken, 0u);
}

TEST_F(RedundancyTest, AFailedVolumeTakesItsReplicasAlong) {
  const Block block = Complete(1, {1, 2}, 2);
  auto storages = Storages(1);
  storages[0].failed = true;
  blocks_.Receive(Uuid(1), Heartbeat{.storages = storages});
  EXPECT_THAT(HoldersOf(block), ElementsAre(Host(2)));
}

TEST_F(RedundancyTest, ANodeUnderANewUuidAtAnOldAddressTakesTheOldOnesPlace) {
  const Block block = Complete(1, {1, 2}, 2);
  DatanodeRegistration registration;
  registration.id = {Host(1), Host(1), "uuid-new", 9866, 9864, 9867};
  registration.incarnation = 9;
  registration.storages = {{.storage_uuid = "DS-new", .capacity_bytes = kGigabyte}};
  blocks_.Register(registration, "/r1", &effects_);
  EXPECT_THAT(HoldersOf(block), ElementsAre(Host(2)));
  EXPECT_EQ(datanodes_.Counts().live, 4);
  EXPECT_EQ(datanodes_.Counts().dead, 0);
}

}  // namespace
}  // namespace tusk::namenode
