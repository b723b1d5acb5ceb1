#include "common/grpc/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/base/log.h"

namespace tusk {
namespace {

// gRPC does not say why it cannot listen; the same bind by hand does. Ok when that succeeds.
Status ProbeAddress(const std::string& host, int port) {
  const std::string where = host + ":" + std::to_string(port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return InvalidArgumentError("not an IPv4 address to listen on: " + where);
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return ErrnoError("socket", errno);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
                     ::listen(fd, 1) == 0;
  const int error = errno;
  ::close(fd);
  if (bound) return Status::Ok();
  return UnavailableError(ErrnoError("listen on " + where, error).message());
}

// A unary call: the first message is the request; the stream stays until the reply.
StreamHandler AnswerOnce(const GrpcServices::CallHandler& handle, const GrpcCaller& caller) {
  StreamHandler handler;
  auto asked = std::make_shared<bool>(false);
  handler.message = [handle, caller, asked](const GrpcStreamPtr& stream, std::string request) {
    if (std::exchange(*asked, true)) {
      stream->Close(InvalidArgumentError("a call carries one request"));
      return;
    }
    handle(caller, std::move(request), [stream](StatusOr<std::string> answer) {
      if (answer.ok()) stream->Send(std::move(answer).value());
      stream->Close(answer.ok() ? Status::Ok() : answer.status());
    });
  };
  return handler;
}

}  // namespace

void GrpcServices::AddStream(const std::string& method, StreamAcceptor accept) {
  methods_.emplace(method, std::move(accept));
}

void GrpcServices::AddCall(const std::string& method, CallHandler handle) {
  methods_.emplace(method, std::move(handle));
}

StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(Options options, GrpcServices services,
                                                        ClusterSecret secret, const Clock* clock,
                                                        Executor* executor) {
  RETURN_IF_ERROR(ProbeAddress(options.host, options.port));
  const std::string where = options.host + ":" + std::to_string(options.port);
  std::unique_ptr<GrpcServer> server(
      new GrpcServer(std::move(options), std::move(services), std::move(secret), clock, executor));
  server->listener_.reset(ListenWire(where.c_str(), server.get()));
  if (server->listener_ == nullptr) return UnavailableError("cannot listen on " + where);
  server->port_ = server->listener_->port();
  return server;
}

GrpcServer::GrpcServer(Options options, GrpcServices services, ClusterSecret secret,
                       const Clock* clock, Executor* executor)
    : options_(std::move(options)),
      services_(std::move(services)),
      verifier_(std::move(secret), clock),
      executor_(executor) {}

GrpcServer::~GrpcServer() {
  Stop(Duration(0));
}

void GrpcServer::Stop(Duration limit) {
  if (listener_ == nullptr) return;
  listener_->Stop(static_cast<long>(ToMillis(limit)));
  // gRPC is done; the executor may still have to tell the handlers.
  MutexLock lock(open_->mu);
  while (open_->count > 0) open_->none.Wait(open_->mu);
}

std::shared_ptr<const void> GrpcServer::CountOpen() {
  {
    MutexLock lock(open_->mu);
    ++open_->count;
  }
  return {open_.get(), [open = open_](const void*) {
            MutexLock lock(open->mu);
            if (--open->count == 0) open->none.NotifyAll();
          }};
}

void GrpcServer::Accept(const IncomingCall& call, Wire* wire) {
  // std::function wants copies; the wire changes hands inside the work.
  executor_->Post([this, method = std::string(call.method), signature = std::string(call.signature),
                   peer = std::string(call.peer), wire, guard = CountOpen()] {
    Route(method, signature, peer, std::unique_ptr<Wire>(wire), guard);
  });
}

void GrpcServer::Route(const std::string& method, const std::string& signature,
                       const std::string& peer, std::unique_ptr<Wire> wire,
                       std::shared_ptr<const void> guard) {
  const StatusOr<std::string> caller = verifier_.Verify(method, signature);
  if (!caller.ok()) {
    LOG_WARN("grpc call refused peer={} {}", peer, caller.status());
    return Refuse(std::move(wire), caller.status());
  }
  const auto entry = services_.methods_.find(method);
  if (entry == services_.methods_.end()) {
    return Refuse(std::move(wire), UnimplementedError("no such method: " + method));
  }
  const GrpcCaller who{*caller, peer};
  GrpcStream::Options options{.side = GrpcStream::Side::kServer, .limits = options_.limits};
  StreamHandler handler;
  if (const auto* accept = std::get_if<GrpcServices::StreamAcceptor>(&entry->second)) {
    handler = (*accept)(who);
  } else {
    options.keep_until_closed = true;
    handler = AnswerOnce(std::get<GrpcServices::CallHandler>(entry->second), who);
  }
  handler.guard = std::move(guard);
  std::make_shared<GrpcStream>(options, std::move(handler), executor_)->Begin(std::move(wire));
}

void GrpcServer::Refuse(std::unique_ptr<Wire> wire, const Status& why) {
  StreamHandler handler;
  handler.message = [](const GrpcStreamPtr&, const std::string&) {};
  const auto stream = std::make_shared<GrpcStream>(
      GrpcStream::Options{
          .side = GrpcStream::Side::kServer, .keep_until_closed = true, .limits = options_.limits},
      std::move(handler), executor_);
  stream->Begin(std::move(wire));
  stream->Close(why);
}

}  // namespace tusk
