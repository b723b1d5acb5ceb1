// Bytes of one client on a Hadoop RPC server's connection: preambles, handshakes with and without
// SASL, frames, calls. The server answers in whole frames or closes, and never takes more than its
// frame limit.
#include <sys/socket.h>

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "common/base/check.h"
#include "common/net/socket.h"
#include "common/rpc/client_handshake.h"
#include "common/rpc/frame.h"
#include "common/rpc/server_connection.h"
#include "common/rpc/server_core.h"
#include "common/testing/manual_executor.h"
#include "proto/hadoop/ipc_connection_context.pb.h"
#include "proto/hadoop/refresh.pb.h"
#include "proto/hadoop/rpc_header.pb.h"
#include "tests/fuzz/fuzz_target.h"

namespace tusk::fuzz {
namespace {

using Request = proto::common::GetGroupsForUserRequestProto;
using Response = proto::common::GetGroupsForUserResponseProto;
using proto::rpc::RpcRequestHeaderProto;
using proto::rpc::RpcResponseHeaderProto;

constexpr char kProtocol[] = "org.tusk.TestProtocol";
constexpr int64_t kMaxFrame = 64 << 10;

enum class Kind : uint8_t {
  kRaw,              // bytes as they are
  kFrame,            // one frame around them
  kCall,             // a call of "echo" with this body
  kHandshakeSimple,  // a good client's opening
  kHandshakeToken,   // likewise, the server's answers included
  kCount,
};

RpcIdentity WithToken() {
  return {.user = "bob",
          .real_user = {},
          .token = Token{.identifier = "id", .password = "password", .kind = "K", .service = "S"}};
}

// Everything but the connections; made once for each kind of server.
class Server {
 public:
  explicit Server(bool tokens)
      : groups_({}, &executor_, Clock::Real(),
                [](const std::string&) { return GroupMapping::Groups{"staff"}; }) {
    RpcServerOptions options;
    options.max_frame_bytes = kMaxFrame;
    options.max_unanswered = 20;
    if (tokens) {
      options.token_verifier = [](std::string_view id) -> StatusOr<TokenIdentity> {
        if (id == "id") return TokenIdentity{"bob", "password"};
        return UnauthenticatedError("unknown token", Reason::kInvalidToken);
      };
    }
    core_ = std::make_shared<ServerCore>(std::move(options), &groups_, &executor_);
    core_->Add(TestProtocol());
    core_->AddMetaInfo();
    listener_ = std::make_unique<Listener>(Listener::Listen({"127.0.0.1", 0}).value());
  }

  // The client's end of a new connection.
  Socket Connect() {
    Socket client = Socket::Connect({"127.0.0.1", listener_->port()}, {}).value();
    const linger reset{1, 0};  // no port is left waiting behind each input
    CHECK_EQ(::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    boost::asio::ip::tcp::socket accepted(loop_.io);
    accepted.assign(boost::asio::ip::tcp::v4(), listener_->Accept().value().Release().Release());
    std::make_shared<ServerConnection>(core_, &loop_, std::move(accepted), ++last_id_)->Start();
    return client;
  }

  void Work() {
    do {
      loop_.io.restart();
    } while (loop_.io.poll() + static_cast<size_t>(executor_.RunAll()) > 0);
  }

  size_t connections() const { return loop_.connections.size(); }

 private:
  static RpcProtocol TestProtocol() {
    RpcProtocol protocol(kProtocol);
    const auto echo = [](RpcCall&, const Request& in, Response* out) {
      out->add_groups(in.user());
      return Status::Ok();
    };
    protocol.Register<Request, Response>("echo", echo);
    protocol.Register<Request, Response>("slow", echo, RpcRun::kSlow);
    protocol.Register<Request, Response>("fail", [](RpcCall&, const Request& in, Response*) {
      return NotFoundError(in.user(), Reason::kFileNotFound);
    });
    return protocol;
  }

  ManualExecutor executor_;
  GroupMapping groups_;
  ServerLoop loop_;
  std::shared_ptr<ServerCore> core_;
  std::unique_ptr<Listener> listener_;
  uint64_t last_id_ = 0;
};

// The client: sends, and checks that whatever comes back is whole frames.
class Client {
 public:
  explicit Client(Server* server) : server_(server), socket_(server->Connect()) {}

  void Send(std::string_view bytes) {
    sent_ |= !bytes.empty();
    IgnoreError(socket_.SendAll(bytes, Deadline::After(std::chrono::seconds(1))),
                "the server may have closed");
    server_->Work();
    Read();
  }

  void Handshake(const RpcIdentity& as) {
    introduced_ |= !sent_;
    RpcClientHandshake handshake(as, "0123456789abcdef", kProtocol);
    std::string out;
    handshake.Begin(&out);
    Send(std::exchange(out, {}));
    std::string_view frame;
    for (FrameBuffer in(kMaxFrame); !handshake.done() && !received_.empty();) {
      in.Feed(received_);
      while (!handshake.done() && in.Next(&frame)) {
        if (!handshake.TakeFrame(frame, &out).ok()) return;
      }
      received_.clear();
      in.Clear();
      if (!out.empty()) Send(std::exchange(out, {}));
    }
  }

  void CheckAnswers() {
    if (!introduced_) return;  // a client before version 9, or a browser, is answered its own way
    FrameBuffer in(int64_t{1} << 30);
    in.Feed(all_);
    std::string_view frame;
    while (in.Next(&frame)) {
      ByteReader reader(frame);
      RpcResponseHeaderProto header;
      CHECK(TakeMessage(&reader, &header));
    }
    CHECK(!in.broken());
    CHECK(in.rest().empty());
  }

 private:
  void Read() {
    char buffer[4096];
    for (;;) {
      const ssize_t count = ::recv(socket_.fd(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (count <= 0) return;
      received_.append(buffer, static_cast<size_t>(count));
      all_.append(buffer, static_cast<size_t>(count));
    }
  }

  Server* const server_;
  Socket socket_;
  std::string received_;
  std::string all_;
  bool sent_ = false;
  bool introduced_ = false;  // began as a good client does
};

std::string CallFrame(const std::string& body) {
  RpcRequestHeaderProto header;
  header.set_rpckind(proto::rpc::RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(5);
  header.set_clientid("0123456789abcdef");
  proto::rpc::RequestHeaderProto request;
  request.set_methodname("echo");
  request.set_declaringclassprotocolname(kProtocol);
  request.set_clientprotocolversion(1);
  std::string frame;
  AppendFrame(&frame, {&header, &request}, body);
  return frame;
}

void RunOn(Server* server, const Input& input) {
  {
    Client client(server);
    for (const Piece& piece : input) {
      switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
        case Kind::kRaw:
          client.Send(piece.bytes);
          break;
        case Kind::kFrame: {
          std::string frame;
          AppendBigEndian(&frame, static_cast<uint32_t>(piece.bytes.size()));
          client.Send(frame + piece.bytes);
          break;
        }
        case Kind::kCall:
          client.Send(CallFrame(piece.bytes));
          break;
        case Kind::kHandshakeSimple:
          client.Handshake({.user = "bob"});
          break;
        case Kind::kHandshakeToken:
          client.Handshake(WithToken());
          break;
        case Kind::kCount:
          break;
      }
    }
    client.CheckAnswers();
  }
  server->Work();
  CHECK_EQ(server->connections(), 0u);
}

}  // namespace

void RunTarget(const Input& input) {
  if (input.empty()) return;
  static Server* const simple = new Server(false);
  static Server* const tokens = new Server(true);
  // The first piece says which server.
  const Input rest(input.begin() + 1, input.end());
  RunOn(input[0].tag % 2 == 0 ? simple : tokens, rest);
}

std::vector<Input> Seeds() {
  const auto piece = [](Kind kind, std::string bytes = {}) {
    return Piece{static_cast<uint8_t>(kind), std::move(bytes)};
  };
  Request request;
  request.set_user("text");
  const std::string call = CallFrame(request.SerializeAsString());
  RpcClientHandshake handshake({.user = "bob"}, "0123456789abcdef", kProtocol);
  std::string opening;
  handshake.Begin(&opening);
  RpcClientHandshake with_token(WithToken(), "0123456789abcdef", kProtocol);
  std::string sasl_opening;
  with_token.Begin(&sasl_opening);
  const Piece simple{0, ""};
  const Piece tokens{1, ""};
  return {
      {simple, piece(Kind::kHandshakeSimple), piece(Kind::kCall, request.SerializeAsString())},
      {simple, piece(Kind::kHandshakeToken), piece(Kind::kFrame, call.substr(4))},
      {tokens, piece(Kind::kHandshakeToken), piece(Kind::kCall, request.SerializeAsString())},
      {simple, piece(Kind::kRaw, opening), piece(Kind::kRaw, call)},
      {simple, piece(Kind::kRaw, opening.substr(0, kRpcPreambleBytes)),
       piece(Kind::kFrame, opening.substr(kRpcPreambleBytes + 4)),
       piece(Kind::kFrame, call.substr(4))},
      {tokens, piece(Kind::kRaw, sasl_opening.substr(0, kRpcPreambleBytes)),
       piece(Kind::kRaw, sasl_opening.substr(kRpcPreambleBytes))},
      {simple, piece(Kind::kRaw, "GET / HTTP/1.1\r\n\r\n")},
      {simple, piece(Kind::kRaw, opening.substr(0, kRpcPreambleBytes)),
       piece(Kind::kRaw, "\x7f\xff\xff\xff")},
  };
}

}  // namespace tusk::fuzz
