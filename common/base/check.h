// CHECK: our own broken invariants stop the process. Bytes from disk or network never reach one.
#pragma once

#include <sstream>
#include <string>

#include "common/base/macros.h"

namespace tusk::internal {

// Collects the message and aborts in its destructor, after writing one line to stderr.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  [[noreturn]] ~CheckFailure();
  std::ostringstream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

}  // namespace tusk::internal

#define CHECK(condition) \
  if (condition) {       \
  } else /* NOLINT */    \
    ::tusk::internal::CheckFailure(__FILE__, __LINE__, #condition).stream()
#define CHECK_EQ(a, b) CHECK((a) == (b))
#define CHECK_NE(a, b) CHECK((a) != (b))
#define CHECK_LE(a, b) CHECK((a) <= (b))
#define CHECK_LT(a, b) CHECK((a) < (b))
#define CHECK_GE(a, b) CHECK((a) >= (b))
#define CHECK_GT(a, b) CHECK((a) > (b))
