// YARN's three tokens of a container's life: who may speak for an attempt, to which node, and which
// container may be started. The ResourceManager signs them, NodeManagers check two of them.
//
// Identifiers are bare protobuf messages with YARN's layout, because stock client libraries read
// container tokens. The key that signed stands in each identifier.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/protocol/token.h"
#include "common/security/token_secrets.h"
#include "yarnlite/api/ids.h"
#include "yarnlite/api/resource.h"

namespace tusk::yarnlite {

inline constexpr std::string_view kAmRmTokenKind = "YARN_AM_RM_TOKEN";
inline constexpr std::string_view kNmTokenKind = "NMToken";
inline constexpr std::string_view kContainerTokenKind = "ContainerToken";

// The secrets must hold a current key.
Token MakeAmRmToken(const TokenSecrets& secrets, const ApplicationAttemptId& attempt);
Token MakeNmToken(const TokenSecrets& secrets, const ApplicationAttemptId& attempt,
                  const NodeId& node, const std::string& user);

// What a container token vouches for.
struct ContainerClaims {
  ContainerId id;
  NodeId node;
  std::string user;
  Resource resource;
  int priority = 0;
  int64_t expires_ms = 0;
  int64_t created_ms = 0;
  int64_t resource_manager = 0;  // its start in ms
  int64_t allocation_request_id = -1;
  bool is_master = false;
};
Token MakeContainerToken(const TokenSecrets& secrets, const ContainerClaims& claims);

// kInvalidToken for a signature that is not ours; expiry and node are the caller's to judge.
StatusOr<ContainerClaims> CheckContainerToken(const TokenSecrets& secrets, const Token& token);

// For RpcServerOptions::token_verifier: the password that an identifier of this kind was issued
// with, and the attempt as the caller's name.
struct VerifiedAttempt {
  std::string password;
  ApplicationAttemptId attempt;
};
StatusOr<VerifiedAttempt> VerifyAmRmIdentifier(const TokenSecrets& secrets,
                                               std::string_view identifier);
// kInvalidToken also for a token that was made for another node.
StatusOr<VerifiedAttempt> VerifyNmIdentifier(const TokenSecrets& secrets, const NodeId& node,
                                             std::string_view identifier);

}  // namespace tusk::yarnlite
