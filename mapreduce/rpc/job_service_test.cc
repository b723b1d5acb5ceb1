#include "mapreduce/rpc/job_service.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "common/concurrent/thread_pool.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "common/security/group_mapping.h"
#include "common/testing/eventually.h"
#include "common/testing/fake_clock.h"
#include "common/testing/status_matchers.h"
#include "mapreduce/rpc/job_codec.h"
#include "proto/tusk/job.pb.h"

namespace tusk::mapreduce {
namespace {

using namespace std::chrono_literals;  // NOLINT

// A real server and client; time stands still, so nothing is answered by a sweep.
class JobServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.Add(service_.Protocol());
    ASSERT_OK(server_.Start());
  }
  void TearDown() override {
    service_.Stop();
    if (follower_.joinable()) follower_.join();
    server_.Stop();
  }

  StatusOr<ProgramNews> CallFollow(int64_t seen) {
    proto::FollowRequestProto request;
    request.set_seen(seen);
    request.set_output_from(0);
    proto::FollowResponseProto response;
    RETURN_IF_ERROR(client_.Call({"127.0.0.1", static_cast<uint16_t>(server_.port())},
                                 {.user = "ann"}, kJobProtocolName, "follow", request, &response));
    return FromProto(response);
  }
  // A call that has seen everything; returns when the server holds it.
  void Follow() {
    follower_ = std::thread([this, seen = driver_.log().version()] {
      auto news = CallFollow(seen);
      MutexLock lock(mu_);
      news_.emplace(std::move(news));
    });
    ASSERT_TRUE(Eventually(10s, [this] { return server_.stats().held_calls == 1; }));
  }
  bool Answered() {
    MutexLock lock(mu_);
    return news_.has_value();
  }
  ProgramNews News() {
    follower_.join();
    MutexLock lock(mu_);
    EXPECT_OK(*news_);
    auto news = std::exchange(news_, std::nullopt);
    return news->ok() ? **std::move(news) : ProgramNews();
  }

  FakeClock clock_;
  FakeTimer timer_{&clock_};
  ThreadPool pool_{"test", 1};
  GroupMapping groups_{{}, &pool_, Clock::Real()};
  Driver driver_{{}, nullptr, nullptr, &clock_, &timer_};
  JobService service_{{.owner = "ann"},          &driver_, &clock_, &timer_, &pool_,
                      [](const std::string&) {}, [] {}};
  RpcServer server_{{.host = "127.0.0.1", .io_threads = 1}, &groups_, &pool_};
  RpcClient client_;

  Mutex mu_;
  std::optional<StatusOr<ProgramNews>> news_ GUARDED_BY(mu_);
  std::thread follower_;
};

TEST_F(JobServiceTest, NewsReachAHeldFollowerAtOnce) {
  Follow();
  driver_.log().Append("hello\n");
  EXPECT_EQ(News().output, "hello\n");
}

TEST_F(JobServiceTest, NewsThatComeTooSoonAfterOthersAreToldByTheNextSweep) {
  Follow();
  driver_.log().Append("a");
  EXPECT_EQ(News().output, "a");
  Follow();
  driver_.log().Append("b");
  driver_.log().Append("c");
  EXPECT_FALSE(Answered());
  timer_.Advance(JobServiceOptions().pace);
  EXPECT_EQ(News().output, "abc");
}

TEST_F(JobServiceTest, ACallWithoutNewsIsAnsweredAfterAWhile) {
  Follow();
  timer_.Advance(JobServiceOptions().hold);
  EXPECT_EQ(News().output, "");
}

TEST_F(JobServiceTest, NobodyIsHeldOnceTheProgramIsOver) {
  Follow();
  ProgramStatus last;
  last.state = ProgramState::kFailed;
  last.exit_code = 3;
  last.diagnostics = "no";
  last.finish_ms = clock_.WallMillis();
  driver_.SetEnd(last);
  service_.ProgramOver();
  ProgramNews news = News();
  EXPECT_EQ(news.status.state, ProgramState::kFailed);
  EXPECT_EQ(news.status.exit_code, 3);
  EXPECT_EQ(news.status.diagnostics, "no");
  // Output came with the end: the follower asks once more, and hears at once that this was all.
  ASSERT_OK_AND_ASSIGN(news, CallFollow(driver_.log().version()));
  EXPECT_EQ(news.output, "");
}

}  // namespace
}  // namespace tusk::mapreduce
