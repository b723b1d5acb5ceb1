// Which runner holds which cached partition.
//
// Threads: not thread-safe; the driver's lock guards it.
#pragma once

#include <map>
#include <set>

#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/stage.h"
#include "mapreduce/engine/plan/task.h"

namespace tusk::mapreduce {

class CacheLocations {
 public:
  void Apply(RunnerId runner, const CachedChange& change);
  void LoseRunner(RunnerId runner);
  void Forget(LineageId node);

  // Null: nowhere.
  const std::set<RunnerId>* Holders(NodePartition partition) const;
  // Whether partitions 0..count-1 are all held by somebody.
  bool HoldsAll(LineageId node, int count) const;

 private:
  std::map<NodePartition, std::set<RunnerId>> holders_;  // no empty sets
};

}  // namespace tusk::mapreduce
