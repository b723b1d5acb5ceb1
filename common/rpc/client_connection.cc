#include "common/rpc/client_connection.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "common/rpc/exceptions.h"
#include "proto/hadoop/rpc_header.pb.h"

namespace tusk {
namespace {

using proto::rpc::RequestHeaderProto;
using proto::rpc::RpcRequestHeaderProto;
using proto::rpc::RpcResponseHeaderProto;

constexpr size_t kReadBytes = 64 << 10;

TimePoint Now() {
  return Clock::Real()->Now();
}

}  // namespace

ClientConnection::ClientConnection(boost::asio::io_context* io, const RpcClientOptions& options,
                                   std::string client_id, HostPort to, RpcIdentity identity)
    : io_(io),
      options_(options),
      client_id_(std::move(client_id)),
      to_(std::move(to)),
      identity_(std::move(identity)),
      input_(options.max_response_bytes) {}

ClientConnection::~ClientConnection() = default;

bool ClientConnection::Enqueue(ClientCall* call) {
  MutexLock lock(mu_);
  if (closed_) return false;
  incoming_.push_back(std::move(*call));
  if (!awake_) {
    awake_ = true;
    boost::asio::post(*io_, [self = shared_from_this()] { self->TakeIncoming(); });
  }
  return true;
}

void ClientConnection::TakeIncoming() {
  std::deque<ClientCall> calls;
  {
    MutexLock lock(mu_);
    awake_ = false;
    calls.swap(incoming_);
  }
  if (state_ == State::kNew && !calls.empty()) Connect(calls.front().protocol);
  for (ClientCall& call : calls) {
    if (state_ == State::kClosed) {
      call.done(Lost("connection", "the connection was closed"));
      continue;
    }
    Pending pending{.done = std::move(call.done), .timeout = call.timeout};
    const auto [entry, added] = pending_.emplace(call.call_id, std::move(pending));
    if (!added) {
      pending.done(InternalError("call id " + std::to_string(call.call_id) + " is in use"));
      continue;
    }
    entry->second.deadline = deadlines_.emplace(call.deadline, call.call_id);
    if (state_ == State::kReady) {
      SendCall(&call);
    } else {
      unsent_.push_back(std::move(call));
    }
  }
  if (state_ == State::kClosed) return;
  last_used_ = Now();
  if (state_ == State::kReady) Flush();
  ArmTimer();
}

// --- connecting

void ClientConnection::Connect(const std::string& protocol) {
  state_ = State::kConnecting;
  handshake_ = std::make_unique<RpcClientHandshake>(identity_, client_id_, protocol);
  timer_.emplace(*io_);
  connect_deadline_ = Now() + options_.connect_timeout;
  last_used_ = Now();
  Error not_an_address;
  const auto address = boost::asio::ip::make_address(to_.host, not_an_address);
  if (!not_an_address) {
    addresses_.emplace_back(address, static_cast<uint16_t>(to_.port));
    // Not from here: failing calls back while the caller still enqueues would surprise it.
    boost::asio::post(*io_, [self = shared_from_this()] { self->TryNextAddress(""); });
    return;
  }
  resolver_.emplace(*io_);
  resolver_->async_resolve(
      to_.host, std::to_string(to_.port),
      [self = shared_from_this()](const Error& error, tcp::resolver::results_type found) {
        self->OnResolved(error, found);
      });
}

void ClientConnection::OnResolved(const Error& error, const tcp::resolver::results_type& found) {
  if (state_ != State::kConnecting) return;
  if (error) return Fail(Lost("connection", "unknown host " + to_.host));
  for (const auto& entry : found) addresses_.push_back(entry.endpoint());
  TryNextAddress("the name has no address");
}

void ClientConnection::TryNextAddress(const std::string& last_problem) {
  if (state_ != State::kConnecting) return;
  if (addresses_.empty()) return Fail(Lost("connection", last_problem));
  const tcp::endpoint endpoint = addresses_.front();
  addresses_.pop_front();
  Error error;
  socket_.emplace(*io_);
  socket_->open(endpoint.protocol(), error);
  if (!error && !options_.local_address.empty()) {
    const auto local = boost::asio::ip::make_address(options_.local_address, error);
    if (!error && local.is_v4() == endpoint.address().is_v4()) {
      socket_->bind(tcp::endpoint(local, 0), error);
    }
  }
  if (error) return TryNextAddress(error.message());
  Error ignored;
  socket_->set_option(tcp::no_delay(true), ignored);
  socket_->set_option(boost::asio::socket_base::keep_alive(true), ignored);
  socket_->async_connect(endpoint, [self = shared_from_this()](const Error& connect_error) {
    self->OnConnected(connect_error);
  });
}

void ClientConnection::OnConnected(const Error& error) {
  if (state_ != State::kConnecting) return;
  if (error) return TryNextAddress(error.message());
  Error ignored;
  socket_->non_blocking(true, ignored);
  connect_deadline_ = Now() + options_.connect_timeout;  // for SASL; each step has its own
  last_read_ = Now();
  state_ = State::kHandshake;
  handshake_->Begin(&out_);
  if (handshake_->done()) BecomeReady();
  Flush();
  ArmTimer();
  ArmRead();
}

void ClientConnection::BecomeReady() {
  state_ = State::kReady;
  connect_deadline_ = TimePoint::max();
  for (ClientCall& call : unsent_) {
    if (pending_.contains(call.call_id)) SendCall(&call);  // else it timed out meanwhile
  }
  unsent_.clear();
}

// --- calls out

void ClientConnection::SendCall(ClientCall* call) {
  RpcRequestHeaderProto header;
  header.set_rpckind(proto::rpc::RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(call->call_id);
  header.set_clientid(client_id_);
  header.set_retrycount(call->retry_count);
  if (!call->caller_context.empty()) {
    header.mutable_callercontext()->set_context(call->caller_context);
  }
  RequestHeaderProto request;
  request.set_methodname(call->method);
  request.set_declaringclassprotocolname(call->protocol);
  request.set_clientprotocolversion(call->version);
  AppendFrame(&out_, {&header, &request}, *call->body);
}

void ClientConnection::SendPing() {
  RpcRequestHeaderProto header;
  header.set_rpckind(proto::rpc::RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(kRpcPing);
  header.set_clientid(client_id_);
  AppendFrame(&out_, {&header});
}

void ClientConnection::Flush() {
  while (socket_.has_value() && !writing_ && sent_ < out_.size()) {
    const ssize_t count = ::send(socket_->native_handle(), out_.data() + sent_, out_.size() - sent_,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      sent_ += static_cast<size_t>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      writing_ = true;
      socket_->async_wait(tcp::socket::wait_write, [self = shared_from_this()](const Error& error) {
        self->writing_ = false;
        if (!error) self->Flush();
      });
    } else if (errno != EINTR) {
      // What the server said before it closed is worth reading: the next read finds the end.
      return;
    }
  }
  if (sent_ == out_.size()) {
    std::string().swap(out_);
    sent_ = 0;
  }
}

// --- answers in

void ClientConnection::ArmRead() {
  if (!socket_.has_value()) return;
  socket_->async_wait(tcp::socket::wait_read, [self = shared_from_this()](const Error& error) {
    if (!error) self->ReadAll();
  });
}

void ClientConnection::ReadAll() {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  bool ended = false;
  std::string problem = "the server closed the connection";
  while (socket_.has_value()) {
    const ssize_t count = ::recv(socket_->native_handle(), buffer.get(), kReadBytes, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (count <= 0) {
      if (count < 0) problem = ErrnoError("read", errno).message();
      ended = true;
      break;
    }
    last_read_ = Now();
    input_.Feed({buffer.get(), static_cast<size_t>(count)});
    if (const Status status = ProcessInput(); !status.ok()) return Fail(status);
    input_.Settle();
    if (static_cast<size_t>(count) < kReadBytes) break;
  }
  if (ended) return Fail(Lost("local", problem));
  Flush();
  ArmTimer();
  ArmRead();
}

// An error ends the connection, and is every waiting call's.
Status ClientConnection::ProcessInput() {
  std::string_view frame;
  while (!handshake_->done() && input_.Next(&frame)) {
    RETURN_IF_ERROR(handshake_->TakeFrame(frame, &out_));
  }
  if (handshake_->done() && state_ == State::kHandshake) BecomeReady();
  while (state_ == State::kReady && input_.Next(&frame)) RETURN_IF_ERROR(OnAnswer(frame));
  if (input_.broken()) {
    return Lost("local", "an answer of " + std::to_string(input_.broken_length()) + " bytes");
  }
  return Status::Ok();
}

Status ClientConnection::OnAnswer(std::string_view frame) {
  ByteReader in(frame);
  RpcResponseHeaderProto header;
  if (!TakeMessage(&in, &header) ||
      (!header.clientid().empty() && header.clientid() != client_id_)) {
    return Lost("local", "the server sent what is no answer to this client");
  }
  const auto call_id = static_cast<int32_t>(header.callid());
  if (header.status() == RpcResponseHeaderProto::SUCCESS) {
    std::string_view body;
    if (!in.ReadLengthPrefixed(&body)) return Lost("local", "the server sent an answer cut short");
    Complete(call_id, std::string(body));
    return Status::Ok();
  }
  Status error = StatusFromException(header.exceptionclassname(), header.errormsg());
  if (header.status() == RpcResponseHeaderProto::FATAL) return error;
  Complete(call_id, std::move(error));
  return Status::Ok();
}

void ClientConnection::Complete(int32_t call_id, StatusOr<std::string> result) {
  const auto found = pending_.find(call_id);
  if (found == pending_.end()) return;  // it timed out, the answer came late
  const RpcClient::Done done = std::move(found->second.done);
  deadlines_.erase(found->second.deadline);
  pending_.erase(found);
  last_used_ = Now();
  done(std::move(result));
}

// --- time

// Wakes at the earliest of: a call's deadline, the connect deadline, the next ping, idleness.
void ClientConnection::ArmTimer() {
  if (state_ == State::kClosed || !timer_.has_value()) return;
  TimePoint at = connect_deadline_;
  if (!deadlines_.empty()) at = std::min(at, deadlines_.begin()->first);
  if (state_ == State::kReady) {
    at = std::min(at, pending_.empty() ? last_used_ + options_.max_idle
                                       : last_read_ + options_.ping_interval);
  }
  if (at >= timer_at_) return;  // an earlier wake-up looks again
  timer_at_ = at;
  timer_->expires_after(std::max(Duration(0), at - Now()));
  timer_->async_wait([self = shared_from_this()](const Error& cancelled) {
    if (!cancelled) self->OnTimer();
  });
}

void ClientConnection::OnTimer() {
  timer_at_ = TimePoint::max();
  if (state_ == State::kClosed) return;
  const TimePoint now = Now();
  if (now >= connect_deadline_) {
    return Fail(Lost("connection", "connect timed out after " +
                                       std::to_string(ToMillis(options_.connect_timeout)) + " ms"));
  }
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const int32_t call_id = deadlines_.begin()->second;
    const Duration timeout = pending_.at(call_id).timeout;
    Status error =
        Lost("socket timeout", "no answer within " + std::to_string(ToMillis(timeout)) + " ms");
    Complete(call_id, DeadlineExceededError(error.message()));
    if (state_ == State::kClosed) return;
  }
  if (CloseIfIdle(now)) return;
  if (state_ == State::kReady && !pending_.empty() && now - last_read_ >= options_.ping_interval) {
    SendPing();
    last_read_ = now;  // the next one comes an interval later
    Flush();
  }
  ArmTimer();
}

bool ClientConnection::CloseIfIdle(TimePoint now) {
  if (state_ != State::kReady || !pending_.empty() || now - last_used_ < options_.max_idle) {
    return false;
  }
  {
    MutexLock lock(mu_);
    if (!incoming_.empty()) return false;  // a call is on its way here
    closed_ = true;
  }
  Fail(CancelledError("idle"));
  return true;
}

void ClientConnection::Fail(const Status& error) {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();
  state_ = State::kClosed;
  std::deque<ClientCall> incoming;
  {
    MutexLock lock(mu_);
    closed_ = true;
    incoming.swap(incoming_);
  }
  timer_.reset();
  resolver_.reset();
  socket_.reset();
  unsent_.clear();
  deadlines_.clear();
  const auto pending = std::move(pending_);
  pending_.clear();
  for (const auto& entry : pending) entry.second.done(error);
  for (const ClientCall& call : incoming) call.done(error);
}

// Hadoop's wording, which users know.
Status ClientConnection::Lost(std::string_view kind, const std::string& problem) const {
  return UnavailableError("Call From " + LocalHostName() + " to " + to_.ToString() + " failed on " +
                          std::string(kind) + " exception: " + problem);
}

}  // namespace tusk
