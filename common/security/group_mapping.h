// The groups of users, as the server's machine knows them.
//
// Owns:    a cache. Borrows the executor and the clock; they outlive it.
// Threads: thread-safe. Look-ups run on the executor (LDAP may take seconds), never on the caller;
//          concurrent requests for one user share one look-up.
// Fails:   never: an unknown user has no groups.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"

namespace tusk {

struct GroupMappingOptions {
  // hadoop.user.group.static.mapping.overrides: "alice=staff,dev;bob=". Such users are not looked
  // up.
  std::string static_overrides = "dr.who=";
  Duration cache_time = std::chrono::seconds(300);          // hadoop.security.groups.cache.secs
  Duration negative_cache_time = std::chrono::seconds(30);  // for users without groups
};

class GroupMapping {
 public:
  // Any client may name any user: above so many the cache begins anew.
  static constexpr size_t kMaxCached = 10'000;

  using Groups = std::vector<std::string>;
  using Lookup = std::function<Groups(const std::string& user)>;

  // `lookup` empty: the operating system (getgrouplist).
  GroupMapping(const GroupMappingOptions& options, Executor* executor, const Clock* clock,
               Lookup lookup = nullptr);
  ~GroupMapping();

  // Calls `done` at once, on this thread, when the answer is cached; else later on the executor.
  void Resolve(const std::string& user, std::function<void(Groups)> done) EXCLUDES(mu_);

  // Waits for the look-up: for tools, never on a thread that serves calls.
  Groups ResolveNow(const std::string& user) EXCLUDES(mu_);

  // Forgets what is cached (refreshUserToGroupsMappings).
  void Refresh() EXCLUDES(mu_);

 private:
  struct Entry {
    bool known = false;
    Groups groups;
    TimePoint expires{};
    std::vector<std::function<void(Groups)>> waiting;  // not empty: a look-up is under way
  };

  void LookUp(const std::string& user) EXCLUDES(mu_);
  // Forgets all users but those that somebody waits for.
  void DropIdleLocked() REQUIRES(mu_);

  // Constant after construction.
  const GroupMappingOptions options_;
  Executor* const executor_;
  const Clock* const clock_;
  const Lookup lookup_;
  const std::map<std::string, Groups> overrides_;

  Mutex mu_;
  std::map<std::string, Entry> cache_ GUARDED_BY(mu_);
  uint64_t epoch_ GUARDED_BY(mu_) = 0;  // raised by Refresh: an older look-up is not cached
  WorkGuard guard_;                     // last: stops the look-ups first
};

// The operating system's groups of `user`, the primary one first. May block.
GroupMapping::Groups SystemGroups(const std::string& user);

// "u=g1,g2;v=" as a map; entries without '=' are left out.
std::map<std::string, GroupMapping::Groups> ParseGroupOverrides(std::string_view text);

}  // namespace tusk
