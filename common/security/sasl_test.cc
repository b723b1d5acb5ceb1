#include "common/security/sasl.h"

#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"

namespace tusk {
namespace {

using ::testing::HasSubstr;

constexpr char kNonce[] = "uUTlLilNjzLTkqJybRRI51cZenX67bEIcO11dr5E";
constexpr char kCnonce[] = "MkxQ62akuacTbl3n8F6taNn7y6lGCqxXdx0/zCXh";

StatusOr<std::string> PasswordOfIdent(std::string_view identifier) {
  if (identifier == "ident") return std::string("pass");
  return UnauthenticatedError("unknown token", Reason::kInvalidToken);
}

// What a stock Java client sent in answer to a challenge with kNonce.
std::string JavaResponse() {
  return std::string("charset=utf-8,username=\"aWRlbnQ=\",realm=\"default\",nonce=\"") + kNonce +
         "\",nc=00000001,cnonce=\"" + kCnonce +
         "\",digest-uri=\"/default\",maxbuf=65536,response=0cb987c0c2cbd792ad78da6f6987ca0f,"
         "qop=auth";
}

TEST(DigestMd5Test, ProofsAreThoseOfTheJavaImplementation) {
  const DigestCredentials credentials = TokenCredentials("ident", "pass");
  EXPECT_EQ(credentials.user, "aWRlbnQ=");
  EXPECT_EQ(credentials.password, "cGFzcw==");
  const auto proof = [&](std::string_view uri) {
    return DigestMd5Proof(credentials, "default", kNonce, kCnonce, "00000001", "auth", uri);
  };
  EXPECT_EQ(proof("AUTHENTICATE:/default"), "0cb987c0c2cbd792ad78da6f6987ca0f");
  EXPECT_EQ(proof(":/default"), "079d3595763cf083b1cae80758009a43");
}

TEST(DigestMd5Test, ServerTakesAJavaClientsResponseAndProvesItself) {
  DigestMd5Server server(kNonce);
  EXPECT_EQ(server.challenge(), std::string("realm=\"default\",nonce=\"") + kNonce +
                                    "\",qop=\"auth\",charset=utf-8,algorithm=md5-sess");
  ASSERT_OK_AND_ASSIGN(const std::string proof, server.Verify(JavaResponse(), PasswordOfIdent));
  EXPECT_EQ(proof, "rspauth=079d3595763cf083b1cae80758009a43");
  EXPECT_EQ(server.identifier(), "ident");
}

TEST(DigestMd5Test, ClientAnswersAsAJavaClientDoes) {
  DigestMd5Client client(TokenCredentials("ident", "pass"), kCnonce);
  ASSERT_OK_AND_ASSIGN(const std::string response,
                       client.Respond(DigestMd5Server(kNonce).challenge()));
  EXPECT_EQ(response, JavaResponse());
  EXPECT_OK(client.CheckServer("rspauth=079d3595763cf083b1cae80758009a43"));
  EXPECT_THAT(client.CheckServer("rspauth=079d3595763cf083b1cae80758009a44"),
              HasCode(Code::kUnauthenticated));
}

TEST(DigestMd5Test, ServerMustProveItselfEvenBeforeAnyChallenge) {
  DigestMd5Client client(TokenCredentials("ident", "pass"));
  EXPECT_THAT(client.CheckServer("rspauth="), HasCode(Code::kUnauthenticated));
}

TEST(DigestMd5Test, WrongPasswordAndUnknownIdentifierAreInvalidTokens) {
  DigestMd5Server server;
  for (const auto& [identifier, password] :
       {std::pair{"ident", "wrong"}, std::pair{"other", "pass"}}) {
    DigestMd5Client client(TokenCredentials(identifier, password));
    ASSERT_OK_AND_ASSIGN(const std::string response, client.Respond(server.challenge()));
    EXPECT_THAT(server.Verify(response, PasswordOfIdent), HasReason(Reason::kInvalidToken));
  }
}

TEST(DigestMd5Test, ResponseToAnotherChallengeIsRefused) {
  DigestMd5Client client(TokenCredentials("ident", "pass"));
  ASSERT_OK_AND_ASSIGN(const std::string response, client.Respond(DigestMd5Server().challenge()));
  DigestMd5Server other;
  EXPECT_FALSE(other.Verify(response, PasswordOfIdent).ok());
}

TEST(DigestMd5Test, ClientRefusesServersThatInsistOnPrivacy) {
  DigestMd5Client client(TokenCredentials("ident", "pass"));
  EXPECT_THAT(client.Respond("realm=\"default\",nonce=\"x\",qop=\"auth-conf\",charset=utf-8,"
                             "algorithm=md5-sess"),
              HasCode(Code::kUnimplemented));
  EXPECT_OK(
      client.Respond("realm=\"default\",nonce=\"x\",qop=\"auth-conf,auth\",charset=utf-8,"
                     "algorithm=md5-sess"));
}

TEST(DigestMd5Test, DamagedResponsesAreErrorsNeverCrashes) {
  Random random(TestSeed());
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = JavaResponse();
    for (uint64_t n = random.Below(4) + 1; n > 0; --n) {
      damaged[random.Below(damaged.size())] = static_cast<char>(random.Next());
    }
    damaged.resize(random.Below(damaged.size() + 1));
    DigestMd5Server server(kNonce);
    const auto result = server.Verify(damaged, PasswordOfIdent);
    // What still verifies must still name the same token: charset and maxbuf are not covered.
    if (result.ok()) {
      EXPECT_EQ(server.identifier(), "ident");
    }
    EXPECT_FALSE(DigestMd5Client(TokenCredentials("a", "b")).Respond(damaged).ok());
  }
}

}  // namespace
}  // namespace tusk
