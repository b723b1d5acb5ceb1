#include "namenode/edits/edit_log.h"

#include "common/io/frame_file.h"
#include "common/testing/manual_executor.h"
#include "common/testing/status_matchers.h"
#include "proto/tusk/edits.pb.h"

namespace tusk::namenode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Keeps batches until the test answers them.
class SlowJournal final : public Journal {
 public:
  void Append(JournalBatch batch, std::function<void(Status)> done) override {
    batches.push_back(std::move(batch));
    waiting = std::move(done);
  }
  void PurgeUpTo(TxId) override {}

  void Answer(Status status) { std::exchange(waiting, nullptr)(std::move(status)); }

  std::vector<JournalBatch> batches;
  std::function<void(Status)> waiting;
};

class EditLogTest : public testing::Test {
 protected:
  TxId Append() {
    proto::edits::EditOp op;
    op.mutable_allocate_generation_stamp()->set_generation_stamp(7);
    return log_.Append(op);
  }
  void Expect(TxId txid) {
    log_.WhenSynced(txid, [this, txid] { released_.push_back(txid.value()); });
  }
  void Answer(Status status) {
    journal_.Answer(std::move(status));
    executor_.RunAll();
  }

  SlowJournal journal_;
  ManualExecutor executor_;
  Status failure_;
  std::vector<int64_t> released_;
  EditLog log_{&journal_, &executor_, TxId(10), 1,
               [this](Status status) { failure_ = std::move(status); }};
};

TEST_F(EditLogTest, WhatGathersDuringASyncIsTheNextBatch) {
  EXPECT_EQ(Append(), TxId(11));
  Append();
  Append();
  ASSERT_EQ(journal_.batches.size(), 1u);
  Answer(Status::Ok());
  ASSERT_EQ(journal_.batches.size(), 2u);
  EXPECT_EQ(journal_.batches[1].first, TxId(12));
  EXPECT_EQ(journal_.batches[1].last, TxId(13));
  Answer(Status::Ok());
  EXPECT_EQ(log_.synced(), TxId(13));
}

TEST_F(EditLogTest, AReplyWaitsForItsTxidAndNoLonger) {
  Append();
  Append();
  Expect(TxId(10));
  EXPECT_THAT(released_, ElementsAre(10));  // synced long ago
  Expect(TxId(12));
  Expect(TxId(11));
  EXPECT_THAT(released_, ElementsAre(10));
  Answer(Status::Ok());
  EXPECT_THAT(released_, ElementsAre(10, 11));
  Answer(Status::Ok());
  EXPECT_THAT(released_, ElementsAre(10, 11, 12));
}

TEST_F(EditLogTest, AfterAFailedBatchNothingIsEverReleased) {
  Append();
  Expect(TxId(11));
  Answer(DataLossError("disk"));
  EXPECT_EQ(failure_.code(), Code::kDataLoss);
  Append();
  Expect(TxId(12));
  Expect(TxId(10));
  EXPECT_THAT(released_, IsEmpty());
}

TEST_F(EditLogTest, EachFrameCarriesWhatWasKnownToBeSynced) {
  Append();
  Answer(Status::Ok());
  Append();
  Answer(Status::Ok());
  std::string expected;
  proto::edits::EditOp op;
  op.mutable_allocate_generation_stamp()->set_generation_stamp(7);
  AppendFrame({.number = 12, .epoch = 1, .synced_number = 11, .payload = op.SerializeAsString()},
              &expected);
  EXPECT_EQ(journal_.batches[1].frames, expected);
}

TEST_F(EditLogTest, ASegmentBeginsWhenAskedAndAtTheStart) {
  Append();
  Answer(Status::Ok());
  Append();
  Answer(Status::Ok());
  log_.StartSegment();
  Append();
  Answer(Status::Ok());
  EXPECT_TRUE(journal_.batches[0].start_segment);
  EXPECT_FALSE(journal_.batches[1].start_segment);
  EXPECT_TRUE(journal_.batches[2].start_segment);
}

}  // namespace
}  // namespace tusk::namenode
