// A stage as it travels to the runners: the part of the lineage between shuffles, with its sink.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/code_registry.h"
#include "mapreduce/engine/plan/dependency.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/lineage.h"

namespace tusk::mapreduce {

// A lineage node without what only some partitions need (splits travel with the tasks).
struct StageNode {
  struct Input {
    bool shuffle = false;
    LineageId parent;         // narrow
    ShuffleId shuffle_id;     // shuffle
    NarrowDependency narrow;  // mapping of a narrow input
  };
  LineageId id;
  RemoteOp op;
  std::vector<Input> inputs;
  StorageLevel storage;
  std::string name;
  std::string where;
};

struct TUSK_EXPORT StagePlan {
  StageId id;
  JobNumber job;  // of a result stage; a map stage serves several jobs
  std::string name;
  JobMode mode = JobMode::kDisk;
  int partitions = 0;
  LineageId last;                // the node whose partitions the tasks compute
  std::vector<StageNode> nodes;  // `last` and all it reaches over narrow dependencies
  RemoteOp sink;                 // takes the partition of `last`
  // Of a map stage: what the sink writes.
  bool shuffle_map = false;
  ShuffleId shuffle;
  int shuffle_partitions = 0;
  ShuffleOrder shuffle_order = ShuffleOrder::kNone;
  // Of a result stage with output: where attempts work (output_committer.h); else empty.
  std::string output_work_directory;

  const StageNode* Find(LineageId node) const;
};

// Cuts the stage that ends in `last` out of the lineage and names its operators. Record types of
// neighbours are compared here: a mismatch is kInternal and names both operators.
TUSK_EXPORT StatusOr<StagePlan> CutStage(const Lineage& lineage, LineageId last, const OpSpec& sink,
                                         JobMode mode);

// The shuffles that the stage ending in `last` reads directly.
TUSK_EXPORT std::vector<ShuffleId> ShufflesOf(const Lineage& lineage, LineageId last);

// Every (node, partition) that computing one partition of `last` touches within the stage.
struct NodePartition {
  LineageId node;
  int partition = 0;
  auto operator<=>(const NodePartition&) const = default;
};
TUSK_EXPORT std::vector<NodePartition> PartitionsBehind(const Lineage& lineage, LineageId last,
                                                        int partition);

}  // namespace tusk::mapreduce
