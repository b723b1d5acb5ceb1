#include "common/grpc/channel.h"

#include <optional>
#include <utility>

#include "common/concurrent/notification.h"

namespace tusk {

GrpcChannel::GrpcChannel(Options options, ClusterSecret secret, const Clock* clock,
                         Executor* executor)
    : options_(std::move(options)),
      secret_(std::move(secret)),
      clock_(clock),
      executor_(executor),
      wire_(DialWire(options_.target.c_str(), options_.local_address.c_str())) {}

GrpcChannel::~GrpcChannel() = default;

GrpcStreamPtr GrpcChannel::Open(const std::string& method, StreamHandler handler, Duration limit) {
  auto stream = std::make_shared<GrpcStream>(
      GrpcStream::Options{.side = GrpcStream::Side::kClient, .limits = options_.limits},
      std::move(handler), executor_);
  const std::string signature = secret_.Sign(method, options_.caller, clock_->WallMillis());
  std::unique_ptr<Wire> wire(
      wire_->NewCall(method.c_str(), signature.c_str(), static_cast<long>(ToMillis(limit))));
  stream->Begin(std::move(wire));
  return stream;
}

GrpcStreamPtr GrpcChannel::OpenStream(const std::string& method, StreamHandler handler) {
  return Open(method, std::move(handler), Duration(0));
}

void GrpcChannel::Call(const std::string& method, std::string request, Duration limit,
                       std::function<void(StatusOr<std::string>)> done) {
  auto answer = std::make_shared<std::optional<std::string>>();
  StreamHandler handler;
  handler.message = [answer](const GrpcStreamPtr&, std::string message) {
    *answer = std::move(message);
  };
  handler.closed = [answer, method, done = std::move(done)](const GrpcStreamPtr&,
                                                            const Status& status) {
    if (!status.ok()) return done(status);
    if (!answer->has_value()) return done(InternalError(method + " ended without an answer"));
    done(std::move(**answer));
  };
  const GrpcStreamPtr stream = Open(method, std::move(handler), limit);
  stream->Send(std::move(request));  // when the call has ended already, `closed` says so
  stream->Close();
}

StatusOr<std::string> GrpcChannel::CallAndWait(const std::string& method, std::string request,
                                               Duration limit) {
  struct Waiter {
    Notification done;
    std::optional<StatusOr<std::string>> result;
  };
  auto waiter = std::make_shared<Waiter>();
  Call(method, std::move(request), limit, [waiter](StatusOr<std::string> result) {
    waiter->result = std::move(result);
    waiter->done.Notify();
  });
  waiter->done.Wait();
  return std::move(*waiter->result);
}

}  // namespace tusk
