#include "common/rpc/server_connection.h"

#include <errno.h>
#include <google/protobuf/message_lite.h>
#include <sys/socket.h>

#include <utility>

#include <boost/asio/post.hpp>

#include "common/base/log.h"
#include "common/rpc/exceptions.h"
#include "proto/hadoop/rpc_header.pb.h"

namespace tusk {
namespace {

using boost::asio::ip::tcp;
using proto::rpc::RequestHeaderProto;
using proto::rpc::RpcRequestHeaderProto;
using proto::rpc::RpcResponseHeaderProto;

constexpr int64_t kGatedBytesPerTurn = 64 << 10;  // what is more does not wait for others
constexpr int kReadsPerTurn = 16;                 // then other connections have theirs
constexpr size_t kMaxAnswerBytes = 128 << 20;

int DetailOf(const Status& error) {
  switch (error.reason()) {
    case Reason::kNoSuchMethod:
      return RpcResponseHeaderProto::ERROR_NO_SUCH_METHOD;
    case Reason::kNoSuchProtocol:
      return RpcResponseHeaderProto::ERROR_NO_SUCH_PROTOCOL;
    case Reason::kVersionMismatch:
      return RpcResponseHeaderProto::ERROR_RPC_VERSION_MISMATCH;
    default:
      return RpcResponseHeaderProto::ERROR_APPLICATION;
  }
}

std::string ErrorFrame(const RpcCallHeader& header, const Status& error) {
  std::string frame;
  AppendErrorFrame(&frame, header.call_id, header.client_id, header.retry_count, /*fatal=*/false,
                   DetailOf(error), ExceptionClassOf(error), error.message());
  return frame;
}

RpcCallHeader CallHeaderOf(RpcRequestHeaderProto* header) {
  RpcCallHeader call;
  call.client_id = std::move(*header->mutable_clientid());
  call.call_id = header->callid();
  call.retry_count = header->retrycount();
  if (header->has_callercontext()) {
    call.caller_context = header->callercontext().context();
    call.caller_signature = header->callercontext().signature();
  }
  return call;
}

// What identifies the call of an encoded answer.
RpcCallHeader CallHeaderOfAnswer(std::string_view frame) {
  RpcCallHeader call;
  ByteReader in(frame.substr(sizeof(int32_t)));  // behind its length
  RpcResponseHeaderProto header;
  CHECK(TakeMessage(&in, &header));
  call.client_id = header.clientid();
  call.call_id = static_cast<int32_t>(header.callid());
  call.retry_count = header.retrycount();
  return call;
}

// Empty when the header is fit for a call.
std::string ProblemOf(const RpcRequestHeaderProto& header) {
  if (header.callid() < 0) return "Unknown out of band call #" + std::to_string(header.callid());
  if (!header.has_rpcop()) return "IPC Server: No rpc op in rpcRequestHeader";
  if (header.rpcop() != RpcRequestHeaderProto::RPC_FINAL_PACKET) {
    return "IPC Server does not implement rpc header operation" + std::to_string(header.rpcop());
  }
  if (!header.has_rpckind()) return "IPC Server: No rpc kind in rpcRequestHeader";
  if (header.rpckind() != proto::rpc::RPC_PROTOCOL_BUFFER) {
    return "Unknown rpc kind in rpc header" + std::to_string(header.rpckind());
  }
  return "";
}

// An IPv4 client of a socket that listens on :: shows itself by its IPv4 address.
std::string AddressText(const boost::asio::ip::address& address) {
  boost::system::error_code ignored;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
        .to_string(ignored);
  }
  return address.to_string(ignored);
}

}  // namespace

ServerConnection::ServerConnection(std::shared_ptr<ServerCore> core, ServerLoop* loop,
                                   tcp::socket socket, uint64_t id)
    : core_(std::move(core)),
      loop_(loop),
      id_(id),
      connected_at_(Clock::Real()->Now()),
      socket_(std::move(socket)),
      handshake_(core_->options),
      input_(core_->options.max_frame_bytes),
      progress_at_(connected_at_) {}

ServerConnection::~ServerConnection() = default;

void ServerConnection::Start() {
  ++core_->counters.open_connections;
  loop_->connections.insert(shared_from_this());
  boost::system::error_code error;
  const tcp::endpoint client = socket_->remote_endpoint(error);
  if (error) return Close("");  // gone already
  client_host_ = AddressText(client.address());
  client_port_ = client.port();
  socket_->non_blocking(true, error);
  socket_->set_option(tcp::no_delay(true), error);
  socket_->set_option(boost::asio::socket_base::keep_alive(true), error);
  ArmRead();
}

void ServerConnection::Close(const std::string& problem) {
  if (!socket_.has_value()) return;
  const auto self = shared_from_this();  // the loop's reference goes below
  if (!problem.empty()) {
    ++core_->counters.dropped_connections;
    int64_t suppressed = 0;
    if (core_->log_limiter.Allow(Clock::Real()->Now(), &suppressed)) {
      LOG_WARN("rpc connection dropped client={}:{} reason=\"{}\" lines_suppressed={}",
               client_host_, client_port_, problem, suppressed);
    }
  }
  --core_->counters.open_connections;
  loop_->connections.erase(self);
  {
    MutexLock lock(mu_);
    closed_ = true;
    std::string().swap(out_);
  }
  std::string().swap(sending_);
  input_.Clear();
  socket_.reset();  // before the loop goes, whoever still holds this object
}

void ServerConnection::Sweep(TimePoint now) {
  if (!handshake_.established() && now - connected_at_ > core_->options.handshake_timeout) {
    return Close("the client did not introduce itself in time");
  }
  bool unsent = false;
  {
    MutexLock lock(mu_);
    unsent = unsent_bytes_ > 0;
  }
  if (unsent && now - progress_at_ > core_->options.stall_timeout) {
    Close("the client does not read its answers");
  }
}

// --- input

void ServerConnection::ArmRead() {
  if (reading_ || !socket_.has_value()) return;
  reading_ = true;
  socket_->async_wait(tcp::socket::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        self->reading_ = false;
                        if (!error) self->Pump();
                      });
}

// One turn: takes what is there, runs what it asks for, sends the answers that are ready.
void ServerConnection::Pump() {
  if (!socket_.has_value()) return;
  {
    MutexLock lock(mu_);
    awake_ = true;  // answers given meanwhile need not wake us
  }
  do {
    ProcessInput();
    for (int reads = 0; reads < kReadsPerTurn && drained_ && MayTakeFrame(); ++reads) {
      if (!ReadMore()) break;
    }
    // Before we go, and when large answers came together, what may leave at once does so: those who
    // take part in the same turn must not wait until each of the others has made as many.
    if (input_ended_ || closing_ || GatedBytes() > kGatedBytesPerTurn) AskGateForTurn();
    Flush();
    if (input_ended_ && !closing_) {
      const bool cut = drained_ && !input_.rest().empty();
      return Close(cut ? "it ended in the middle of a frame" : "");
    }
    if (!MayTakeFrame()) return;  // whoever changes that wakes us
  } while (!drained_);
  ArmRead();
}

// Reads once and processes it. False: nothing more is there now.
bool ServerConnection::ReadMore() {
  std::vector<char>& scratch = loop_->scratch;
  const ssize_t count =
      ::recv(socket_->native_handle(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) {
    input_ended_ = count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    return false;
  }
  core_->counters.received_bytes += count;
  input_.Feed({scratch.data(), static_cast<size_t>(count)});
  ProcessInput();
  return static_cast<size_t>(count) == scratch.size();
}

// Takes every whole frame that is there and may be taken.
void ServerConnection::ProcessInput() {
  drained_ = false;
  std::string_view frame;
  while (!drained_ && MayTakeFrame()) {
    if (!handshake_.has_preamble()) {
      ProcessPreamble();
    } else if (!input_.Next(&frame)) {
      drained_ = true;
    } else if (handshake_.established()) {
      OnFrame(frame);
    } else {
      OnHandshakeFrame(frame);
    }
  }
  if (input_.broken()) {
    CloseAfterFlush("a frame of " + std::to_string(input_.broken_length()) + " bytes; at most " +
                    std::to_string(core_->options.max_frame_bytes) + " are taken");
  }
  input_.Settle();
}

// Back-pressure: false while too many calls are unanswered or their answers are not read.
bool ServerConnection::MayTakeFrame() {
  if (!socket_.has_value() || closing_ || resolving_ || input_ended_) return false;
  const RpcServerOptions& options = core_->options;
  MutexLock lock(mu_);
  paused_ = unanswered_ >= options.max_unanswered ||
            unanswered_bytes_ >= options.max_unanswered_bytes ||
            unsent_bytes_ + gated_bytes_ >= options.pause_unsent_bytes;
  return !paused_;
}

void ServerConnection::ProcessPreamble() {
  std::string reply;
  const auto progress = handshake_.TakePreamble(&input_, &reply);
  drained_ = progress == RpcHandshake::Progress::kNeedMore;
  if (!reply.empty()) Send(std::move(reply));
  if (progress == RpcHandshake::Progress::kClose) {
    if (handshake_.authentication_failed()) ++core_->counters.authentication_failures;
    CloseAfterFlush(handshake_.problem());
  }
}

void ServerConnection::OnHandshakeFrame(std::string_view frame) {
  std::string reply;
  const auto progress = handshake_.TakeFrame(frame, &reply);
  if (!reply.empty()) Send(std::move(reply));
  if (progress == RpcHandshake::Progress::kClose) {
    if (handshake_.authentication_failed()) ++core_->counters.authentication_failures;
    return CloseAfterFlush(handshake_.problem());
  }
  if (handshake_.established()) ResolveUser();
}

// Calls wait for the groups; the look-up runs elsewhere.
void ServerConnection::ResolveUser() {
  if (handshake_.token_authenticated()) return OnGroups({});
  resolving_ = true;
  core_->groups->Resolve(
      handshake_.user().name, [self = shared_from_this()](GroupMapping::Groups groups) {
        MutexLock lock(self->mu_);
        if (self->closed_) return;
        boost::asio::post(self->loop_->io, [self, groups = std::move(groups)]() mutable {
          if (!self->socket_.has_value()) return;
          self->resolving_ = false;
          self->OnGroups(std::move(groups));
          self->Pump();
        });
      });
}

void ServerConnection::OnGroups(GroupMapping::Groups groups) {
  RpcPeer peer{.user = handshake_.user(),
               .host = client_host_,
               .port = client_port_,
               .connection_id = id_,
               .token_authenticated = handshake_.token_authenticated(),
               .token_identifier = handshake_.token_identifier()};
  peer.user.groups = std::move(groups);
  if (!peer.user.real_name.empty()) {
    const Status allowed =
        core_->options.proxy_authorizer
            ? core_->options.proxy_authorizer(peer.user, peer.host)
            : PermissionDeniedError("User: " + peer.user.real_name +
                                        " is not allowed to impersonate " + peer.user.name,
                                    Reason::kAuthorization);
    if (!allowed.ok()) {
      ++core_->counters.authentication_failures;
      return Fatal(kRpcAuthorizationFailed, "", -1, RpcResponseHeaderProto::FATAL_UNAUTHORIZED,
                   allowed);
    }
  }
  ++core_->counters.authentication_successes;
  peer_ = std::make_shared<const RpcPeer>(std::move(peer));
}

void ServerConnection::OnFrame(std::string_view frame) {
  ByteReader in(frame);
  RpcRequestHeaderProto header;
  if (!TakeMessage(&in, &header)) {
    return Fatal(kRpcInvalidCall, "", -1, RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST,
                 InvalidArgumentError("malformed request header", Reason::kRpcServer));
  }
  if (header.callid() == kRpcPing) return;  // never answered
  if (const std::string problem = ProblemOf(header); !problem.empty()) {
    return Fatal(header.callid(), header.clientid(), header.retrycount(),
                 RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER,
                 InvalidArgumentError(problem, Reason::kRpcServer));
  }
  RequestHeaderProto request;
  if (!TakeMessage(&in, &request)) {
    return Fatal(header.callid(), header.clientid(), header.retrycount(),
                 RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST,
                 InvalidArgumentError("malformed request", Reason::kRpcServer));
  }
  const StatusOr<ServerMethod*> method = core_->Find(
      request.declaringclassprotocolname(), request.clientprotocolversion(), request.methodname());
  RpcCallHeader call = CallHeaderOf(&header);
  if (!method.ok()) {
    ++core_->counters.errors;
    return Send(ErrorFrame(call, method.status()));
  }
  Dispatch(*method, std::move(call), &in, static_cast<int64_t>(frame.size()));
}

void ServerConnection::Dispatch(ServerMethod* method, RpcCallHeader header, ByteReader* body,
                                int64_t frame_bytes) {
  RpcCallBinding binding;
  binding.protocol = method->protocol->name();
  binding.method = method->method->name;
  binding.method_index = method->index;
  binding.request_bytes = frame_bytes;
  binding.arrived = binding.started = Clock::Real()->Now();
  binding.request.reset(method->method->new_request());
  binding.response.reset(method->method->new_response());
  if (!TakeMessage(body, binding.request.get())) {
    ++core_->counters.errors;
    return Send(ErrorFrame(
        header, InvalidArgumentError("Message missing required fields or malformed in request of " +
                                         std::string(binding.method),
                                     Reason::kInvalidProtobuf)));
  }
  {
    MutexLock lock(mu_);
    ++unanswered_;
    unanswered_bytes_ += frame_bytes;
  }
  ++core_->counters.unanswered_calls;
  const auto call = std::make_shared<RpcCall>(shared_from_this(), peer_, std::move(header));
  call->Bind(std::move(binding));
  if (method->method->run == RpcRun::kInline) return method->method->handler(call);
  core_->PostSlow([call, method] {
    call->MarkStarted(Clock::Real()->Now());
    method->method->handler(call);
  });
}

void ServerConnection::Fatal(int32_t call_id, std::string_view client_id, int32_t retry_count,
                             int detail, const Status& error) {
  std::string frame;
  AppendErrorFrame(&frame, call_id, client_id, retry_count, /*fatal=*/true, detail,
                   ExceptionClassOf(error), error.message());
  Send(std::move(frame));
  CloseAfterFlush(error.message());
}

void ServerConnection::CloseAfterFlush(std::string problem) {
  closing_ = true;
  closing_problem_ = std::move(problem);
}

// --- answers

bool ServerConnection::TryHold(RpcCall& call) {
  if (core_->counters.held_calls.fetch_add(1) >= core_->options.max_held) {
    --core_->counters.held_calls;
    return false;
  }
  MutexLock lock(mu_);
  --unanswered_;
  unanswered_bytes_ -= call.binding().request_bytes;
  if (paused_) WakeLocked();
  return true;
}

void ServerConnection::Finished(RpcCall& call, Status status) {
  std::string frame = EncodeAnswer(call, status);
  CountAnswer(call, status);
  const Account account{.held = call.held(), .request_bytes = call.binding().request_bytes};
  call.DropMessages();
  if (!core_->options.reply_gate || call.skips_reply_gate()) {
    return SendAnswer(std::move(frame), account);
  }
  std::vector<GatedAnswer> answers;
  const auto bytes = static_cast<int64_t>(frame.size());
  {
    MutexLock lock(mu_);
    gated_bytes_ += bytes;  // a turn makes no more of them than a client may leave unread
  }
  const bool in_turn = ServerLoop::current == loop_;
  std::vector<GatedAnswer>& finished = in_turn ? loop_->finished : answers;
  finished.push_back({.connection = shared_from_this(),
                      .frame = std::move(frame),
                      .held = account.held,
                      .request_bytes = account.request_bytes,
                      .bytes = bytes});
  if (!in_turn) return AskGate(*core_, std::move(answers));
  // Behind the connections that have input by now: the gate is asked for all their answers.
  if (finished.size() > 1) return;
  boost::asio::post(loop_->io, [self = shared_from_this()] { self->AskGateForTurn(); });
}

void ServerConnection::AskGateForTurn() {
  std::vector<GatedAnswer>& finished = ServerLoop::current->finished;
  if (!finished.empty()) AskGate(*core_, std::exchange(finished, {}));
}

void ServerConnection::AskGate(const ServerCore& core, std::vector<GatedAnswer> answers) {
  auto shared = std::make_shared<std::vector<GatedAnswer>>(std::move(answers));
  core.options.reply_gate(
      [shared = std::move(shared)](const Status& verdict) { Release(shared, verdict); });
}

// All of them belong to one loop, which is woken once.
void ServerConnection::Release(const GatedAnswers& answers, const Status& verdict) {
  if (!verdict.ok()) {
    for (GatedAnswer& answer : *answers) {
      answer.frame = ErrorFrame(CallHeaderOfAnswer(answer.frame), verdict);
    }
  }
  if (answers->size() > 1 && ServerLoop::current != answers->front().connection->loop_) {
    for (const GatedAnswer& answer : *answers) {
      if (answer.connection->PostToLoop([answers] { Deliver(answers.get()); })) return;
    }
  }
  Deliver(answers.get());
}

void ServerConnection::Deliver(std::vector<GatedAnswer>* answers) {
  for (GatedAnswer& answer : *answers) {
    answer.connection->SendAnswer(
        std::move(answer.frame),
        {.held = answer.held, .request_bytes = answer.request_bytes, .gated_bytes = answer.bytes});
  }
  // On their loop they are sent at once, instead of behind all that waits there.
  if (ServerLoop::current != answers->front().connection->loop_) return;
  for (size_t i = 0; i < answers->size(); ++i) {
    ServerConnection& connection = *(*answers)[i].connection;
    if (i == 0 || &connection != (*answers)[i - 1].connection.get()) connection.Flush();
  }
}

int64_t ServerConnection::GatedBytes() {
  MutexLock lock(mu_);
  return gated_bytes_;
}

// False: the connection is closed, its loop may be gone.
bool ServerConnection::PostToLoop(std::function<void()> work) {
  MutexLock lock(mu_);
  if (closed_) return false;
  boost::asio::post(loop_->io, std::move(work));
  return true;
}

std::string ServerConnection::EncodeAnswer(RpcCall& call, const Status& status) const {
  if (!status.ok()) return ErrorFrame(call.header(), status);
  const google::protobuf::MessageLite* response = call.response();
  if (!response->IsInitialized() || response->ByteSizeLong() > kMaxAnswerBytes) {
    LOG_ERROR("rpc answer cannot be sent method={} complete={} bytes={}", call.method(),
              response->IsInitialized(), response->ByteSizeLong());
    std::string frame;
    AppendErrorFrame(&frame, call.call_id(), call.client_id(), call.retry_count(),
                     /*fatal=*/false, RpcResponseHeaderProto::ERROR_SERIALIZING_RESPONSE,
                     "java.io.IOException",
                     "the answer of " + std::string(call.method()) + " cannot be sent");
    return frame;
  }
  RpcResponseHeaderProto header;
  header.set_callid(static_cast<uint32_t>(call.call_id()));
  header.set_status(RpcResponseHeaderProto::SUCCESS);
  header.set_serveripcversionnum(kRpcVersion);
  header.set_clientid(call.client_id());
  header.set_retrycount(call.retry_count());
  std::string frame;
  AppendFrame(&frame, {&header, response});
  return frame;
}

void ServerConnection::CountAnswer(const RpcCall& call, const Status& status) {
  const int64_t processing = (Clock::Real()->Now() - call.binding().started).count();
  const int64_t queued = (call.binding().started - call.binding().arrived).count();
  ServerCounters& all = core_->counters;
  ServerMethod& method = core_->method(call.binding().method_index);
  ++all.calls;
  ++method.calls;
  if (!status.ok()) {
    ++all.errors;
    ++method.errors;
  }
  all.queue_nanos += queued;
  all.processing_nanos += processing;
  method.processing_nanos += processing;
}

void ServerConnection::Send(std::string frame) {
  MutexLock lock(mu_);
  AppendLocked(std::move(frame));
}

void ServerConnection::SendAnswer(std::string frame, Account account) {
  --core_->counters.unanswered_calls;
  if (account.held) --core_->counters.held_calls;
  MutexLock lock(mu_);
  gated_bytes_ -= account.gated_bytes;
  if (!account.held) {
    --unanswered_;
    unanswered_bytes_ -= account.request_bytes;
  }
  AppendLocked(std::move(frame));
}

void ServerConnection::AppendLocked(std::string frame) {
  if (closed_) return;
  unsent_bytes_ += static_cast<int64_t>(frame.size());
  if (out_.empty()) {
    out_ = std::move(frame);
  } else {
    out_ += frame;
  }
  if (unsent_bytes_ > core_->options.max_unsent_bytes && !overrun_) {
    overrun_ = true;
    awake_ = false;  // whatever the loop waits for
  }
  WakeLocked();
}

void ServerConnection::WakeLocked() {
  if (awake_ || closed_) return;
  awake_ = true;
  boost::asio::post(loop_->io, [self = shared_from_this()] { self->OnWake(); });
}

void ServerConnection::OnWake() {
  if (!socket_.has_value()) return;
  Flush();
  bool paused = false;
  {
    MutexLock lock(mu_);
    paused = paused_;
  }
  // Answers have left: perhaps more input may be taken.
  if (paused && MayTakeFrame()) Pump();
}

// --- output

void ServerConnection::ArmWrite() {
  writing_ = true;
  socket_->async_wait(tcp::socket::wait_write,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        self->writing_ = false;
                        if (!error) self->OnWake();
                      });
}

// Sends until all has gone or the socket takes no more. Ends the turn: later answers wake us.
void ServerConnection::Flush() {
  while (socket_.has_value()) {
    {
      MutexLock lock(mu_);
      if (overrun_) break;
      if (sent_ == sending_.size()) {
        sending_.clear();
        sent_ = 0;
        sending_.swap(out_);
        if (sending_.empty()) {
          std::string().swap(out_);
          std::string().swap(sending_);
          awake_ = false;
          break;
        }
      }
    }
    if (writing_) break;  // OnWake comes when there is room
    const ssize_t count = ::send(socket_->native_handle(), sending_.data() + sent_,
                                 sending_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return Close("");
      ArmWrite();
      break;
    }
    sent_ += static_cast<size_t>(count);
    progress_at_ = Clock::Real()->Now();
    core_->counters.sent_bytes += count;
    MutexLock lock(mu_);
    unsent_bytes_ -= count;
  }
  bool overrun = false;
  bool sent_all = false;
  {
    MutexLock lock(mu_);
    overrun = overrun_;
    sent_all = unsent_bytes_ == 0;
  }
  if (overrun) return Close("the client does not read its answers");
  if (closing_ && sent_all) Close(closing_problem_);
}

}  // namespace tusk
