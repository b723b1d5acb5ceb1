#include "common/security/token_secrets.h"

#include <utility>

#include "common/base/random.h"
#include "common/security/digest.h"

namespace tusk {
namespace {

constexpr size_t kKeyBytes = 20;  // SHA-1's own length

}  // namespace

MasterKey TokenSecrets::Roll() {
  MutexLock lock(mu_);
  const int32_t id = keys_.empty() ? 1 : keys_.rbegin()->first + 1;
  const auto it = keys_.emplace(id, SecureRandomBytes(kKeyBytes)).first;
  return {.id = it->first, .bytes = it->second};
}

void TokenSecrets::Add(MasterKey key) {
  MutexLock lock(mu_);
  keys_[key.id] = std::move(key.bytes);
}

void TokenSecrets::ForgetBefore(int32_t id) {
  MutexLock lock(mu_);
  while (keys_.size() > 1 && keys_.begin()->first < id) keys_.erase(keys_.begin());
}

std::optional<MasterKey> TokenSecrets::Current() const {
  MutexLock lock(mu_);
  if (keys_.empty()) return std::nullopt;
  return MasterKey{.id = keys_.rbegin()->first, .bytes = keys_.rbegin()->second};
}

StatusOr<std::string> TokenSecrets::Password(int32_t key_id, std::string_view identifier) const {
  std::string key;
  {
    MutexLock lock(mu_);
    const auto found = keys_.find(key_id);
    if (found == keys_.end()) {
      return UnauthenticatedError("the token was signed with master key " + std::to_string(key_id) +
                                      ", which is not known here",
                                  Reason::kInvalidToken);
    }
    key = found->second;
  }
  return HmacSha1(key, identifier);
}

Status TokenSecrets::Check(int32_t key_id, std::string_view identifier,
                           std::string_view password) const {
  ASSIGN_OR_RETURN(const std::string expected, Password(key_id, identifier));
  if (EqualDigests(expected, password)) return Status::Ok();
  return UnauthenticatedError("the token's password does not fit its identifier",
                              Reason::kInvalidToken);
}

}  // namespace tusk
