// Our client against our server over loopback sockets.
#include <map>
#include <thread>

#include "common/rpc/failover.h"
#include "common/rpc/rpc_fixture.h"
#include "common/security/token_secrets.h"
#include "common/testing/eventually.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LoopbackTest : public RpcFixture {};

TEST_F(LoopbackTest, CallIsAnsweredWithUserGroupsAndAddress) {
  StartServer();
  RpcClient client;
  std::vector<std::string> answer;
  ASSERT_OK(Call(&client, "who", "", &answer));
  EXPECT_THAT(answer, ElementsAre("bob", "bob-group", "127.0.0.1", "", "0"));
}

TEST_F(LoopbackTest, SocketsLeaveFromTheGivenAddress) {
  StartServer();
  RpcClient client({.local_address = "127.0.10.7"});
  std::vector<std::string> answer;
  ASSERT_OK(Call(&client, "who", "", &answer));
  EXPECT_EQ(answer[2], "127.0.10.7");
}

TEST_F(LoopbackTest, RemoteErrorsKeepReasonAndText) {
  StartServer();
  RpcClient client;
  const Status status = Call(&client, "fail", "/a");
  EXPECT_THAT(status, HasReason(Reason::kFileNotFound));
  EXPECT_THAT(status, HasCode(Code::kNotFound));
  EXPECT_EQ(status.message(), "File does not exist: /a");
}

TEST_F(LoopbackTest, UnknownMethodAndProtocolSaySoAndTheConnectionLives) {
  StartServer();
  RpcClient client;
  const Status method = Call(&client, "nosuch", "");
  EXPECT_THAT(method, HasReason(Reason::kNoSuchMethod));
  EXPECT_EQ(method.message(), "Unknown method nosuch called on org.tusk.TestProtocol protocol.");
  TestRequest request;
  request.set_user("x");
  TestResponse response;
  EXPECT_THAT(client.Call(to_, {.user = "bob"}, "org.tusk.Other", "echo", request, &response),
              HasReason(Reason::kNoSuchProtocol));
  EXPECT_OK(Call(&client, "echo", "x"));
  EXPECT_EQ(server_->stats().accepted_connections, 1);
}

TEST_F(LoopbackTest, SlowHandlersRunAndACallThatIsDroppedIsAnswered) {
  StartServer();
  RpcClient client;
  std::vector<std::string> answer;
  ASSERT_OK(Call(&client, "slow", "text", &answer));
  EXPECT_THAT(answer, ElementsAre("text"));
  EXPECT_THAT(Call(&client, "drop", ""), MessageContains("dropped"));
}

TEST_F(LoopbackTest, AnswersComeInAnyOrderOnOneConnection) {
  StartServer();
  RpcClient client;
  Notification late_done;
  std::string late_text;
  TestRequest request;
  request.set_user("late");
  RpcRequest late;
  late.protocol = kTestProtocol;
  late.method = "later";
  late.call_id = client.NextCallId();
  late.body = std::make_shared<const std::string>(request.SerializeAsString());
  client.Start(to_, {.user = "bob"}, late, [&](StatusOr<std::string> body) {
    late_text = body.ok() ? *body : body.status().ToString();
    late_done.Notify();
  });
  for (int i = 0; i < 100; ++i) ASSERT_OK(Call(&client, "echo", std::to_string(i)));
  EXPECT_FALSE(late_done.notified());
  ASSERT_TRUE(Eventually(10s, [&] { return kept() == 1; }));
  ReleaseAll();
  ASSERT_TRUE(late_done.WaitFor(10s));
  EXPECT_THAT(late_text, HasSubstr("late"));
  EXPECT_EQ(server_->stats().accepted_connections, 1);
}

TEST_F(LoopbackTest, ManyThreadsShareAConnection) {
  StartServer();
  RpcClient client;
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string text = std::to_string(t) + "." + std::to_string(i);
        std::vector<std::string> answer;
        if (Call(&client, i % 3 == 0 ? "slow" : "echo", text, &answer).ok() &&
            answer == std::vector<std::string>{text}) {
          ++good;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 1600);
  EXPECT_EQ(server_->stats().accepted_connections, 1);
  EXPECT_EQ(server_->stats().calls, 1600);
}

TEST_F(LoopbackTest, BigMessagesPassBothWays) {
  StartServer();
  RpcClient client;
  std::vector<std::string> answer;
  ASSERT_OK(Call(&client, "big", std::to_string(20 << 20), &answer));
  EXPECT_EQ(answer[0].size(), 20u << 20);
  const std::string text(10 << 20, 'y');
  ASSERT_OK(Call(&client, "echo", text, &answer));
  EXPECT_EQ(answer[0], text);
}

TEST_F(LoopbackTest, FramesAboveTheMaximumCloseTheConnectionOnly) {
  StartServer({.max_frame_bytes = 1000});
  RpcClient client;
  EXPECT_THAT(Call(&client, "echo", std::string(2000, 'x')), HasCode(Code::kUnavailable));
  EXPECT_OK(Call(&client, "echo", "x"));
  EXPECT_EQ(server_->stats().dropped_connections, 1);
}

TEST_F(LoopbackTest, RefusedConnectionsAreToldAsHadoopDoes) {
  StartServer();
  server_->Stop();
  RpcClient client;
  const Status status = Call(&client, "echo", "x");
  EXPECT_THAT(status, HasCode(Code::kUnavailable));
  EXPECT_EQ(status.message(), "Call From " + LocalHostName() + " to " + to_.ToString() +
                                  " failed on connection exception: Connection refused");
}

TEST_F(LoopbackTest, CallsOutstandingWhenTheServerStopsFail) {
  StartServer();
  RpcClient client;
  std::thread stopper([&] {
    ASSERT_TRUE(Eventually(10s, [&] { return kept() == 1; }));
    server_->Stop();
  });
  EXPECT_THAT(Call(&client, "later", "x"), HasCode(Code::kUnavailable));
  stopper.join();
  ReleaseAll();  // too late: the answer is dropped
}

TEST_F(LoopbackTest, CallTimesOutAloneAndItsLateAnswerIsIgnored) {
  StartServer();
  RpcClient client;
  TestRequest request;
  request.set_user("x");
  TestResponse response;
  const Status status =
      client.Call(to_, {.user = "bob"}, kTestProtocol, "later", request, &response, 50ms);
  EXPECT_THAT(status, HasCode(Code::kDeadlineExceeded));
  EXPECT_THAT(status, MessageContains("socket timeout exception"));
  ReleaseAll();
  EXPECT_OK(Call(&client, "echo", "x"));
  EXPECT_EQ(server_->stats().accepted_connections, 1);
}

TEST_F(LoopbackTest, PingsKeepALongCallAlive) {
  StartServer();
  RpcClient client({.ping_interval = 10ms});
  std::thread caller([&] { EXPECT_OK(Call(&client, "hold", "x")); });
  ASSERT_TRUE(Eventually(10s, [&] { return kept() == 1; }));
  const int64_t before = server_->stats().received_bytes;
  // A ping frame has 31 bytes.
  EXPECT_TRUE(Eventually(10s, [&] { return server_->stats().received_bytes >= before + 93; }));
  ReleaseAll();
  caller.join();
}

TEST_F(LoopbackTest, IdleConnectionsAreClosedByTheClient) {
  StartServer();
  RpcClient client({.max_idle = 20ms});
  ASSERT_OK(Call(&client, "echo", "x"));
  EXPECT_TRUE(Eventually(10s, [&] { return server_->stats().open_connections == 0; }));
  EXPECT_OK(Call(&client, "echo", "x"));
  EXPECT_EQ(server_->stats().accepted_connections, 2);
}

TEST_F(LoopbackTest, StoppingTheClientFailsWhatIsOutstanding) {
  StartServer();
  auto client = std::make_unique<RpcClient>();
  Status status;
  std::thread caller([&] { status = Call(client.get(), "later", "x"); });
  ASSERT_TRUE(Eventually(10s, [&] { return kept() == 1; }));
  client->Stop();
  caller.join();
  EXPECT_THAT(status, HasCode(Code::kCancelled));
  EXPECT_THAT(Call(client.get(), "echo", "x"), HasCode(Code::kCancelled));
}

TEST_F(LoopbackTest, HeldCallsDoNotStopTheirConnection) {
  StartServer({.max_unanswered = 4, .max_held = 20});
  RpcClient client;
  std::vector<std::thread> holders;
  for (int i = 0; i < 20; ++i) {
    holders.emplace_back([&] { EXPECT_OK(Call(&client, "hold", "x")); });
  }
  ASSERT_TRUE(Eventually(10s, [&] { return kept() == 20; }));
  EXPECT_OK(Call(&client, "echo", "x"));
  EXPECT_EQ(server_->stats().held_calls, 20);
  EXPECT_THAT(Call(&client, "hold", "x"), HasCode(Code::kUnknown));  // beyond the maximum
  ReleaseAll();
  for (std::thread& holder : holders) holder.join();
  EXPECT_EQ(server_->stats().held_calls, 0);
  EXPECT_EQ(server_->stats().unanswered_calls, 0);
}

TEST_F(LoopbackTest, UnansweredCallsStopReadingUntilTheyAreAnswered) {
  StartServer({.max_unanswered = 4});
  RpcClient client;
  std::vector<std::thread> callers;
  for (int i = 0; i < 10; ++i) {
    callers.emplace_back([&] { EXPECT_OK(Call(&client, "later", "x")); });
  }
  ASSERT_TRUE(Eventually(10s, [&] { return kept() == 4; }));
  EXPECT_EQ(server_->stats().unanswered_calls, 4);
  // Each release lets the next ones in, until all have been answered.
  EXPECT_TRUE(Eventually(10s, [&] {
    EXPECT_LE(kept(), 4u);
    ReleaseAll();
    return server_->stats().calls == 10;
  }));
  for (std::thread& caller : callers) caller.join();
}

// --- the reply gate

TEST_F(LoopbackTest, NoAnswerLeavesBeforeTheGateOpens) {
  Mutex mu;
  bool open = false;
  std::vector<std::function<void(Status)>> waiting;
  StartServer({.reply_gate = [&](std::function<void(Status)> release) {
    {
      MutexLock lock(mu);
      if (!open) return waiting.push_back(std::move(release));
    }
    release(Status::Ok());
  }});
  RpcClient client;
  std::atomic<int> answered = 0;
  std::vector<std::thread> callers;
  for (const char* method : {"echo", "fail", "slow", "later"}) {
    callers.emplace_back([&, method] {
      const Status status = Call(&client, method, "x");
      EXPECT_EQ(status.ok(), std::string(method) != "fail");
      ++answered;
    });
  }
  ASSERT_TRUE(Eventually(10s, [&] { return kept() == 1; }));
  ReleaseAll();
  ASSERT_TRUE(Eventually(10s, [&] { return server_->stats().calls == 4; }));
  EXPECT_EQ(answered, 0);
  {
    MutexLock lock(mu);
    open = true;
  }
  for (const auto& release : waiting) release(Status::Ok());
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(answered, 4);
}

TEST_F(LoopbackTest, GateMayPutAnErrorInTheAnswersPlace) {
  StartServer({.reply_gate = [](std::function<void(Status)> release) {
    release(UnavailableError("no longer active", Reason::kStandby));
  }});
  RpcClient client;
  EXPECT_THAT(Call(&client, "echo", "x"), HasReason(Reason::kStandby));
}

TEST_F(LoopbackTest, GateMayBeReleasedAfterTheServerHasStopped) {
  std::vector<std::function<void(Status)>> waiting;
  Notification gated;
  StartServer({.reply_gate = [&](std::function<void(Status)> release) {
    waiting.push_back(std::move(release));
    gated.Notify();
  }});
  RpcClient client;
  std::thread caller([&] { EXPECT_FALSE(Call(&client, "echo", "x").ok()); });
  gated.Wait();
  server_->Stop();
  caller.join();
  server_.reset();
  waiting.front()(Status::Ok());
}

// --- tokens

class TokenTest : public RpcFixture {
 protected:
  void StartTokenServer() {
    secrets_.Roll();
    StartServer({.token_verifier = [this](std::string_view identifier) -> StatusOr<TokenIdentity> {
      ASSIGN_OR_RETURN(const std::string password,
                       secrets_.Password(secrets_.Current()->id, identifier));
      return TokenIdentity{.user = "attempt_" + std::string(identifier), .password = password};
    }});
  }
  RpcIdentity WithToken(const std::string& identifier) {
    const auto password = secrets_.Password(secrets_.Current()->id, identifier);
    return {.user = "bob", .token = Token{.identifier = identifier, .password = *password}};
  }

  TokenSecrets secrets_;
};

TEST_F(TokenTest, TokenIsTheCallersIdentity) {
  StartTokenServer();
  RpcClient client;
  std::vector<std::string> answer;
  ASSERT_OK(Call(&client, "who", "", &answer, WithToken("1")));
  EXPECT_THAT(answer, ElementsAre("attempt_1", "", "127.0.0.1", "1", "0"));
  ASSERT_OK(Call(&client, "who", "", &answer, WithToken("2")));
  EXPECT_EQ(answer[0], "attempt_2");
  EXPECT_EQ(server_->stats().authentication_successes, 2);
}

TEST_F(TokenTest, ForgedTokensAreRefused) {
  StartTokenServer();
  RpcClient client;
  RpcIdentity forged = WithToken("1");
  forged.token->identifier = "2";
  EXPECT_THAT(Call(&client, "who", "", nullptr, forged), HasReason(Reason::kInvalidToken));
  EXPECT_EQ(server_->stats().authentication_failures, 1);
}

TEST_F(TokenTest, CallersWithoutATokenAreRefused) {
  StartTokenServer();
  RpcClient client;
  const Status status = Call(&client, "who", "");
  EXPECT_THAT(status, HasReason(Reason::kAccessControl));
  EXPECT_EQ(status.message(), "SIMPLE authentication is not enabled.  Available:[TOKEN]");
}

TEST_F(TokenTest, ServerWithoutTokensSendsTheirHoldersOnByName) {
  StartServer();
  secrets_.Roll();
  RpcClient client;
  std::vector<std::string> answer;
  ASSERT_OK(Call(&client, "who", "", &answer, WithToken("1")));
  EXPECT_EQ(answer[0], "bob");
  EXPECT_EQ(answer[1], "bob-group");
}

TEST_F(TokenTest, ActingForOthersNeedsLeave) {
  StartServer();
  RpcClient client;
  const Status status = Call(&client, "who", "", nullptr, {.user = "alice", .real_user = "oozie"});
  EXPECT_THAT(status, HasReason(Reason::kAuthorization));
  EXPECT_EQ(status.message(), "User: oozie is not allowed to impersonate alice");
}

TEST_F(TokenTest, AuthorizerSeesUserGroupsAndHost) {
  User seen;
  std::string host;
  StartServer({.proxy_authorizer = [&](const User& user, const std::string& from) {
    seen = user;
    host = from;
    return Status::Ok();
  }});
  RpcClient client;
  ASSERT_OK(Call(&client, "who", "", nullptr, {.user = "alice", .real_user = "oozie"}));
  EXPECT_EQ(seen, (User{.name = "alice", .real_name = "oozie", .groups = {"alice-group"}}));
  EXPECT_EQ(host, "127.0.0.1");
}

// --- fail-over

class FailoverTest : public RpcFixture {
 protected:
  Status CallService(RpcService* service, const std::string& method, const std::string& text,
                     std::vector<std::string>* answer = nullptr,
                     RpcRetry kind = RpcRetry::kIdempotent) {
    TestRequest request;
    request.set_user(text);
    TestResponse response;
    RETURN_IF_ERROR(service->Call(method, kind, request, &response));
    if (answer != nullptr) answer->assign(response.groups().begin(), response.groups().end());
    return Status::Ok();
  }
  // A port nobody listens on.
  static HostPort DeadAddress() {
    ThreadPool pool("dead", 1);
    GroupMapping groups({}, &pool, Clock::Real());
    RpcServer server({.host = "127.0.0.1", .io_threads = 1}, &groups, &pool);
    EXPECT_OK(server.Start());
    return {"127.0.0.1", server.port()};
  }
  RpcServiceOptions Options(std::vector<HostPort> addresses) {
    return {.protocol = kTestProtocol,
            .addresses = std::move(addresses),
            .identity = {.user = "bob"},
            .retry = {.max_retries = 3, .max_failovers = 3, .base_delay = 1ms, .max_delay = 2ms}};
  }
};

TEST_F(FailoverTest, MovesOnFromADeadServerAndStaysWithTheLivingOne) {
  StartServer();
  RpcClient client;
  RpcService service(&client, Options({DeadAddress(), to_}));
  std::vector<std::string> answer;
  ASSERT_OK(CallService(&service, "who", "", &answer));
  EXPECT_EQ(answer[4], "1");  // the retry count the server saw
  EXPECT_EQ(service.current(), to_);
  ASSERT_OK(CallService(&service, "who", "", &answer));
  EXPECT_EQ(answer[4], "0");
}

TEST_F(FailoverTest, StandbyAnswersAreTriedElsewhereUntilTheLimit) {
  StartServer();
  RpcClient client;
  RpcService service(&client, Options({to_, DeadAddress()}));
  EXPECT_FALSE(CallService(&service, "fail", "standby").ok());
  // First here, then there, here, there: three fail-overs, two calls here.
  EXPECT_EQ(server_->stats().calls, 2);
}

TEST_F(FailoverTest, RetriableAnswersAreTriedAgainAtTheSameServer) {
  StartServer();
  RpcClient client;
  RpcService service(&client, Options({to_, DeadAddress()}));
  EXPECT_THAT(CallService(&service, "fail", "retriable"), HasReason(Reason::kRetriable));
  EXPECT_EQ(server_->stats().calls, 4);
}

TEST_F(FailoverTest, OtherErrorsReachTheCallerAtOnce) {
  StartServer();
  RpcClient client;
  RpcService service(&client, Options({to_, DeadAddress()}));
  EXPECT_THAT(CallService(&service, "fail", "/x"), HasReason(Reason::kFileNotFound));
  EXPECT_EQ(server_->stats().calls, 1);
}

TEST_F(FailoverTest, ASingleAddressIsAskedOnceUnlessToldOtherwise) {
  const HostPort dead = DeadAddress();
  RpcClient client;
  RpcService once(&client, Options({dead}));
  EXPECT_THAT(CallService(&once, "echo", "x"), HasCode(Code::kUnavailable));

  RpcServiceOptions patient = Options({dead});
  patient.retry.max_connect_retries = 1000;
  patient.retry.connect_retry_delay = 1ms;
  RpcService service(&client, patient);
  std::thread starter([&] {
    RpcServerOptions options;
    options.port = dead.port;
    StartServer(options);
  });
  EXPECT_OK(CallService(&service, "echo", "x"));
  starter.join();
}

TEST_F(FailoverTest, StoppingTheClientEndsABackOff) {
  RpcClient client;
  RpcServiceOptions options = Options({DeadAddress()});
  options.retry.max_connect_retries = 1;
  options.retry.connect_retry_delay = 1h;
  RpcService service(&client, options);
  Notification done;
  TestRequest request;
  request.set_user("x");
  TestResponse response;
  Status status;
  service.CallAsync("echo", RpcRetry::kIdempotent, request, &response, [&](Status result) {
    status = result;
    done.Notify();
  });
  client.Stop();
  ASSERT_TRUE(done.WaitFor(10s));
  EXPECT_THAT(status, HasCode(Code::kCancelled));
}

TEST(RetryPolicyTest, BacksOffUpToTheLimitAndKeepsHarmfulCallsBack) {
  Random random(7);
  const RetryOptions options;
  const Status lost = UnavailableError("lost");
  EXPECT_EQ(DecideRetry(options, lost, RpcRetry::kIdempotent, 2, 0, 0, &random).delay, 0ms);
  for (int failovers = 1; failovers < options.max_failovers; ++failovers) {
    const auto decision =
        DecideRetry(options, lost, RpcRetry::kAtMostOnce, 2, 0, failovers, &random);
    EXPECT_EQ(decision.action, RetryDecision::Action::kFailOver);
    EXPECT_GE(decision.delay, 250ms);
    EXPECT_LE(decision.delay, 22'500ms);
  }
  using Action = RetryDecision::Action;
  EXPECT_EQ(DecideRetry(options, lost, RpcRetry::kIdempotent, 2, 0, 15, &random).action,
            Action::kFail);
  EXPECT_EQ(DecideRetry(options, lost, RpcRetry::kNever, 2, 0, 0, &random).action, Action::kFail);
  const Status standby = UnavailableError("standby", Reason::kStandby);
  EXPECT_EQ(DecideRetry(options, standby, RpcRetry::kNever, 2, 0, 0, &random).action,
            Action::kFailOver);
  const Status denied = PermissionDeniedError("denied", Reason::kAccessControl);
  EXPECT_EQ(DecideRetry(options, denied, RpcRetry::kIdempotent, 2, 0, 0, &random).action,
            Action::kFail);
  const Status safe_mode = UnavailableError("safe mode", Reason::kSafeMode);
  EXPECT_EQ(DecideRetry(options, safe_mode, RpcRetry::kIdempotent, 2, 0, 0, &random).action,
            Action::kFail);
}

}  // namespace
}  // namespace tusk
