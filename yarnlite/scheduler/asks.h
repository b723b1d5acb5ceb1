// The outstanding asks of one attempt, as YARN means them: absolute totals per (priority, name,
// capability), where a need for a host is told three times (host, its rack, "*").
//
// "*" alone says how many containers are still wanted; hosts and racks say where they are liked.
// A grant lowers all three. Threads: not thread-safe; belongs to its scheduler.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "yarnlite/api/application.h"
#include "yarnlite/api/resource.h"
#include "yarnlite/scheduler/delay.h"

namespace tusk::yarnlite {

// What is asked alike. Lower priority numbers come first.
struct AskKey {
  int priority = 0;
  Resource capability;
  int64_t allocation_request_id = -1;

  bool operator<(const AskKey& other) const {
    return std::tuple(priority, -capability.memory_mb, -capability.vcores, allocation_request_id) <
           std::tuple(other.priority, -other.capability.memory_mb, -other.capability.vcores,
                      other.allocation_request_id);
  }
};

struct AskGroup {
  struct Place {
    int wanted = 0;
    bool relax = true;  // may be met farther away than here
  };
  int wanted = 0;  // of "*"
  bool relax = true;
  std::map<std::string, Place> hosts;
  std::map<std::string, Place> racks;
  LocalityDelay delay;

  bool Wants(const std::map<std::string, Place>& places, const std::string& name) const {
    const auto it = places.find(name);
    return wanted > 0 && it != places.end() && it->second.wanted > 0;
  }
};

class Asks {
 public:
  // Replaces the totals that `requests` name; capabilities are normalized already.
  void Update(const std::vector<ResourceRequest>& requests);

  // One container of `key` was granted on `host` of `rack`. Removes no group.
  void Lower(const AskKey& key, const std::string& host, const std::string& rack);

  std::map<AskKey, AskGroup>& groups() { return groups_; }
  const std::map<AskKey, AskGroup>& groups() const { return groups_; }

  // Containers and resources still wanted.
  int containers() const;
  Resource total() const;

 private:
  std::map<AskKey, AskGroup> groups_;
};

}  // namespace tusk::yarnlite
