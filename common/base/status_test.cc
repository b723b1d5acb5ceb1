#include "common/base/status.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tusk {
namespace {

StatusOr<int> Half(int n) {
  if (n % 2 != 0) return InvalidArgumentError("odd", Reason::kIllegalArgument);
  return n / 2;
}

Status Quarter(int n, int* out) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  ASSIGN_OR_RETURN(*out, Half(half));
  return Status::Ok();
}

TEST(StatusTest, CarriesCodeReasonAndMessage) {
  const Status s = NotFoundError("File does not exist: /a", Reason::kFileNotFound);
  EXPECT_FALSE(s.ok());
  EXPECT_EQ(s.code(), Code::kNotFound);
  EXPECT_EQ(s.reason(), Reason::kFileNotFound);
  EXPECT_EQ(s.ToString(), "NOT_FOUND: File does not exist: /a");
}

TEST(StatusTest, ContextComesInFrontAndKeepsTheReason) {
  const Status s = NotFoundError("/a", Reason::kFileNotFound).WithContext("put");
  EXPECT_EQ(s.message(), "put: /a");
  EXPECT_EQ(s.reason(), Reason::kFileNotFound);
  EXPECT_TRUE(Status::Ok().WithContext("put").ok());
}

TEST(StatusTest, MacrosReturnTheFirstError) {
  int out = 0;
  EXPECT_TRUE(Quarter(8, &out).ok());
  EXPECT_EQ(out, 2);
  EXPECT_EQ(Quarter(6, &out).reason(), Reason::kIllegalArgument);
}

TEST(StatusTest, ErrnoBecomesACodeThatSaysWhatToDo) {
  EXPECT_EQ(ErrnoError("open /x", ENOENT).code(), Code::kNotFound);
  EXPECT_EQ(ErrnoError("write", ENOSPC).code(), Code::kResourceExhausted);
  EXPECT_EQ(ErrnoError("open /x", ENOENT).message(), "open /x: No such file or directory");
}

TEST(StatusOrTest, ValueOfAnErrorStopsTheProcess) {
  const StatusOr<int> bad = Half(3);
  EXPECT_DEATH((void)bad.value(), "odd");
}

}  // namespace
}  // namespace tusk
