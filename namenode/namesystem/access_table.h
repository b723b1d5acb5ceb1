// The distinct combinations of owner, group and permission, each once: an inode holds a number.
//
// A combination stays when its last inode goes: there are few.
// Threads: not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>

#include "common/protocol/permission.h"

namespace tusk::namenode {

struct AccessEntry {
  std::string owner;
  std::string group;
  FsPermission permission;
};

class AccessTable {
 public:
  uint32_t Intern(const std::string& owner, const std::string& group, FsPermission permission) {
    auto [it, added] = index_.try_emplace(std::tuple(owner, group, permission.bits),
                                          static_cast<uint32_t>(entries_.size()));
    if (added) entries_.push_back({owner, group, permission});
    return it->second;
  }
  const AccessEntry& Get(uint32_t number) const { return entries_[number]; }

 private:
  std::deque<AccessEntry> entries_;
  std::map<std::tuple<std::string, std::string, uint16_t>, uint32_t> index_;
};

}  // namespace tusk::namenode
