// The stream's states against a wire that the test moves by hand: no gRPC, no threads.
#include "common/grpc/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "common/grpc/status_bridge.h"
#include "common/testing/fake_clock.h"
#include "common/testing/manual_executor.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What happened to the wire; outlives it.
struct WireLog {
  WireEvents* events = nullptr;
  std::vector<std::string> writes;
  std::string incoming;
  int reads_armed = 0;
  bool writes_ended = false;
  bool cancelled = false;
  bool finished = false;
  Status finish_status;
};

class ScriptedWire final : public Wire {
 public:
  explicit ScriptedWire(WireLog* log) : log_(log) {}

  void Begin(WireEvents* events) override {
    log_->events = events;
    log_->reads_armed = 1;
  }
  void StartRead() override { ++log_->reads_armed; }
  size_t ReadSize() override { return log_->incoming.size(); }
  void CopyRead(char* to) override {
    std::memcpy(to, log_->incoming.data(), log_->incoming.size());
  }
  void StartWrite(WireBytes message) override {
    log_->writes.emplace_back(message.data, message.size);
  }
  void EndWrites() override { log_->writes_ended = true; }
  void Finish(const WireStatus& status) override {
    EXPECT_FALSE(log_->finished);
    log_->finished = true;
    log_->finish_status = FromWire(status);
  }
  void Cancel() override {
    EXPECT_FALSE(log_->finished);
    log_->cancelled = true;
  }

 private:
  WireLog* const log_;
};

class GrpcStreamTest : public ::testing::Test {
 protected:
  GrpcStreamPtr Open(GrpcStream::Side side, StreamLimits limits = {}) {
    StreamHandler handler;
    handler.message = [this](const GrpcStreamPtr&, std::string m) { heard_.push_back(m); };
    handler.closed = [this](const GrpcStreamPtr&, const Status& s) { ends_.push_back(s); };
    auto stream = std::make_shared<GrpcStream>(GrpcStream::Options{.side = side, .limits = limits},
                                               std::move(handler), &executor_);
    stream->Begin(std::make_unique<ScriptedWire>(&wire_));
    stream_ = stream;
    return stream;
  }
  void Arrive(const std::string& message) {
    ASSERT_GT(wire_.reads_armed, 0);
    --wire_.reads_armed;
    wire_.incoming = message;
    wire_.events->OnReadDone(true);
  }

  // A stream lives until its wire is done.
  void TearDown() override {
    executor_.RunAll();
    if (stream_.expired()) return;
    wire_.events->OnDone({});
    executor_.RunAll();
    EXPECT_TRUE(stream_.expired());
  }

  ManualExecutor executor_;
  WireLog wire_;
  std::weak_ptr<GrpcStream> stream_;
  std::vector<std::string> heard_;
  std::vector<Status> ends_;
};

TEST_F(GrpcStreamTest, WritesOneMessageAtATimeInOrder) {
  const GrpcStreamPtr stream = Open(GrpcStream::Side::kClient);
  EXPECT_EQ(stream->Send("a"), SendResult::kOk);
  EXPECT_EQ(stream->Send("b"), SendResult::kOk);
  EXPECT_THAT(wire_.writes, ElementsAre("a"));
  wire_.events->OnWriteDone(true);
  EXPECT_THAT(wire_.writes, ElementsAre("a", "b"));
}

TEST_F(GrpcStreamTest, AnswersFullAtItsBoundsOfMessagesAndOfBytes) {
  const GrpcStreamPtr stream =
      Open(GrpcStream::Side::kClient, {.max_messages = 2, .max_bytes = 10});
  EXPECT_EQ(stream->Send("in flight"), SendResult::kOk);
  EXPECT_EQ(stream->Send("123456"), SendResult::kOk);
  EXPECT_EQ(stream->Send("123456"), SendResult::kFull);
  EXPECT_EQ(stream->Send("12"), SendResult::kOk);
  EXPECT_EQ(stream->Send(""), SendResult::kFull);
  EXPECT_EQ(stream->queued_bytes(), 8u);
}

TEST_F(GrpcStreamTest, ASlowHandlerStopsReadingUntilHalfIsTaken) {
  const GrpcStreamPtr stream = Open(GrpcStream::Side::kServer, {.max_messages = 2});
  Arrive("1");
  Arrive("2");
  EXPECT_EQ(wire_.reads_armed, 0);
  EXPECT_THAT(heard_, IsEmpty());
  executor_.RunAll();
  EXPECT_THAT(heard_, ElementsAre("1", "2"));
  EXPECT_EQ(wire_.reads_armed, 1);
}

TEST_F(GrpcStreamTest, ClosingAClientDrainsThenHalfClosesThenWaitsForTheServersEnd) {
  const GrpcStreamPtr stream = Open(GrpcStream::Side::kClient);
  stream->Send("last");
  stream->Close();
  EXPECT_EQ(stream->Send("late"), SendResult::kClosed);
  EXPECT_FALSE(wire_.writes_ended);
  wire_.events->OnWriteDone(true);
  EXPECT_TRUE(wire_.writes_ended);
  wire_.events->OnWriteDone(true);
  EXPECT_FALSE(wire_.finished);
  wire_.events->OnReadDone(false);
  EXPECT_TRUE(wire_.finished);
  wire_.events->OnDone(WireStatus{});
  executor_.RunAll();
  ASSERT_EQ(ends_.size(), 1u);
  EXPECT_OK(ends_[0]);
}

TEST_F(GrpcStreamTest, AServerAnswersItsStatusAfterWhatWasQueued) {
  const GrpcStreamPtr stream = Open(GrpcStream::Side::kServer);
  stream->Send("reply");
  stream->Close(NotFoundError("no such thing", Reason::kReplicaNotFound));
  EXPECT_FALSE(wire_.finished);
  wire_.events->OnWriteDone(true);
  EXPECT_TRUE(wire_.finished);
  EXPECT_THAT(wire_.finish_status, HasReason(Reason::kReplicaNotFound));
}

TEST_F(GrpcStreamTest, AllThatArrivedIsHeardBeforeTheEnd) {
  Open(GrpcStream::Side::kServer);
  Arrive("before the break");
  wire_.events->OnCancel();
  wire_.events->OnReadDone(false);
  EXPECT_TRUE(wire_.finished);
  wire_.events->OnDone(WireStatus{});
  executor_.RunAll();
  EXPECT_THAT(heard_, ElementsAre("before the break"));
  ASSERT_EQ(ends_.size(), 1u);
  EXPECT_THAT(ends_[0], HasCode(Code::kCancelled));
}

TEST_F(GrpcStreamTest, NothingIsFinishedWhileAWriteIsOut) {
  const GrpcStreamPtr stream = Open(GrpcStream::Side::kServer);
  stream->Send("in flight");
  wire_.events->OnCancel();
  wire_.events->OnReadDone(false);
  EXPECT_FALSE(wire_.finished);
  wire_.events->OnWriteDone(false);
  EXPECT_TRUE(wire_.finished);
}

TEST_F(GrpcStreamTest, CloseWithALimitCancelsAStreamThatDoesNotDrain) {
  FakeClock clock;
  FakeTimer timer(&clock);
  const GrpcStreamPtr stream = Open(GrpcStream::Side::kClient);
  stream->Send("never written");
  stream->Close(Status::Ok(), &timer, std::chrono::seconds(5));
  timer.Advance(std::chrono::seconds(4));
  executor_.RunAll();
  EXPECT_FALSE(wire_.cancelled);
  timer.Advance(std::chrono::seconds(2));
  executor_.RunAll();
  EXPECT_TRUE(wire_.cancelled);
}

TEST_F(GrpcStreamTest, TheLastReferenceEndsOnTheExecutor) {
  std::weak_ptr<GrpcStream> weak = Open(GrpcStream::Side::kServer);
  wire_.events->OnCancel();
  wire_.events->OnReadDone(false);
  wire_.events->OnDone(WireStatus{});
  EXPECT_FALSE(weak.expired());
  executor_.RunAll();
  EXPECT_TRUE(weak.expired());
}

}  // namespace
}  // namespace tusk
