#include "common/rpc/exceptions.h"

#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

TEST(ExceptionsTest, EveryReasonSurvivesTheWire) {
  // kNone and kFenced travel as IOException, which stands for nothing in particular.
  for (int i = 1; i <= static_cast<int>(Reason::kNmNotYetReady); ++i) {
    const auto reason = static_cast<Reason>(i);
    if (reason == Reason::kFenced) continue;
    const Status sent = UnavailableError("text", reason);
    const Status got = StatusFromException(ExceptionClassOf(sent), "text");
    EXPECT_THAT(got, HasReason(reason)) << ExceptionClassOf(sent);
    EXPECT_EQ(got.message(), "text");
  }
}

TEST(ExceptionsTest, CodesSayWhatACallerCanDo) {
  EXPECT_THAT(StatusFromException("java.io.FileNotFoundException", ""), HasCode(Code::kNotFound));
  EXPECT_THAT(StatusFromException("org.apache.hadoop.ipc.StandbyException", ""),
              HasCode(Code::kUnavailable));
  EXPECT_THAT(StatusFromException("org.apache.hadoop.security.AccessControlException", ""),
              HasCode(Code::kPermissionDenied));
}

TEST(ExceptionsTest, ErrorsWithoutAReasonAreIoExceptions) {
  EXPECT_EQ(ExceptionClassOf(InternalError("x")), "java.io.IOException");
  const Status got = StatusFromException("java.io.IOException", "x");
  EXPECT_THAT(got, HasReason(Reason::kNone));
  EXPECT_THAT(got, HasCode(Code::kUnknown));
}

TEST(ExceptionsTest, StackTracesOfStockServersAreCutOff) {
  EXPECT_EQ(
      StatusFromException("java.io.IOException", "first\nsecond\n\tat a.b.C\n\tat d").message(),
      "first\nsecond");
}

TEST(ExceptionsTest, ObserversSendUsToTheActive) {
  EXPECT_EQ(ReasonOfException("org.apache.hadoop.ipc.ObserverRetryOnActiveException"),
            Reason::kStandby);
  EXPECT_EQ(ExceptionClassOf(UnavailableError("", Reason::kStandby)),
            "org.apache.hadoop.ipc.StandbyException");
}

TEST(ExceptionsTest, UnknownClassesKeepTheirText) {
  const Status got = StatusFromException("com.example.Surprise", "what happened");
  EXPECT_THAT(got, HasCode(Code::kUnknown));
  EXPECT_EQ(got.message(), "what happened");
}

}  // namespace
}  // namespace tusk
