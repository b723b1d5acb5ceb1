#include "datanode/transfer/xceiver_server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "common/base/log.h"
#include "common/concurrent/thread_pool.h"
#include "datanode/transfer/xceiver.h"

namespace tusk::datanode {
namespace {

constexpr Duration kMaxEpollWait = std::chrono::seconds(1);

Status AddToEpoll(int epoll, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) return ErrnoError("epoll_ctl", errno);
  return Status::Ok();
}

}  // namespace

StatusOr<std::unique_ptr<XceiverServer>> XceiverServer::Listen(const Options& options,
                                                               TransferContext* context) {
  ASSIGN_OR_RETURN(Listener tcp, Listener::Listen(options.address));
  std::unique_ptr<XceiverServer> server(new XceiverServer(context, std::move(tcp)));
  server->epoll_.Reset(::epoll_create1(EPOLL_CLOEXEC));
  server->wake_.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!server->epoll_.valid() || !server->wake_.valid()) return ErrnoError("epoll", errno);
  RETURN_IF_ERROR(AddToEpoll(server->epoll_.get(), server->tcp_.fd(), EPOLLIN));
  RETURN_IF_ERROR(AddToEpoll(server->epoll_.get(), server->wake_.get(), EPOLLIN));
  if (!options.unix_path.empty()) RETURN_IF_ERROR(server->ListenUnix(options.unix_path));
  return server;
}

XceiverServer::XceiverServer(TransferContext* context, Listener tcp)
    : context_(context), tcp_(std::move(tcp)), pool_(context->options.max_streams) {}

XceiverServer::~XceiverServer() {
  Stop();
}

Status XceiverServer::ListenUnix(const std::string& path) {
  ASSIGN_OR_RETURN(Listener listener, Listener::ListenUnix(path));
  unix_ = std::make_unique<Listener>(std::move(listener));
  return AddToEpoll(epoll_.get(), unix_->fd(), EPOLLIN);
}

void XceiverServer::Serve() {
  waiter_ = std::thread([this] { WaitLoop(); });
}

void XceiverServer::Stop() {
  std::vector<ConnectionPtr> streaming;
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    stopped_ = true;
    waiting_.clear();
    deadlines_.clear();
    for (const auto& [key, connection] : streaming_) streaming.push_back(connection);
  }
  Wake();
  if (waiter_.joinable()) waiter_.join();
  for (const ConnectionPtr& connection : streaming) connection->Shutdown();
  streaming.clear();
  pool_.Stop();
}

void XceiverServer::Wake() {
  const uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) < 0) return;  // full: it is awake
}

void XceiverServer::WaitLoop() {
  SetThreadName("xceiver-wait");
  std::array<epoll_event, 64> events;
  pause_ = std::make_unique<ListenerPause>(epoll_.get());
  Duration wait = kMaxEpollWait;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(ToMillis(wait)) + 1);
    {
      MutexLock lock(mu_);
      if (stopped_) return;
    }
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == wake_.get()) {
        uint64_t drained = 0;
        if (::read(wake_.get(), &drained, sizeof drained) < 0) continue;
      } else if (fd == tcp_.fd()) {
        AcceptFrom(&tcp_, false);
      } else if (unix_ != nullptr && fd == unix_->fd()) {
        AcceptFrom(unix_.get(), true);
      } else if (ConnectionPtr connection = TakeWaiting(fd); connection != nullptr) {
        StartStream(std::move(connection));
      }
    }
    wait = std::min(Expire(), pause_->EndWhenOver(context_->clock->Now()));
  }
}

void XceiverServer::AcceptFrom(Listener* listener, bool local) {
  for (int i = 0; i < 64; ++i) {
    StatusOr<Socket> socket = listener->Accept(Deadline::After(Duration(0)));
    if (!socket.ok()) {
      if (socket.status().code() != Code::kDeadlineExceeded &&
          pause_->Begin(listener->fd(), context_->clock->Now())) {
        LOG_WARN("accept failed error={}", socket.status());
      }
      return;
    }
    const TransferOptions& options = context_->options;
    Wait(std::make_shared<PeerConnection>(std::move(socket).value(), local, options.socket_timeout,
                                          options.write_timeout),
         options.socket_timeout);
  }
}

void XceiverServer::Wait(ConnectionPtr connection, Duration limit) {
  const int fd = connection->socket().fd();
  MutexLock lock(mu_);
  if (stopped_) return;
  if (!AddToEpoll(epoll_.get(), fd, EPOLLIN | EPOLLRDHUP).ok()) return;
  const TimePoint until = context_->clock->Now() + limit;
  waiting_[fd] = {std::move(connection), until};
  deadlines_.insert({until, fd});
  if (limit < kMaxEpollWait) Wake();  // the waiter may be asleep for longer
}

XceiverServer::ConnectionPtr XceiverServer::TakeWaiting(int fd) {
  MutexLock lock(mu_);
  const auto it = waiting_.find(fd);
  if (it == waiting_.end()) return nullptr;
  ConnectionPtr connection = std::move(it->second.connection);
  deadlines_.erase({it->second.until, fd});
  waiting_.erase(it);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  return connection;
}

void XceiverServer::StartStream(ConnectionPtr connection) {
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    streaming_[connection.get()] = connection;
  }
  const bool started = pool_.Run([this, connection] { Stream(connection); });
  if (started) return;
  LOG_WARN(
      "connection closed, {} block streams are moving (dfs.datanode.max.transfer.threads) "
      "peer={}",
      context_->options.max_streams, connection->peer());
  MutexLock lock(mu_);
  streaming_.erase(connection.get());
}

void XceiverServer::Stream(const ConnectionPtr& connection) {
  context_->active_streams.fetch_add(1);
  Xceiver xceiver(context_, connection);
  bool again = xceiver.ServeOne();
  while (again && connection->in()->buffered() > 0) again = xceiver.ServeOne();
  context_->active_streams.fetch_sub(1);
  {
    MutexLock lock(mu_);
    streaming_.erase(connection.get());
  }
  if (again) Wait(connection, context_->options.keep_alive);
}

Duration XceiverServer::Expire() {
  Duration next = kMaxEpollWait;
  std::vector<ConnectionPtr> expired;
  const TimePoint now = context_->clock->Now();
  MutexLock lock(mu_);
  while (!deadlines_.empty()) {
    const auto [until, fd] = *deadlines_.begin();
    if (until > now) {
      next = std::min(next, until - now);
      break;
    }
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    expired.push_back(std::move(waiting_[fd].connection));
    waiting_.erase(fd);
    deadlines_.erase(deadlines_.begin());
  }
  lock.Unlock();
  expired.clear();  // closes
  return next;
}

}  // namespace tusk::datanode
