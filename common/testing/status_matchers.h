// ASSERT_OK(expression), EXPECT_OK, ASSERT_OK_AND_ASSIGN(auto x, expression), StatusIs(code[,
// text]).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace tusk {

inline const Status& StatusOf(const Status& status) {
  return status;
}
template <typename T>
const Status& StatusOf(const StatusOr<T>& result) {
  return result.status();
}

MATCHER_P(HasCode, code, "") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}
MATCHER_P(HasReason, reason, "") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).reason() == reason;
}
MATCHER_P(MessageContains, text, "") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).message().find(text) != std::string::npos;
}

}  // namespace tusk

#define EXPECT_OK(expression)                                                    \
  do {                                                                           \
    const auto& tusk_checked = (expression);                                     \
    EXPECT_TRUE(tusk_checked.ok()) << ::tusk::StatusOf(tusk_checked).ToString(); \
  } while (false)
#define ASSERT_OK(expression)                                                    \
  do {                                                                           \
    const auto& tusk_checked = (expression);                                     \
    ASSERT_TRUE(tusk_checked.ok()) << ::tusk::StatusOf(tusk_checked).ToString(); \
  } while (false)
#define ASSERT_OK_AND_ASSIGN(target, expression) \
  TUSK_ASSERT_OK_AND_ASSIGN_IMPL(TUSK_CONCAT(tusk_result_, __LINE__), target, expression)
#define TUSK_ASSERT_OK_AND_ASSIGN_IMPL(result, target, expression) \
  auto result = (expression);                                      \
  ASSERT_TRUE(result.ok()) << ::tusk::StatusOf(result).ToString(); \
  target = std::move(result).value()
