#include "common/grpc/cluster_secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <vector>

#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/security/digest.h"

namespace tusk {
namespace {

constexpr std::string_view kVersion = "1";
constexpr size_t kMinSecretBytes = 16;
constexpr size_t kMaxSecretBytes = 4096;

std::vector<std::string_view> SplitBlanks(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t blank = text.find(' ');
    parts.push_back(text.substr(0, blank));
    if (blank == std::string_view::npos) return parts;
    text.remove_prefix(blank + 1);
  }
}

// The open file is checked, not the path: it cannot be exchanged in between.
StatusOr<std::string> ReadOwnersFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError("open cluster secret " + path, errno);
  struct stat info{};
  std::string bytes(kMaxSecretBytes + 1, '\0');
  const bool known = ::fstat(fd, &info) == 0;
  const ssize_t n = ::read(fd, bytes.data(), bytes.size());
  const int error = errno;
  ::close(fd);
  if (!known || n < 0) return ErrnoError("read cluster secret " + path, error);
  if ((info.st_mode & 077) != 0) {
    return PermissionDeniedError("cluster secret " + path +
                                 " can be read by others than its owner: chmod 600 " + path);
  }
  bytes.resize(static_cast<size_t>(n));
  return bytes;
}

Status Refused(std::string_view method, const std::string& why) {
  return UnauthenticatedError("call of " + std::string(method) + " refused: " + why);
}

}  // namespace

StatusOr<ClusterSecret> ClusterSecret::Load(const std::string& path) {
  if (path.empty()) {
    return InvalidArgumentError(
        "tusk.cluster.secret.file is not set: put 32 random bytes in a file of mode 0600, the same "
        "on every machine of the cluster");
  }
  ASSIGN_OR_RETURN(std::string bytes, ReadOwnersFile(path));
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) bytes.pop_back();
  auto secret = FromBytes(std::move(bytes));
  if (!secret.ok()) return secret.status().WithContext(path);
  return secret;
}

StatusOr<ClusterSecret> ClusterSecret::FromBytes(std::string bytes) {
  if (bytes.size() < kMinSecretBytes || bytes.size() > kMaxSecretBytes) {
    return InvalidArgumentError("a cluster secret has " + std::to_string(kMinSecretBytes) + " to " +
                                std::to_string(kMaxSecretBytes) + " bytes, this one " +
                                std::to_string(bytes.size()));
  }
  return ClusterSecret(std::move(bytes));
}

std::string ClusterSecret::Digest(std::string_view method, std::string_view caller,
                                  std::string_view millis, std::string_view nonce) const {
  std::string text;
  for (const std::string_view part : {method, caller, millis, nonce}) {
    text.append(part);
    text.push_back('\n');
  }
  return ToHex(HmacSha256(bytes_, text));
}

std::string ClusterSecret::Sign(std::string_view method, std::string_view caller,
                                int64_t wall_millis) const {
  std::string name(caller.empty() ? "unnamed" : caller);
  for (char& c : name) {
    if (c <= ' ' || c > '~') c = '_';
  }
  const std::string millis = std::to_string(wall_millis);
  const std::string nonce = ToHex(SecureRandomBytes(16));
  std::string header(kVersion);
  for (const std::string& part : {name, millis, nonce, Digest(method, name, millis, nonce)}) {
    header.push_back(' ');
    header.append(part);
  }
  return header;
}

StatusOr<std::string> CallVerifier::Verify(std::string_view method, std::string_view header) {
  if (header.empty()) return Refused(method, "it shows no cluster secret");
  const std::vector<std::string_view> parts = SplitBlanks(header);
  if (parts.size() != 5 || parts[0] != kVersion) return Refused(method, "malformed signature");
  const std::string_view caller = parts[1], millis = parts[2], nonce = parts[3];
  if (!EqualDigests(secret_.Digest(method, caller, millis, nonce), parts[4])) {
    return Refused(method, "the cluster secret differs from ours (tusk.cluster.secret.file)");
  }
  int64_t then = 0;
  const auto parsed = std::from_chars(millis.data(), millis.data() + millis.size(), then);
  const int64_t now = clock_->WallMillis();
  if (parsed.ec != std::errc() || std::llabs(now - then) > ToMillis(kWindow)) {
    return Refused(method, "its time is more than five minutes from ours: compare the clocks");
  }
  MutexLock lock(mu_);
  if (!RememberLocked(std::string(nonce), now)) {
    return Refused(method, "its signature was used before");
  }
  return std::string(caller);
}

bool CallVerifier::RememberLocked(std::string nonce, int64_t now_millis) {
  if (std::llabs(now_millis - turned_at_millis_) > 2 * ToMillis(kWindow)) {
    old_ = std::exchange(young_, {});
    turned_at_millis_ = now_millis;
  }
  if (old_.count(nonce) != 0) return false;
  return young_.insert(std::move(nonce)).second;
}

}  // namespace tusk
