#include "common/rpc/client.h"

#include <google/protobuf/message_lite.h>

#include <atomic>
#include <map>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/random.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/rpc/client_connection.h"
#include "common/rpc/frame.h"

namespace tusk {
namespace {

constexpr size_t kClientIdBytes = 16;

// Calls share a connection when all of this is equal.
struct ConnectionKey {
  HostPort to;
  std::string user;
  std::string real_user;
  std::string token_identifier;
  std::string token_password;

  auto operator<=>(const ConnectionKey&) const = default;
};

ConnectionKey KeyOf(const HostPort& to, const RpcIdentity& as) {
  ConnectionKey key{.to = to, .user = as.user, .real_user = as.real_user};
  if (as.token.has_value()) {
    key.token_identifier = as.token->identifier;
    key.token_password = as.token->password;
  }
  return key;
}

}  // namespace

class RpcClient::Impl {
 public:
  explicit Impl(RpcClientOptions options)
      : options_(std::move(options)), client_id_(SecureRandomBytes(kClientIdBytes)) {}

  const std::string& client_id() const { return client_id_; }
  int32_t NextCallId() { return next_call_id_.fetch_add(1) & 0x7FFFFFFF; }

  void Start(const HostPort& to, const RpcIdentity& as, ClientCall call) EXCLUDES(mu_);
  void After(Duration delay, std::function<void()> work) EXCLUDES(mu_);
  void Stop() EXCLUDES(mu_);
  const RpcClientOptions& options() const { return options_; }

 private:
  struct Delayed {
    std::function<void()> work;
    std::unique_ptr<boost::asio::steady_timer> timer;
  };

  void StartThreadLocked() REQUIRES(mu_);
  void RunDelayed(uint64_t id) EXCLUDES(mu_);

  const RpcClientOptions options_;
  const std::string client_id_;
  std::atomic<uint32_t> next_call_id_ = 0;

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running_{
      io_.get_executor()};
  std::thread thread_;

  Mutex mu_;
  std::map<ConnectionKey, std::shared_ptr<ClientConnection>> connections_ GUARDED_BY(mu_);
  std::map<uint64_t, Delayed> delayed_ GUARDED_BY(mu_);
  uint64_t next_delayed_ GUARDED_BY(mu_) = 0;
  bool started_ GUARDED_BY(mu_) = false;
  bool stopped_ GUARDED_BY(mu_) = false;
};

void RpcClient::Impl::StartThreadLocked() {
  if (started_) return;
  started_ = true;
  thread_ = std::thread([this] {
    SetThreadName("rpc-client");
    io_.run();
  });
}

void RpcClient::Impl::Start(const HostPort& to, const RpcIdentity& as, ClientCall call) {
  {
    MutexLock lock(mu_);
    if (!stopped_) {
      StartThreadLocked();
      std::shared_ptr<ClientConnection>& connection = connections_[KeyOf(to, as)];
      if (connection != nullptr && connection->Enqueue(&call)) return;
      connection = std::make_shared<ClientConnection>(&io_, options_, client_id_, to, as);
      CHECK(connection->Enqueue(&call));
      return;
    }
  }
  call.done(CancelledError("the RPC client has stopped"));
}

void RpcClient::Impl::After(Duration delay, std::function<void()> work) {
  {
    MutexLock lock(mu_);
    if (!stopped_) {
      StartThreadLocked();
      const uint64_t id = next_delayed_++;
      Delayed& delayed = delayed_[id];
      delayed.work = std::move(work);
      delayed.timer = std::make_unique<boost::asio::steady_timer>(io_, delay);
      delayed.timer->async_wait([this, id](const boost::system::error_code& cancelled) {
        if (!cancelled) RunDelayed(id);
      });
      return;
    }
  }
  work();
}

void RpcClient::Impl::RunDelayed(uint64_t id) {
  std::function<void()> work;
  {
    MutexLock lock(mu_);
    const auto found = delayed_.find(id);
    if (found == delayed_.end()) return;
    work = std::move(found->second.work);
    delayed_.erase(found);
  }
  work();
}

void RpcClient::Impl::Stop() {
  std::vector<std::shared_ptr<ClientConnection>> connections;
  std::map<uint64_t, Delayed> delayed;
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    stopped_ = true;
    for (const auto& entry : connections_) connections.push_back(entry.second);
    connections_.clear();
    delayed.swap(delayed_);
    if (!started_) return;
  }
  CHECK(thread_.get_id() != std::this_thread::get_id()) << "stopped by its own callback";
  boost::asio::post(io_, [&] {
    for (const auto& connection : connections) {
      connection->Fail(CancelledError("the RPC client has stopped"));
    }
    for (const auto& entry : delayed) entry.second.work();  // they find the client stopped
    delayed.clear();
    io_.stop();
  });
  thread_.join();
}

RpcClient::RpcClient(RpcClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {}

RpcClient::~RpcClient() {
  Stop();
}

const std::string& RpcClient::client_id() const {
  return impl_->client_id();
}

int32_t RpcClient::NextCallId() {
  return impl_->NextCallId();
}

void RpcClient::Start(const HostPort& to, const RpcIdentity& as, const RpcRequest& request,
                      Done done) {
  ClientCall call;
  call.protocol = request.protocol;
  call.version = request.version;
  call.method = request.method;
  call.body = request.body;
  call.call_id = request.call_id;
  call.retry_count = request.retry_count;
  call.caller_context = request.caller_context;
  call.timeout = request.timeout > Duration(0) ? request.timeout : impl_->options().call_timeout;
  call.deadline = Clock::Real()->Now() + call.timeout;
  call.done = std::move(done);
  impl_->Start(to, as, std::move(call));
}

Status RpcClient::Call(const HostPort& to, const RpcIdentity& as, std::string_view protocol,
                       std::string_view method, const google::protobuf::MessageLite& request,
                       google::protobuf::MessageLite* response, Duration timeout) {
  ASSIGN_OR_RETURN(std::string body, SerializeRequest(method, request));
  RpcRequest attempt;
  attempt.protocol = protocol;
  attempt.method = method;
  attempt.body = std::make_shared<const std::string>(std::move(body));
  attempt.call_id = NextCallId();
  attempt.timeout = timeout;
  StatusOr<std::string> answer = InternalError("no answer");
  Notification answered;
  Start(to, as, attempt, [&](StatusOr<std::string> result) {
    answer = std::move(result);
    answered.Notify();
  });
  answered.Wait();
  RETURN_IF_ERROR(answer.status());
  return ParseResponse(method, *answer, response);
}

void RpcClient::After(Duration delay, std::function<void()> work) {
  impl_->After(delay, std::move(work));
}

void RpcClient::Stop() {
  impl_->Stop();
}

StatusOr<std::string> SerializeRequest(std::string_view method,
                                       const google::protobuf::MessageLite& request) {
  if (!request.IsInitialized()) {
    return InternalError("the request of " + std::string(method) + " lacks a required field");
  }
  return request.SerializeAsString();
}

Status ParseResponse(std::string_view method, std::string_view bytes,
                     google::protobuf::MessageLite* response) {
  if (ParseMessage(bytes, response)) return Status::Ok();
  return InternalError("malformed answer to " + std::string(method));
}

}  // namespace tusk
