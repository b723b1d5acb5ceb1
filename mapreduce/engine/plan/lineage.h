// The lineage graph: how each partitioned collection of a program is made from others.
//
// An RDD transformation adds a node; a MapReduce job adds one for its map phase (with splits) and
// one for its reduce phase (with a shuffle dependency). Nodes never change, children have higher
// ids than their parents, so the graph has no cycle.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "mapreduce/engine/plan/dependency.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/operator.h"

namespace tusk::mapreduce {

// Where cached partitions of a node may live. In disk mode the engine takes memory away.
struct StorageLevel {
  bool memory = false;
  bool disk = false;

  bool cached() const { return memory || disk; }
  static StorageLevel None() { return {}; }
  static StorageLevel MemoryOnly() { return {true, false}; }  // what does not fit is recomputed
  static StorageLevel MemoryAndDisk() { return {true, true}; }
  static StorageLevel DiskOnly() { return {false, true}; }
  bool operator==(const StorageLevel&) const = default;
};

// A source's share for one partition: a split's description, or the records of Parallelize.
struct PartitionInput {
  std::string bytes;               // for the source operator alone
  std::vector<std::string> hosts;  // worker addresses that hold the data, best first
  int64_t length = 0;              // bytes to read, for progress and messages; 0: unknown
};

struct LineageNode {
  LineageId id;  // set by Lineage::Add
  OpSpec op;
  int partitions = 0;
  std::vector<Dependency> parents;     // Inputs::Produce(i) / OpenShuffle(i) mean parents[i]
  std::vector<PartitionInput> inputs;  // of a source: one per partition; else empty
  StorageLevel storage;                // cached(): `op` is a cache operator (BlockStore)
  std::string name;                    // "Map", "TextFile /in/words"
  std::string where;                   // "job.cc:42", or empty
};

// Threads: thread-safe. Found nodes and dependencies live as long as the lineage.
class TUSK_EXPORT Lineage {
 public:
  // Checks the node: parents known, partition counts that fit their dependencies, inputs one per
  // partition, a shuffle id of its own. kInvalidArgument says what does not fit.
  StatusOr<LineageId> Add(LineageNode node) EXCLUDES(mu_);

  // Null when unknown.
  std::shared_ptr<const LineageNode> Find(LineageId id) const EXCLUDES(mu_);

  // Null when unknown.
  const ShuffleDependency* FindShuffle(ShuffleId id) const EXCLUDES(mu_);

  // The node and its ancestors, indented, stage boundaries marked; as ToDebugString shows them.
  std::string Describe(LineageId id) const EXCLUDES(mu_);

 private:
  Status CheckLocked(const LineageNode& node) const REQUIRES(mu_);
  Status CheckNarrowLocked(const LineageNode& node, const NarrowDependency& narrow) const
      REQUIRES(mu_);
  void DescribeLocked(LineageId id, int depth, bool shuffled, std::string* out) const REQUIRES(mu_);

  mutable Mutex mu_;
  std::map<LineageId, std::shared_ptr<const LineageNode>> nodes_ GUARDED_BY(mu_);
  std::map<ShuffleId, const ShuffleDependency*> shuffles_ GUARDED_BY(mu_);  // into nodes_
  int32_t last_id_ GUARDED_BY(mu_) = 0;
};

}  // namespace tusk::mapreduce
