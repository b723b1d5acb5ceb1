#include "common/rpc/client_handshake.h"

#include <utility>

#include "common/rpc/exceptions.h"
#include "common/rpc/frame.h"
#include "proto/hadoop/ipc_connection_context.pb.h"
#include "proto/hadoop/rpc_header.pb.h"

namespace tusk {
namespace {

using proto::rpc::RpcRequestHeaderProto;
using proto::rpc::RpcResponseHeaderProto;
using proto::rpc::RpcSaslProto;

RpcRequestHeaderProto HeaderFor(int32_t call_id, std::string_view client_id) {
  RpcRequestHeaderProto header;
  header.set_rpckind(proto::rpc::RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(call_id);
  header.set_clientid(client_id.data(), client_id.size());
  header.set_retrycount(-1);
  return header;
}

void AppendSasl(std::string* out, const RpcSaslProto& message) {
  const RpcRequestHeaderProto header = HeaderFor(kRpcSasl, "");
  AppendFrame(out, {&header, &message});
}

Status UnexpectedAnswer() {
  return UnavailableError("the server answered the SASL negotiation with something else");
}

}  // namespace

RpcClientHandshake::RpcClientHandshake(RpcIdentity identity, std::string client_id,
                                       std::string protocol)
    : identity_(std::move(identity)),
      client_id_(std::move(client_id)),
      protocol_(std::move(protocol)) {}

void RpcClientHandshake::Begin(std::string* out) {
  const bool sasl = identity_.token.has_value();
  out->append(kRpcMagic);
  out->push_back(static_cast<char>(kRpcVersion));
  out->push_back(0);  // service class
  out->push_back(static_cast<char>(sasl ? kRpcAuthSasl : kRpcAuthSimple));
  if (!sasl) return AppendContext(out);
  RpcSaslProto negotiate;
  negotiate.set_state(RpcSaslProto::NEGOTIATE);
  AppendSasl(out, negotiate);
}

Status RpcClientHandshake::TakeFrame(std::string_view frame, std::string* out) {
  ByteReader in(frame);
  RpcResponseHeaderProto header;
  if (!TakeMessage(&in, &header)) return UnexpectedAnswer();
  if (header.status() != RpcResponseHeaderProto::SUCCESS) {
    return StatusFromException(header.exceptionclassname(), header.errormsg());
  }
  RpcSaslProto message;
  if (static_cast<int32_t>(header.callid()) != kRpcSasl || !TakeMessage(&in, &message)) {
    return UnexpectedAnswer();
  }
  switch (message.state()) {
    case RpcSaslProto::NEGOTIATE:
      return Negotiate(message, out);
    case RpcSaslProto::CHALLENGE: {
      if (digest_ == nullptr) return UnexpectedAnswer();
      RpcSaslProto response;
      ASSIGN_OR_RETURN(*response.mutable_token(), digest_->Respond(message.token()));
      response.set_state(RpcSaslProto::RESPONSE);
      AppendSasl(out, response);
      return Status::Ok();
    }
    case RpcSaslProto::SUCCESS:
      if (digest_ != nullptr) {
        RETURN_IF_ERROR(digest_->CheckServer(message.token()));
        token_authenticated_ = true;
      }
      AppendContext(out);
      return Status::Ok();
    default:
      return UnexpectedAnswer();
  }
}

// Takes the first method on offer that we can do.
Status RpcClientHandshake::Negotiate(const RpcSaslProto& offer, std::string* out) {
  std::string offered;
  for (const auto& method : offer.auths()) {
    RpcSaslProto answer;
    answer.set_state(RpcSaslProto::INITIATE);
    *answer.add_auths() = method;
    answer.mutable_auths(0)->clear_challenge();
    if (method.method() == "SIMPLE") {
      AppendSasl(out, answer);  // not answered
      AppendContext(out);
      return Status::Ok();
    }
    if (method.method() == "TOKEN" && method.mechanism() == "DIGEST-MD5") {
      digest_ = std::make_unique<DigestMd5Client>(
          TokenCredentials(identity_.token->identifier, identity_.token->password));
      if (method.has_challenge()) {
        ASSIGN_OR_RETURN(*answer.mutable_token(), digest_->Respond(method.challenge()));
      }
      AppendSasl(out, answer);
      return Status::Ok();
    }
    offered += (offered.empty() ? "" : ", ") + method.method();
  }
  return PermissionDeniedError("Client cannot authenticate via:[" + offered + "]",
                               Reason::kAccessControl);
}

void RpcClientHandshake::AppendContext(std::string* out) {
  proto::rpc::IpcConnectionContextProto context;
  auto* user = context.mutable_userinfo();  // present, but empty when a token says who we are
  if (!token_authenticated_) {
    user->set_effectiveuser(identity_.user);
    if (!identity_.real_user.empty()) user->set_realuser(identity_.real_user);
  }
  context.set_protocol(protocol_);
  const RpcRequestHeaderProto header = HeaderFor(kRpcConnectionContext, client_id_);
  AppendFrame(out, {&header, &context});
  done_ = true;
}

}  // namespace tusk
