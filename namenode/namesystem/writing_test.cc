// Writers: blocks, held calls, pipelines, leases and their recovery, retries.
#include "namenode/namesystem/namesystem_fixture.h"

namespace tusk::namenode {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class WritingTest : public NamesystemTest {
 protected:
  WritingTest() {
    Start();
    AddDatanode("dn1");
    AddDatanode("dn2");
  }
  ExtendedBlock MustAdd(const std::string& path, std::optional<ExtendedBlock> previous = {}) {
    auto answer = AddBlock(path, "c1", std::move(previous));
    EXPECT_TRUE(answer.has_value() && answer->ok())
        << (answer.has_value() ? answer->status().ToString() : "held");
    return answer.has_value() && answer->ok() ? (*answer)->block : ExtendedBlock{};
  }
  static ExtendedBlock WithLength(ExtendedBlock block, int64_t length) {
    block.block.num_bytes = length;
    return block;
  }
  // The newest block recovery that was commanded.
  const RecoverBlock* LastRecovery() {
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it) {
      if (const auto* work = std::get_if<RecoverBlock>(&it->second.work)) return work;
    }
    return nullptr;
  }
};

TEST_F(WritingTest, CompleteIsHeldUntilTheReplicaIsReported) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock block = WithLength(MustAdd("/f"), 100);
  const auto answer = Complete("/f", block);
  EXPECT_FALSE(answer->has_value());
  Received("dn1", block.block);
  ASSERT_TRUE(answer->has_value());
  EXPECT_TRUE(***answer);
  EXPECT_TRUE(*ns_->IsFileClosed(Super(), "/f"));
  EXPECT_EQ((*ns_->GetFileInfo(Super(), "/f"))->length, 100);
}

TEST_F(WritingTest, AHeldCompleteAnswersFalseAfterItsTime) {
  ASSERT_OK(Create("/f"));
  const auto answer = Complete("/f", WithLength(MustAdd("/f"), 100));
  Pass(seconds(9));
  EXPECT_FALSE(answer->has_value());
  Pass(seconds(2));
  ASSERT_TRUE(answer->has_value());
  EXPECT_FALSE(***answer);
  EXPECT_FALSE(*ns_->IsFileClosed(Super(), "/f"));
}

TEST_F(WritingTest, ACompleteThatMayNotBeHeldAnswersFalseAtOnce) {
  ASSERT_OK(Create("/f"));
  const auto answer = Complete("/f", WithLength(MustAdd("/f"), 100), "c1", /*may_hold=*/false);
  ASSERT_TRUE(answer->has_value());
  EXPECT_FALSE(***answer);
}

TEST_F(WritingTest, StoppingAndSafeModeAnswerHeldCalls) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock block = WithLength(MustAdd("/f"), 100);
  const auto first = Complete("/f", block);
  ASSERT_OK(ns_->SetSafeMode(Super(), SafeModeAction::kEnter));
  ASSERT_TRUE(first->has_value());
  EXPECT_THAT(**first, HasReason(Reason::kSafeMode));
  ASSERT_OK(ns_->SetSafeMode(Super(), SafeModeAction::kLeave));
  const auto second = Complete("/f", block);
  Settle();
  ns_->Stop();
  ASSERT_TRUE(second->has_value());
  EXPECT_THAT(**second, HasReason(Reason::kRetriable));
}

TEST_F(WritingTest, AHeldCompleteLooksAtTheLeaseAgain) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock block = WithLength(MustAdd("/f"), 100);
  const auto answer = Complete("/f", block);
  ASSERT_OK(ns_->RecoverLease(Super(), "/f", "thief"));  // the lease is gone
  Received("dn1", block.block);
  if (!answer->has_value()) Pass(seconds(11));
  ASSERT_TRUE(answer->has_value());
  EXPECT_FALSE((**answer).value_or(false));
}

TEST_F(WritingTest, ASecondCompleteWithTheSameBlockIsTrue) {
  const ExtendedBlock block = WriteFile("/f", "dn1");
  EXPECT_TRUE(***Complete("/f", block));
  EXPECT_TRUE(***Complete("/f", std::nullopt));
  ExtendedBlock other = block;
  other.block.generation_stamp = GenerationStamp(9999);
  EXPECT_THAT(**Complete("/f", other), HasReason(Reason::kLeaseExpired));
}

TEST_F(WritingTest, AddBlockAskedAgainAnswersTheSameBlock) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock first = MustAdd("/f");
  EXPECT_EQ(MustAdd("/f"), first);
  const ExtendedBlock done = WithLength(first, 1024);
  Received("dn1", done.block);
  const ExtendedBlock second = MustAdd("/f", done);
  EXPECT_NE(second.block.id, first.block.id);
  EXPECT_EQ(MustAdd("/f", done), second);
}

TEST_F(WritingTest, AddBlockRefusesAPreviousThatIsNotTheLast) {
  ASSERT_OK(Create("/f"));
  ExtendedBlock wrong = MustAdd("/f");
  wrong.block.id = BlockId(77);
  auto answer = AddBlock("/f", "c1", wrong);
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(*answer, MessageContains("does not match actual last block in file blk_"));
}

TEST_F(WritingTest, AddBlockWaitsForTheBlockBefore) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock first = WithLength(MustAdd("/f"), 1024);
  const ExtendedBlock second =
      WithLength(MustAdd("/f", first), 1024);  // the first may still travel
  auto refused = AddBlock("/f", "c1", second);
  ASSERT_TRUE(refused.has_value());
  EXPECT_THAT(*refused, HasReason(Reason::kNotReplicatedYet));
  Received("dn1", first.block);
  MustAdd("/f", second);
}

TEST_F(WritingTest, OnlyTheLeaseHolderWrites) {
  ASSERT_OK(Create("/f"));
  auto answer = AddBlock("/f", "c2");
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(*answer, HasReason(Reason::kLeaseExpired));
  EXPECT_THAT(*answer, MessageContains("Client (=c2) is not the lease owner (=c1: /f"));
  WriteFile("/closed", "dn1");
  EXPECT_THAT(*AddBlock("/closed"), MessageContains("File is not open for writing: /closed"));
  EXPECT_THAT(*AddBlock("/none"), HasReason(Reason::kFileNotFound));
}

TEST_F(WritingTest, AnAbandonedBlockIsGoneAndAbandoningAgainIsFine) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock block = MustAdd("/f");
  ASSERT_OK(ns_->AbandonBlock(Super(), block, "/f", "c1", InodeId(0)));
  ASSERT_OK(ns_->AbandonBlock(Super(), block, "/f", "c1", InodeId(0)));
  EXPECT_NE(MustAdd("/f").block.id, block.block.id);
}

TEST_F(WritingTest, CreateWithoutOverwriteMeetsAnOpenFile) {
  ASSERT_OK(Create("/f", "c1"));
  EXPECT_EQ(Create("/f", "c1").status().message(),
            "Failed to CREATE_FILE /f for c1 on 127.0.0.1 because c1 is already the current lease "
            "holder.");
  EXPECT_EQ(Create("/f", "c2").status().message(),
            "Failed to CREATE_FILE /f for c2 on 127.0.0.1 because this file lease is currently "
            "owned by c1 on 127.0.0.1");
  WriteFile("/closed", "dn1");
  EXPECT_EQ(Create("/closed").status().message(), "/closed for client 127.0.0.1 already exists");
  EXPECT_THAT(Create("/none", "c1", kCreateFlagOverwrite), HasReason(Reason::kFileNotFound));
}

TEST_F(WritingTest, OverwritingTakesAnOpenFileAwayFromItsWriter) {
  ASSERT_OK_AND_ASSIGN(const FileStatus first, Create("/f", "c1"));
  const ExtendedBlock block = MustAdd("/f");
  ASSERT_OK_AND_ASSIGN(const FileStatus second,
                       Create("/f", "c2", kCreateFlagCreate | kCreateFlagOverwrite));
  EXPECT_NE(first.file_id, second.file_id);
  EXPECT_THAT(*AddBlock("/f", "c1", block), HasReason(Reason::kLeaseExpired));
  Settle();
  EXPECT_FALSE(blocks_->Get(block.block.id).ok());
}

TEST_F(WritingTest, ARetriedCallGetsTheFirstAnswer) {
  CreateArgs args;
  args.path = "/f";
  args.client_name = "c1";
  args.masked = {0644};
  args.replication = 1;
  ASSERT_OK_AND_ASSIGN(const FileStatus first, ns_->Create(Call(1), args));
  ASSERT_OK_AND_ASSIGN(const FileStatus again, ns_->Create(Call(1), args));
  EXPECT_EQ(first.file_id, again.file_id);
  EXPECT_FALSE(ns_->Create(Call(2), args).ok());
  EXPECT_TRUE(*ns_->Rename(Call(3), "/f", "/g"));
  EXPECT_TRUE(*ns_->Rename(Call(3), "/f", "/g"));
  EXPECT_FALSE(*ns_->Rename(Call(4), "/f", "/g"));
  EXPECT_TRUE(*ns_->Delete(Call(5), "/g", false));
  EXPECT_TRUE(*ns_->Delete(Call(5), "/g", false));
  clock_.Advance(minutes(11));
  EXPECT_FALSE(*ns_->Delete(Call(5), "/g", false));
}

TEST_F(WritingTest, AFailedPipelineGoesOnUnderANewGenerationStamp) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock block = MustAdd("/f");
  ASSERT_OK_AND_ASSIGN(const LocatedBlock fresh, ns_->UpdateBlockForPipeline(Super(), block, "c1"));
  EXPECT_EQ(fresh.offset, -1);
  ExtendedBlock updated = fresh.block;
  updated.block.num_bytes = 50;
  EXPECT_GT(updated.block.generation_stamp, block.block.generation_stamp);
  const DatanodeId dn2{.uuid = "dn2"};
  ASSERT_OK(ns_->UpdatePipeline(Call(1), "c1", block, updated, {dn2}, {"DS-dn2"}));
  ASSERT_OK(ns_->UpdatePipeline(Call(1), "c1", block, updated, {dn2}, {"DS-dn2"}));  // retried
  EXPECT_FALSE(ns_->UpdatePipeline(Call(2), "c1", block, updated, {dn2}, {"DS-dn2"}).ok());
  EXPECT_THAT(ns_->UpdateBlockForPipeline(Super(), updated, "c2"),
              HasReason(Reason::kLeaseExpired));
  const ExtendedBlock last = WithLength(updated, 80);
  Received("dn2", last.block);
  EXPECT_TRUE(***Complete("/f", last));
}

TEST_F(WritingTest, FsyncMakesALengthVisible) {
  ASSERT_OK(Create("/f"));
  MustAdd("/f");
  ASSERT_OK(ns_->Fsync(Super(), "/f", "c1", 33, InodeId(0)));
  EXPECT_EQ((*ns_->GetFileInfo(Super(), "/f"))->length, 33);
  ASSERT_OK_AND_ASSIGN(const LocatedBlocks located, ns_->GetBlockLocations(Super(), "/f", 0, 100));
  EXPECT_EQ(located.file_length, 0);  // without the block under construction
  EXPECT_TRUE(located.under_construction);
  EXPECT_FALSE(located.last_block_complete);
  EXPECT_EQ(located.last_block->block.block.num_bytes, 33);
}

TEST_F(WritingTest, AfterTheSoftLimitAnotherWriterStartsTheRecovery) {
  ASSERT_OK(Create("/f", "c1"));
  const ExtendedBlock block = MustAdd("/f");
  Received("dn1", block.block, ReplicaEventType::kReceiving);
  clock_.Advance(seconds(61));
  EXPECT_THAT(Create("/f", "c2"), HasReason(Reason::kRecoveryInProgress));
  EXPECT_EQ(LastRecovery(), nullptr);  // not ahead of the log
  Settle();
  ASSERT_NE(LastRecovery(), nullptr);
  EXPECT_EQ(LastRecovery()->block.block.id, block.block.id);
  Synchronized("dn1", {.block = block.block,
                       .new_generation_stamp = LastRecovery()->recovery_id,
                       .new_length = 70,
                       .datanode_uuids = {"dn1"},
                       .storage_uuids = {"DS-dn1"}});
  EXPECT_TRUE(*ns_->IsFileClosed(Super(), "/f"));
  EXPECT_EQ((*ns_->GetFileInfo(Super(), "/f"))->length, 70);
  EXPECT_THAT(*AddBlock("/f", "c1", block), HasReason(Reason::kLeaseExpired));
}

TEST_F(WritingTest, OnlyTheNewestRecoveryCounts) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock block = MustAdd("/f");
  Received("dn1", block.block, ReplicaEventType::kReceiving);
  EXPECT_FALSE(*ns_->RecoverLease(Super(), "/f", "c2"));
  Settle();
  ASSERT_NE(LastRecovery(), nullptr);
  const GenerationStamp first = LastRecovery()->recovery_id;
  Pass(seconds(40));  // nobody answers: it is tried again
  EXPECT_GT(LastRecovery()->recovery_id, first);
  BlockSynchronization outcome{.block = block.block,
                               .new_generation_stamp = first,
                               .new_length = 10,
                               .datanode_uuids = {"dn1"},
                               .storage_uuids = {"DS-dn1"}};
  Synchronized("dn1", outcome);
  EXPECT_FALSE(*ns_->IsFileClosed(Super(), "/f"));
  outcome.new_generation_stamp = LastRecovery()->recovery_id;
  outcome.new_length = 20;
  Synchronized("dn1", outcome);
  EXPECT_TRUE(*ns_->IsFileClosed(Super(), "/f"));
  EXPECT_EQ((*ns_->GetFileInfo(Super(), "/f"))->length, 20);
}

TEST_F(WritingTest, TheNameNodeTakesFilesOverAfterTheHardLimit) {
  Settle();  // leaving safe mode renews all leases
  ASSERT_OK(Create("/empty", "c1"));
  Pass(minutes(19));
  EXPECT_FALSE(*ns_->IsFileClosed(Super(), "/empty"));
  Pass(minutes(2));
  EXPECT_TRUE(*ns_->IsFileClosed(Super(), "/empty"));
}

TEST_F(WritingTest, RenewingKeepsTheFile) {
  ASSERT_OK(Create("/f", "c1"));
  for (int i = 0; i < 50; ++i) {
    Pass(seconds(30));
    ASSERT_OK(ns_->RenewLease("c1"));
  }
  EXPECT_FALSE(*ns_->IsFileClosed(Super(), "/f"));
  EXPECT_THAT(Create("/f", "c2"), HasReason(Reason::kAlreadyBeingCreated));
}

TEST_F(WritingTest, AppendGoesOnInTheLastBlock) {
  const ExtendedBlock block = WriteFile("/f", "dn1", 100);
  ASSERT_OK_AND_ASSIGN(const AppendResult result, ns_->Append(Super(), "/f", "c2", 4));
  ASSERT_TRUE(result.last_block.has_value());
  EXPECT_EQ(result.last_block->block, block);
  EXPECT_THAT(ns_->Append(Super(), "/f", "c3", 4), HasReason(Reason::kAlreadyBeingCreated));
  ASSERT_OK_AND_ASSIGN(const LocatedBlock fresh, ns_->UpdateBlockForPipeline(Super(), block, "c2"));
  ExtendedBlock longer = fresh.block;
  ASSERT_OK(ns_->UpdatePipeline(Super(), "c2", block, longer, {{.uuid = "dn1"}}, {"DS-dn1"}));
  longer.block.num_bytes = 150;
  Received("dn1", longer.block);
  EXPECT_TRUE(***Complete("/f", longer, "c2"));
  EXPECT_EQ((*ns_->GetFileInfo(Super(), "/f"))->length, 150);
}

TEST_F(WritingTest, NoReplyLeavesAheadOfTheLog) {
  ASSERT_OK(ns_->Mkdirs(Super(), "/d", {0755}, true));
  bool left = false;
  ns_->WhenSynced([&] { left = true; });
  executor_.RunAll();
  EXPECT_FALSE(left);
  // An answer that changed nothing waits for what it saw, too.
  ASSERT_OK(ns_->Mkdirs(Super(), "/d", {0755}, true));
  bool again = false;
  ns_->WhenSynced([&] { again = true; });
  EXPECT_FALSE(again);
  Settle();
  EXPECT_TRUE(left);
  EXPECT_TRUE(again);
}

TEST_F(WritingTest, AFailingLogReleasesNothingAndSaysSo) {
  env_.FailSyncs(true);
  ASSERT_OK(ns_->Mkdirs(Super(), "/d", {0755}, true));
  bool left = false;
  ns_->WhenSynced([&] { left = true; });
  Settle();
  EXPECT_FALSE(left);
  EXPECT_FALSE(fatal_.ok());
}

}  // namespace
}  // namespace tusk::namenode
