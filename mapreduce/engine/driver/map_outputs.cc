#include "mapreduce/engine/driver/map_outputs.h"

#include "common/base/check.h"

namespace tusk::mapreduce {

void MapOutputs::AddShuffle(ShuffleId shuffle, int maps, int partitions) {
  Shuffle& added = shuffles_[shuffle];
  added.partitions = partitions;
  added.missing = maps;
  added.outputs.resize(static_cast<size_t>(maps));
}

bool MapOutputs::Add(ShuffleId shuffle, int map_index, RunnerId runner, const MapOutput& output) {
  const auto it = shuffles_.find(shuffle);
  if (it == shuffles_.end()) return false;
  if (map_index < 0 || map_index >= static_cast<int>(it->second.outputs.size()) ||
      static_cast<int>(output.partition_bytes.size()) != it->second.partitions) {
    return false;
  }
  Output added{output.server, output.path, runner, {0}};
  added.offsets.reserve(output.partition_bytes.size() + 1);
  for (const int64_t bytes : output.partition_bytes) {
    if (bytes < 0) return false;
    added.offsets.push_back(added.offsets.back() + bytes);
  }
  auto& place = it->second.outputs[map_index];
  if (!place.has_value()) --it->second.missing;
  place = std::move(added);
  return true;
}

bool MapOutputs::Complete(ShuffleId shuffle) const {
  const auto it = shuffles_.find(shuffle);
  return it != shuffles_.end() && it->second.missing == 0;
}

bool MapOutputs::Has(ShuffleId shuffle, int map_index) const {
  const auto it = shuffles_.find(shuffle);
  return it != shuffles_.end() && it->second.outputs[map_index].has_value();
}

template <class Lost>
int MapOutputs::LoseIf(Lost lost) {
  int count = 0;
  for (auto& [id, shuffle] : shuffles_) {
    for (auto& output : shuffle.outputs) {
      if (!output.has_value() || !lost(*output)) continue;
      output.reset();
      ++shuffle.missing;
      ++count;
    }
  }
  return count;
}

int MapOutputs::LoseRunner(RunnerId runner) {
  return LoseIf([&](const Output& o) { return o.server.in_runner && o.runner == runner; });
}

int MapOutputs::LoseHost(const std::string& host) {
  return LoseIf([&](const Output& o) { return o.server.host == host; });
}

int MapOutputs::LoseServer(const ShuffleServer& server) {
  return LoseIf([&](const Output& o) { return o.server == server; });
}

int MapOutputs::LoseOutput(ShuffleId shuffle, int map_index, const std::string& path) {
  const auto it = shuffles_.find(shuffle);
  if (it == shuffles_.end() || map_index < 0 ||
      map_index >= static_cast<int>(it->second.outputs.size())) {
    return 0;
  }
  auto& output = it->second.outputs[map_index];
  if (!output.has_value() || output->path != path) return 0;
  output.reset();
  ++it->second.missing;
  return 1;
}

int MapOutputs::LoseAll(ShuffleId shuffle) {
  const auto it = shuffles_.find(shuffle);
  if (it == shuffles_.end()) return 0;
  int count = 0;
  for (auto& output : it->second.outputs) {
    if (!output.has_value()) continue;
    output.reset();
    ++it->second.missing;
    ++count;
  }
  return count;
}

ShuffleInput MapOutputs::InputOf(ShuffleId shuffle, int partition, ShuffleOrder order) const {
  ShuffleInput input{shuffle, partition, order, {}};
  const Shuffle& from = shuffles_.at(shuffle);
  CHECK_EQ(from.missing, 0) << "shuffle " << shuffle << " is not complete";
  for (size_t map = 0; map < from.outputs.size(); ++map) {
    const Output& output = *from.outputs[map];
    const int64_t length = output.offsets[partition + 1] - output.offsets[partition];
    if (length == 0) continue;
    input.segments.push_back(
        {static_cast<int>(map), output.server, output.path, output.offsets[partition], length});
  }
  return input;
}

std::vector<int64_t> MapOutputs::PartitionBytes(ShuffleId shuffle) const {
  std::vector<int64_t> bytes;
  const auto it = shuffles_.find(shuffle);
  if (it == shuffles_.end()) return bytes;
  bytes.resize(static_cast<size_t>(it->second.partitions));
  for (const auto& output : it->second.outputs) {
    if (!output.has_value()) continue;
    for (size_t p = 0; p < bytes.size(); ++p) {
      bytes[p] += output->offsets[p + 1] - output->offsets[p];
    }
  }
  return bytes;
}

}  // namespace tusk::mapreduce
