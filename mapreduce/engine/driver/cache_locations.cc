#include "mapreduce/engine/driver/cache_locations.h"

namespace tusk::mapreduce {

void CacheLocations::Apply(RunnerId runner, const CachedChange& change) {
  const NodePartition key{change.node, change.partition};
  if (change.present) {
    holders_[key].insert(runner);
    return;
  }
  const auto it = holders_.find(key);
  if (it == holders_.end()) return;
  it->second.erase(runner);
  if (it->second.empty()) holders_.erase(it);
}

void CacheLocations::LoseRunner(RunnerId runner) {
  for (auto it = holders_.begin(); it != holders_.end();) {
    it->second.erase(runner);
    it = it->second.empty() ? holders_.erase(it) : std::next(it);
  }
}

void CacheLocations::Forget(LineageId node) {
  holders_.erase(holders_.lower_bound({node, 0}),
                 holders_.lower_bound({LineageId(node.value() + 1), 0}));
}

const std::set<RunnerId>* CacheLocations::Holders(NodePartition partition) const {
  const auto it = holders_.find(partition);
  return it == holders_.end() ? nullptr : &it->second;
}

bool CacheLocations::HoldsAll(LineageId node, int count) const {
  auto it = holders_.lower_bound({node, 0});
  for (int partition = 0; partition < count; ++partition, ++it) {
    if (it == holders_.end() || it->first != NodePartition{node, partition}) return false;
  }
  return true;
}

}  // namespace tusk::mapreduce
