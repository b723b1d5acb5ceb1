// A master's needs, and the absolute totals that follow from them.
//
// The ResourceManager lowers its totals by itself when it grants, so a grant that satisfies a need
// is mirrored here without telling it again; only what then still differs is sent.
//
// Threads: not thread-safe; belongs to its AppMasterClient.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

#include "yarnlite/api/application.h"
#include "yarnlite/api/container.h"
#include "yarnlite/client/app_master_client.h"

namespace tusk::yarnlite {

class AskTable {
 public:
  void Add(const ContainerNeed& need);
  // Returns how many of need.count were still outstanding.
  int Remove(const ContainerNeed& need);

  // The totals that the ResourceManager does not have yet; afterwards it counts as having them.
  std::vector<ResourceRequest> TakeChanges();
  // `requests` may not have arrived: they are due again.
  void Unsent(const std::vector<ResourceRequest>& requests);

  // False when no need wants the container: it is to be given back.
  bool Satisfy(const Container& container);

  int outstanding() const;

 private:
  struct Name {
    int priority = 0;
    std::string name;
    int64_t memory_mb = 0;
    int32_t vcores = 0;
    int64_t allocation_request_id = -1;
    auto operator<=>(const Name&) const = default;
  };
  struct Total {
    int containers = 0;
    bool relax = true;
    bool operator==(const Total&) const = default;
  };
  using Totals = std::map<Name, Total>;

  static Name NameOf(const ContainerNeed& need, const std::string& place);
  Totals Desired() const;

  std::vector<ContainerNeed> needs_;  // with count > 0
  Totals told_;                       // what the ResourceManager has, as far as we know
};

}  // namespace tusk::yarnlite
