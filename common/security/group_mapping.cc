#include "common/security/group_mapping.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <utility>

#include "common/concurrent/notification.h"

namespace tusk {
namespace {

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Calls `take` with each trimmed, non-empty piece.
template <typename Take>
void ForEachPiece(std::string_view text, char separator, Take take) {
  while (!text.empty()) {
    const size_t end = text.find(separator);
    const std::string_view piece = Trimmed(text.substr(0, end));
    if (!piece.empty()) take(piece);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::map<std::string, GroupMapping::Groups> ParseGroupOverrides(std::string_view text) {
  std::map<std::string, GroupMapping::Groups> overrides;
  ForEachPiece(text, ';', [&](std::string_view entry) {
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos) return;
    GroupMapping::Groups groups;
    ForEachPiece(entry.substr(equals + 1), ',',
                 [&](std::string_view group) { groups.emplace_back(group); });
    overrides[std::string(Trimmed(entry.substr(0, equals)))] = std::move(groups);
  });
  return overrides;
}

GroupMapping::Groups SystemGroups(const std::string& user) {
  std::string buffer(16 << 10, '\0');
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return {};
  }
  int count = 64;
  std::vector<gid_t> ids(static_cast<size_t>(count));
  while (::getgrouplist(user.c_str(), found->pw_gid, ids.data(), &count) < 0) {
    ids.resize(static_cast<size_t>(count) * 2);  // `count` may not say how many there are
    count = static_cast<int>(ids.size());
  }
  GroupMapping::Groups names;
  for (int i = 0; i < count; ++i) {
    group group_entry{};
    group* found_group = nullptr;
    if (::getgrgid_r(ids[static_cast<size_t>(i)], &group_entry, buffer.data(), buffer.size(),
                     &found_group) == 0 &&
        found_group != nullptr) {
      names.emplace_back(found_group->gr_name);
    }
  }
  return names;
}

GroupMapping::GroupMapping(const GroupMappingOptions& options, Executor* executor,
                           const Clock* clock, Lookup lookup)
    : options_(options),
      executor_(executor),
      clock_(clock),
      lookup_(lookup ? std::move(lookup) : Lookup(&SystemGroups)),
      overrides_(ParseGroupOverrides(options.static_overrides)) {}

GroupMapping::~GroupMapping() {
  guard_.Stop();
}

void GroupMapping::Resolve(const std::string& user, std::function<void(Groups)> done) {
  if (const auto fixed = overrides_.find(user); fixed != overrides_.end()) {
    done(fixed->second);
    return;
  }
  Groups cached;
  {
    MutexLock lock(mu_);
    Entry& entry = cache_[user];
    if (!entry.known || entry.expires <= clock_->Now()) {
      entry.waiting.push_back(std::move(done));
      if (entry.waiting.size() == 1) {
        executor_->Post(guard_.Wrap([this, user] { LookUp(user); }));
      }
      return;
    }
    cached = entry.groups;
  }
  done(std::move(cached));
}

GroupMapping::Groups GroupMapping::ResolveNow(const std::string& user) {
  // Shared: the look-up may be dropped with its callback when the mapping is destroyed.
  struct Answer {
    Notification ready;
    Groups groups;
  };
  const auto answer = std::make_shared<Answer>();
  Resolve(user, [answer](Groups groups) {
    answer->groups = std::move(groups);
    answer->ready.Notify();
  });
  answer->ready.Wait();
  return answer->groups;
}

void GroupMapping::Refresh() {
  MutexLock lock(mu_);
  ++epoch_;
  for (auto& [user, entry] : cache_) entry.known = false;
  DropIdleLocked();
}

void GroupMapping::DropIdleLocked() {
  std::erase_if(cache_, [](const auto& entry) { return entry.second.waiting.empty(); });
}

void GroupMapping::LookUp(const std::string& user) {
  uint64_t epoch = 0;
  {
    MutexLock lock(mu_);
    epoch = epoch_;
  }
  const Groups groups = lookup_(user);
  std::vector<std::function<void(Groups)>> waiting;
  {
    MutexLock lock(mu_);
    if (cache_.size() > kMaxCached) DropIdleLocked();
    Entry& entry = cache_[user];
    entry.known = epoch == epoch_;
    entry.groups = groups;
    entry.expires =
        clock_->Now() + (groups.empty() ? options_.negative_cache_time : options_.cache_time);
    waiting.swap(entry.waiting);
  }
  for (const auto& done : waiting) done(groups);
}

}  // namespace tusk
