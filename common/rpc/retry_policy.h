// What to do with a failed call: give up, try again where it failed, or at the next NameNode.
//
// Pure: no clock and no sockets. The rules are those of Hadoop's failover policy.
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/status.h"

namespace tusk {

// What a second execution of a call would do. Every method of ClientProtocol is one of the first
// two.
enum class RpcRetry {
  kIdempotent,  // the same as the first
  kAtMostOnce,  // the server's retry cache answers it with the first one's answer
  kNever,       // harm: sent again only when the server said that it did not execute it
};

struct RetryOptions {
  int max_retries = 10;    // dfs.client.retry.max.attempts, at the same server
  int max_failovers = 15;  // dfs.client.failover.max.attempts
  Duration base_delay = std::chrono::milliseconds(500);  // dfs.client.failover.sleep.base.millis
  Duration max_delay = std::chrono::seconds(15);         // dfs.client.failover.sleep.max.millis
  // With a single address: how often and how long apart a refused connection is tried again
  // (ipc.client.connect.max.retries, ipc.client.connect.retry.interval).
  int max_connect_retries = 0;
  Duration connect_retry_delay = std::chrono::seconds(1);
};

struct RetryDecision {
  enum class Action { kFail, kRetry, kFailOver };
  Action action = Action::kFail;
  Duration delay{0};
};

// `retries` and `failovers` count those already made for this call. `addresses`: how many servers
// there are; with one, a fail-over becomes a retry there.
RetryDecision DecideRetry(const RetryOptions& options, const Status& error, RpcRetry kind,
                          int addresses, int retries, int failovers, Random* random);

}  // namespace tusk
