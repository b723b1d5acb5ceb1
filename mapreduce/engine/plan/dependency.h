// How a lineage node's partitions come from those of its parents.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/operator.h"

namespace tusk::mapreduce {

// Each child partition needs a few whole parent partitions: computed in the same task.
struct TUSK_EXPORT NarrowDependency {
  enum class Mapping : uint8_t {
    kOneToOne,  // child partition i needs parent partition i
    kRange,   // Union: child [child_begin, child_begin + count) needs parent [0, count), in order;
              // other child partitions need nothing of this parent
    kGroups,  // Coalesce: child partition i needs groups[i]
  };
  LineageId parent;
  Mapping mapping = Mapping::kOneToOne;
  int child_begin = 0;
  int count = 0;
  std::vector<std::vector<int>> groups;

  // The parent partitions behind `child`, in the order in which they are produced.
  std::vector<int> ParentPartitions(int child) const;
};

// What a shuffle promises about the order of a partition's records.
enum class ShuffleOrder : uint8_t {
  kNone = 0,   // by map index, then order of emission
  kByKey = 1,  // sorted by key; ties by map index, then order of emission
};

// Each child partition needs a part of every parent partition: a stage boundary.
struct ShuffleDependency {
  ShuffleId id;
  LineageId parent;
  int partitions = 0;  // how many the shuffle makes; the child node has as many
  ShuffleOrder order = ShuffleOrder::kNone;
  // The map side's sink: takes the parent's records, opens TaskContext::OpenShuffleSink and adds
  // encoded keys and values. Partitioner, comparison and combiner are its own business.
  OpSpec writer;
};

using Dependency = std::variant<NarrowDependency, ShuffleDependency>;

}  // namespace tusk::mapreduce
