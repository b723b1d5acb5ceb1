// Master keys that sign token identifiers: password = HMAC-SHA1(key, identifier).
//
// Which key signed a token stands in its identifier; the caller, who knows that message, passes the
// id. Identifiers are bytes here. A key that was rolled over stays valid until it is forgotten.
// Threads: thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/concurrent/mutex.h"

namespace tusk {

struct MasterKey {
  int32_t id = 0;
  std::string bytes;

  bool operator==(const MasterKey&) const = default;
};

class TokenSecrets {
 public:
  TokenSecrets() = default;

  // A fresh random key becomes the current one; its id is one above every earlier one.
  MasterKey Roll() EXCLUDES(mu_);

  // Takes a key made elsewhere (a NodeManager its ResourceManager's). The highest id is current.
  void Add(MasterKey key) EXCLUDES(mu_);

  // Tokens signed with keys below `id` are refused from now on. The current key stays.
  void ForgetBefore(int32_t id) EXCLUDES(mu_);

  // None before the first Roll or Add.
  std::optional<MasterKey> Current() const EXCLUDES(mu_);

  // kUnauthenticated / kInvalidToken for an unknown key.
  StatusOr<std::string> Password(int32_t key_id, std::string_view identifier) const EXCLUDES(mu_);

  // Whether `password` is that of `identifier`. kUnauthenticated / kInvalidToken when not.
  Status Check(int32_t key_id, std::string_view identifier, std::string_view password) const
      EXCLUDES(mu_);

 private:
  mutable Mutex mu_;
  std::map<int32_t, std::string> keys_ GUARDED_BY(mu_);
};

}  // namespace tusk
