#include "mapreduce/engine/plan/counters.h"

#include <algorithm>

namespace tusk::mapreduce {

int64_t* Counters::Cell(std::string_view group, std::string_view name) {
  auto group_it = groups_.find(group);
  if (group_it == groups_.end()) group_it = groups_.emplace(std::string(group), Group()).first;
  auto it = group_it->second.find(name);
  if (it == group_it->second.end()) it = group_it->second.emplace(std::string(name), 0).first;
  return &it->second;
}

int64_t Counters::Get(std::string_view group, std::string_view name) const {
  const auto group_it = groups_.find(group);
  if (group_it == groups_.end()) return 0;
  const auto it = group_it->second.find(name);
  return it == group_it->second.end() ? 0 : it->second;
}

void Counters::Merge(const Counters& other) {
  for (const auto& [group, names] : other.groups_) {
    for (const auto& [name, value] : names) {
      int64_t* cell = Cell(group, name);
      *cell = name.ends_with("_PEAK") ? std::max(*cell, value) : Sum(*cell, value);
    }
  }
}

}  // namespace tusk::mapreduce
