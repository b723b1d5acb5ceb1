// The calling side of Hadoop RPC version 9.
//
// Owns:    its connections (one per address, user and token; calls are pipelined on it) and one
//          thread, which starts with the first call. One object per process is enough.
// Threads: thread-safe. Asynchronous callbacks run on the client's thread: they must not block.
// Life:    an idle connection is closed after 10 s. Stop (or the destructor) fails what is
//          outstanding with kCancelled; no callback runs afterwards.
// Fails:   kUnavailable when the server cannot be reached or the connection breaks before the
//          answer: nobody knows then whether the call took effect. kDeadlineExceeded when the
//          answer does not come in time. Remote exceptions: see exceptions.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/net/host_port.h"
#include "common/protocol/token.h"
#include "common/security/user.h"

namespace google::protobuf {
class MessageLite;
}

namespace tusk {

using RpcAddress = HostPort;  // names are looked up when a connection is made

// As whom to call. With a token the connection opens with SASL and authenticates by it if the
// server wants that; otherwise by name.
struct RpcIdentity {
  std::string user;
  std::string real_user;  // who acts for `user`; empty: nobody
  std::optional<Token> token;
};

struct RpcClientOptions {
  Duration connect_timeout = std::chrono::seconds(20);  // ipc.client.connect.timeout
  Duration call_timeout = std::chrono::seconds(120);    // ipc.client.rpc-timeout.ms
  Duration ping_interval = std::chrono::seconds(60);    // of silence while calls are outstanding
  Duration max_idle = std::chrono::seconds(10);         // ipc.client.connection.maxidletime
  int64_t max_response_bytes = 128 << 20;               // ipc.maximum.response.length
  // Sockets leave from this address, so that the server sees where its caller stands
  // (dfs.client.local.interfaces). Empty: as the system chooses.
  std::string local_address;
};

// One attempt of one call.
struct RpcRequest {
  std::string_view protocol;
  uint64_t version = 1;
  std::string_view method;
  // Serialized request message; shared by the attempts of a call.
  std::shared_ptr<const std::string> body;
  // A retry keeps the call id and raises the count, so that the server's retry cache knows it.
  int32_t call_id = 0;
  int32_t retry_count = 0;
  std::string_view caller_context;
  Duration timeout{0};  // 0: the client's
};

class RpcClient {
 public:
  // The body of an answer: a serialized response message.
  using Done = std::function<void(StatusOr<std::string>)>;

  explicit RpcClient(RpcClientOptions options = {});
  ~RpcClient();
  RpcClient(const RpcClient&) = delete;
  RpcClient& operator=(const RpcClient&) = delete;

  // 16 random bytes, the same in all calls of this object.
  const std::string& client_id() const;
  // For one logical call; its retries carry it again.
  int32_t NextCallId();

  // Views in `request` need to live only until this returns.
  void Start(const HostPort& to, const RpcIdentity& as, const RpcRequest& request, Done done);

  // One attempt, without retries: see failover.h for those.
  Status Call(const HostPort& to, const RpcIdentity& as, std::string_view protocol,
              std::string_view method, const google::protobuf::MessageLite& request,
              google::protobuf::MessageLite* response, Duration timeout = Duration(0));

  // Runs `work` on the client's thread after `delay`, or at once when the client stops: a retry
  // then finds the client stopped.
  void After(Duration delay, std::function<void()> work);

  void Stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

// kInternal naming the method when a required field is missing, else the bytes.
StatusOr<std::string> SerializeRequest(std::string_view method,
                                       const google::protobuf::MessageLite& request);
// kInternal when `bytes` are not such a message.
Status ParseResponse(std::string_view method, std::string_view bytes,
                     google::protobuf::MessageLite* response);

}  // namespace tusk
