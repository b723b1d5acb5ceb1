// DIGEST-MD5 (RFC 2831, quality of protection "auth") as Hadoop uses it for tokens: the user name
// is the Base64 of a token's identifier, the password the Base64 of its password, the realm
// "default".
//
// Threads: not thread-safe; one object per handshake.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace tusk {

struct DigestCredentials {
  std::string user;  // as they travel: both are Base64 text
  std::string password;
};

// The credentials of a token, from its raw identifier and password.
DigestCredentials TokenCredentials(std::string_view identifier, std::string_view password);

// Exposed for the test vectors. `method_uri`: "AUTHENTICATE:/default" for the client's proof,
// ":/default" for the server's.
std::string DigestMd5Proof(const DigestCredentials& credentials, std::string_view realm,
                           std::string_view nonce, std::string_view cnonce, std::string_view nc,
                           std::string_view qop, std::string_view method_uri);

//   challenge() -> (client) -> Verify() -> its result goes back to the client
class DigestMd5Server {
 public:
  DigestMd5Server();  // a random nonce
  explicit DigestMd5Server(std::string nonce) : nonce_(std::move(nonce)) {}

  std::string challenge() const;

  // Checks the client's response; the result is what proves us to the client ("rspauth=...").
  // `password_of` takes the raw token identifier and gives the raw password.
  // kUnauthenticated / kInvalidToken when they do not fit, kInvalidArgument for malformed text.
  StatusOr<std::string> Verify(
      std::string_view response,
      const std::function<StatusOr<std::string>(std::string_view identifier)>& password_of);

  // After Verify succeeded.
  const std::string& identifier() const { return identifier_; }

 private:
  const std::string nonce_;
  std::string identifier_;
};

//   Respond(challenge) -> (server) -> CheckServer(its answer)
class DigestMd5Client {
 public:
  explicit DigestMd5Client(DigestCredentials credentials);  // a random cnonce
  DigestMd5Client(DigestCredentials credentials, std::string cnonce);

  // kUnimplemented when the server insists on integrity or privacy.
  StatusOr<std::string> Respond(std::string_view challenge);

  // kUnauthenticated unless the server knows the password too.
  Status CheckServer(std::string_view rspauth) const;

 private:
  const DigestCredentials credentials_;
  const std::string cnonce_;
  std::string expected_rspauth_;
};

}  // namespace tusk
