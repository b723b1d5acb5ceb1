// The cluster secret: what one daemon of a cluster shows to another until there is mutual TLS.
//
// Every inside call carries, in one header, HMAC-SHA256(secret, method, caller, time, nonce):
//   "1 <caller> <unix milliseconds> <nonce, hex> <hmac, hex>"
// The receiver checks it in one place (GrpcServer), before any handler sees the call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"

namespace tusk {

// Threads: freely read after construction.
class ClusterSecret {
 public:
  // `path` (tusk.cluster.secret.file) must be a plain file that only its owner can read, of at
  // least 16 bytes after blanks at its end are cut. The error names the file and what to do.
  static StatusOr<ClusterSecret> Load(const std::string& path);
  static StatusOr<ClusterSecret> FromBytes(std::string bytes);

  // `caller`: who calls, for logs and messages ("datanode 127.0.10.1"); blanks become '_'.
  std::string Sign(std::string_view method, std::string_view caller, int64_t wall_millis) const;

  std::string Digest(std::string_view method, std::string_view caller, std::string_view millis,
                     std::string_view nonce) const;

 private:
  explicit ClusterSecret(std::string bytes) : bytes_(std::move(bytes)) {}

  std::string bytes_;
};

// Checks the header of incoming calls: right secret, time within five minutes of ours, nonce not
// seen before.
//
// Threads: thread-safe. Memory: the nonces of at most the last ten minutes.
class CallVerifier {
 public:
  static constexpr Duration kWindow = std::chrono::minutes(5);

  CallVerifier(ClusterSecret secret, const Clock* clock)
      : secret_(std::move(secret)), clock_(clock) {}

  // The caller's name, or kUnauthenticated with a message that says what did not fit.
  StatusOr<std::string> Verify(std::string_view method, std::string_view header) EXCLUDES(mu_);

 private:
  bool RememberLocked(std::string nonce, int64_t now_millis) REQUIRES(mu_);

  const ClusterSecret secret_;
  const Clock* const clock_;

  Mutex mu_;
  // Two generations: a nonce is kept for one to two periods of twice the window.
  std::unordered_set<std::string> young_ GUARDED_BY(mu_);
  std::unordered_set<std::string> old_ GUARDED_BY(mu_);
  int64_t turned_at_millis_ GUARDED_BY(mu_) = 0;
};

}  // namespace tusk
