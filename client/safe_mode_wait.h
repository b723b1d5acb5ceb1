// A NameNode that was just started is in safe mode until its DataNodes have reported. A file that
// is being written waits for the end of that instead of failing, for some twelve seconds by
// default; longer says the NameNode's own error.
#pragma once

#include <thread>

#include "client/client_context.h"
#include "common/base/status.h"

namespace tusk::client {

inline bool IsSafeMode(const Status& status) {
  return status.reason() == Reason::kSafeMode;
}
template <typename T>
bool IsSafeMode(const StatusOr<T>& result) {
  return !result.ok() && IsSafeMode(result.status());
}

// `call` gives a Status or StatusOr; what it did before a refusal is nothing.
template <typename Call>
auto AfterSafeMode(const ClientContext& context, const Call& call) {
  Duration delay = context.options.locate_block_delay / 4;
  for (int retries = context.options.locate_block_retries + 2;; --retries) {
    auto result = call();
    if (!IsSafeMode(result) || retries <= 0) return result;
    std::this_thread::sleep_for(delay);
    delay *= 2;
  }
}

}  // namespace tusk::client
