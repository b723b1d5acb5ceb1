// DIGEST-MD5 text in both directions, tokens, credentials files, and the signatures of inside calls
// and of requests for files. Nothing but the right proof is taken.
#include "common/base/check.h"
#include "common/grpc/cluster_secret.h"
#include "common/security/credentials.h"
#include "common/security/request_signature.h"
#include "common/security/sasl.h"
#include "common/testing/fake_clock.h"
#include "tests/fuzz/fuzz_target.h"
#include "yarnlite/wire/tokens.h"

namespace tusk::fuzz {
namespace {

enum class Kind : uint8_t {
  kResponse,     // a client's response to our challenge
  kGoodProof,    // likewise: what stands behind it follows a good response
  kChallenge,    // a server's challenge and then, behind a zero byte, its proof
  kCredentials,  // a credentials file
  kToken,        // a token, alone and as text
  kCall,         // the header of an inside call
  kSignature,    // the signature of a request for a file
  kIdentifier,   // the identifier of one of YARN's tokens, signed by us
  kCount,
};

constexpr char kNonce[] = "nonce";

StatusOr<std::string> PasswordOf(std::string_view identifier) {
  if (identifier == "id") return std::string("password");
  return UnauthenticatedError("unknown", Reason::kInvalidToken);
}

std::string GoodResponse() {
  DigestMd5Client client(TokenCredentials("id", "password"), "cnonce");
  return client.Respond(DigestMd5Server(kNonce).challenge()).value();
}

void CheckResponse(const std::string& response) {
  DigestMd5Server server(kNonce);
  if (!server.Verify(response, &PasswordOf).ok()) return;
  CHECK(server.identifier() == "id");
  CHECK(response.find("response=") != std::string::npos);
}

void CheckChallenge(const std::string& text) {
  const size_t end = std::min(text.find('\0'), text.size());
  DigestMd5Client client(TokenCredentials("id", "password"), "cnonce");
  if (!client.Respond(text.substr(0, end)).ok() || end == text.size()) return;
  IgnoreError(client.CheckServer(std::string_view(text).substr(end + 1)), "or not");
}

void CheckCredentials(const std::string& image) {
  const auto credentials = ParseCredentials(image);
  if (!credentials.ok()) return;
  const std::string bytes = SerializeCredentials(*credentials);
  const auto again = ParseCredentials(bytes);
  CHECK(again.ok());
  CHECK(SerializeCredentials(*again) == bytes);
}

void CheckToken(const std::string& bytes) {
  const auto token = ParseToken(bytes);
  if (token.ok()) {
    CHECK(ParseToken(SerializeToken(*token)).value() == *token);
    CHECK(DecodeTokenFromUrl(EncodeTokenForUrl(*token)).value() == *token);
  }
  IgnoreError(DecodeTokenFromUrl(bytes).status(), "or not");
}

void CheckIdentifier(const std::string& bytes) {
  TokenSecrets secrets;
  secrets.Add({.id = 1, .bytes = "key"});
  IgnoreError(yarnlite::VerifyAmRmIdentifier(secrets, bytes).status(), "or not");
  IgnoreError(yarnlite::VerifyNmIdentifier(secrets, {"host", 1}, bytes).status(), "or not");
  const Token token{.identifier = bytes,
                    .password = secrets.Password(1, bytes).value(),
                    .kind = std::string(yarnlite::kContainerTokenKind),
                    .service = ""};
  IgnoreError(yarnlite::CheckContainerToken(secrets, token).status(), "or not");
}

}  // namespace

void RunTarget(const Input& input) {
  FakeClock clock;
  CallVerifier verifier(ClusterSecret::FromBytes("0123456789abcdef0123").value(), &clock);
  for (const Piece& piece : input) {
    const std::string& bytes = piece.bytes;
    switch (static_cast<Kind>(piece.tag % static_cast<uint8_t>(Kind::kCount))) {
      case Kind::kResponse:
        CheckResponse(bytes);
        break;
      case Kind::kGoodProof:
        CheckResponse(GoodResponse() + bytes);
        break;
      case Kind::kChallenge:
        CheckChallenge(bytes);
        break;
      case Kind::kCredentials:
        CheckCredentials(bytes);
        break;
      case Kind::kToken:
        CheckToken(bytes);
        break;
      case Kind::kCall:
        // Only a mutation of the seed's right header could be taken, and then only once.
        if (verifier.Verify("/tusk.Test/Call", bytes).ok()) {
          CHECK(!verifier.Verify("/tusk.Test/Call", bytes).ok());
        }
        break;
      case Kind::kSignature: {
        const SignedRequest request{"GET", "127.0.0.1:1", "/files/x", "bytes=0-9", 1000};
        const Status status = VerifyRequest("secret", request, bytes, 1000);
        CHECK(status.ok() == (bytes == SignRequest("secret", request)));
        break;
      }
      case Kind::kIdentifier:
        CheckIdentifier(bytes);
        break;
      case Kind::kCount:
        break;
    }
  }
}

std::vector<Input> Seeds() {
  const auto piece = [](Kind kind, std::string bytes) {
    return Piece{static_cast<uint8_t>(kind), std::move(bytes)};
  };
  const Token token{.identifier = "id", .password = "password", .kind = "kind", .service = "s"};
  Credentials credentials;
  credentials.tokens["alias"] = token;
  credentials.secrets["name"] = "secret";
  TokenSecrets secrets;
  secrets.Add({.id = 1, .bytes = "key"});
  const yarnlite::ApplicationAttemptId attempt{{1700000000000, 3}, 1};
  yarnlite::ContainerClaims claims;
  claims.id = {attempt, 7};
  claims.node = {"host", 1};
  claims.user = "bob";
  DigestMd5Server server(kNonce);
  const std::string proof = server.Verify(GoodResponse(), &PasswordOf).value();
  const auto secret = ClusterSecret::FromBytes("0123456789abcdef0123").value();
  return {
      {piece(Kind::kResponse, GoodResponse()), piece(Kind::kGoodProof, ",a=b")},
      {piece(Kind::kChallenge, server.challenge() + std::string(1, '\0') + proof)},
      {piece(Kind::kCredentials, SerializeCredentials(credentials))},
      {piece(Kind::kToken, SerializeToken(token)), piece(Kind::kToken, EncodeTokenForUrl(token))},
      {piece(Kind::kCall, secret.Sign("/tusk.Test/Call", "datanode", FakeClock().WallMillis()))},
      {piece(Kind::kSignature, std::string(64, 'a'))},
      {piece(Kind::kIdentifier, yarnlite::MakeAmRmToken(secrets, attempt).identifier),
       piece(Kind::kIdentifier,
             yarnlite::MakeNmToken(secrets, attempt, {"host", 1}, "bob").identifier),
       piece(Kind::kIdentifier, yarnlite::MakeContainerToken(secrets, claims).identifier)},
  };
}

}  // namespace tusk::fuzz
