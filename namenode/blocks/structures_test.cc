// The parts of the block manager by themselves: map, queues, report numbering, placement.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "common/testing/test_seed.h"
#include "namenode/blocks/block_map.h"
#include "namenode/blocks/invalidation_queue.h"
#include "namenode/blocks/pending_copies.h"
#include "namenode/blocks/placement_policy.h"
#include "namenode/blocks/redundancy_queue.h"
#include "namenode/blocks/report_state.h"

namespace tusk::namenode {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Block BlockOf(int64_t id, int64_t stamp = 1) {
  return {BlockId(id), GenerationStamp(stamp), 0};
}

// ---- BlockMap ----------------------------------------------------------------------------------

TEST(BlockMapTest, ARecordIsSmall) {
  EXPECT_LE(sizeof(BlockRecord), 88u);
}

// A plain model of the same thing decides what is right after each of many random steps.
TEST(BlockMapTest, AgreesWithAPlainModelOverManyRandomChanges) {
  constexpr StorageIndex kStorages = 7;
  Random random(TestSeed());
  BlockMap blocks;
  std::map<int64_t, std::set<StorageIndex>> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto id = static_cast<int64_t>(random.Below(300));
    const auto storage = static_cast<StorageIndex>(random.Below(kStorages));
    const RecordIndex index = blocks.Find(BlockId(id));
    ASSERT_EQ(index != kNoIndex, model.count(id) != 0);
    if (index == kNoIndex) {
      blocks.Insert(BlockOf(id), InodeId(id), 3, BlockState::kComplete);
      model[id];
    } else if (random.OneIn(10)) {
      blocks.Erase(index);
      model.erase(id);
    } else if (random.OneIn(3)) {
      EXPECT_EQ(blocks.RemoveReplica(index, storage), model[id].erase(storage) != 0);
    } else {
      EXPECT_EQ(blocks.AddReplica(index, storage), model[id].insert(storage).second);
    }
  }
  EXPECT_EQ(blocks.size(), model.size());
  for (StorageIndex storage = 0; storage < kStorages; ++storage) {
    std::set<int64_t> expected, found;
    for (const auto& [id, storages] : model) {
      if (storages.count(storage) != 0) expected.insert(id);
    }
    for (const RecordIndex index : blocks.BlocksOn(storage)) {
      found.insert(blocks[index].block.id.value());
    }
    EXPECT_EQ(found, expected);
    EXPECT_EQ(blocks.CountOn(storage), expected.size());
  }
}

// ---- queues ------------------------------------------------------------------------------------

TEST(RedundancyQueueTest, JudgesByWhatIsLeftOfWhatIsWanted) {
  EXPECT_EQ(RedundancyQueue::Judge(0, 0, 3), Urgency::kNoReplica);
  EXPECT_EQ(RedundancyQueue::Judge(0, 1, 3), Urgency::kHighest);
  EXPECT_EQ(RedundancyQueue::Judge(1, 0, 3), Urgency::kHighest);
  EXPECT_EQ(RedundancyQueue::Judge(2, 0, 10), Urgency::kVeryLow);
  EXPECT_EQ(RedundancyQueue::Judge(2, 0, 3), Urgency::kLow);
  EXPECT_EQ(RedundancyQueue::Judge(3, 0, 3), Urgency::kMisplaced);
}

TEST(RedundancyQueueTest, ServesTheMostUrgentFirstAndPassesOverWhatItJustServed) {
  RedundancyQueue queue;
  for (int64_t id = 1; id <= 4; ++id) queue.Put(BlockId(id), Urgency::kLow);
  queue.Put(BlockId(9), Urgency::kHighest);
  queue.Put(BlockId(8), Urgency::kNoReplica);
  EXPECT_THAT(queue.Next(3), ElementsAre(BlockId(9), BlockId(1), BlockId(2)));
  EXPECT_THAT(queue.Next(3), ElementsAre(BlockId(9), BlockId(3), BlockId(4)));
  queue.Remove(BlockId(9));
  EXPECT_THAT(queue.Next(2), ElementsAre(BlockId(1), BlockId(2)));
  EXPECT_EQ(queue.low_redundancy(), 4u);
}

TEST(RedundancyQueueTest, ABlockMovesBetweenLevelsAndIsInOneOnly) {
  RedundancyQueue queue;
  queue.Put(BlockId(1), Urgency::kLow);
  queue.Put(BlockId(1), Urgency::kHighest);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.size(Urgency::kLow), 0u);
}

TEST(InvalidationQueueTest, AnEntryIsSentOnceAndAgainAfterALoss) {
  InvalidationQueue queue;
  queue.Add(1, BlockOf(7, 5));
  EXPECT_THAT(queue.NodesWithWork(), ElementsAre(1u));
  EXPECT_THAT(queue.Take(1, 10), ElementsAre(BlockOf(7, 5)));
  EXPECT_THAT(queue.Take(1, 10), IsEmpty());
  EXPECT_EQ(queue.size(), 1u);
  queue.Requeue(1);
  EXPECT_THAT(queue.Take(1, 10), SizeIs(1));
  queue.Remove(1, BlockId(7));
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_THAT(queue.NodesWithWork(), IsEmpty());
}

TEST(InvalidationQueueTest, CoversTheReplicaAndOlderOnesButNoneThatIsNewer) {
  InvalidationQueue queue;
  queue.Add(1, BlockOf(7, 5));
  EXPECT_TRUE(queue.Covers(1, BlockOf(7, 4)));
  EXPECT_TRUE(queue.Covers(1, BlockOf(7, 5)));
  EXPECT_FALSE(queue.Covers(1, BlockOf(7, 6)));
  EXPECT_FALSE(queue.Covers(2, BlockOf(7, 5)));
}

TEST(PendingCopiesTest, DropsWhatANodeIsSourceOrTargetOf) {
  PendingCopies pending;
  const TimePoint now{};
  pending.Add(BlockId(1), 1, {2, 3}, now);
  pending.Add(BlockId(2), 3, {4}, now);
  EXPECT_EQ(pending.CountFrom(1), 2);
  EXPECT_THAT(pending.DropNode(3), UnorderedElementsAre(BlockId(1), BlockId(2)));
  EXPECT_EQ(pending.Count(BlockId(1)), 1);
  EXPECT_EQ(pending.Count(BlockId(2)), 0);
  EXPECT_EQ(pending.CountFrom(3), 0);
}

// ---- ReportState -------------------------------------------------------------------------------

TEST(ReportStateTest, AReportTooFarBehindTheEventsIsNotBegun) {
  ReportState reports;
  reports.Begin(1);
  for (uint64_t n = 1; n <= 10'000; ++n) reports.TakeEvent(n, BlockId(static_cast<int64_t>(n)));
  EXPECT_FALSE(reports.BeginReport(1, 100));
  EXPECT_TRUE(reports.BeginReport(2, 9'990));
  EXPECT_TRUE(reports.Touched(BlockId(9'995)));
  EXPECT_FALSE(reports.Touched(BlockId(9'990)));
}

TEST(ReportStateTest, AReportAheadOfTheEventsCoversThoseThatCameWithIt) {
  ReportState reports;
  reports.Begin(1);
  ASSERT_TRUE(reports.BeginReport(1, 50));
  EXPECT_EQ(reports.TakeEvent(50, BlockId(1)), ReportState::Order::kSeen);
  EXPECT_EQ(reports.TakeEvent(51, BlockId(1)), ReportState::Order::kNext);
  EXPECT_FALSE(reports.reported());
  reports.EndReport();
  EXPECT_TRUE(reports.reported());
}

// ---- placement ---------------------------------------------------------------------------------

class PlacementTest : public ::testing::Test {
 protected:
  // `racks[i]` is the rack of node i; addresses are 10.0.0.<i>.
  void SetNodes(const std::vector<std::string>& racks) {
    for (const std::string& rack : racks) {
      DatanodeDescriptor node;
      const std::string host = "10.0.0." + std::to_string(nodes_.size());
      node.info.id = {host, host, "uuid-" + host, 9866, 9864, 9867};
      node.info.network_location = rack;
      node.info.capacity_bytes = node.info.remaining_bytes = int64_t{100} << 30;
      node.storages = {{.storage_uuid = "DS", .remaining_bytes = int64_t{100} << 30}};
      node.registered = node.connected = node.alive = node.reported = true;
      nodes_.push_back(node);
    }
  }
  std::vector<NodeIndex> Choose(PlacementRequest request) {
    const Placement placement =
        ChoosePlacement(nodes_, request, {.stale_interval = std::chrono::seconds(3)}, &random_);
    left_out_ = placement.left_out;
    std::vector<NodeIndex> chosen;
    for (const auto& choice : placement.choices) chosen.push_back(choice.node);
    return chosen;
  }
  const std::string& RackOf(NodeIndex node) { return nodes_[node].info.network_location; }

  Random random_{TestSeed()};
  std::vector<DatanodeDescriptor> nodes_;
  std::string left_out_;
};

TEST_F(PlacementTest, FirstOnTheWritersNodeSecondOnAnotherRackThirdBesideTheSecond) {
  SetNodes({"/a", "/a", "/a", "/b", "/b", "/b"});
  for (int i = 0; i < 50; ++i) {
    const auto chosen = Choose({.additional = 3, .writer_host = "10.0.0.1"});
    ASSERT_THAT(chosen, SizeIs(3));
    EXPECT_EQ(chosen[0], 1u);
    EXPECT_EQ(RackOf(chosen[1]), "/b");
    EXPECT_EQ(RackOf(chosen[2]), "/b");
    EXPECT_NE(chosen[1], chosen[2]);
  }
}

TEST_F(PlacementTest, AWriterFromElsewhereGetsTwoRacksTooAndWishesAreHonoured) {
  SetNodes({"/a", "/a", "/b", "/b"});
  for (int i = 0; i < 50; ++i) {
    const auto chosen = Choose({.additional = 3, .writer_host = "192.168.1.1"});
    ASSERT_THAT(chosen, SizeIs(3));
    EXPECT_NE(RackOf(chosen[0]), RackOf(chosen[1]));
    EXPECT_THAT(Choose({.writer_host = "10.0.0.1", .no_local_write = true}),
                ::testing::Not(ElementsAre(1u)));
    EXPECT_THAT(Choose({.writer_host = "10.0.0.1", .favored_nodes = {"10.0.0.2:9866"}}),
                ElementsAre(2u));
  }
}

TEST_F(PlacementTest, ReplicasThatExistCountTowardsTheRacks) {
  SetNodes({"/a", "/a", "/b"});
  PlacementRequest request{.additional = 1};
  request.existing = {{.node = nodes_[0].info}};
  EXPECT_THAT(Choose(request), ElementsAre(2u));
}

TEST_F(PlacementTest, FullDeadAndLeavingNodesAreNeverChosen) {
  SetNodes({"/a", "/a", "/a", "/a"});
  nodes_[0].alive = false;
  nodes_[1].storages[0].remaining_bytes = nodes_[1].info.remaining_bytes = 1000;
  nodes_[2].info.admin_state = AdminState::kDecommissionInProgress;
  EXPECT_THAT(Choose({.additional = 4}), ElementsAre(3u));
  EXPECT_THAT(left_out_, HasSubstr("10.0.0.0:9866 (dead)"));
  EXPECT_THAT(left_out_, HasSubstr("10.0.0.1:9866 (no room"));
  EXPECT_THAT(left_out_, HasSubstr("10.0.0.2:9866 (being decommissioned)"));
}

TEST_F(PlacementTest, StaleAndBusyNodesAreTakenOnlyWhenThereAreNoOthers) {
  SetNodes({"/a", "/a", "/a", "/a"});
  nodes_[0].last_heartbeat -= std::chrono::seconds(60);
  nodes_[1].info.xceiver_count = 500;
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(Choose({.additional = 2}), UnorderedElementsAre(2u, 3u));
  }
  EXPECT_THAT(Choose({.additional = 4}), SizeIs(4));
}

TEST_F(PlacementTest, BlocksGivenToANodeLatelyCountAsLoadAndAsSpace) {
  SetNodes({"/a", "/a"});
  nodes_[0].scheduled_blocks = 10'000;  // more than its space
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Choose({.additional = 1}), ElementsAre(1u));
}

TEST_F(PlacementTest, TheReplicaToGiveUpIsOnTheFullestRackAndNodeAndKeepsTheRacks) {
  SetNodes({"/a", "/a", "/b"});
  nodes_[1].info.remaining_bytes = 5;
  EXPECT_EQ(ChooseExcess(nodes_, {0, 1, 2}, kNoNode), 1u);
  EXPECT_EQ(ChooseExcess(nodes_, {0, 1, 2}, /*hint=*/0), 0u);
  EXPECT_EQ(ChooseExcess(nodes_, {0, 1, 2}, /*hint=*/2), 1u);  // the only one on its rack
}

}  // namespace
}  // namespace tusk::namenode
