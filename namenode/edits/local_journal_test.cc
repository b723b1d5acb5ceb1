#include "namenode/edits/local_journal.h"

#include "common/io/frame_file.h"
#include "common/testing/fault_env.h"
#include "common/testing/manual_executor.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"

namespace tusk::namenode {
namespace {

using testing::ElementsAre;

class LocalJournalTest : public testing::Test {
 protected:
  LocalJournalTest() { EXPECT_OK(env_.MakeDirs("/edits")); }

  std::unique_ptr<LocalJournal> Open(int64_t segment_bytes = 64 << 20) {
    return std::make_unique<LocalJournal>(
        LocalJournalOptions{
            .dir = "/edits", .segment_bytes = segment_bytes, .allocate_bytes = kStepBytes},
        &env_, &executor_);
  }

  // Where the frames of a segment with edits 1 to `last` end.
  static int64_t EndOf(int64_t last) {
    std::string frames;
    for (int64_t txid = 1; txid <= last; ++txid) {
      AppendFrame({.number = static_cast<uint64_t>(txid),
                   .epoch = 1,
                   .payload = "edit " + std::to_string(txid)},
                  &frames);
    }
    return static_cast<int64_t>(kFrameFileHeaderSize + frames.size());
  }

  // Appends [first, last] as one batch and waits.
  Status Append(LocalJournal* journal, int64_t first, int64_t last, int64_t synced = 0) {
    JournalBatch batch{.first = TxId(first), .last = TxId(last)};
    for (int64_t txid = first; txid <= last; ++txid) {
      AppendFrame({.number = static_cast<uint64_t>(txid),
                   .epoch = 1,
                   .synced_number = static_cast<uint64_t>(synced),
                   .payload = "edit " + std::to_string(txid)},
                  &batch.frames);
    }
    Status result = UnknownError("never answered");
    journal->Append(std::move(batch), [&](Status status) { result = std::move(status); });
    executor_.RunAll();
    return result;
  }

  // The txids found; their payloads are checked.
  StatusOr<std::vector<int64_t>> Replay(int64_t after = 0) {
    std::vector<int64_t> found;
    auto journal = Open();
    RETURN_IF_ERROR(journal->Replay(TxId(after), [&](TxId txid, std::string_view payload) {
      EXPECT_EQ(payload, "edit " + std::to_string(txid.value()));
      found.push_back(txid.value());
      return Status::Ok();
    }));
    return found;
  }

  std::string Segment(int64_t first) {
    std::string digits = std::to_string(first);
    return "/edits/edits_" + std::string(19 - digits.size(), '0') + digits;
  }

  static constexpr int64_t kStepBytes = 4096;
  FaultEnv env_;
  ManualExecutor executor_;
};

TEST_F(LocalJournalTest, AcknowledgedEditsSurviveAPowerLoss) {
  auto journal = Open();
  ASSERT_OK(Append(journal.get(), 1, 3));
  ASSERT_OK(Append(journal.get(), 4, 4));
  env_.Crash();
  ASSERT_OK_AND_ASSIGN(const auto found, Replay());
  EXPECT_THAT(found, ElementsAre(1, 2, 3, 4));
}

TEST_F(LocalJournalTest, ReplayBeginsAfterWhatTheImageHolds) {
  auto journal = Open(/*segment_bytes=*/1);  // a segment per batch
  for (int64_t txid = 1; txid <= 5; ++txid) ASSERT_OK(Append(journal.get(), txid, txid));
  ASSERT_OK_AND_ASSIGN(const auto found, Replay(3));
  EXPECT_THAT(found, ElementsAre(4, 5));
}

TEST_F(LocalJournalTest, ALogThatEndsBeforeTheImageHasLostEdits) {
  auto journal = Open(/*segment_bytes=*/1);
  for (int64_t txid = 1; txid <= 5; ++txid) ASSERT_OK(Append(journal.get(), txid, txid));
  EXPECT_OK(Replay(5));
  const auto found = Replay(6);
  EXPECT_THAT(found.status(), HasCode(Code::kDataLoss));
  EXPECT_THAT(found.status().message(), testing::HasSubstr("ends with edit 5"));
  // The image alone is enough: a log whose last segment never got its first edit is empty.
  for (int64_t txid = 1; txid <= 5; ++txid) ASSERT_OK(env_.Remove(Segment(txid)));
  EXPECT_OK(Replay(6));
}

TEST_F(LocalJournalTest, PurgeRemovesOnlySegmentsThatHoldNothingNewer) {
  auto journal = Open(/*segment_bytes=*/1);
  for (int64_t txid = 1; txid <= 5; ++txid) ASSERT_OK(Append(journal.get(), txid, txid));
  journal->PurgeUpTo(TxId(3));
  executor_.RunAll();
  EXPECT_FALSE(env_.Exists(Segment(3)));
  EXPECT_TRUE(env_.Exists(Segment(4)));
  ASSERT_OK_AND_ASSIGN(const auto found, Replay(3));
  EXPECT_THAT(found, ElementsAre(4, 5));
}

TEST_F(LocalJournalTest, AMissingSegmentStopsTheStart) {
  auto journal = Open(/*segment_bytes=*/1);
  for (int64_t txid = 1; txid <= 3; ++txid) ASSERT_OK(Append(journal.get(), txid, txid));
  ASSERT_OK(env_.Remove(Segment(2)));
  const auto found = Replay();
  EXPECT_THAT(found, HasCode(Code::kDataLoss));
  EXPECT_THAT(found, MessageContains("edits 2 to 2 are missing"));
}

TEST_F(LocalJournalTest, EditsThatBeginAfterTheImageStopTheStart) {
  auto journal = Open();
  ASSERT_OK(Append(journal.get(), 10, 12));
  EXPECT_THAT(Replay(5), HasCode(Code::kDataLoss));
}

TEST_F(LocalJournalTest, ATornTailIsCutAndTheLogGoesOn) {
  auto journal = Open();
  ASSERT_OK(Append(journal.get(), 1, 3));
  journal.reset();
  {
    ASSERT_OK_AND_ASSIGN(const auto file, env_.Open(Segment(1), OpenMode::kReadWrite));
    ASSERT_OK(file->Truncate(EndOf(2) + 10));
    ASSERT_OK(file->Sync());
  }
  ASSERT_OK_AND_ASSIGN(const auto found, Replay());
  EXPECT_THAT(found, ElementsAre(1, 2));
  // Cut for good: what comes next is contiguous.
  journal = Open();
  ASSERT_OK(Append(journal.get(), 3, 4));
  ASSERT_OK_AND_ASSIGN(const auto again, Replay());
  EXPECT_THAT(again, ElementsAre(1, 2, 3, 4));
}

// Zeros are there before a batch is: its sync records neither a size nor blocks.
TEST_F(LocalJournalTest, BatchesAreWrittenOverZeros) {
  auto journal = Open();
  ASSERT_OK(Append(journal.get(), 1, 1));
  ASSERT_OK_AND_ASSIGN(const FileInfo first, env_.Stat(Segment(1)));
  EXPECT_EQ(first.size, kStepBytes);
  ASSERT_OK(Append(journal.get(), 2, 3));
  ASSERT_OK_AND_ASSIGN(const FileInfo second, env_.Stat(Segment(1)));
  EXPECT_EQ(second.size, kStepBytes);
  ASSERT_OK(Append(journal.get(), 4, 200));  // more than a step
  ASSERT_OK_AND_ASSIGN(const FileInfo third, env_.Stat(Segment(1)));
  EXPECT_EQ(third.size % kStepBytes, 0);
  EXPECT_GE(third.size, EndOf(200));
  journal.reset();  // gives them back
  ASSERT_OK_AND_ASSIGN(const FileInfo closed, env_.Stat(Segment(1)));
  EXPECT_EQ(closed.size, EndOf(200));
}

TEST_F(LocalJournalTest, ZerosAtTheEndOfAnySegmentAreItsEnd) {
  auto journal = Open();
  ASSERT_OK(Append(journal.get(), 1, 2));
  env_.Crash();  // its zeros stay
  ASSERT_OK_AND_ASSIGN(const FileInfo left, env_.Stat(Segment(1)));
  EXPECT_EQ(left.size, kStepBytes);
  ASSERT_OK_AND_ASSIGN(const auto found, Replay());
  EXPECT_THAT(found, ElementsAre(1, 2));
  ASSERT_OK_AND_ASSIGN(const FileInfo cut, env_.Stat(Segment(1)));
  EXPECT_EQ(cut.size, EndOf(2));
  // A roll cuts them too, but nothing waits for that to be durable.
  ASSERT_OK_AND_ASSIGN(const auto file, env_.Open(Segment(1), OpenMode::kReadWrite));
  ASSERT_OK(file->WriteAt(cut.size, std::string(100, '\0')));
  ASSERT_OK(file->Sync());
  journal = Open();
  ASSERT_OK(Append(journal.get(), 3, 3));
  ASSERT_OK_AND_ASSIGN(const auto both, Replay());
  EXPECT_THAT(both, ElementsAre(1, 2, 3));
}

TEST_F(LocalJournalTest, DamageBeforeASyncedEditStopsTheStart) {
  auto journal = Open();
  ASSERT_OK(Append(journal.get(), 1, 2));
  ASSERT_OK(Append(journal.get(), 3, 3, /*synced=*/2));
  journal.reset();
  ASSERT_OK(env_.Corrupt(Segment(1), EndOf(2) - 1));
  EXPECT_THAT(Replay(), HasCode(Code::kDataLoss));
}

TEST_F(LocalJournalTest, AfterAFailedSyncNothingIsTaken) {
  auto journal = Open();
  ASSERT_OK(Append(journal.get(), 1, 1));
  env_.FailSyncs(true);
  EXPECT_FALSE(Append(journal.get(), 2, 2).ok());
  env_.FailSyncs(false);
  EXPECT_FALSE(Append(journal.get(), 3, 3).ok());
}

// Stops at each write in turn: whatever was acknowledged is there, in order and without holes. The
// last round leaves a random part of what was not synced, sector by sector.
TEST_F(LocalJournalTest, ACrashAtAnyWriteLosesNothingAcknowledged) {
  constexpr int64_t kRandom = -1;
  for (const int64_t torn : {int64_t{0}, int64_t{7}, int64_t{50}, kRandom}) {
    for (int n = 1;; ++n) {
      SCOPED_TRACE("stopped at write " + std::to_string(n));
      FaultEnv env;
      ASSERT_OK(env.MakeDirs("/edits"));
      if (torn == kRandom) {
        env.TearAtCrash(TestSeed() + static_cast<uint64_t>(n));
      } else {
        env.KeepTornTail(torn);
      }
      env.FailAfterWrites(n);
      int64_t acknowledged = 0;
      {
        LocalJournal journal({.dir = "/edits", .segment_bytes = 120, .allocate_bytes = 100}, &env,
                             &executor_);
        for (int64_t txid = 1; txid <= 6; ++txid) {
          if (!Append(&journal, txid, txid, txid - 1).ok()) break;
          acknowledged = txid;
        }
      }
      const bool failed = env.failed();
      env.Crash();
      std::vector<int64_t> found;
      LocalJournal journal({.dir = "/edits"}, &env, &executor_);
      ASSERT_OK(journal.Replay(TxId(0), [&](TxId txid, std::string_view) {
        found.push_back(txid.value());
        return Status::Ok();
      }));
      ASSERT_GE(static_cast<int64_t>(found.size()), acknowledged);
      for (size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], static_cast<int64_t>(i) + 1);
      // And it goes on from there.
      const auto next = static_cast<int64_t>(found.size()) + 1;
      ASSERT_OK(Append(&journal, next, next));
      if (!failed) break;
    }
  }
}

}  // namespace
}  // namespace tusk::namenode
