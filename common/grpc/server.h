// The listening end: takes streams and calls of other daemons of this cluster.
//
//   GrpcServices services;
//   services.AddStream("/tusk.DatanodeLink/Connect", [&](const GrpcCaller& who) { return handler;
//   }); services.AddCall("/tusk.InterDatanode/InitRecovery", [&](const GrpcCaller& who,
//                    std::string request, GrpcReply reply) { ... reply(bytes or status); });
//   auto server = GrpcServer::Start({.host = "0.0.0.0", .port = 8021}, services, secret, ...);
//
// The cluster secret of every call is checked here, before any handler sees it. An unknown method
// answers kUnimplemented.
//
// Threads: thread-safe. Handlers run on the executor, in order per stream; a call's handler may
//          answer later, from any thread, once.
// Life:    Stop (or the destructor) takes no more, cancels what is open when the limit has passed
//          and waits until every stream is closed: afterwards no handler runs. So it is not called
//          by one, and none waits for what is stopped later. The executor goes after it.
// Fails:   Start with kUnavailable "host:port: Address already in use".
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/grpc/cluster_secret.h"
#include "common/grpc/stream.h"
#include "common/grpc/transport.h"

namespace tusk {

struct GrpcCaller {
  std::string name;  // as it calls itself; it has shown the cluster secret
  std::string peer;  // its address and port
};

using GrpcReply = std::function<void(StatusOr<std::string>)>;

class GrpcServices {
 public:
  // Called for each new stream, on the executor; returns what is to hear it.
  using StreamAcceptor = std::function<StreamHandler(const GrpcCaller&)>;
  using CallHandler = std::function<void(const GrpcCaller&, std::string request, GrpcReply reply)>;

  // `method`: "/package.Service/Method".
  void AddStream(const std::string& method, StreamAcceptor accept);
  void AddCall(const std::string& method, CallHandler handle);

 private:
  friend class GrpcServer;
  std::map<std::string, std::variant<StreamAcceptor, CallHandler>, std::less<>> methods_;
};

class GrpcServer final : private WireAcceptor {
 public:
  struct Options {
    std::string host = "0.0.0.0";  // an address as text
    int port = 0;                  // 0: any free one
    StreamLimits limits;
  };

  static StatusOr<std::unique_ptr<GrpcServer>> Start(Options options, GrpcServices services,
                                                     ClusterSecret secret, const Clock* clock,
                                                     Executor* executor);
  ~GrpcServer();

  int port() const { return port_; }
  void Stop(Duration limit);

 private:
  // Streams and calls whose handlers may still run. Outlives the server by the last unlock.
  struct Open {
    Mutex mu;
    CondVar none;
    int count GUARDED_BY(mu) = 0;
  };

  GrpcServer(Options options, GrpcServices services, ClusterSecret secret, const Clock* clock,
             Executor* executor);

  void Accept(const IncomingCall& call, Wire* wire) override;
  void Route(const std::string& method, const std::string& signature, const std::string& peer,
             std::unique_ptr<Wire> wire, std::shared_ptr<const void> guard);
  std::shared_ptr<const void> CountOpen();  // until the last copy of it is gone
  void Refuse(std::unique_ptr<Wire> wire, const Status& why);

  const Options options_;
  const GrpcServices services_;
  CallVerifier verifier_;
  Executor* const executor_;
  const std::shared_ptr<Open> open_ = std::make_shared<Open>();
  int port_ = 0;
  std::unique_ptr<WireListener> listener_;
};

}  // namespace tusk
