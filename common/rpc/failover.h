// Calls that outlive a failed server: a logical service at one or several addresses.
//
// Remembers which address answered last and begins there. A retry keeps its call id, so that the
// server's retry cache recognises it.
// Owns:    the choice of the address. Borrows the client, which outlives it.
// Threads: thread-safe. Callbacks run on the client's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/rpc/client.h"
#include "common/rpc/retry_policy.h"

namespace tusk {

struct RpcServiceOptions {
  std::string protocol;  // org.apache.hadoop.hdfs.protocol.ClientProtocol
  uint64_t version = 1;
  std::vector<HostPort> addresses;  // at least one
  RpcIdentity identity;
  RetryOptions retry;
  bool shuffle = false;  // dfs.client.failover.random.order
  std::string caller_context;
};

class RpcService {
 public:
  RpcService(RpcClient* client, RpcServiceOptions options);
  ~RpcService();

  // Waits for the answer. Not on the client's thread.
  Status Call(std::string_view method, RpcRetry kind, const google::protobuf::MessageLite& request,
              google::protobuf::MessageLite* response, Duration timeout = Duration(0));

  // `response` lives until `done` has been called.
  void CallAsync(std::string_view method, RpcRetry kind,
                 const google::protobuf::MessageLite& request,
                 google::protobuf::MessageLite* response, std::function<void(Status)> done,
                 Duration timeout = Duration(0));

  // The address the next call begins with.
  HostPort current() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tusk
