// The part of an Rdd that does not depend on its record type.
#pragma once

#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/engine.h"

namespace tusk {

using Where = std::source_location;

namespace rdd {

// A node of the lineage, or the error for which there is none: it shows when an action runs.
struct NodeHandle {
  std::shared_ptr<mapreduce::Engine> engine;
  mapreduce::LineageId id;
  int partitions = 0;
  Status error;
};

TUSK_EXPORT std::string PlaceOf(const Where& where);  // "job.cc:42"

// A child with one narrow parent.
TUSK_EXPORT NodeHandle AddNarrow(const NodeHandle& parent, const mapreduce::OpDescriptor* op,
                                 std::string bound, const Where& where,
                                 mapreduce::StorageLevel storage = {});
TUSK_EXPORT NodeHandle AddSource(const std::shared_ptr<mapreduce::Engine>& engine,
                                 const mapreduce::OpDescriptor* op, std::string name,
                                 std::vector<mapreduce::PartitionInput> inputs, const Where& where);
// A child of shuffles ordered by key, one per parent, all into `partitions` (0: as many as the
// first parent has).
struct ShuffledParent {
  NodeHandle parent;
  mapreduce::OpSpec writer;
};
TUSK_EXPORT NodeHandle AddShuffled(const std::vector<ShuffledParent>& parents,
                                   const mapreduce::OpDescriptor* op, std::string bound,
                                   int partitions, const Where& where);

TUSK_EXPORT StatusOr<mapreduce::JobResult> RunAction(const NodeHandle& node,
                                                     const mapreduce::OpDescriptor* sink,
                                                     std::string bound, const char* action,
                                                     const Where& where,
                                                     std::string output_directory = {});

}  // namespace rdd
}  // namespace tusk
