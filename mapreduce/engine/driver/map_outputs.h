// Which map output lies where, for every shuffle of a program.
//
// A shuffle is complete when each of its maps has an output. Outputs are lost with their runner
// (memory mode), with their node (disk mode), or one by one when a fetch failed; the DAG scheduler
// then runs those maps again.
// Threads: not thread-safe; the driver's lock guards it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/shuffle.h"

namespace tusk::mapreduce {

class MapOutputs {
 public:
  void AddShuffle(ShuffleId shuffle, int maps, int partitions);
  bool Knows(ShuffleId shuffle) const { return shuffles_.contains(shuffle); }

  // Takes the place of an earlier output of that map. False when its partition count is wrong.
  bool Add(ShuffleId shuffle, int map_index, RunnerId runner, const MapOutput& output);

  bool Complete(ShuffleId shuffle) const;
  bool Has(ShuffleId shuffle, int map_index) const;

  // Each returns how many outputs were lost by it.
  int LoseRunner(RunnerId runner);  // only what the runner itself served
  int LoseHost(const std::string& host);
  int LoseServer(const ShuffleServer& server);
  // One output, unless another has taken its place since.
  int LoseOutput(ShuffleId shuffle, int map_index, const std::string& path);
  int LoseAll(ShuffleId shuffle);

  // What one reduce partition reads. The shuffle is complete.
  ShuffleInput InputOf(ShuffleId shuffle, int partition, ShuffleOrder order) const;

  // Bytes of each partition over all maps there are.
  std::vector<int64_t> PartitionBytes(ShuffleId shuffle) const;

 private:
  struct Output {
    ShuffleServer server;
    std::string path;
    RunnerId runner;
    std::vector<int64_t> offsets;  // partition p is [offsets[p], offsets[p + 1])
  };
  struct Shuffle {
    int partitions = 0;
    int missing = 0;
    std::vector<std::optional<Output>> outputs;  // by map index
  };

  template <class Lost>
  int LoseIf(Lost lost);

  std::map<ShuffleId, Shuffle> shuffles_;
};

}  // namespace tusk::mapreduce
