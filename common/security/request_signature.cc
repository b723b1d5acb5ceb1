#include "common/security/request_signature.h"

#include <cstdlib>

#include "common/base/bytes.h"
#include "common/base/hex.h"
#include "common/security/digest.h"

namespace tusk {

std::string SignRequest(std::string_view secret, const SignedRequest& request) {
  // Lengths keep the parts apart: no two requests give the same text.
  std::string text = "tusk request 1";
  for (const std::string* part :
       {&request.method, &request.host_port, &request.path, &request.range}) {
    AppendLengthPrefixed(&text, *part);
  }
  AppendBigEndian(&text, request.unix_seconds);
  return ToHex(HmacSha256(secret, text));
}

Status VerifyRequest(std::string_view secret, const SignedRequest& request,
                     std::string_view signature, int64_t now_unix_seconds) {
  if (!EqualDigests(SignRequest(secret, request), signature)) {
    return UnauthenticatedError("the request's signature does not fit");
  }
  // The signature covers the time, so it was not made up: no overflow to fear in the difference.
  if (std::llabs(now_unix_seconds - request.unix_seconds) > kSignatureValiditySeconds) {
    return UnauthenticatedError(
        "the request was signed at " + std::to_string(request.unix_seconds) + ", it is now " +
        std::to_string(now_unix_seconds) + "; signatures are valid for five minutes");
  }
  return Status::Ok();
}

}  // namespace tusk
