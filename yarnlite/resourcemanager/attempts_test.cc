#include "yarnlite/resourcemanager/attempts.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace tusk::yarnlite {
namespace {

const ApplicationAttemptId kAttempt{{1, 1}, 1};

MasterNews& AddCompleted(AllocateSession* session, int64_t container) {
  session->news().completed.push_back(
      {{kAttempt, container}, ContainerState::kComplete, 0, "", {}});
  return session->news();
}

TEST(AllocateSessionTest, EachAnswerRaisesTheResponseId) {
  AllocateSession session;
  ASSERT_OK(session.Begin(kAttempt, 0));
  EXPECT_EQ(session.Answer({}, 1).response_id, 1);
  ASSERT_OK(session.Begin(kAttempt, 1));
  EXPECT_EQ(session.Answer({}, 1).response_id, 2);
}

TEST(AllocateSessionTest, ARepeatedCallGetsTheLastAnswerAgain) {
  AllocateSession session;
  AddCompleted(&session, 2);
  ASSERT_OK(session.Begin(kAttempt, 0));
  ASSERT_EQ(session.Answer({}, 1).news.completed.size(), 1u);
  AddCompleted(&session, 3);
  ASSERT_OK_AND_ASSIGN(const auto repeated, session.Begin(kAttempt, 0));
  ASSERT_TRUE(repeated.has_value());
  EXPECT_EQ(repeated->response_id, 1);
  ASSERT_EQ(repeated->news.completed.size(), 1u);
  EXPECT_EQ(repeated->news.completed[0].id.id, 2);
  EXPECT_TRUE(session.has_news()) << "later news waits for the next turn";
}

TEST(AllocateSessionTest, NewsIsToldOnce) {
  AllocateSession session;
  AddCompleted(&session, 2);
  EXPECT_FALSE(session.Answer({}, 1).news.empty());
  EXPECT_TRUE(session.Answer({}, 1).news.empty());
}

TEST(AllocateSessionTest, OtherIdsAreRefused) {
  AllocateSession session;
  EXPECT_THAT(session.Begin(kAttempt, 1), HasReason(Reason::kInvalidApplicationMasterRequest));
  EXPECT_THAT(session.Begin(kAttempt, -1), HasReason(Reason::kInvalidApplicationMasterRequest));
  session.Answer({}, 1);
  session.Answer({}, 1);
  EXPECT_THAT(session.Begin(kAttempt, 0), MessageContains("expect responseId to be 2, but get 0"));
}

TEST(AllocateSessionTest, AHeldCallThatIsReplacedHearsNothingAndItsIdStays) {
  AllocateSession session;
  int32_t heard = -1;
  session.Hold([&](const StatusOr<AllocateAnswer>& answer) { heard = answer->response_id; },
               TimePoint{});
  session.TakeHeld()(session.EmptyAnswer());
  EXPECT_EQ(heard, 0);
  EXPECT_FALSE(session.holds());
  EXPECT_OK(session.Begin(kAttempt, 0));
}

}  // namespace
}  // namespace tusk::yarnlite
