#include "common/rpc/failover.h"

#include <atomic>
#include <utility>

#include "common/base/log.h"
#include "common/base/random.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/notification.h"

namespace tusk {

// Shared by the calls under way, which may outlive the service object.
struct RpcService::State : std::enable_shared_from_this<RpcService::State> {
  // One logical call with all its attempts.
  struct Attempts {
    std::string method;
    RpcRetry kind;
    std::shared_ptr<const std::string> body;
    google::protobuf::MessageLite* response;
    std::function<void(Status)> done;
    Duration timeout;
    int32_t call_id = 0;
    int tries = 0;  // all of them: the retry count on the wire
    int retries = 0;
    int failovers = 0;
    size_t address = 0;  // of the last attempt
  };

  State(RpcClient* rpc_client, RpcServiceOptions service_options)
      : client(rpc_client), options(std::move(service_options)), random(SecureRandomSeed()) {}

  void Attempt(const std::shared_ptr<Attempts>& call) EXCLUDES(mu);
  void OnAnswer(const std::shared_ptr<Attempts>& call, StatusOr<std::string> answer) EXCLUDES(mu);
  RetryDecision Decide(Attempts* call, const Status& error) EXCLUDES(mu);

  RpcClient* const client;
  RpcServiceOptions options;
  std::atomic<bool> closed = false;

  mutable Mutex mu;
  Random random GUARDED_BY(mu);
  size_t current GUARDED_BY(mu) = 0;  // into options.addresses
};

void RpcService::State::Attempt(const std::shared_ptr<Attempts>& call) {
  if (closed) return call->done(CancelledError("the service was closed"));
  {
    MutexLock lock(mu);
    call->address = current;
  }
  RpcRequest request;
  request.protocol = options.protocol;
  request.version = options.version;
  request.method = call->method;
  request.body = call->body;
  request.call_id = call->call_id;
  request.retry_count = call->tries;
  request.caller_context = options.caller_context;
  request.timeout = call->timeout;
  client->Start(options.addresses[call->address], options.identity, request,
                [self = shared_from_this(), call](StatusOr<std::string> answer) {
                  self->OnAnswer(call, std::move(answer));
                });
}

void RpcService::State::OnAnswer(const std::shared_ptr<Attempts>& call,
                                 StatusOr<std::string> answer) {
  if (answer.ok()) return call->done(ParseResponse(call->method, *answer, call->response));
  const RetryDecision decision = Decide(call.get(), answer.status());
  if (decision.action == RetryDecision::Action::kFail) {
    return call->done(std::move(answer).status());
  }
  ++call->tries;
  if (decision.delay == Duration(0)) return Attempt(call);
  LOG_WARN("call is tried again method={} server={} tries={} error={}", call->method,
           options.addresses[call->address].ToString(), call->tries, answer.status());
  client->After(decision.delay, [self = shared_from_this(), call] { self->Attempt(call); });
}

RetryDecision RpcService::State::Decide(Attempts* call, const Status& error) {
  MutexLock lock(mu);
  const auto addresses = static_cast<int>(options.addresses.size());
  const RetryDecision decision = DecideRetry(options.retry, error, call->kind, addresses,
                                             call->retries, call->failovers, &random);
  if (decision.action == RetryDecision::Action::kRetry) ++call->retries;
  if (decision.action == RetryDecision::Action::kFailOver) {
    ++call->failovers;
    // Calls that failed together move on by one address, not by one each.
    if (current == call->address) current = (current + 1) % options.addresses.size();
  }
  return decision;
}

RpcService::RpcService(RpcClient* client, RpcServiceOptions options)
    : state_(std::make_shared<State>(client, std::move(options))) {
  CHECK(!state_->options.addresses.empty()) << "an RpcService needs an address";
  if (state_->options.shuffle) {
    MutexLock lock(state_->mu);
    std::vector<HostPort>& addresses = state_->options.addresses;
    for (size_t i = addresses.size(); i > 1; --i) {
      std::swap(addresses[i - 1], addresses[state_->random.Below(i)]);
    }
  }
}

RpcService::~RpcService() {
  state_->closed = true;
}

Status RpcService::Call(std::string_view method, RpcRetry kind,
                        const google::protobuf::MessageLite& request,
                        google::protobuf::MessageLite* response, Duration timeout) {
  Status result;
  Notification answered;
  CallAsync(
      method, kind, request, response,
      [&](Status status) {
        result = std::move(status);
        answered.Notify();
      },
      timeout);
  answered.Wait();
  return result;
}

void RpcService::CallAsync(std::string_view method, RpcRetry kind,
                           const google::protobuf::MessageLite& request,
                           google::protobuf::MessageLite* response,
                           std::function<void(Status)> done, Duration timeout) {
  StatusOr<std::string> body = SerializeRequest(method, request);
  if (!body.ok()) return done(body.status());
  const auto call = std::make_shared<State::Attempts>();
  call->method = method;
  call->kind = kind;
  call->body = std::make_shared<const std::string>(std::move(*body));
  call->response = response;
  call->done = std::move(done);
  call->timeout = timeout;
  call->call_id = state_->client->NextCallId();
  state_->Attempt(call);
}

HostPort RpcService::current() const {
  MutexLock lock(state_->mu);
  return state_->options.addresses[state_->current];
}

}  // namespace tusk
