#include "mapreduce/engine/plan/dependency.h"

#include <numeric>

namespace tusk::mapreduce {

std::vector<int> NarrowDependency::ParentPartitions(int child) const {
  switch (mapping) {
    case Mapping::kOneToOne:
      return {child};
    case Mapping::kRange:
      if (child < child_begin || child >= child_begin + count) return {};
      return {child - child_begin};
    case Mapping::kGroups:
      if (child < 0 || child >= static_cast<int>(groups.size())) return {};
      return groups[child];
  }
  return {};
}

}  // namespace tusk::mapreduce
