#include "common/rpc/server_handshake.h"

#include <utility>

#include "common/rpc/exceptions.h"
#include "proto/hadoop/ipc_connection_context.pb.h"
#include "proto/hadoop/rpc_header.pb.h"

namespace tusk {
namespace {

using proto::rpc::IpcConnectionContextProto;
using proto::rpc::RpcRequestHeaderProto;
using proto::rpc::RpcResponseHeaderProto;
using proto::rpc::RpcSaslProto;

constexpr std::string_view kHttpAnswer =
    "HTTP/1.1 404 Not Found\r\nContent-type: text/plain\r\n\r\n"
    "This port speaks Hadoop RPC; the daemon's web pages are on its HTTP port.\r\n";
constexpr std::string_view kVersionMismatch = "org.apache.hadoop.ipc.RPC$VersionMismatch";
constexpr std::string_view kRpcServerException = "org.apache.hadoop.ipc.RpcServerException";
constexpr std::string_view kTokenMethod = "TOKEN";
constexpr std::string_view kSimpleMethod = "SIMPLE";
constexpr std::string_view kDigestMechanism = "DIGEST-MD5";

// A string as clients before protobuf read it.
void AppendOldString(std::string* out, std::string_view text) {
  AppendBigEndian(out, static_cast<int32_t>(text.size()));
  out->append(text);
}

void AppendSaslFrame(std::string* out, const RpcSaslProto& sasl) {
  RpcResponseHeaderProto header;
  header.set_callid(static_cast<uint32_t>(kRpcSasl));
  header.set_status(RpcResponseHeaderProto::SUCCESS);
  header.set_serveripcversionnum(kRpcVersion);
  header.set_clientid("");
  header.set_retrycount(-1);
  AppendFrame(out, {&header, &sasl});
}

}  // namespace

void AppendErrorFrame(std::string* out, int32_t call_id, std::string_view client_id,
                      int32_t retry_count, bool fatal, int detail, std::string_view exception_class,
                      std::string_view message) {
  RpcResponseHeaderProto header;
  header.set_callid(static_cast<uint32_t>(call_id));
  header.set_status(fatal ? RpcResponseHeaderProto::FATAL : RpcResponseHeaderProto::ERROR);
  header.set_serveripcversionnum(kRpcVersion);
  header.set_exceptionclassname(exception_class.data(), exception_class.size());
  header.set_errormsg(message.data(), message.size());
  header.set_errordetail(static_cast<RpcResponseHeaderProto::RpcErrorCodeProto>(detail));
  header.set_clientid(client_id.data(), client_id.size());
  header.set_retrycount(retry_count);
  AppendFrame(out, {&header});
}

RpcHandshake::Progress RpcHandshake::TakePreamble(FrameBuffer* input, std::string* reply) {
  const std::string_view bytes = input->rest();
  if (bytes.size() < kRpcMagic.size() + 1) return Progress::kNeedMore;
  if (bytes.starts_with("GET ")) {
    if (bytes.size() < kRpcPreambleBytes) return Progress::kNeedMore;
    reply->append(kHttpAnswer);
    return Progress::kClose;
  }
  const auto version = static_cast<uint8_t>(bytes[kRpcMagic.size()]);
  if (!bytes.starts_with(kRpcMagic) || version != kRpcVersion) {
    return RefuseVersion(version, reply);
  }
  if (bytes.size() < kRpcPreambleBytes) return Progress::kNeedMore;
  const auto authentication = static_cast<uint8_t>(bytes[kRpcPreambleBytes - 1]);
  input->Consume(kRpcPreambleBytes);

  if (authentication == kRpcAuthSasl) {
    state_ = State::kSasl;
    return Progress::kGoOn;
  }
  if (authentication != kRpcAuthSimple) {
    return Fatal(kRpcAuthorizationFailed, "", RpcResponseHeaderProto::FATAL_UNAUTHORIZED,
                 "org.apache.hadoop.ipc.IpcException",
                 "Unknown auth protocol:" + std::to_string(static_cast<int8_t>(authentication)),
                 reply);
  }
  if (options_.token_verifier) {
    return Unauthorized(
        PermissionDeniedError("SIMPLE authentication is not enabled.  Available:[TOKEN]",
                              Reason::kAccessControl),
        reply);
  }
  state_ = State::kContext;
  return Progress::kGoOn;
}

// Old clients must be told in a form that they can read.
RpcHandshake::Progress RpcHandshake::RefuseVersion(uint8_t version, std::string* reply) {
  const int number = static_cast<int8_t>(version);
  const std::string message = "Server IPC version " + std::to_string(kRpcVersion) +
                              " cannot communicate with client version " + std::to_string(number);
  problem_ = "no Hadoop RPC version 9 preamble";
  if (number >= kRpcVersion) {
    AppendErrorFrame(reply, kRpcAuthorizationFailed, "", -1, /*fatal=*/true,
                     RpcResponseHeaderProto::FATAL_VERSION_MISMATCH, kVersionMismatch, message);
  } else if (number >= 3) {
    AppendBigEndian<int32_t>(reply, -1);  // call id
    AppendBigEndian<int32_t>(reply, -1);  // fatal
    AppendOldString(reply, kVersionMismatch);
    AppendOldString(reply, message);
  } else if (number == 2) {
    AppendBigEndian<int32_t>(reply, 0);  // call id
    reply->push_back(1);                 // error
    AppendOldString(reply, kVersionMismatch);
    AppendOldString(reply, message);
  }
  return Progress::kClose;
}

RpcHandshake::Progress RpcHandshake::TakeFrame(std::string_view frame, std::string* reply) {
  ByteReader in(frame);
  RpcRequestHeaderProto header;
  if (!TakeMessage(&in, &header)) {
    return Fatal(kRpcInvalidCall, "", RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST,
                 kRpcServerException, "malformed request header", reply);
  }
  if (header.callid() == kRpcSasl && state_ == State::kSasl) return TakeSasl(&in, reply);
  if (header.callid() == kRpcConnectionContext && state_ == State::kContext) {
    return TakeContext(&in, reply);
  }
  const std::string problem = header.callid() >= 0 ? "Connection context not established"
                              : state_ == State::kSasl
                                  ? "Connection header sent during SASL negotiation"
                                  : "Unknown out of band call #" + std::to_string(header.callid());
  return Fatal(header.callid(), header.clientid(), RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER,
               kRpcServerException, problem, reply);
}

RpcHandshake::Progress RpcHandshake::TakeSasl(ByteReader* frame, std::string* reply) {
  RpcSaslProto request;
  if (!TakeMessage(frame, &request)) {
    return Fatal(kRpcSasl, "", RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST,
                 kRpcServerException, "malformed SASL message", reply);
  }
  switch (request.state()) {
    case RpcSaslProto::NEGOTIATE: {
      RpcSaslProto answer;
      if (!options_.token_verifier) {
        // No methods offered: the client goes on as if it had opened with SIMPLE.
        answer.set_state(RpcSaslProto::SUCCESS);
        state_ = State::kContext;
      } else {
        digest_ = std::make_unique<DigestMd5Server>();
        answer.set_state(RpcSaslProto::NEGOTIATE);
        auto* offer = answer.add_auths();
        offer->set_method(kTokenMethod.data(), kTokenMethod.size());
        offer->set_mechanism(kDigestMechanism.data(), kDigestMechanism.size());
        offer->set_protocol("");
        offer->set_serverid("default");
        offer->set_challenge(digest_->challenge());
      }
      AppendSaslFrame(reply, answer);
      return Progress::kGoOn;
    }
    case RpcSaslProto::INITIATE:
      if (request.auths_size() == 1) {
        return Initiate(request.auths(0).method(), request.has_token(), request.token(), reply);
      }
      break;
    case RpcSaslProto::RESPONSE:
      if (digest_ != nullptr) return CheckToken(request.token(), reply);
      break;
    default:
      break;
  }
  return Unauthorized(
      UnauthenticatedError("unexpected SASL state " + std::to_string(request.state()),
                           Reason::kAccessControl),
      reply);
}

RpcHandshake::Progress RpcHandshake::Initiate(std::string_view method, bool has_token,
                                              std::string_view token, std::string* reply) {
  if (!options_.token_verifier && method == kSimpleMethod) {
    state_ = State::kContext;
    return Progress::kGoOn;  // not answered: the context follows at once
  }
  if (!options_.token_verifier || method != kTokenMethod) {
    return Unauthorized(
        PermissionDeniedError(
            std::string(method) + " authentication is not enabled.  Available:[" +
                std::string(options_.token_verifier ? kTokenMethod : kSimpleMethod) + "]",
            Reason::kAccessControl),
        reply);
  }
  if (has_token && digest_ != nullptr) return CheckToken(token, reply);
  // The client begins without having seen a challenge.
  digest_ = std::make_unique<DigestMd5Server>();
  RpcSaslProto answer;
  answer.set_state(RpcSaslProto::CHALLENGE);
  answer.set_token(digest_->challenge());
  AppendSaslFrame(reply, answer);
  return Progress::kGoOn;
}

RpcHandshake::Progress RpcHandshake::CheckToken(std::string_view response, std::string* reply) {
  std::string owner;
  const StatusOr<std::string> proof =
      digest_->Verify(response, [&](std::string_view identifier) -> StatusOr<std::string> {
        ASSIGN_OR_RETURN(const TokenIdentity identity, options_.token_verifier(identifier));
        owner = identity.user;
        return identity.password;
      });
  if (!proof.ok()) return Unauthorized(proof.status(), reply);
  token_authenticated_ = true;
  token_identifier_ = digest_->identifier();
  user_.name = owner;
  RpcSaslProto answer;
  answer.set_state(RpcSaslProto::SUCCESS);
  answer.set_token(*proof);
  AppendSaslFrame(reply, answer);
  state_ = State::kContext;
  return Progress::kGoOn;
}

RpcHandshake::Progress RpcHandshake::TakeContext(ByteReader* frame, std::string* reply) {
  IpcConnectionContextProto context;
  if (!TakeMessage(frame, &context)) {
    return Fatal(kRpcConnectionContext, "", RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST,
                 kRpcServerException, "malformed connection context", reply);
  }
  const std::string effective = ShortUserName(context.userinfo().effectiveuser());
  if (token_authenticated_) {
    if (!effective.empty() && effective != user_.name) {
      return Unauthorized(PermissionDeniedError("Authenticated user (" + user_.name +
                                                    ") doesn't match what the client claims to be "
                                                    "(" +
                                                    effective + ")",
                                                Reason::kAccessControl),
                          reply);
    }
  } else if (effective.empty()) {
    return Unauthorized(
        PermissionDeniedError("the connection names no user", Reason::kAuthorization), reply);
  } else {
    user_.name = effective;
    user_.real_name = ShortUserName(context.userinfo().realuser());
  }
  state_ = State::kEstablished;
  return Progress::kGoOn;
}

RpcHandshake::Progress RpcHandshake::Fatal(int32_t call_id, std::string_view client_id, int detail,
                                           std::string_view exception_class, std::string message,
                                           std::string* reply) {
  AppendErrorFrame(reply, call_id, client_id, -1, /*fatal=*/true, detail, exception_class, message);
  problem_ = std::move(message);
  return Progress::kClose;
}

RpcHandshake::Progress RpcHandshake::Unauthorized(const Status& error, std::string* reply) {
  authentication_failed_ = true;
  // A malformed response is an authentication failure too, not an IOException.
  const Reason reason = error.reason() == Reason::kNone ? Reason::kAccessControl : error.reason();
  return Fatal(kRpcAuthorizationFailed, "", RpcResponseHeaderProto::FATAL_UNAUTHORIZED,
               ExceptionClassOf(Status(error.code(), "", reason)), error.message(), reply);
}

}  // namespace tusk
