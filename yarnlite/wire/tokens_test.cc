#include "yarnlite/wire/tokens.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace tusk::yarnlite {
namespace {

const ApplicationAttemptId kAttempt{{1700000000000, 3}, 1};
const NodeId kNode{"127.0.10.1", 8041};

class TokensTest : public testing::Test {
 protected:
  TokensTest() { secrets_.Roll(); }

  ContainerClaims Claims() const {
    ContainerClaims claims;
    claims.id = {kAttempt, 2};
    claims.node = kNode;
    claims.user = "alice";
    claims.resource = {512, 1};
    claims.priority = 5;
    claims.expires_ms = 1700000600000;
    claims.created_ms = 1700000000001;
    claims.resource_manager = 1700000000000;
    claims.allocation_request_id = 9;
    return claims;
  }

  TokenSecrets secrets_;
};

TEST_F(TokensTest, AContainerTokenVouchesForWhatWasClaimed) {
  const Token token = MakeContainerToken(secrets_, Claims());
  EXPECT_EQ(token.kind, "ContainerToken");
  EXPECT_EQ(token.service, "127.0.10.1:8041");
  EXPECT_EQ(token.password.size(), 20u);
  ASSERT_OK_AND_ASSIGN(const ContainerClaims claims, CheckContainerToken(secrets_, token));
  EXPECT_EQ(claims.id, Claims().id);
  EXPECT_EQ(claims.node, kNode);
  EXPECT_EQ(claims.user, "alice");
  EXPECT_EQ(claims.resource, (Resource{512, 1}));
  EXPECT_EQ(claims.expires_ms, 1700000600000);
  EXPECT_EQ(claims.resource_manager, 1700000000000);
  EXPECT_EQ(claims.allocation_request_id, 9);
  EXPECT_FALSE(claims.is_master);
}

TEST_F(TokensTest, AChangedContainerTokenIsRefused) {
  const Token token = MakeContainerToken(secrets_, Claims());
  ContainerClaims richer = Claims();
  richer.resource = {1 << 20, 64};
  Token forged = MakeContainerToken(secrets_, richer);
  forged.password = token.password;
  EXPECT_THAT(CheckContainerToken(secrets_, forged), HasReason(Reason::kInvalidToken));
  TokenSecrets other;
  other.Roll();
  EXPECT_THAT(CheckContainerToken(other, token), HasReason(Reason::kInvalidToken));
  EXPECT_THAT(CheckContainerToken(secrets_, {"\xff\xff", "x", "ContainerToken", ""}),
              HasReason(Reason::kInvalidToken));
  EXPECT_THAT(CheckContainerToken(secrets_, {}), HasReason(Reason::kInvalidToken));
}

TEST_F(TokensTest, AnAmRmTokenIsItsAttemptsIdentity) {
  const Token token = MakeAmRmToken(secrets_, kAttempt);
  EXPECT_EQ(token.kind, "YARN_AM_RM_TOKEN");
  EXPECT_EQ(token.service, "");
  ASSERT_OK_AND_ASSIGN(const auto verified, VerifyAmRmIdentifier(secrets_, token.identifier));
  EXPECT_EQ(verified.attempt, kAttempt);
  EXPECT_EQ(verified.password, token.password);
  EXPECT_THAT(VerifyAmRmIdentifier(secrets_, "garbage\xff"), HasReason(Reason::kInvalidToken));
}

TEST_F(TokensTest, AnNmTokenIsGoodForItsNodeOnly) {
  const Token token = MakeNmToken(secrets_, kAttempt, kNode, "alice");
  EXPECT_EQ(token.service, "127.0.10.1:8041");
  ASSERT_OK_AND_ASSIGN(const auto verified, VerifyNmIdentifier(secrets_, kNode, token.identifier));
  EXPECT_EQ(verified.attempt, kAttempt);
  EXPECT_EQ(verified.password, token.password);
  EXPECT_THAT(VerifyNmIdentifier(secrets_, {"127.0.10.2", 8041}, token.identifier),
              HasReason(Reason::kInvalidToken));
}

TEST_F(TokensTest, ARolledKeyStaysGoodUntilItIsForgotten) {
  const Token token = MakeContainerToken(secrets_, Claims());
  const MasterKey key = secrets_.Roll();
  EXPECT_OK(CheckContainerToken(secrets_, token));
  secrets_.ForgetBefore(key.id);
  EXPECT_THAT(CheckContainerToken(secrets_, token), HasReason(Reason::kInvalidToken));
}

}  // namespace
}  // namespace tusk::yarnlite
