// Restarts: replay, checkpoints cut while the namespace changes, kills at every point.
#include "common/base/random.h"
#include "common/fault/fault_point.h"
#include "namenode/namesystem/namesystem_fixture.h"

namespace tusk::namenode {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class RestartTest : public NamesystemTest {
 protected:
  RestartTest() {
    Start();
    AddDatanode("dn1");
  }
  void RestartWithDatanode() {
    Restart();
    AddDatanode("dn1");
  }
  // One random change of the namespace.
  void Change(Random* random, int step) {
    const auto name = [&] { return "/d" + std::to_string(random->Below(6)); };
    switch (random->Below(9)) {
      case 0:
      case 1:
        IgnoreError(
            ns_->Mkdirs(Super(), name() + "/s" + std::to_string(random->Below(4)), {0755}, true)
                .status(),
            "may be a file");
        break;
      case 2:
      case 3: {
        const std::string path = name() + "/f" + std::to_string(step);
        if (Create(path).ok()) {
          ASSERT_TRUE(AddBlock(path).has_value());
        }
        break;
      }
      case 4:
        WriteFile("/w" + std::to_string(step), "dn1",
                  static_cast<int64_t>(random->Below(1000)) + 1);
        break;
      case 5:
        IgnoreError(ns_->Rename(Call(step), name(), name()).status(), "may fail");
        break;
      case 6:
        IgnoreError(ns_->Delete(Call(step), name(), true).status(), "may fail");
        break;
      case 7:
        IgnoreError(ns_->SetPermission(Super(), name(), {0711}), "may be missing");
        break;
      case 8:
        IgnoreError(ns_->SetOwner(Super(), name(), "u" + std::to_string(step % 3), ""),
                    "may be missing");
        break;
    }
  }
};

TEST_F(RestartTest, WhatWasSyncedIsThereAgain) {
  ASSERT_OK(ns_->Mkdirs(Super(), "/a/b", {0750}, true));
  const ExtendedBlock block = WriteFile("/a/f", "dn1", 123);
  ASSERT_OK(Create("/open", "c9"));
  ASSERT_OK(ns_->SetOwner(Super(), "/a", "alice", "staff"));
  Settle();
  const std::string before = Dump();
  RestartWithDatanode();
  EXPECT_EQ(Dump(), before);
  EXPECT_TRUE(blocks_->Get(block.block.id).ok());
  EXPECT_THAT(Create("/open", "c1"), HasReason(Reason::kAlreadyBeingCreated));  // c9's lease lives
  // Ids are not given out twice.
  EXPECT_GT(WriteFile("/g", "dn1").block.id, block.block.id);
}

TEST_F(RestartTest, WhatWasNotSyncedNeverWas) {
  ASSERT_OK(ns_->Mkdirs(Super(), "/synced", {0755}, true));
  Settle();
  ASSERT_OK(ns_->Mkdirs(Super(), "/lost", {0755}, true));
  Restart();
  EXPECT_TRUE((*ns_->GetFileInfo(Super(), "/synced")).has_value());
  EXPECT_FALSE((*ns_->GetFileInfo(Super(), "/lost")).has_value());
}

TEST_F(RestartTest, ARetryAfterARestartGetsTheFirstAnswer) {
  CreateArgs args;
  args.path = "/f";
  args.client_name = "c1";
  args.masked = {0644};
  args.replication = 1;
  ASSERT_OK_AND_ASSIGN(const FileStatus first, ns_->Create(Call(1), args));
  ASSERT_TRUE(*ns_->Rename(Call(2), "/f", "/g"));
  Settle();
  Restart();
  ASSERT_OK_AND_ASSIGN(const FileStatus again, ns_->Create(Call(1), args));
  EXPECT_EQ(again.file_id, first.file_id);
  Pass(minutes(2));  // a checkpoint: the edits are not read again
  ASSERT_GT(ns_->Counts().checkpoint_txid, TxId(0));
  Settle();
  Restart();
  EXPECT_TRUE(*ns_->Rename(Call(2), "/f", "/g"));
  EXPECT_EQ(ns_->Create(Call(1), args)->file_id, first.file_id);
}

TEST_F(RestartTest, ARepeatedAppendAfterARestartNamesTheLastBlockAgain) {
  WriteFile("/f", "dn1");
  ASSERT_OK_AND_ASSIGN(const AppendResult first,
                       ns_->Append(Call(1), "/f", "c2", kCreateFlagNewBlock));
  Settle();
  RestartWithDatanode();
  ASSERT_OK_AND_ASSIGN(const AppendResult again,
                       ns_->Append(Call(1), "/f", "c2", kCreateFlagNewBlock));
  ASSERT_TRUE(again.last_block.has_value());
  EXPECT_EQ(again.last_block->block, first.last_block->block);
}

TEST_F(RestartTest, ARepeatedAddBlockAfterARestartGetsTheSameBlockWithAPipeline) {
  ASSERT_OK(Create("/f"));
  const auto first = AddBlock("/f");
  ASSERT_TRUE(first.has_value() && first->ok());
  Settle();
  RestartWithDatanode();
  const auto again = AddBlock("/f");
  ASSERT_TRUE(again.has_value() && again->ok());
  EXPECT_EQ((*again)->block, (*first)->block);
  EXPECT_EQ((*again)->locations.size(), 1u);
  Received("dn1", (*again)->block.block);
  EXPECT_TRUE(***Complete("/f", (*again)->block));
}

// Wherever the log fails, the process is told to end, nothing is answered any more, and the
// operation is there whole or not at all.
TEST_F(RestartTest, AFailingLogEndsAllAnswers) {
  for (const std::string where :
       {"namenode.edits.before_write", "namenode.edits.before_sync", "namenode.edits.after_sync"}) {
    SCOPED_TRACE(where);
    int answers = 0;
    {
      const ScopedFault fault(where, Fault::ErrorOnHit(1));
      for (const std::string& path : {"/" + where, "/later-" + where}) {
        ASSERT_OK(ns_->Mkdirs(Super(), path, {0755}, true));
        ns_->WhenSynced([&] { ++answers; });
        Settle();
      }
      EXPECT_EQ(fault.hits(), 1) << "the log was written again";
    }
    EXPECT_EQ(answers, 0);
    EXPECT_THAT(fatal_, HasCode(Code::kUnavailable));
    RestartWithDatanode();
    EXPECT_EQ((*ns_->GetFileInfo(Super(), "/" + where)).has_value(),
              where == "namenode.edits.after_sync");
    EXPECT_FALSE((*ns_->GetFileInfo(Super(), "/later-" + where)).has_value());
    Settle();
    fatal_ = Status::Ok();
  }
}

TEST_F(RestartTest, ACheckpointLetsOldEditsGo) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_OK(ns_->Mkdirs(Super(), "/d" + std::to_string(i), {0755}, true));
  }
  Settle();
  Pass(minutes(2));
  ASSERT_OK(ns_->Mkdirs(Super(), "/after", {0755}, true));
  Settle();
  Pass(minutes(2));
  ASSERT_OK(ns_->Mkdirs(Super(), "/last", {0755}, true));
  Settle();
  ASSERT_OK_AND_ASSIGN(const auto segments, env_.List("/edits"));
  EXPECT_LE(segments.size(), 2u);
  const std::string before = Dump();
  Restart();
  EXPECT_EQ(Dump(), before);
}

TEST_F(RestartTest, FreeingADeletedTreeGoesOnAfterARestart) {
  std::vector<BlockId> blocks;
  for (int i = 0; i < 5; ++i) {
    blocks.push_back(WriteFile("/d/f" + std::to_string(i), "dn1").block.id);
  }
  ASSERT_OK(ns_->Delete(Super(), "/d", true));
  journal_executor_.RunAll();  // logged, and nothing of the rest has run
  RestartWithDatanode();
  EXPECT_EQ(ns_->Counts().inodes, 7);  // still there, and in nobody's sight
  EXPECT_FALSE((*ns_->GetFileInfo(Super(), "/d")).has_value());
  Settle();
  EXPECT_EQ(ns_->Counts().inodes, 1);
}

// The cut is exact: whatever changes while a checkpoint is being written, an image and the edits
// after its tag give the namespace back, and the edits before it are not needed.
TEST_F(RestartTest, CheckpointsAreExactWhileTheNamespaceChanges) {
  options_.checkpoint_slice = Duration(0);  // 64 entries at a time
  options_.checkpoint_edits = 20;
  Restart();
  AddDatanode("dn1");
  Random random(TestSeed());
  for (int round = 0; round < 12; ++round) {
    for (int step = 0; step < 60; ++step) {
      Change(&random, round * 1000 + step);
      // The background comes along in odd moments.
      if (random.OneIn(3)) journal_executor_.RunAll();
      if (random.OneIn(3)) executor_.RunOne();
      if (random.OneIn(10)) timer_.Advance(seconds(1));
    }
    Settle();
    const std::string before = Dump();
    RestartWithDatanode();
    ASSERT_EQ(Dump(), before) << "round " << round;
    Settle();
  }
  EXPECT_GT(ns_->Counts().checkpoint_txid, TxId(0));
}

TEST_F(RestartTest, AKillAtAnyPointOfACheckpointLosesNothing) {
  for (const char* where : {"namenode.checkpoint.batch", "namenode.checkpoint.before_tag",
                            "namenode.checkpoint.before_purge"}) {
    SCOPED_TRACE(where);
    for (int i = 0; i < 200; ++i) {
      const std::string path = "/" + std::string(where) + "/" + std::to_string(i);
      ASSERT_OK(ns_->Mkdirs(Super(), path, {0755}, true));
    }
    Settle();
    const std::string before = Dump();
    {
      const ScopedFault fault(where, Fault::Error());
      Pass(minutes(2));
      EXPECT_GT(fault.hits(), 0);
    }
    RestartWithDatanode();
    EXPECT_EQ(Dump(), before);
    // And it is written the next time.
    ASSERT_OK(ns_->Mkdirs(Super(), "/next" + std::string(where), {0755}, true));
    Pass(minutes(2));
    Settle();
    EXPECT_EQ(ns_->Counts().checkpoint_txid, ns_->Counts().last_txid);
  }
}

TEST_F(RestartTest, AFailedCheckpointIsMadeUpFor) {
  ASSERT_OK(ns_->Mkdirs(Super(), "/a", {0755}, true));
  Settle();
  store_.FailWrites(ResourceExhaustedError("disk full"));
  Pass(minutes(2));
  EXPECT_EQ(ns_->Counts().checkpoint_txid, TxId(0));
  store_.FailWrites(Status::Ok());
  ASSERT_OK(ns_->Mkdirs(Super(), "/b", {0755}, true));
  Pass(minutes(2));
  EXPECT_EQ(ns_->Counts().checkpoint_txid, ns_->Counts().last_txid);
  const std::string before = Dump();
  Restart();
  EXPECT_EQ(Dump(), before);
}

TEST_F(RestartTest, AnImageThatLostAnEntryIsRefused) {
  ASSERT_OK(ns_->Mkdirs(Super(), "/a", {0755}, true));
  Pass(minutes(2));
  Kill();
  {
    const auto it = store_.NewIterator();
    it->Seek("i");
    KvBatch batch;
    batch.Delete(std::string(it->key()));
    ASSERT_OK(store_.Write(batch, WriteSync::kYes));
  }
  EXPECT_THAT(TryStart(), HasCode(Code::kDataLoss));
}

// The log stops at each write in turn, under load: whatever was acknowledged is there.
TEST_F(RestartTest, APowerLossAtAnyWriteKeepsWhatWasAcknowledged) {
  for (int n = 1; n < 30; ++n) {
    SCOPED_TRACE("stopped at write " + std::to_string(n));
    std::vector<std::string> acknowledged;
    env_.FailAfterWrites(n);
    for (int i = 0; i < 20; ++i) {
      const std::string path = "/n" + std::to_string(n) + "_" + std::to_string(i);
      ASSERT_OK(ns_->Mkdirs(Super(), path, {0755}, true));
      ns_->WhenSynced([&acknowledged, path] { acknowledged.push_back(path); });
      if (i % 3 == 0) Settle();
    }
    const bool failed = env_.failed();
    Restart();
    for (const std::string& path : acknowledged) {
      EXPECT_TRUE((*ns_->GetFileInfo(Super(), path)).has_value()) << path;
    }
    if (!failed) break;
  }
}

TEST_F(RestartTest, NoBlockIsDroppedWhileTheReportOfADatanodeIsStillToCome) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock block = (*AddBlock("/f"))->block;
  Received("dn1", block.block, ReplicaEventType::kReceiving);
  Settle();
  Restart();
  RegisterDatanode("dn1");
  Settle();
  EXPECT_FALSE(*ns_->RecoverLease(Super(), "/f", "c2"));
  EXPECT_FALSE(*ns_->IsFileClosed(Super(), "/f"));
  EXPECT_THAT(Dump(), testing::HasSubstr(BlockName(block.block)));
}

TEST_F(RestartTest, AfterARestartTheRecoveryOfALeaseGoesOn) {
  ASSERT_OK(Create("/f"));
  const ExtendedBlock block = (*AddBlock("/f"))->block;
  Received("dn1", block.block, ReplicaEventType::kReceiving);
  EXPECT_FALSE(*ns_->RecoverLease(Super(), "/f", "c2"));
  Settle();
  RestartWithDatanode();
  Settle();  // leaving safe mode renews all leases
  Received("dn1", block.block, ReplicaEventType::kReceiving);
  Pass(seconds(60));
  const RecoverBlock* recovery = nullptr;
  for (const auto& [uuid, command] : sent_) {
    if (const auto* work = std::get_if<RecoverBlock>(&command.work)) recovery = work;
  }
  ASSERT_NE(recovery, nullptr);
  Synchronized("dn1", {.block = block.block,
                       .new_generation_stamp = recovery->recovery_id,
                       .new_length = 5,
                       .datanode_uuids = {"dn1"},
                       .storage_uuids = {"DS-dn1"}});
  EXPECT_TRUE(*ns_->IsFileClosed(Super(), "/f"));
}

}  // namespace
}  // namespace tusk::namenode
