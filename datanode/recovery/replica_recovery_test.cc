#include "datanode/recovery/replica_recovery.h"

#include <map>

#include "common/testing/status_matchers.h"

namespace tusk::datanode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RecoveryCandidate Candidate(ReplicaState state, int64_t length, int64_t acked = 0) {
  RecoveryCandidate candidate;
  candidate.info.block = {BlockId(1), GenerationStamp(1001), length};
  candidate.info.state = state;
  candidate.info.bytes_acked = acked;
  return candidate;
}

constexpr auto kFinalized = ReplicaState::kFinalized;
constexpr auto kRbw = ReplicaState::kRbw;
constexpr auto kRwr = ReplicaState::kRwr;

TEST(PlanRecoveryTest, FinalizedReplicasDecideAndEqualRbwOnesJoin) {
  ASSERT_OK_AND_ASSIGN(
      const RecoveryPlan plan,
      PlanRecovery({Candidate(kRbw, 100), Candidate(kFinalized, 100), Candidate(kRbw, 120)}, -1));
  EXPECT_EQ(plan.new_length, 100);
  EXPECT_THAT(plan.participants, ElementsAre(0, 1));
}

TEST(PlanRecoveryTest, FinalizedReplicasOfDifferentLengthAreAnError) {
  EXPECT_THAT(PlanRecovery({Candidate(kFinalized, 100), Candidate(kFinalized, 99)}, -1),
              MessageContains("Inconsistent size"));
}

TEST(PlanRecoveryTest, TheShortestRbwCountsAndRwrStaysOut) {
  ASSERT_OK_AND_ASSIGN(
      const RecoveryPlan plan,
      PlanRecovery({Candidate(kRbw, 300, 200), Candidate(kRwr, 100), Candidate(kRbw, 250, 200)},
                   -1));
  EXPECT_EQ(plan.new_length, 250);
  EXPECT_THAT(plan.participants, ElementsAre(0, 2));
}

TEST(PlanRecoveryTest, NeverBelowWhatThePipelineAcknowledged) {
  ASSERT_OK_AND_ASSIGN(const RecoveryPlan plan,
                       PlanRecovery({Candidate(kRbw, 300, 200), Candidate(kRbw, 150, 100)}, -1));
  EXPECT_EQ(plan.new_length, 300);
  EXPECT_THAT(plan.participants, ElementsAre(0));
}

TEST(PlanRecoveryTest, OnlyRwrReplicasAgreeOnTheShortest) {
  ASSERT_OK_AND_ASSIGN(const RecoveryPlan plan,
                       PlanRecovery({Candidate(kRwr, 70), Candidate(kRwr, 64)}, -1));
  EXPECT_EQ(plan.new_length, 64);
  EXPECT_THAT(plan.participants, ElementsAre(0, 1));
}

TEST(PlanRecoveryTest, TruncateCutsButNeverExtends) {
  ASSERT_OK_AND_ASSIGN(const RecoveryPlan plan, PlanRecovery({Candidate(kFinalized, 100)}, 40));
  EXPECT_EQ(plan.new_length, 40);
  EXPECT_THAT(PlanRecovery({Candidate(kFinalized, 100)}, 101), HasCode(Code::kFailedPrecondition));
}

// A DataNode of this test: answers as it was told and notes what it is asked.
class FakePeer final : public InterDatanodeProtocol {
 public:
  StatusOr<ReplicaRecoveryInfo> InitReplicaRecovery(const ExtendedBlock&, int64_t) override {
    if (!init_error.ok()) return init_error;
    return info;
  }
  StatusOr<std::string> UpdateReplicaUnderRecovery(const ExtendedBlock&, int64_t,
                                                   int64_t length) override {
    if (!update_error.ok()) return update_error;
    updated_to = length;
    return storage;
  }

  ReplicaRecoveryInfo info;
  Status init_error;
  Status update_error;
  std::string storage;
  int64_t updated_to = -1;
};

class ReplicaRecoveryTest : public testing::Test {
 protected:
  FakePeer& Add(const std::string& uuid, ReplicaState state, int64_t length) {
    DatanodeInfo location;
    location.id.uuid = uuid;
    command_.locations.push_back(location);
    command_.recovery_ports.push_back(9869);
    auto peer = std::make_shared<FakePeer>();
    peer->info.block = {BlockId(1), GenerationStamp(1001), length};
    peer->info.state = state;
    peer->storage = "DS-" + uuid;
    peers_[uuid] = peer;
    return *peer;
  }

  StatusOr<BlockSynchronization> Run() {
    command_.block = {"BP-1", {BlockId(1), GenerationStamp(1001), 0}};
    command_.recovery_id = GenerationStamp(1005);
    ReplicaRecovery recovery([this](const DatanodeInfo& location,
                                    int32_t) -> StatusOr<std::shared_ptr<InterDatanodeProtocol>> {
      return std::shared_ptr<InterDatanodeProtocol>(peers_.at(location.id.uuid));
    });
    return recovery.Run(command_);
  }

  RecoverBlock command_;
  std::map<std::string, std::shared_ptr<FakePeer>> peers_;
};

TEST_F(ReplicaRecoveryTest, CommitsWithThoseThatTookTheNewLength) {
  FakePeer& a = Add("a", kRbw, 300);
  FakePeer& b = Add("b", kRbw, 200);
  FakePeer& c = Add("c", kRbw, 250);
  c.update_error = UnavailableError("died");
  ASSERT_OK_AND_ASSIGN(const BlockSynchronization result, Run());
  EXPECT_EQ(a.updated_to, 200);
  EXPECT_EQ(b.updated_to, 200);
  EXPECT_EQ(result.new_length, 200);
  EXPECT_EQ(result.new_generation_stamp, GenerationStamp(1005));
  EXPECT_THAT(result.datanode_uuids, ElementsAre("a", "b"));
  EXPECT_THAT(result.storage_uuids, ElementsAre("DS-a", "DS-b"));
  EXPECT_FALSE(result.delete_block);
}

TEST_F(ReplicaRecoveryTest, ABlockThatNobodyHasIsDeleted) {
  Add("a", kRbw, 0);
  Add("b", kRbw, 0).init_error = NotFoundError("none", Reason::kReplicaNotFound);
  ASSERT_OK_AND_ASSIGN(const BlockSynchronization result, Run());
  EXPECT_TRUE(result.delete_block);
  EXPECT_THAT(result.datanode_uuids, IsEmpty());
}

TEST_F(ReplicaRecoveryTest, AnUnreachableNodeMayHoldTheOnlyBytes) {
  Add("a", kRbw, 0);
  Add("b", kRbw, 0).init_error = UnavailableError("connection refused");
  EXPECT_THAT(Run(), MessageContains("could be reached"));
}

TEST_F(ReplicaRecoveryTest, ANewerRecoveryWins) {
  Add("a", kRbw, 100);
  Add("b", kRbw, 100).init_error = AbortedError("newer", Reason::kRecoveryInProgress);
  EXPECT_THAT(Run(), HasReason(Reason::kRecoveryInProgress));
}

}  // namespace
}  // namespace tusk::datanode
