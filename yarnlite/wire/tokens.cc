#include "yarnlite/wire/tokens.h"

#include "common/base/check.h"
#include "proto/hadoop/yarn_tokens.pb.h"
#include "yarnlite/wire/convert_yarn.h"

namespace tusk::yarnlite {
namespace {

constexpr int64_t kMaxIdentifierBytes = 64 << 10;

Token Sign(const TokenSecrets& secrets, int32_t key_id,
           const google::protobuf::MessageLite& identifier, std::string_view kind,
           std::string service) {
  Token token;
  CHECK(identifier.SerializeToString(&token.identifier));
  auto password = secrets.Password(key_id, token.identifier);
  CHECK(password.ok()) << password.status();
  token.password = std::move(password).value();
  token.kind = kind;
  token.service = std::move(service);
  return token;
}

int32_t CurrentKeyId(const TokenSecrets& secrets) {
  const auto key = secrets.Current();
  CHECK(key.has_value()) << "no master key yet";
  return key->id;
}

Status Malformed(std::string_view kind) {
  return UnauthenticatedError("malformed identifier of a " + std::string(kind),
                              Reason::kInvalidToken);
}

template <class Message>
bool ParseIdentifier(std::string_view bytes, Message* message) {
  return static_cast<int64_t>(bytes.size()) <= kMaxIdentifierBytes &&
         message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

Token MakeAmRmToken(const TokenSecrets& secrets, const ApplicationAttemptId& attempt) {
  proto::yarn::AMRMTokenIdentifierProto identifier;
  ToProto(attempt, identifier.mutable_appattemptid());
  const int32_t key_id = CurrentKeyId(secrets);
  identifier.set_keyid(key_id);
  return Sign(secrets, key_id, identifier, kAmRmTokenKind, "");
}

Token MakeNmToken(const TokenSecrets& secrets, const ApplicationAttemptId& attempt,
                  const NodeId& node, const std::string& user) {
  proto::yarn::NMTokenIdentifierProto identifier;
  ToProto(attempt, identifier.mutable_appattemptid());
  ToProto(node, identifier.mutable_nodeid());
  identifier.set_appsubmitter(user);
  const int32_t key_id = CurrentKeyId(secrets);
  identifier.set_keyid(key_id);
  return Sign(secrets, key_id, identifier, kNmTokenKind, node.ToString());
}

Token MakeContainerToken(const TokenSecrets& secrets, const ContainerClaims& claims) {
  proto::yarn::ContainerTokenIdentifierProto identifier;
  ToProto(claims.id, identifier.mutable_containerid());
  identifier.set_nmhostaddr(claims.node.ToString());
  identifier.set_appsubmitter(claims.user);
  ToProto(claims.resource, identifier.mutable_resource());
  identifier.set_expirytimestamp(claims.expires_ms);
  const int32_t key_id = CurrentKeyId(secrets);
  identifier.set_masterkeyid(key_id);
  identifier.set_rmidentifier(claims.resource_manager);
  identifier.mutable_priority()->set_priority(claims.priority);
  identifier.set_creationtime(claims.created_ms);
  identifier.set_containertype(claims.is_master ? proto::yarn::APPLICATION_MASTER
                                                : proto::yarn::TASK);
  identifier.set_executiontype(proto::yarn::GUARANTEED);
  identifier.set_version(0);
  identifier.set_allocation_request_id(claims.allocation_request_id);
  return Sign(secrets, key_id, identifier, kContainerTokenKind, claims.node.ToString());
}

StatusOr<ContainerClaims> CheckContainerToken(const TokenSecrets& secrets, const Token& token) {
  proto::yarn::ContainerTokenIdentifierProto identifier;
  if (!ParseIdentifier(token.identifier, &identifier)) return Malformed(kContainerTokenKind);
  RETURN_IF_ERROR(secrets.Check(identifier.masterkeyid(), token.identifier, token.password));
  ContainerClaims claims;
  ASSIGN_OR_RETURN(claims.id, FromProto(identifier.containerid()));
  ASSIGN_OR_RETURN(claims.node, NodeId::Parse(identifier.nmhostaddr()));
  claims.user = identifier.appsubmitter();
  claims.resource = FromProto(identifier.resource());
  claims.priority = identifier.priority().priority();
  claims.expires_ms = identifier.expirytimestamp();
  claims.created_ms = identifier.creationtime();
  claims.resource_manager = identifier.rmidentifier();
  claims.allocation_request_id = identifier.allocation_request_id();
  claims.is_master = identifier.containertype() == proto::yarn::APPLICATION_MASTER;
  return claims;
}

StatusOr<VerifiedAttempt> VerifyAmRmIdentifier(const TokenSecrets& secrets,
                                               std::string_view identifier) {
  proto::yarn::AMRMTokenIdentifierProto parsed;
  if (!ParseIdentifier(identifier, &parsed)) return Malformed(kAmRmTokenKind);
  auto attempt = FromProto(parsed.appattemptid());
  if (!attempt.ok()) return Malformed(kAmRmTokenKind);
  ASSIGN_OR_RETURN(std::string password, secrets.Password(parsed.keyid(), identifier));
  return VerifiedAttempt{std::move(password), *attempt};
}

StatusOr<VerifiedAttempt> VerifyNmIdentifier(const TokenSecrets& secrets, const NodeId& node,
                                             std::string_view identifier) {
  proto::yarn::NMTokenIdentifierProto parsed;
  if (!ParseIdentifier(identifier, &parsed)) return Malformed(kNmTokenKind);
  auto attempt = FromProto(parsed.appattemptid());
  auto for_node = FromProto(parsed.nodeid());
  if (!attempt.ok() || !for_node.ok()) return Malformed(kNmTokenKind);
  if (*for_node != node) {
    return UnauthenticatedError("Given NMToken for application : " + attempt->ToString() +
                                    " is not valid for current node manager. expected : " +
                                    node.ToString() + " found : " + for_node->ToString(),
                                Reason::kInvalidToken);
  }
  ASSIGN_OR_RETURN(std::string password, secrets.Password(parsed.keyid(), identifier));
  return VerifiedAttempt{std::move(password), *attempt};
}

}  // namespace tusk::yarnlite
