// The dialling end: streams to and calls of one server.
//
//   GrpcChannel channel({.target = "127.0.0.1:8021", .caller = "datanode"}, secret, clock, pool);
//   stream = channel.OpenStream("/tusk.DatanodeLink/Connect", {.message = ..., .closed = ...});
//   channel.Call("/tusk.InterDatanode/InitRecovery", bytes, 5s, [](StatusOr<std::string> r) {...});
//
// Threads: thread-safe. Callbacks run on the executor.
// Life:    the connection is made when first needed and again when it breaks; a stream or call that
//          finds no connection ends with kUnavailable, and its owner opens another (back-off of
//          its own: 100 ms to 1 s fits the connection's). Streams may outlive the channel.
// Fails:   kUnauthenticated when the cluster secrets differ, kDeadlineExceeded after the time
// limit.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/grpc/cluster_secret.h"
#include "common/grpc/stream.h"
#include "common/grpc/transport.h"

namespace tusk {

class GrpcChannel {
 public:
  struct Options {
    std::string target;         // "host:port"
    std::string local_address;  // of our sockets, as text; empty: any
    std::string caller;         // who we are, in the other side's log
    StreamLimits limits;
  };

  GrpcChannel(Options options, ClusterSecret secret, const Clock* clock, Executor* executor);
  ~GrpcChannel();

  // Never fails by itself: the handler's `closed` says how it went.
  GrpcStreamPtr OpenStream(const std::string& method, StreamHandler handler);

  // One request, one answer. `done` is called once.
  void Call(const std::string& method, std::string request, Duration limit,
            std::function<void(StatusOr<std::string>)> done);
  // The same, waiting. Not on the executor's only thread.
  StatusOr<std::string> CallAndWait(const std::string& method, std::string request, Duration limit);

  const std::string& target() const { return options_.target; }

 private:
  GrpcStreamPtr Open(const std::string& method, StreamHandler handler, Duration limit);

  const Options options_;
  const ClusterSecret secret_;
  const Clock* const clock_;
  Executor* const executor_;
  const std::unique_ptr<WireChannel> wire_;
};

}  // namespace tusk
