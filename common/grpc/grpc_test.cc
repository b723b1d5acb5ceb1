// Channel and server over real gRPC on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/grpc/channel.h"
#include "common/grpc/server.h"
#include "common/testing/eventually.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kStream[] = "/tusk.Test/Talk";
constexpr char kCall[] = "/tusk.Test/Ask";

ClusterSecret Secret(char fill = 's') {
  return ClusterSecret::FromBytes(std::string(32, fill)).value();
}

class GrpcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    GrpcServices services;
    services.AddStream(kStream, [this](const GrpcCaller& who) {
      last_peer_ = who.peer;
      StreamHandler handler;
      handler.message = [](const GrpcStreamPtr& stream, std::string message) {
        stream->Send("echo " + message);
      };
      handler.closed = [this](const GrpcStreamPtr&, const Status&) { ++server_closed_; };
      return handler;
    });
    services.AddCall(kCall, [this](const GrpcCaller&, std::string request, GrpcReply reply) {
      if (request == "fail") {
        return reply(NotFoundError("nothing here", Reason::kReplicaNotFound));
      }
      if (request == "never") {
        held_.push_back(std::move(reply));
        return;
      }
      reply("got " + request);
    });
    ASSERT_OK_AND_ASSIGN(server_, GrpcServer::Start({.host = "127.0.0.1"}, std::move(services),
                                                    Secret(), Clock::Real(), &pool_));
  }
  void TearDown() override { server_->Stop(Duration(0)); }

  GrpcChannel Dial(char secret = 's', const std::string& local_address = {}) {
    return GrpcChannel({.target = "127.0.0.1:" + std::to_string(server_->port()),
                        .local_address = local_address,
                        .caller = "test"},
                       Secret(secret), Clock::Real(), &pool_);
  }

  ThreadPool pool_{"grpc_test", 2};
  std::vector<GrpcReply> held_;
  std::string last_peer_;
  std::atomic<int> server_closed_{0};
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(GrpcTest, ACallBringsItsAnswerOrTheErrorWithItsReason) {
  GrpcChannel channel = Dial();
  EXPECT_EQ(channel.CallAndWait(kCall, "question", seconds(10)).value(), "got question");
  const auto failed = channel.CallAndWait(kCall, "fail", seconds(10));
  EXPECT_THAT(failed, HasCode(Code::kNotFound));
  EXPECT_THAT(failed, HasReason(Reason::kReplicaNotFound));
  EXPECT_EQ(failed.status().message(), "nothing here");
}

TEST_F(GrpcTest, ACallThatIsNotAnsweredEndsAtItsLimit) {
  GrpcChannel channel = Dial();
  EXPECT_THAT(channel.CallAndWait(kCall, "never", std::chrono::milliseconds(50)),
              HasCode(Code::kDeadlineExceeded));
}

TEST_F(GrpcTest, AnotherSecretAndAnUnknownMethodAreRefused) {
  GrpcChannel stranger = Dial('x');
  const auto refused = stranger.CallAndWait(kCall, "question", seconds(10));
  EXPECT_THAT(refused, HasCode(Code::kUnauthenticated));
  EXPECT_THAT(refused.status().message(), HasSubstr("cluster secret differs"));
  GrpcChannel channel = Dial();
  EXPECT_THAT(channel.CallAndWait("/tusk.Test/Unknown", "", seconds(10)),
              HasCode(Code::kUnimplemented));
}

TEST_F(GrpcTest, AStreamCarriesManyMessagesInOrderAndEndsWell) {
  constexpr int kCount = 2000;
  GrpcChannel channel = Dial();
  Notification all, closed;
  int next = 0;
  bool in_order = true;
  StreamHandler handler;
  handler.message = [&](const GrpcStreamPtr&, std::string message) {
    in_order = in_order && message == "echo " + std::to_string(next);
    if (++next == kCount) all.Notify();
  };
  Status end = InternalError("not closed yet");
  handler.closed = [&](const GrpcStreamPtr&, const Status& status) {
    end = status;
    closed.Notify();
  };
  const GrpcStreamPtr stream = channel.OpenStream(kStream, std::move(handler));
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(stream->Send(std::to_string(i)), SendResult::kOk);
  }
  ASSERT_TRUE(all.WaitFor(seconds(20)));
  EXPECT_TRUE(in_order);
  stream->Close();
  ASSERT_TRUE(closed.WaitFor(seconds(20)));
  EXPECT_OK(end);
}

TEST_F(GrpcTest, BothEndsLearnOfACancelledStreamAtOnce) {
  GrpcChannel channel = Dial();
  Notification up, closed;
  StreamHandler handler;
  handler.up = [&](const GrpcStreamPtr&) { up.Notify(); };
  handler.message = [](const GrpcStreamPtr&, const std::string&) {};
  handler.closed = [&](const GrpcStreamPtr&, const Status& status) {
    EXPECT_THAT(status, HasCode(Code::kCancelled));
    closed.Notify();
  };
  const GrpcStreamPtr stream = channel.OpenStream(kStream, std::move(handler));
  ASSERT_TRUE(up.WaitFor(seconds(20)));
  stream->Cancel();
  ASSERT_TRUE(closed.WaitFor(seconds(20)));
  EXPECT_TRUE(Eventually(seconds(20), [&] { return server_closed_ == 1; }));
}

TEST_F(GrpcTest, NoHandlerRunsOnceAServerHasStopped) {
  Notification up, closed, stopped;
  const auto go = std::make_shared<Notification>();
  ThreadPool caller_pool("grpc_caller", 1);
  GrpcChannel channel({.target = "127.0.0.1:" + std::to_string(server_->port()), .caller = "test"},
                      Secret(), Clock::Real(), &caller_pool);
  StreamHandler handler;
  handler.message = [&](const GrpcStreamPtr&, const std::string&) { up.Notify(); };
  handler.closed = [&](const GrpcStreamPtr&, const Status&) { closed.Notify(); };
  const GrpcStreamPtr stream = channel.OpenStream(kStream, std::move(handler));
  ASSERT_EQ(stream->Send("hello"), SendResult::kOk);
  ASSERT_TRUE(up.WaitFor(seconds(20)));
  for (int i = 0; i < 2; ++i) pool_.Post([go] { go->Wait(); });  // all of its threads
  int closed_when_stopped = 0;
  std::thread stopper([&] {
    server_->Stop(Duration(0));
    closed_when_stopped = server_closed_;
    stopped.Notify();
  });
  EXPECT_TRUE(closed.WaitFor(seconds(20)));  // gRPC has ended the stream
  EXPECT_FALSE(stopped.WaitFor(std::chrono::milliseconds(50)));
  go->Notify();
  stopper.join();
  EXPECT_EQ(closed_when_stopped, 1);
}

TEST_F(GrpcTest, AStoppedServerEndsItsStreamsAndAnotherTakesOverThePort) {
  GrpcChannel channel = Dial();
  Notification up, closed;
  StreamHandler handler;
  handler.up = [&](const GrpcStreamPtr&) { up.Notify(); };
  handler.message = [](const GrpcStreamPtr&, const std::string&) {};
  handler.closed = [&](const GrpcStreamPtr&, const Status& status) {
    EXPECT_FALSE(status.ok());
    closed.Notify();
  };
  const GrpcStreamPtr stream = channel.OpenStream(kStream, std::move(handler));
  ASSERT_TRUE(up.WaitFor(seconds(20)));
  const int port = server_->port();
  server_->Stop(Duration(0));
  ASSERT_TRUE(closed.WaitFor(seconds(20)));
  EXPECT_OK(
      GrpcServer::Start({.host = "127.0.0.1", .port = port}, {}, Secret(), Clock::Real(), &pool_));
}

TEST_F(GrpcTest, ThePortOfARunningServerIsNamedWhenItIsTaken) {
  const auto second = GrpcServer::Start({.host = "127.0.0.1", .port = server_->port()}, {},
                                        Secret(), Clock::Real(), &pool_);
  EXPECT_THAT(second, HasCode(Code::kUnavailable));
  EXPECT_THAT(second.status().message(), HasSubstr(std::to_string(server_->port())));
  EXPECT_THAT(second.status().message(), HasSubstr("Address already in use"));
}

TEST_F(GrpcTest, SocketsAreBoundToTheLocalAddressWhenOneIsGiven) {
  GrpcChannel channel = Dial('s', "127.0.10.7");
  Notification echoed, closed;
  StreamHandler handler;
  handler.message = [&](const GrpcStreamPtr& stream, const std::string&) {
    echoed.Notify();
    stream->Close();
  };
  handler.closed = [&](const GrpcStreamPtr&, const Status&) { closed.Notify(); };
  channel.OpenStream(kStream, std::move(handler))->Send("where am I");
  ASSERT_TRUE(echoed.WaitFor(seconds(20)));
  ASSERT_TRUE(closed.WaitFor(seconds(20)));
  EXPECT_THAT(last_peer_, HasSubstr("127.0.10.7"));
}

TEST_F(GrpcTest, NobodyListeningEndsTheStreamAsUnavailable) {
  GrpcChannel channel({.target = "127.0.0.1:1", .caller = "test"}, Secret(), Clock::Real(), &pool_);
  EXPECT_THAT(channel.CallAndWait(kCall, "question", seconds(10)), HasCode(Code::kUnavailable));
}

}  // namespace
}  // namespace tusk
