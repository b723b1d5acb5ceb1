#include "common/http/http_server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/base/log.h"
#include "common/concurrent/thread_pool.h"
#include "common/http/http_connection.h"
#include "common/http/router.h"
#include "common/metrics/jmx_json.h"
#include "common/metrics/prom_text.h"
#include "common/net/listener_pause.h"

namespace tusk {
namespace {

constexpr Duration kMaxBetweenSweeps = std::chrono::seconds(1);

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(const HttpServerOptions& options) : options_(options) {}
  ~Impl() { Stop(); }

  void Route(std::string method, std::string_view pattern, HttpHandler handler, HttpBody body) {
    const int index = router_.Add(std::move(method), pattern);
    CHECK_EQ(index, static_cast<int>(handlers_.size()));
    handlers_.push_back({std::move(handler), body});
  }

  Status Start();
  void Stop() EXCLUDES(mu_);
  int port() const { return port_; }

 private:
  using ConnectionPtr = std::unique_ptr<HttpConnection>;
  struct Handler {
    HttpHandler handle;
    HttpBody body;
  };

  void Run();
  void AcceptAll();
  void TakeReturned() EXCLUDES(mu_);
  // The connection waits for its next request; or its request is whole and goes to the pool.
  void Wait(ConnectionPtr connection);
  void Ready(int fd);
  void CloseIdle(TimePoint now);
  void Serve(ConnectionPtr connection) EXCLUDES(mu_);
  HttpResponse Handle(HttpConnection& connection, HttpRequest& request);
  void Wake() {
    const uint64_t one = 1;
    IgnoreError(::write(wake_.get(), &one, sizeof one) < 0 ? UnknownError("wake") : Status::Ok(),
                "a full eventfd wakes as well");
  }

  const HttpServerOptions options_;
  Router router_;
  std::vector<Handler> handlers_;

  // Since Start.
  int port_ = 0;
  std::unique_ptr<Listener> listener_;
  Fd epoll_;
  Fd wake_;
  std::unique_ptr<ThreadPool> pool_;
  std::thread thread_;

  // Of the I/O thread.
  std::unordered_map<int, ConnectionPtr> idle_;
  TimePoint next_sweep_{};
  std::unique_ptr<ListenerPause> pause_;

  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  Mutex mu_;
  std::set<HttpConnection*> active_ GUARDED_BY(mu_);
  std::vector<ConnectionPtr> returned_ GUARDED_BY(mu_);
};

Status HttpServer::Impl::Start() {
  ASSIGN_OR_RETURN(Listener listener, Listener::Listen(options_.bind));
  listener_ = std::make_unique<Listener>(std::move(listener));
  port_ = listener_->port();
  epoll_.Reset(::epoll_create1(EPOLL_CLOEXEC));
  wake_.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_.valid() || !wake_.valid()) return ErrnoError("http server", errno);
  for (const int fd : {listener_->fd(), wake_.get()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      return ErrnoError("epoll_ctl", errno);
    }
  }
  pool_ = std::make_unique<ThreadPool>("http", options_.threads);
  thread_ = std::thread([this] { Run(); });
  return Status::Ok();
}

void HttpServer::Impl::Stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  Wake();
  thread_.join();
  {
    MutexLock lock(mu_);
    for (HttpConnection* connection : active_) connection->socket().Shutdown();
  }
  pool_->Stop();
  MutexLock lock(mu_);
  returned_.clear();
}

void HttpServer::Impl::Run() {
  SetThreadName("http-io");
  const Duration between_sweeps =
      std::clamp<Duration>(options_.idle_timeout, std::chrono::milliseconds(1), kMaxBetweenSweeps);
  pause_ = std::make_unique<ListenerPause>(epoll_.get());
  Duration sleep = Duration::max();
  while (!stopping_) {
    std::array<epoll_event, 64> events;
    if (!idle_.empty()) sleep = std::min(sleep, between_sweeps);
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                     sleep == Duration::max() ? -1 : static_cast<int>(ToMillis(sleep)) + 1);
    for (int i = 0; i < count && !stopping_; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener_->fd()) {
        AcceptAll();
      } else if (fd == wake_.get()) {
        uint64_t ignored;
        while (::read(wake_.get(), &ignored, sizeof ignored) > 0) {
        }
        TakeReturned();
      } else {
        Ready(fd);
      }
    }
    const TimePoint now = Clock::Real()->Now();
    if (now >= next_sweep_) {  // all of them are looked at: not at each event
      CloseIdle(now);
      next_sweep_ = now + between_sweeps;
    }
    sleep = pause_->EndWhenOver(now);
  }
  connections_ -= static_cast<int>(idle_.size());
  idle_.clear();
  listener_.reset();
}

void HttpServer::Impl::AcceptAll() {
  while (true) {
    auto socket = listener_->Accept(Deadline::After(Duration(0)));
    if (!socket.ok()) {
      // Out of descriptors and the like: the connection stays in the backlog.
      if (socket.status().code() != Code::kDeadlineExceeded &&
          pause_->Begin(listener_->fd(), Clock::Real()->Now())) {
        LOG_WARN("http accept failed error={}", socket.status());
      }
      return;
    }
    if (connections_.load() >= options_.max_connections) continue;  // closes it
    ++connections_;
    Wait(std::make_unique<HttpConnection>(*std::move(socket), options_));
  }
}

void HttpServer::Impl::TakeReturned() {
  std::vector<ConnectionPtr> returned;
  {
    MutexLock lock(mu_);
    returned.swap(returned_);
  }
  for (ConnectionPtr& connection : returned) Wait(std::move(connection));
}

void HttpServer::Impl::Wait(ConnectionPtr connection) {
  const int fd = connection->fd();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    --connections_;
    return;
  }
  const bool has_bytes = connection->has_bytes();
  idle_[fd] = std::move(connection);
  if (has_bytes) Ready(fd);
}

void HttpServer::Impl::Ready(int fd) {
  const auto it = idle_.find(fd);
  if (it == idle_.end()) return;
  const auto header = it->second->ReadHeader();
  if (header.ok() && !*header) return;
  ConnectionPtr connection = std::move(it->second);
  idle_.erase(it);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  if (!header.ok()) {
    if (header.status().code() != Code::kUnavailable) {
      LOG_INFO("http request refused peer={} error={}", connection->socket().peer(),
               header.status());
      connection->AnswerError(header.status());
    }
    --connections_;
    return;
  }
  // std::function needs something that can be copied.
  auto shared = std::make_shared<ConnectionPtr>(std::move(connection));
  pool_->Post([this, shared] { Serve(std::move(*shared)); });
}

void HttpServer::Impl::CloseIdle(TimePoint now) {
  const TimePoint oldest = now - options_.idle_timeout;
  for (auto it = idle_.begin(); it != idle_.end();) {
    if (it->second->idle_since() > oldest) {
      ++it;
    } else {
      it = idle_.erase(it);  // closing takes it out of epoll
      --connections_;
    }
  }
}

void HttpServer::Impl::Serve(ConnectionPtr connection) {
  {
    MutexLock lock(mu_);
    active_.insert(connection.get());
  }
  if (stopping_) connection->socket().Shutdown();
  bool keep = false;
  auto request = connection->TakeRequest();
  if (!request.ok()) {
    connection->AnswerError(request.status());
  } else {
    HttpResponse response = Handle(*connection, *request);
    const auto answered = connection->Answer(*request, std::move(response));
    keep = answered.ok() && *answered && !stopping_;
    if (!answered.ok()) {
      LOG_DEBUG("http answer cut short path={} error={}", request->path, answered.status());
    }
  }
  {
    MutexLock lock(mu_);
    active_.erase(connection.get());
    if (keep) returned_.push_back(std::move(connection));
  }
  if (keep) {
    Wake();
  } else {
    connection.reset();
    --connections_;
  }
}

HttpResponse HttpServer::Impl::Handle(HttpConnection& connection, HttpRequest& request) {
  const std::string_view target = request.target;
  const Router::Match match = router_.Find(request.method, target.substr(0, target.find('?')));
  if (match.route < 0) {
    if (match.method_allowed)
      return HttpResponse::Text(404, "no such page: " + request.path + "\n");
    return HttpResponse::Text(405, request.method + " is not possible here\n");
  }
  request.parameters = match.parameters;
  const Handler& handler = handlers_[static_cast<size_t>(match.route)];
  if (handler.body == HttpBody::kStream) {
    request.body_reader = &connection;
  } else if (const Status read = connection.ReadWholeBody(&request.body); !read.ok()) {
    return HttpResponse::Text(read.code() == Code::kResourceExhausted ? 413 : 400,
                              read.message() + "\n");
  }
  return handler.handle(request);
}

HttpServer::HttpServer(const HttpServerOptions& options) : impl_(std::make_unique<Impl>(options)) {}

HttpServer::~HttpServer() = default;

void HttpServer::Route(std::string method, std::string_view pattern, HttpHandler handler,
                       HttpBody body) {
  impl_->Route(std::move(method), pattern, std::move(handler), body);
}

Status HttpServer::Start() {
  return impl_->Start();
}

void HttpServer::Stop() {
  impl_->Stop();
}

int HttpServer::port() const {
  return impl_->port();
}

void AddMetricsRoutes(HttpServer* server, const MetricsRegistry* registry) {
  server->Route("GET", "/jmx", [registry](HttpRequest& request) {
    const auto json = JmxJson(*registry, request.Query("qry"), request.Query("get"));
    return json.ok() ? HttpResponse::Json(*json) : HttpResponse::Error(json.status());
  });
  server->Route("GET", "/prom", [registry](HttpRequest&) {
    HttpResponse response = HttpResponse::Text(200, PrometheusText(registry->Read()));
    response.content_type = std::string(kPrometheusContentType);
    return response;
  });
}

}  // namespace tusk
