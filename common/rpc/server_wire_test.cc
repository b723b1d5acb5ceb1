// The server against bytes: what stock software sends, what goes wrong, and garbage.
#include <sys/resource.h>

#include <thread>

#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/net/socket.h"
#include "common/rpc/frame.h"
#include "common/rpc/rpc_fixture.h"
#include "common/security/sasl.h"
#include "common/testing/eventually.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"
#include "proto/hadoop/ipc_connection_context.pb.h"
#include "proto/hadoop/protocol_info.pb.h"
#include "proto/hadoop/rpc_header.pb.h"

namespace tusk {
namespace {

using namespace std::chrono_literals;
using proto::rpc::IpcConnectionContextProto;
using proto::rpc::RequestHeaderProto;
using proto::rpc::RpcRequestHeaderProto;
using proto::rpc::RpcResponseHeaderProto;
using proto::rpc::RpcSaslProto;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kPreamble("hrpc\x09\0\0", 7);
constexpr std::string_view kSaslPreamble("hrpc\x09\0\xDF", 7);
constexpr char kContextBytes[] =
    "000000541a0802100018052210000102030405060708090a0b0c0d0e0f28013812060a04726f6f741a2e6f72672e61"
    "70616368652e6861646f6f702e686466732e70726f746f636f6c2e436c69656e7450726f746f636f6c";
constexpr char kPingBytes[] = "0000001b1a0802100018072210000102030405060708090a0b0c0d0e0f2801";

std::string Bytes(std::string_view hex) {
  return FromHex(hex).value();
}

std::string ClientId() {
  return Bytes("000102030405060708090a0b0c0d0e0f");
}

RpcRequestHeaderProto Header(int32_t call_id) {
  RpcRequestHeaderProto header;
  header.set_rpckind(proto::rpc::RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(call_id);
  header.set_clientid(ClientId());
  header.set_retrycount(3);
  return header;
}

std::string CallFrame(const RpcRequestHeaderProto& header, const std::string& method,
                      const std::string& text, const std::string& protocol = kTestProtocol,
                      uint64_t version = 1) {
  RequestHeaderProto request;
  request.set_methodname(method);
  request.set_declaringclassprotocolname(protocol);
  request.set_clientprotocolversion(version);
  TestRequest body;
  body.set_user(text);
  std::string frame;
  AppendFrame(&frame, {&header, &request, &body});
  return frame;
}

std::string CallBytes(int32_t call_id, const std::string& method, const std::string& text) {
  return CallFrame(Header(call_id), method, text);
}

struct Answer {
  RpcResponseHeaderProto header;
  std::string rest;  // behind the header
};

// A client made of bytes.
class Wire {
 public:
  explicit Wire(const HostPort& to) : socket_(Socket::Connect(to, {}).value()) {}

  Wire& Send(std::string_view bytes) {
    const Status sent = socket_.SendAll(bytes, Deadline::After(10s));
    IgnoreError(sent, "a server may close while we still send");
    return *this;
  }
  std::string Receive(size_t count) {
    std::string bytes(count, '\0');
    const Status received = socket_.ReceiveAll(bytes.data(), count, Deadline::After(10s));
    EXPECT_TRUE(received.ok()) << received.ToString();
    return bytes;
  }
  std::string ReceiveFrame() {
    const std::string length = Receive(4);
    return Receive(LoadBigEndian<uint32_t>(length.data()) & 0xFFFFFFF);
  }
  Answer ReceiveAnswer() {
    const std::string frame = ReceiveFrame();
    ByteReader in(frame);
    Answer answer;
    EXPECT_TRUE(TakeMessage(&in, &answer.header));
    answer.rest = in.rest();
    return answer;
  }
  // Everything up to the end of the stream; fails the test when it does not end.
  std::string ReceiveToEnd() {
    std::string all;
    char buffer[4096];
    for (;;) {
      const auto count = socket_.ReceiveSome(buffer, sizeof(buffer), Deadline::After(10s));
      if (!count.ok()) {
        EXPECT_THAT(count.status(), HasCode(Code::kUnavailable));
        return all;
      }
      if (*count == 0) return all;
      all.append(buffer, *count);
    }
  }
  Socket& socket() { return socket_; }

 private:
  Socket socket_;
};

class ServerWireTest : public RpcFixture {
 protected:
  Wire Connect() { return Wire(to_); }
  Wire Established() {
    Wire wire(to_);
    wire.Send(kPreamble).Send(Bytes(kContextBytes));
    return wire;
  }
  void ExpectServing() {
    Wire wire = Established();
    EXPECT_EQ(wire.Send(CallBytes(1, "echo", "x")).ReceiveAnswer().header.status(),
              RpcResponseHeaderProto::SUCCESS);
  }
};

// Eight calls in one segment: one question to the gate, and an error of its own for each of them.
TEST_F(ServerWireTest, TheGateIsAskedOnceForTheAnswersOfATurn) {
  Mutex mu;
  std::vector<std::function<void(Status)>> waiting;
  const auto asked = [&] {
    MutexLock lock(mu);
    return waiting.size();
  };
  RpcServerOptions options;
  options.reply_gate = [&](std::function<void(Status)> release) {
    MutexLock lock(mu);
    waiting.push_back(std::move(release));
  };
  StartServer(std::move(options));
  std::string bytes = std::string(kPreamble) + Bytes(kContextBytes);
  for (int32_t call = 1; call <= 8; ++call) bytes += CallBytes(call, "echo", "x");
  Wire wire = Connect();
  wire.Send(bytes);
  ASSERT_TRUE(Eventually(10s, [&] { return asked() > 0; }));
  EXPECT_EQ(server_->stats().unanswered_calls, 8);
  wire.Send(CallBytes(9, "echo", "x"));
  ASSERT_TRUE(Eventually(10s, [&] { return asked() == 2; }));
  waiting.front()(UnavailableError("no longer active", Reason::kStandby));
  for (uint32_t call = 1; call <= 8; ++call) {
    const Answer answer = wire.ReceiveAnswer();
    EXPECT_EQ(answer.header.callid(), call);
    EXPECT_EQ(answer.header.status(), RpcResponseHeaderProto::ERROR);
    EXPECT_EQ(answer.header.clientid(), ClientId());
    EXPECT_EQ(answer.header.retrycount(), 3);
    EXPECT_THAT(answer.header.exceptionclassname(), HasSubstr("StandbyException"));
  }
  waiting.back()(Status::Ok());
  EXPECT_EQ(wire.ReceiveAnswer().header.status(), RpcResponseHeaderProto::SUCCESS);
  EXPECT_EQ(server_->stats().unanswered_calls, 0);
}

TEST_F(ServerWireTest, AnswersThatTheGateLetsThroughAtOnceLeaveBeforeTheConnectionIsClosed) {
  RpcServerOptions options;
  options.reply_gate = [](const std::function<void(Status)>& release) { release(Status::Ok()); };
  StartServer(std::move(options));
  Wire wire = Connect();
  wire.Send(std::string(kPreamble) + Bytes(kContextBytes) + CallBytes(1, "echo", "x") +
            Bytes("ffffffff"));  // a frame of -1 bytes
  EXPECT_EQ(wire.ReceiveAnswer().header.callid(), 1u);
  wire.ReceiveToEnd();
}

TEST_F(ServerWireTest, AnswersThatWaitForTheGateAreNoMoreThanAClientMayLeaveUnread) {
  Mutex mu;
  bool open = false;
  std::vector<std::function<void(Status)>> waiting;
  RpcServerOptions options{.pause_unsent_bytes = 64 << 10};
  options.reply_gate = [&](std::function<void(Status)> release) {
    {
      MutexLock lock(mu);
      if (!open) return waiting.push_back(std::move(release));
    }
    release(Status::Ok());
  };
  StartServer(std::move(options));
  Wire wire = Established();
  std::string calls;
  for (int i = 0; i < 50; ++i) calls += CallBytes(i, "big", std::to_string(1 << 20));
  wire.Send(calls);
  ASSERT_TRUE(Eventually(10s, [&] {
    MutexLock lock(mu);
    return !waiting.empty();
  }));
  EXPECT_EQ(server_->stats().unanswered_calls, 1);
  {
    MutexLock lock(mu);
    open = true;
  }
  for (const auto& release : waiting) release(Status::Ok());
  for (uint32_t i = 0; i < 50; ++i) ASSERT_EQ(wire.ReceiveAnswer().header.callid(), i);
}

TEST_F(ServerWireTest, PreambleContextAndCallInOneSegmentAreAnsweredOnce) {
  StartServer();
  Wire wire = Connect();
  wire.Send(std::string(kPreamble) + Bytes(kContextBytes) + CallBytes(5, "echo", "hi"));
  const Answer answer = wire.ReceiveAnswer();
  EXPECT_EQ(answer.header.callid(), 5u);
  EXPECT_EQ(answer.header.status(), RpcResponseHeaderProto::SUCCESS);
  EXPECT_EQ(answer.header.serveripcversionnum(), 9u);
  EXPECT_EQ(answer.header.clientid(), ClientId());
  EXPECT_EQ(answer.header.retrycount(), 3);
  EXPECT_EQ(ToHex(answer.rest), "040a026869");
}

TEST_F(ServerWireTest, BytesMayComeOneByOne) {
  StartServer();
  Wire wire = Connect();
  const std::string all = std::string(kPreamble) + Bytes(kContextBytes) + Bytes(kPingBytes) +
                          CallBytes(1, "echo", "a") + CallBytes(2, "echo", "b");
  for (const char byte : all) wire.Send({&byte, 1});
  EXPECT_EQ(wire.ReceiveAnswer().header.callid(), 1u);
  EXPECT_EQ(wire.ReceiveAnswer().header.callid(), 2u);
}

TEST_F(ServerWireTest, PingsAreNeverAnswered) {
  StartServer();
  Wire wire = Established();
  wire.Send(Bytes(kPingBytes)).Send(Bytes(kPingBytes)).Send(CallBytes(1, "echo", "x"));
  EXPECT_EQ(wire.ReceiveAnswer().header.callid(), 1u);
}

TEST_F(ServerWireTest, EmptyAnswerKeepsItsLengthByte) {
  StartServer();
  Wire wire = Established();
  RpcRequestHeaderProto header = Header(1);
  RequestHeaderProto request;
  request.set_methodname("getProtocolVersions");
  request.set_declaringclassprotocolname("org.apache.hadoop.ipc.ProtocolMetaInfoPB");
  request.set_clientprotocolversion(1);
  proto::rpc::GetProtocolVersionsRequestProto unknown;
  unknown.set_protocol("no.such.Protocol");
  std::string frame;
  AppendFrame(&frame, {&header, &request, &unknown});
  EXPECT_EQ(wire.Send(frame).ReceiveAnswer().rest, std::string(1, '\0'));

  unknown.set_protocol(kTestProtocol);
  frame.clear();
  AppendFrame(&frame, {&header, &request, &unknown});
  const Answer answer = wire.Send(frame).ReceiveAnswer();
  ByteReader in(answer.rest);
  proto::rpc::GetProtocolVersionsResponseProto versions;
  ASSERT_TRUE(TakeMessage(&in, &versions));
  EXPECT_EQ(versions.protocolversions(0).rpckind(), "RPC_PROTOCOL_BUFFER");
  EXPECT_EQ(versions.protocolversions(0).versions(0), 1u);
}

TEST_F(ServerWireTest, ErrorsHaveNothingBehindTheirHeader) {
  StartServer();
  Wire wire = Established();
  const Answer answer = wire.Send(CallBytes(1, "fail", "/a")).ReceiveAnswer();
  EXPECT_EQ(answer.header.status(), RpcResponseHeaderProto::ERROR);
  EXPECT_EQ(answer.header.exceptionclassname(), "java.io.FileNotFoundException");
  EXPECT_EQ(answer.header.errormsg(), "File does not exist: /a");
  EXPECT_EQ(answer.header.errordetail(), RpcResponseHeaderProto::ERROR_APPLICATION);
  EXPECT_EQ(answer.rest, "");
}

TEST_F(ServerWireTest, WrongMethodProtocolVersionAndBodyAreErrorsOfOneCall) {
  StartServer();
  Wire wire = Established();
  Answer answer = wire.Send(CallBytes(1, "nosuch", "x")).ReceiveAnswer();
  EXPECT_EQ(answer.header.exceptionclassname(), "org.apache.hadoop.ipc.RpcNoSuchMethodException");
  EXPECT_EQ(answer.header.errordetail(), RpcResponseHeaderProto::ERROR_NO_SUCH_METHOD);

  answer = wire.Send(CallFrame(Header(2), "echo", "x", "org.Other")).ReceiveAnswer();
  EXPECT_EQ(answer.header.exceptionclassname(), "org.apache.hadoop.ipc.RpcNoSuchProtocolException");
  EXPECT_EQ(answer.header.errormsg(), "Unknown protocol: org.Other");
  EXPECT_EQ(answer.header.errordetail(), RpcResponseHeaderProto::ERROR_NO_SUCH_PROTOCOL);

  answer = wire.Send(CallFrame(Header(3), "echo", "x", kTestProtocol, 2)).ReceiveAnswer();
  EXPECT_EQ(answer.header.exceptionclassname(), "org.apache.hadoop.ipc.RPC$VersionMismatch");
  EXPECT_EQ(answer.header.errordetail(), RpcResponseHeaderProto::ERROR_RPC_VERSION_MISMATCH);

  const RpcRequestHeaderProto header = Header(4);
  RequestHeaderProto request;
  request.set_methodname("echo");
  request.set_declaringclassprotocolname(kTestProtocol);
  request.set_clientprotocolversion(1);
  std::string frame;
  AppendFrame(&frame, {&header, &request}, "");  // the required text is missing
  answer = wire.Send(frame).ReceiveAnswer();
  EXPECT_EQ(answer.header.exceptionclassname(),
            "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException");
  EXPECT_EQ(answer.header.errordetail(), RpcResponseHeaderProto::ERROR_APPLICATION);
  EXPECT_EQ(wire.Send(CallBytes(5, "echo", "x")).ReceiveAnswer().header.callid(), 5u);
}

TEST_F(ServerWireTest, HttpRequestsAreToldThatThisIsNoWebServer) {
  StartServer();
  EXPECT_THAT(Connect().Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").ReceiveToEnd(),
              StartsWith("HTTP/1.1 404 Not Found\r\nContent-type: text/plain\r\n\r\n"));
  EXPECT_EQ(server_->stats().dropped_connections, 0);
}

TEST_F(ServerWireTest, OtherVersionsAreRefusedInTheirOwnForm) {
  StartServer();
  Wire newer = Connect();
  const Answer answer = newer.Send(std::string_view("hrpc\x0A\0\0", 7)).ReceiveAnswer();
  EXPECT_EQ(answer.header.callid(), 0xFFFFFFFF);
  EXPECT_EQ(answer.header.status(), RpcResponseHeaderProto::FATAL);
  EXPECT_EQ(answer.header.exceptionclassname(), "org.apache.hadoop.ipc.RPC$VersionMismatch");
  EXPECT_EQ(answer.header.errormsg(),
            "Server IPC version 9 cannot communicate with client version 10");
  EXPECT_EQ(answer.header.errordetail(), RpcResponseHeaderProto::FATAL_VERSION_MISMATCH);
  EXPECT_EQ(newer.ReceiveToEnd(), "");

  const std::string old = Connect().Send(std::string_view("hrpc\x08\0\0", 7)).ReceiveToEnd();
  EXPECT_EQ(ToHex(old.substr(0, 12)), "ffffffffffffffff00000029");
  EXPECT_THAT(old, HasSubstr("cannot communicate with client version 8"));
  const std::string oldest = Connect().Send(std::string_view("hrpc\x02\0\0", 7)).ReceiveToEnd();
  EXPECT_EQ(ToHex(oldest.substr(0, 9)), "000000000100000029");
}

TEST_F(ServerWireTest, UnknownAuthenticationIsRefused) {
  StartServer();
  Wire wire = Connect();
  const Answer answer = wire.Send(std::string_view("hrpc\x09\0\x50", 7)).ReceiveAnswer();
  EXPECT_EQ(answer.header.callid(), 0xFFFFFFFF);
  EXPECT_EQ(answer.header.exceptionclassname(), "org.apache.hadoop.ipc.IpcException");
  EXPECT_EQ(answer.header.errormsg(), "Unknown auth protocol:80");
  EXPECT_EQ(answer.header.errordetail(), RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
  EXPECT_EQ(wire.ReceiveToEnd(), "");
}

// Sends `frame` on a fresh connection and expects one FATAL answer and the end.
struct FatalCase {
  const char* name;
  bool with_context;
  std::string frame;
  uint32_t call_id;
  RpcResponseHeaderProto::RpcErrorCodeProto detail;
};

TEST_F(ServerWireTest, BrokenHeadersEndTheConnectionWithAReason) {
  StartServer();
  RpcRequestHeaderProto no_kind = Header(6);
  no_kind.clear_rpckind();
  RpcRequestHeaderProto no_op = Header(7);
  no_op.clear_rpcop();
  RpcRequestHeaderProto writable = Header(8);
  writable.set_rpckind(proto::rpc::RPC_WRITABLE);
  RpcRequestHeaderProto closing = Header(9);
  closing.set_rpcop(RpcRequestHeaderProto::RPC_CLOSE_CONNECTION);
  const RpcRequestHeaderProto header_only = Header(10);
  std::string alone;
  AppendFrame(&alone, {&header_only});
  const auto invalid = RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER;
  const auto malformed = RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST;
  const std::vector<FatalCase> cases = {
      {"call before context", false, CallBytes(1, "echo", "x"), 1, invalid},
      {"second context", true, Bytes(kContextBytes), static_cast<uint32_t>(-3), invalid},
      {"unknown negative call id", true, CallBytes(-7, "echo", "x"), static_cast<uint32_t>(-7),
       invalid},
      {"SASL after context", true, CallBytes(-33, "echo", "x"), static_cast<uint32_t>(-33),
       invalid},
      {"header cut short", true, Bytes("000000020508"), static_cast<uint32_t>(-2), malformed},
      {"empty frame", true, Bytes("00000000"), static_cast<uint32_t>(-2), malformed},
      {"header cut short before context", false, Bytes("000000020508"), static_cast<uint32_t>(-2),
       malformed},
      {"no kind", true, CallFrame(no_kind, "echo", "x"), 6, invalid},
      {"no operation", true, CallFrame(no_op, "echo", "x"), 7, invalid},
      {"Writable", true, CallFrame(writable, "echo", "x"), 8, invalid},
      {"close operation", true, CallFrame(closing, "echo", "x"), 9, invalid},
      {"no request header", true, alone, 10, malformed},
  };
  for (const FatalCase& one : cases) {
    SCOPED_TRACE(one.name);
    Wire wire = one.with_context ? Established() : Connect();
    if (!one.with_context) wire.Send(kPreamble);
    const Answer answer = wire.Send(one.frame).ReceiveAnswer();
    EXPECT_EQ(answer.header.status(), RpcResponseHeaderProto::FATAL);
    EXPECT_EQ(answer.header.callid(), one.call_id);
    EXPECT_EQ(answer.header.errordetail(), one.detail);
    EXPECT_EQ(answer.header.exceptionclassname(), "org.apache.hadoop.ipc.RpcServerException");
    EXPECT_FALSE(answer.header.errormsg().empty());
    EXPECT_EQ(wire.ReceiveToEnd(), "");
  }
  ExpectServing();
}

TEST_F(ServerWireTest, OversizedAndNegativeLengthsCloseWithoutAnAnswer) {
  StartServer();
  for (const char* length : {"08000001", "7fffffff", "ffffffff", "80000000"}) {
    EXPECT_EQ(Established().Send(Bytes(length)).ReceiveToEnd(), "") << length;
  }
  EXPECT_EQ(server_->stats().dropped_connections, 4);
  ExpectServing();
}

TEST_F(ServerWireTest, ContextWithoutAUserIsRefused) {
  StartServer();
  const RpcRequestHeaderProto header = Header(kRpcConnectionContext);
  const IpcConnectionContextProto nobody;
  std::string frame;
  AppendFrame(&frame, {&header, &nobody});
  Wire wire = Connect();
  const Answer answer = wire.Send(kPreamble).Send(frame).ReceiveAnswer();
  EXPECT_EQ(answer.header.errordetail(), RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
}

// --- SASL frames

std::string SaslFrame(const RpcSaslProto& message) {
  RpcRequestHeaderProto header = Header(kRpcSasl);
  header.set_clientid("");
  header.set_retrycount(-1);
  std::string frame;
  AppendFrame(&frame, {&header, &message});
  return frame;
}

RpcSaslProto SaslState(RpcSaslProto::SaslState state) {
  RpcSaslProto message;
  message.set_state(state);
  return message;
}

TEST_F(ServerWireTest, SimpleServerSendsSaslClientsOnWithoutAuthentication) {
  StartServer();
  Wire wire = Connect();
  wire.Send(kSaslPreamble).Send(SaslFrame(SaslState(RpcSaslProto::NEGOTIATE)));
  // callId 4294967263, SUCCESS, version 9, empty client id, retry count -1; state SUCCESS.
  EXPECT_EQ(ToHex(wire.ReceiveFrame()), "0e08dfffffff0f100018093a004001021000");
  wire.Send(Bytes(kContextBytes)).Send(CallBytes(1, "who", ""));
  EXPECT_THAT(wire.ReceiveAnswer().rest, HasSubstr("root"));
}

TEST_F(ServerWireTest, SimpleMayBeInitiatedWithoutAsking) {
  StartServer();
  Wire wire = Connect();
  RpcSaslProto initiate = SaslState(RpcSaslProto::INITIATE);
  initiate.add_auths()->set_method("SIMPLE");
  initiate.mutable_auths(0)->set_mechanism("");
  wire.Send(kSaslPreamble).Send(SaslFrame(initiate)).Send(Bytes(kContextBytes));
  wire.Send(CallBytes(1, "echo", "x"));
  EXPECT_EQ(wire.ReceiveAnswer().header.callid(), 1u);  // the initiation was not answered
}

TEST_F(ServerWireTest, TokenServerOffersDigestMd5AsJavaDoes) {
  StartServer({.token_verifier = [](std::string_view) -> StatusOr<TokenIdentity> {
    return UnavailableError("not active", Reason::kStandby);
  }});
  Wire wire = Connect();
  wire.Send(kSaslPreamble).Send(SaslFrame(SaslState(RpcSaslProto::NEGOTIATE)));
  const Answer answer = wire.ReceiveAnswer();
  ByteReader in(answer.rest);
  RpcSaslProto offer;
  ASSERT_TRUE(TakeMessage(&in, &offer));
  EXPECT_EQ(offer.state(), RpcSaslProto::NEGOTIATE);
  ASSERT_EQ(offer.auths_size(), 1);
  EXPECT_EQ(offer.auths(0).method(), "TOKEN");
  EXPECT_EQ(offer.auths(0).mechanism(), "DIGEST-MD5");
  EXPECT_TRUE(offer.auths(0).has_protocol());
  EXPECT_EQ(offer.auths(0).serverid(), "default");
  EXPECT_THAT(offer.auths(0).challenge(), StartsWith("realm=\"default\",nonce=\""));

  // What the verifier says reaches the client: it fails over on Standby.
  DigestMd5Client client(TokenCredentials("ident", "pass"));
  RpcSaslProto initiate = SaslState(RpcSaslProto::INITIATE);
  *initiate.add_auths() = offer.auths(0);
  initiate.mutable_auths(0)->clear_challenge();
  initiate.set_token(client.Respond(offer.auths(0).challenge()).value());
  const Answer refusal = wire.Send(SaslFrame(initiate)).ReceiveAnswer();
  EXPECT_EQ(refusal.header.status(), RpcResponseHeaderProto::FATAL);
  EXPECT_EQ(refusal.header.errordetail(), RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
  EXPECT_EQ(refusal.header.exceptionclassname(), "org.apache.hadoop.ipc.StandbyException");
  EXPECT_EQ(wire.ReceiveToEnd(), "");
}

TEST_F(ServerWireTest, SaslOutOfOrderIsRefused) {
  StartServer({.token_verifier = [](std::string_view) -> StatusOr<TokenIdentity> {
    return TokenIdentity{.user = "x", .password = "y"};
  }});
  for (const auto state : {RpcSaslProto::RESPONSE, RpcSaslProto::INITIATE, RpcSaslProto::WRAP,
                           RpcSaslProto::SUCCESS}) {
    Wire wire = Connect();
    const Answer answer =
        wire.Send(kSaslPreamble).Send(SaslFrame(SaslState(state))).ReceiveAnswer();
    EXPECT_EQ(answer.header.errordetail(), RpcResponseHeaderProto::FATAL_UNAUTHORIZED);
    EXPECT_EQ(wire.ReceiveToEnd(), "");
  }
  Wire wire = Connect();  // no token was ever shown
  EXPECT_EQ(wire.Send(kSaslPreamble).Send(Bytes(kContextBytes)).ReceiveAnswer().header.status(),
            RpcResponseHeaderProto::FATAL);
}

// --- hostile and unlucky clients

TEST_F(ServerWireTest, RandomAndDamagedBytesNeverStopTheServer) {
  StartServer();
  Random random(TestSeed());
  const std::string good = std::string(kPreamble) + Bytes(kContextBytes) + Bytes(kPingBytes) +
                           CallBytes(1, "echo", "hello") + CallBytes(2, "fail", "x");
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good;
    if (round % 3 == 0) {
      for (char& byte : bytes) byte = static_cast<char>(random.Next());
    } else {
      for (uint64_t n = random.Below(6) + 1; n > 0; --n) {
        bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
      }
    }
    bytes.resize(random.Below(bytes.size()) + 1);
    Wire wire = Connect();
    wire.Send(bytes);
    wire.socket().ShutdownWrite();
    wire.ReceiveToEnd();
  }
  ExpectServing();
  EXPECT_TRUE(Eventually(10s, [&] { return server_->stats().open_connections <= 1; }));
  EXPECT_EQ(server_->stats().unanswered_calls, 0);
}

TEST_F(ServerWireTest, ClientThatDoesNotReadIsNotReadAndClosedWhenItStalls) {
  StartServer({.pause_unsent_bytes = 64 << 10, .stall_timeout = 100ms});
  Wire wire = Established();
  // Far more answers than sockets buffer; the server stops taking calls long before.
  std::string calls;
  for (int i = 0; i < 1000; ++i) calls += CallBytes(i, "big", std::to_string(1 << 20));
  wire.Send(calls);
  ASSERT_TRUE(Eventually(10s, [&] { return server_->stats().calls > 0; }));
  EXPECT_TRUE(Eventually(10s, [&] { return server_->stats().dropped_connections == 1; }));
  EXPECT_LT(server_->stats().calls, 200);
  ExpectServing();
}

TEST_F(ServerWireTest, UnsentAnswersAboveTheBoundCloseTheConnection) {
  StartServer({.max_unsent_bytes = 8 << 20});
  Wire wire = Established();
  for (int i = 0; i < 20; ++i) wire.Send(CallBytes(i, "later", std::string(1 << 20, 'x')));
  ASSERT_TRUE(Eventually(10s, [&] { return kept() == 20; }));
  ReleaseAll();
  EXPECT_TRUE(Eventually(10s, [&] { return server_->stats().dropped_connections == 1; }));
  ExpectServing();
}

TEST_F(ServerWireTest, PausedConnectionGoesOnWhenItsAnswersAreRead) {
  StartServer({.pause_unsent_bytes = 64 << 10});
  Wire wire = Established();
  std::string calls;
  for (int i = 0; i < 100; ++i) calls += CallBytes(i, "big", std::to_string(1 << 20));
  wire.Send(calls);
  for (int i = 0; i < 100; ++i) {
    const Answer answer = wire.ReceiveAnswer();
    ASSERT_EQ(answer.header.callid(), static_cast<uint32_t>(i));
    ASSERT_GT(answer.rest.size(), 1u << 20);
  }
}

TEST_F(ServerWireTest, ManySmallCallsInOneWriteAreAllAnswered) {
  StartServer({.pause_unsent_bytes = 4 << 10});
  Wire wire = Established();
  std::string calls;
  for (int i = 0; i < 20'000; ++i) calls += CallBytes(i, "echo", "x");
  std::thread sender([&] { wire.Send(calls); });
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(wire.ReceiveAnswer().header.callid(), static_cast<uint32_t>(i));
  }
  sender.join();
}

TEST_F(ServerWireTest, SilentNewcomersAreClosed) {
  StartServer({.handshake_timeout = 50ms});
  Wire silent = Connect();
  Wire half = Connect();
  half.Send("hrpc");
  Wire established = Established();
  EXPECT_EQ(established.Send(CallBytes(1, "echo", "x")).ReceiveAnswer().header.callid(), 1u);
  EXPECT_EQ(silent.ReceiveToEnd(), "");
  EXPECT_EQ(half.ReceiveToEnd(), "");
  EXPECT_EQ(established.Send(CallBytes(2, "echo", "x")).ReceiveAnswer().header.callid(), 2u);
}

int64_t ResidentBytes() {
  FILE* file = std::fopen("/proc/self/statm", "r");
  long size = 0;
  long resident = 0;
  EXPECT_EQ(std::fscanf(file, "%ld %ld", &size, &resident), 2);
  std::fclose(file);
  return resident * 4096;
}

TEST_F(ServerWireTest, IdleConnectionsAreCheap) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const int count = std::min<int>(2000, static_cast<int>(limit.rlim_cur) / 2 - 100);
  StartServer();
  ExpectServing();
  [[maybe_unused]] const int64_t before = ResidentBytes();
  std::vector<Wire> wires;
  for (int i = 0; i < count; ++i) {
    wires.push_back(Established());
    wires.back().Send(CallBytes(1, "echo", std::string(1000, 'x')));
  }
  for (Wire& wire : wires) EXPECT_EQ(wire.ReceiveAnswer().header.callid(), 1u);
#ifndef TUSK_SANITIZED  // a sanitizer's own memory is many times ours
  // Both ends are in this process.
  EXPECT_LT((ResidentBytes() - before) / count, 8 << 10);
#endif
  ExpectServing();
}

TEST_F(ServerWireTest, PortInUseIsNamed) {
  StartServer();
  RpcServer second({.host = "127.0.0.1", .port = server_->port()}, &groups_, &executor_);
  const Status status = second.Start();
  EXPECT_THAT(status, HasCode(Code::kUnavailable));
  EXPECT_THAT(status.message(), StartsWith("cannot listen on " + to_.ToString()));
}

}  // namespace
}  // namespace tusk
