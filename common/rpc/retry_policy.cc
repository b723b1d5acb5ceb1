#include "common/rpc/retry_policy.h"

#include <algorithm>

namespace tusk {
namespace {

using Action = RetryDecision::Action;

// Doubles from `base` up to `most`, then half to one and a half times as long: clients that lost a
// server together do not come back together.
Duration Backoff(Duration base, Duration most, int attempt, Random* random) {
  Duration delay = base;
  for (int i = 0; i < attempt && delay < most; ++i) delay *= 2;
  delay = std::min(delay, most);
  return Duration(
      static_cast<int64_t>(static_cast<double>(delay.count()) * (0.5 + random->UnitInterval())));
}

// The server said that it did not execute the call.
bool WasRefused(const Status& error) {
  return error.reason() == Reason::kStandby || error.reason() == Reason::kRetriable;
}

// No answer, or the connection broke: the call may have been executed.
bool IsConnectionFailure(const Status& error) {
  return error.reason() == Reason::kNone &&
         (error.code() == Code::kUnavailable || error.code() == Code::kDeadlineExceeded);
}

RetryDecision FailOver(const RetryOptions& options, int failovers, Random* random) {
  if (failovers >= options.max_failovers) return {};
  // The first time another server is probably there already.
  const Duration delay = failovers == 0
                             ? Duration(0)
                             : Backoff(options.base_delay, options.max_delay, failovers, random);
  return {.action = Action::kFailOver, .delay = delay};
}

}  // namespace

RetryDecision DecideRetry(const RetryOptions& options, const Status& error, RpcRetry kind,
                          int addresses, int retries, int failovers, Random* random) {
  const bool refused = WasRefused(error);
  if (!refused && (!IsConnectionFailure(error) || kind == RpcRetry::kNever)) return {};
  if (error.reason() == Reason::kRetriable) {
    if (retries >= options.max_retries) return {};
    return {.action = Action::kRetry,
            .delay = Backoff(options.base_delay, options.max_delay, retries, random)};
  }
  if (addresses > 1) return FailOver(options, failovers, random);
  if (refused || retries >= options.max_connect_retries) return {};
  return {.action = Action::kRetry, .delay = options.connect_retry_delay};
}

}  // namespace tusk
