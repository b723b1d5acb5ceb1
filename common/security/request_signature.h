// Signed HTTP requests for an application's files: HMAC-SHA256 with the application's secret over
// method, host:port, path, range and time, valid for five minutes. A signature for one server, file
// or range is none for another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace tusk {

struct SignedRequest {
  std::string method;     // "GET"
  std::string host_port;  // of the server, as the client dials it
  std::string path;       // with its query, before any decoding
  std::string range;      // the Range header's value; empty: none
  int64_t unix_seconds = 0;
};

inline constexpr int64_t kSignatureValiditySeconds = 300;

// The headers that carry signature and time.
inline constexpr const char* kSignatureHeader = "X-Tusk-Signature";
inline constexpr const char* kSignatureTimeHeader = "X-Tusk-Time";

// 64 hexadecimal digits.
std::string SignRequest(std::string_view secret, const SignedRequest& request);

// kUnauthenticated when the signature is another's, or its time is more than five minutes away.
Status VerifyRequest(std::string_view secret, const SignedRequest& request,
                     std::string_view signature, int64_t now_unix_seconds);

}  // namespace tusk
