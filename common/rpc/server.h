// A server of Hadoop RPC version 9: frames in, handlers run, answers out in any order.
//
// Owns:    its listening socket, connections and I/O threads. Borrows executor, groups and whatever
//          the handlers refer to; they outlive it.
// Threads: thread-safe. Every connection lives on one I/O thread, which reads what is there,
//          decodes every frame in it, runs inline handlers and answers with one write.
// Life:    Add() -> Start() -> Stop(). After Stop no handler runs and none is started; calls that
//          are still held may be finished, their answers are dropped.
// Fails:   bytes that are no Hadoop RPC close their connection with one logged line. A client that
//          does not read its answers is closed when they pass `max_unsent_bytes`.
//
// Back-pressure: a connection with `max_unanswered` unanswered calls, or with answers that its
// client does not read, is not read any further. Held calls do not count.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/rpc/rpc_call.h"
#include "common/security/group_mapping.h"

namespace tusk {

// Decides when answers may leave: the server asks it for those that a turn of an I/O thread has
// made, together, and hands it `release`, to be called once from any thread, also within the gate.
// Ok lets the answers go as they are; an error goes in the place of each (a NameNode that lost its
// role meanwhile answers kStandby).
using ReplyGate = std::function<void(std::function<void(Status)> release)>;

// Turns a token's identifier into the password that was issued with it and the caller's name.
struct TokenIdentity {
  std::string user;
  std::string password;  // raw bytes
};
using TokenVerifier = std::function<StatusOr<TokenIdentity>(std::string_view identifier)>;

// Whether the real user may act for `user` from `host`. kPermissionDenied / kAuthorization if not.
using ProxyAuthorizer = std::function<Status(const User& user, const std::string& host)>;

struct RpcServerOptions {
  std::string host = "0.0.0.0";
  int port = 0;                             // 0: any free one, see RpcServer::port
  int io_threads = 0;                       // 0: one per core
  int64_t max_frame_bytes = 128 << 20;      // ipc.maximum.data.length
  int max_unanswered = 1000;                // calls of one connection
  int64_t max_unanswered_bytes = 64 << 20;  // of their requests
  int max_held = 10'000;                    // calls of all connections
  int64_t pause_unsent_bytes = 1 << 20;     // a client that lags this far behind is not read
  int64_t max_unsent_bytes = 128 << 20;     // ... and this far: closed
  Duration handshake_timeout = std::chrono::seconds(60);  // from connect to the context frame
  Duration stall_timeout = std::chrono::minutes(5);       // unsent bytes without any progress

  // With a verifier, every client must authenticate by SASL TOKEN. Without: SIMPLE, and a client
  // that opens with SASL (its user holds tokens) is told to go on with SIMPLE.
  TokenVerifier token_verifier;
  ProxyAuthorizer proxy_authorizer;  // empty: nobody may act for others
  ReplyGate reply_gate;              // empty: answers leave at once
};

// What an owner turns into the beans RpcActivityForPort<port> and RpcDetailedActivityForPort<port>.
struct RpcMethodStats {
  std::string protocol;
  std::string method;
  int64_t calls = 0;
  int64_t errors = 0;
  Duration processing{0};  // sum, from the handler's start to its answer (held time included)
};
struct RpcServerStats {
  int64_t received_bytes = 0;
  int64_t sent_bytes = 0;
  int64_t calls = 0;
  int64_t errors = 0;
  Duration queue_time{0};       // sum over calls, from read to the handler's start
  Duration processing_time{0};  // sum over calls
  int64_t open_connections = 0;
  int64_t accepted_connections = 0;
  int64_t dropped_connections = 0;  // for garbage, oversized frames, not reading, time-outs
  int64_t authentication_successes = 0;
  int64_t authentication_failures = 0;
  int64_t unanswered_calls = 0;         // now; held ones included
  int64_t held_calls = 0;               // now
  std::vector<RpcMethodStats> methods;  // those called at least once
};

class RpcServer {
 public:
  // `executor` runs the handlers registered as slow.
  RpcServer(RpcServerOptions options, GroupMapping* groups, Executor* executor);
  ~RpcServer();  // Stop
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // Before Start. ProtocolMetaInfoPB is there by itself.
  void Add(RpcProtocol protocol);

  // kUnavailable "cannot listen on 127.0.0.1:8020: Address already in use (...)", naming the
  // holder.
  Status Start();
  void Stop();

  // The bound port; 0 before Start.
  int port() const;
  RpcServerStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tusk
