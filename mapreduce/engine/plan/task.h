// A task attempt as the driver hands it out, and what comes back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "mapreduce/engine/plan/counters.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/shuffle.h"

namespace tusk::mapreduce {

enum class Locality : uint8_t { kRunner = 0, kNode = 1, kRack = 2, kAny = 3 };

struct TaskSpec {
  struct Split {
    LineageId node;
    int partition = 0;
    std::string bytes;
    bool operator==(const Split&) const = default;
  };
  struct ShuffleRead {
    LineageId node;  // the node that reads it
    int input = 0;   // which of its inputs
    ShuffleInput from;
    bool operator==(const ShuffleRead&) const = default;
  };

  TaskAttemptId id;
  std::vector<Split> splits;
  std::vector<ShuffleRead> reads;

  bool operator==(const TaskSpec&) const = default;
};

// A cached partition that came to a runner or left it.
struct CachedChange {
  LineageId node;
  int partition = 0;
  bool present = false;
  bool on_disk = false;
  int64_t bytes = 0;
  bool operator==(const CachedChange&) const = default;
};

enum class TaskEnd : uint8_t {
  kSucceeded = 0,
  kFailed = 1,       // counts towards the attempts of its task
  kFetchFailed = 2,  // does not: a map output was gone
  kKilled = 3,       // does not: the driver asked for it
  kDenied = 4,       // does not: another attempt was granted the commit
};

struct TaskOutcome {
  TaskAttemptId id;
  TaskEnd end = TaskEnd::kFailed;
  std::string message;  // why it failed, in words for the user
  std::string result;   // of a result task
  std::optional<MapOutput> map_output;
  std::optional<FetchFailure> fetch_failure;
  Counters counters;
  std::vector<CachedChange> cached;  // also those of other tasks since the last message
  int64_t run_ms = 0;
  int64_t runner_memory_peak_bytes = 0;  // of the whole process, since its start

  bool operator==(const TaskOutcome&) const = default;
};

}  // namespace tusk::mapreduce
