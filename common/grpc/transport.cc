#include "common/grpc/transport.h"

#include <arpa/inet.h>
#include <grpc/grpc.h>
#include <grpc/support/atm.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "common/grpc/message.h"

// gRPC 1.51 offers a hook before connect (ChannelArguments::SetSocketMutator) without installing
// the header that says what the hook is. This is its shape, as exported by libgrpc.so.
struct grpc_mutate_socket_info {
  int fd;
  int usage;
};
struct grpc_socket_mutator_vtable {
  bool (*mutate_fd)(int fd, grpc_socket_mutator* mutator);
  int (*compare)(grpc_socket_mutator* a, grpc_socket_mutator* b);
  void (*destroy)(grpc_socket_mutator* mutator);
  bool (*mutate_fd_2)(const grpc_mutate_socket_info* info, grpc_socket_mutator* mutator);
};
struct grpc_socket_mutator {
  const grpc_socket_mutator_vtable* vtable;
  gpr_atm refcount;
};
void grpc_socket_mutator_init(grpc_socket_mutator* mutator,
                              const grpc_socket_mutator_vtable* vtable);

namespace tusk {
namespace {

using grpc::ByteBuffer;

constexpr char kSignatureHeader[] = "tusk-signature";
constexpr char kReasonTrailer[] = "tusk-reason";
constexpr int kMessageSlack = 4096;

// What was read and what is written; the part both ends share.
class Buffers {
 public:
  size_t ReadSize() const { return in_.Length(); }
  void CopyRead(char* to) {
    std::vector<grpc::Slice> slices;
    if (!in_.Dump(&slices).ok()) return;
    for (const grpc::Slice& slice : slices) {
      std::memcpy(to, slice.begin(), slice.size());
      to += slice.size();
    }
    in_.Clear();
  }
  ByteBuffer* Pack(WireBytes message) {
    const grpc::Slice slice(message.data, message.size);
    out_ = ByteBuffer(&slice, 1);
    return &out_;
  }
  ByteBuffer* in() { return &in_; }

 private:
  ByteBuffer in_;
  ByteBuffer out_;
};

class ServerWire final : public Wire, public grpc::ServerGenericBidiReactor {
 public:
  explicit ServerWire(grpc::GenericCallbackServerContext* context) : context_(context) {}

  void Begin(WireEvents* events) override {
    events_ = events;
    StartSendInitialMetadata();
    StartRead();
  }
  void StartRead() override { ServerBidiReactor::StartRead(buffers_.in()); }
  size_t ReadSize() override { return buffers_.ReadSize(); }
  void CopyRead(char* to) override { buffers_.CopyRead(to); }
  void StartWrite(WireBytes message) override {
    ServerBidiReactor::StartWrite(buffers_.Pack(message));
  }
  void EndWrites() override {}
  void Finish(const WireStatus& status) override {
    if (status.reason != 0) {
      context_->AddTrailingMetadata(kReasonTrailer, std::to_string(status.reason));
    }
    ServerBidiReactor::Finish(grpc::Status(static_cast<grpc::StatusCode>(status.code),
                                           std::string(status.message.data, status.message.size)));
  }
  void Cancel() override { context_->TryCancel(); }

  void OnReadDone(bool ok) override { events_->OnReadDone(ok); }
  void OnWriteDone(bool ok) override { events_->OnWriteDone(ok); }
  void OnCancel() override { events_->OnCancel(); }
  void OnDone() override { events_->OnDone(WireStatus{}); }

 private:
  grpc::GenericCallbackServerContext* const context_;
  WireEvents* events_ = nullptr;
  Buffers buffers_;
};

class ClientWire final : public Wire, public grpc::ClientBidiReactor<ByteBuffer, ByteBuffer> {
 public:
  ClientWire(std::shared_ptr<grpc::GenericStub> stub, const char* method, const char* signature,
             long timeout_millis)
      : stub_(std::move(stub)) {
    context_.AddMetadata(kSignatureHeader, signature);
    if (timeout_millis > 0) {
      context_.set_deadline(std::chrono::system_clock::now() +
                            std::chrono::milliseconds(timeout_millis));
    }
    stub_->PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
  }

  void Begin(WireEvents* events) override {
    events_ = events;
    AddHold();  // Send and Cancel come from outside of gRPC's own callbacks
    StartRead();
    StartCall();
  }
  void StartRead() override { ClientBidiReactor::StartRead(buffers_.in()); }
  size_t ReadSize() override { return buffers_.ReadSize(); }
  void CopyRead(char* to) override { buffers_.CopyRead(to); }
  void StartWrite(WireBytes message) override {
    ClientBidiReactor::StartWrite(buffers_.Pack(message));
  }
  void EndWrites() override { StartWritesDone(); }
  void Finish(const WireStatus&) override { RemoveHold(); }
  void Cancel() override { context_.TryCancel(); }

  void OnReadInitialMetadataDone(bool ok) override {
    if (ok) events_->OnUp();
  }
  void OnReadDone(bool ok) override { events_->OnReadDone(ok); }
  void OnWriteDone(bool ok) override { events_->OnWriteDone(ok); }
  void OnWritesDoneDone(bool ok) override { events_->OnWriteDone(ok); }
  void OnDone(const grpc::Status& status) override {
    const std::string message = status.error_message();
    events_->OnDone({.code = static_cast<int>(status.error_code()),
                     .reason = status.ok() ? 0 : ReasonOfTrailer(),
                     .message = {message.data(), message.size()}});
  }

 private:
  int ReasonOfTrailer() const {
    const auto& trailers = context_.GetServerTrailingMetadata();
    const auto it = trailers.find(kReasonTrailer);
    if (it == trailers.end() || it->second.size() > 4) return 0;
    return std::atoi(std::string(it->second.data(), it->second.size()).c_str());
  }

  const std::shared_ptr<grpc::GenericStub> stub_;
  grpc::ClientContext context_;
  WireEvents* events_ = nullptr;
  Buffers buffers_;
};

// Binds a client socket to a local address before it connects. gRPC uses dual-stack sockets where
// it can, so an IPv4 address may have to be given in its IPv6 form. Both are made at once: gRPC's
// threads, which run the hook, then need no function of std::string, which may be another file's
// instrumented copy (CMakeLists.txt).
struct LocalAddress : grpc_socket_mutator {
  explicit LocalAddress(const char* address) {
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    has_v4 = ::inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    const std::string mapped = has_v4 ? "::ffff:" + std::string(address) : address;
    has_v6 = ::inet_pton(AF_INET6, mapped.c_str(), &v6.sin6_addr) == 1;
  }

  bool Bind(int fd) const {
    int domain = AF_INET;
    socklen_t size = sizeof(domain);
    if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
    if (domain == AF_INET) {
      return has_v4 && ::bind(fd, reinterpret_cast<const sockaddr*>(&v4), sizeof(v4)) == 0;
    }
    return has_v6 && ::bind(fd, reinterpret_cast<const sockaddr*>(&v6), sizeof(v6)) == 0;
  }

  sockaddr_in v4{};
  sockaddr_in6 v6{};
  bool has_v4 = false;
  bool has_v6 = false;
};

const grpc_socket_mutator_vtable kLocalAddressHooks = {
    [](int fd, grpc_socket_mutator* m) { return static_cast<LocalAddress*>(m)->Bind(fd); },
    [](grpc_socket_mutator* a, grpc_socket_mutator* b) {
      return std::memcmp(&static_cast<LocalAddress*>(a)->v6, &static_cast<LocalAddress*>(b)->v6,
                         sizeof(sockaddr_in6));
    },
    [](grpc_socket_mutator* m) { delete static_cast<LocalAddress*>(m); },
    [](const grpc_mutate_socket_info* info, grpc_socket_mutator* m) {
      return static_cast<LocalAddress*>(m)->Bind(info->fd);
    }};

class ChannelImpl final : public WireChannel {
 public:
  ChannelImpl(const char* target, const char* local_address) {
    grpc::ChannelArguments args;
    args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);  // bounds one attempt
    args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10000);
    args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
    args.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    args.SetMaxReceiveMessageSize(static_cast<int>(kMaxMessageBytes) + kMessageSlack);
    if (*local_address != '\0') {
      auto* mutator = new LocalAddress(local_address);
      grpc_socket_mutator_init(mutator, &kLocalAddressHooks);
      args.SetSocketMutator(mutator);
    }
    stub_ = std::make_shared<grpc::GenericStub>(
        grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), args));
  }

  Wire* NewCall(const char* method, const char* signature, long timeout_millis) override {
    return new ClientWire(stub_, method, signature, timeout_millis);
  }

 private:
  std::shared_ptr<grpc::GenericStub> stub_;
};

class ListenerImpl final : public WireListener, private grpc::CallbackGenericService {
 public:
  ListenerImpl(const char* address, WireAcceptor* acceptor) : acceptor_(acceptor) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a port in use is an error
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    builder.SetMaxReceiveMessageSize(static_cast<int>(kMaxMessageBytes) + kMessageSlack);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~ListenerImpl() override { Stop(0); }

  bool started() const { return server_ != nullptr && port_ != 0; }
  int port() const override { return port_; }

  void Stop(long limit_millis) override {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(limit_millis));
    server_->Wait();
    server_.reset();
  }

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    auto* wire = new ServerWire(context);
    std::string signature;
    const auto& headers = context->client_metadata();
    const auto it = headers.find(kSignatureHeader);
    if (it != headers.end()) signature.assign(it->second.data(), it->second.size());
    const std::string peer = context->peer();
    acceptor_->Accept({context->method().c_str(), signature.c_str(), peer.c_str()}, wire);
    return wire;
  }

  WireAcceptor* const acceptor_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

GrpcLife::GrpcLife() {
  grpc_init();
}
GrpcLife::~GrpcLife() {
  grpc_shutdown_blocking();
}

WireChannel* DialWire(const char* target, const char* local_address) {
  return new ChannelImpl(target, local_address);
}

WireListener* ListenWire(const char* address, WireAcceptor* acceptor) {
  auto listener = std::make_unique<ListenerImpl>(address, acceptor);
  return listener->started() ? listener.release() : nullptr;
}

}  // namespace tusk
