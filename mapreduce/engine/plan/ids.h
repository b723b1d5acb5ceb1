// The identities of the engine. Numbers count up from 1 within one driver and are never used again.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "common/base/strong_id.h"

namespace tusk::mapreduce {

using LineageId = StrongId<struct LineageIdTag, int32_t>;  // a node of the lineage graph
using ShuffleId = StrongId<struct ShuffleIdTag, int32_t>;
using StageId = StrongId<struct StageIdTag, int32_t>;
using JobNumber = StrongId<struct JobNumberTag, int32_t>;  // the n-th action of a program
using RunnerId = StrongId<struct RunnerIdTag, int32_t>;
using BroadcastId = StrongId<struct BroadcastIdTag, int32_t>;

// tusk.job.mode: where shuffles and cached partitions live (design 6).
enum class JobMode : uint8_t { kDisk = 0, kMemory = 1 };

inline const char* JobModeName(JobMode mode) {
  return mode == JobMode::kDisk ? "disk" : "memory";
}

// One try of one task. `serial` counts all attempts of a driver, so that two attempts never share a
// file name; `attempt` counts from 0 within the task, as Hadoop's attempt ids do.
struct TaskAttemptId {
  StageId stage;
  int32_t partition = 0;
  int32_t attempt = 0;
  int64_t serial = 0;

  auto operator<=>(const TaskAttemptId&) const = default;

  // "stage 2 partition 7 attempt 0": for messages and logs.
  std::string ToString() const {
    return "stage " + std::to_string(stage.value()) + " partition " + std::to_string(partition) +
           " attempt " + std::to_string(attempt);
  }
};

}  // namespace tusk::mapreduce
