#include "common/rpc/server.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/log.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/thread_pool.h"
#include "common/net/socket.h"
#include "common/rpc/server_connection.h"
#include "common/rpc/server_core.h"

namespace tusk {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr Duration kLongestSweepInterval = std::chrono::seconds(2);
constexpr Duration kShortestSweepInterval = std::chrono::milliseconds(5);
constexpr auto kAcceptRetryDelay = std::chrono::milliseconds(100);
constexpr int kBacklog = 1024;

// Never used again within the process.
uint64_t NextConnectionId() {
  static std::atomic<uint64_t> next{1};
  return next++;
}

}  // namespace

class RpcServer::Impl {
 public:
  Impl(RpcServerOptions options, GroupMapping* groups, Executor* executor)
      : core_(std::make_shared<ServerCore>(std::move(options), groups, executor)) {}

  Status Start();
  void Stop();

  const std::shared_ptr<ServerCore>& core() const { return core_; }
  int port() const { return port_; }

 private:
  // A loop, its thread and its timer.
  struct Worker {
    ServerLoop loop;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running{
        loop.io.get_executor()};
    boost::asio::steady_timer sweep{loop.io};
    std::thread thread;
  };

  Status Listen();
  void Accept();
  void OnAccepted(Worker* worker, const error_code& error, tcp::socket socket);
  void Sweep(Worker* worker);

  const std::shared_ptr<ServerCore> core_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<int> port_ = 0;
  bool started_ = false;

  // On the first worker's thread.
  std::optional<tcp::acceptor> acceptor_;
  std::optional<boost::asio::steady_timer> accept_retry_;
  size_t next_worker_ = 0;
};

Status RpcServer::Impl::Start() {
  CHECK(!started_) << "an RpcServer starts once";
  started_ = true;
  core_->AddMetaInfo();
  int count = core_->options.io_threads;
  if (count <= 0) count = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (int i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>());
  const Status listening = Listen();
  if (!listening.ok()) {
    workers_.clear();
    return listening;
  }
  Accept();
  for (const auto& worker : workers_) {
    Sweep(worker.get());
    worker->thread = std::thread([worker = worker.get()] {
      SetThreadName("rpc-io");
      ServerLoop::current = &worker->loop;
      worker->loop.io.run();
    });
  }
  return Status::Ok();
}

Status RpcServer::Impl::Listen() {
  const HostPort where{core_->options.host, core_->options.port};
  ASSIGN_OR_RETURN(const std::vector<SocketAddress> addresses, Resolve(where));
  error_code error;
  const tcp::endpoint endpoint(boost::asio::ip::make_address(addresses.front().host(), error),
                               static_cast<uint16_t>(where.port));
  tcp::acceptor& acceptor = acceptor_.emplace(workers_.front()->loop.io);
  if (!error) acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) {
    acceptor_.reset();
    std::string message = "cannot listen on " + where.ToString() + ": " + error.message();
    if (error == boost::asio::error::address_in_use) {
      message += " (" + DescribePortHolder(where.host, where.port) + ")";
    }
    return UnavailableError(std::move(message));
  }
  port_ = acceptor.local_endpoint(error).port();
  accept_retry_.emplace(workers_.front()->loop.io);
  return Status::Ok();
}

void RpcServer::Impl::Accept() {
  if (!acceptor_.has_value()) return;
  Worker* worker = workers_[next_worker_++ % workers_.size()].get();
  acceptor_->async_accept(worker->loop.io,
                          [this, worker](const error_code& error, tcp::socket socket) {
                            OnAccepted(worker, error, std::move(socket));
                          });
}

void RpcServer::Impl::OnAccepted(Worker* worker, const error_code& error, tcp::socket socket) {
  if (error == boost::asio::error::operation_aborted || !acceptor_.has_value()) return;
  if (error) {
    // Out of descriptors, most likely: those connected go on, newcomers wait a little.
    int64_t suppressed = 0;
    if (core_->log_limiter.Allow(Clock::Real()->Now(), &suppressed)) {
      LOG_WARN("rpc server cannot accept port={} reason=\"{}\"", port(), error.message());
    }
    accept_retry_->expires_after(kAcceptRetryDelay);
    accept_retry_->async_wait([this](const error_code& cancelled) {
      if (!cancelled) Accept();
    });
    return;
  }
  ++core_->counters.accepted_connections;
  auto connection = std::make_shared<ServerConnection>(core_, &worker->loop, std::move(socket),
                                                       NextConnectionId());
  boost::asio::post(worker->loop.io, [connection = std::move(connection)] { connection->Start(); });
  Accept();
}

void RpcServer::Impl::Sweep(Worker* worker) {
  const RpcServerOptions& options = core_->options;
  worker->sweep.expires_after(
      std::clamp(std::min(options.handshake_timeout, options.stall_timeout) / 4,
                 kShortestSweepInterval, kLongestSweepInterval));
  worker->sweep.async_wait([this, worker](const error_code& cancelled) {
    if (cancelled) return;
    const TimePoint now = Clock::Real()->Now();
    const auto connections = worker->loop.connections;  // a sweep may take some out
    for (const auto& connection : connections) connection->Sweep(now);
    Sweep(worker);
  });
}

void RpcServer::Impl::Stop() {
  if (!workers_.empty()) {
    boost::asio::post(workers_.front()->loop.io, [this] {
      acceptor_.reset();
      accept_retry_.reset();
    });
  }
  for (const auto& worker : workers_) {
    boost::asio::post(worker->loop.io, [worker = worker.get()] {
      const auto connections = worker->loop.connections;
      for (const auto& connection : connections) connection->Close("");
      worker->loop.io.stop();
    });
  }
  for (const auto& worker : workers_) worker->thread.join();
  // A connection that was accepted but not started yet goes with the loop that never ran it; one
  // that started in the meantime is closed here. No thread runs any more.
  for (const auto& worker : workers_) {
    const auto connections = worker->loop.connections;
    for (const auto& connection : connections) connection->Close("");
  }
  core_->StopSlow();
  acceptor_.reset();
  accept_retry_.reset();
  workers_.clear();
}

RpcServer::RpcServer(RpcServerOptions options, GroupMapping* groups, Executor* executor)
    : impl_(std::make_unique<Impl>(std::move(options), groups, executor)) {}

RpcServer::~RpcServer() {
  Stop();
}

void RpcServer::Add(RpcProtocol protocol) {
  impl_->core()->Add(std::move(protocol));
}

Status RpcServer::Start() {
  return impl_->Start();
}

void RpcServer::Stop() {
  impl_->Stop();
}

int RpcServer::port() const {
  return impl_->port();
}

RpcServerStats RpcServer::stats() const {
  return impl_->core()->Stats();
}

}  // namespace tusk
