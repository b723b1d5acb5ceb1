// The engine as the two program interfaces see it: MapReduce jobs and RDD programs describe lineage
// and run jobs on it. mapreduce/server implements it in the driver; tests run it in one process.
//
//   lineage:  AddNode, NewShuffle            a job:  Run, which computes partitions of one node
//                                                    and hands each to a sink operator
// Threads: thread-safe; Run blocks its caller, several may run at a time.
// Fails:   Run returns the first task failure that used up its attempts (with the task, the runner
//          and the message of the user's code), kAlreadyExists when the output directory exists,
//          kCancelled when the job was killed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/counters.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/lineage.h"

namespace tusk {
class FileSystem;
}

namespace tusk::mapreduce {

struct OutputSpec {
  std::string directory;  // must not exist; appears at once and whole, with _SUCCESS in it
};

struct JobRequest {
  std::string name;  // "wordcount", "Count at job.cc:12"
  LineageId node;
  OpSpec sink;                  // takes the node's records; SetResult or OutputDirectory
  std::vector<int> partitions;  // which to compute, without repeats; empty: all
  std::optional<OutputSpec> output;
};

// What a stage did, for reports.
struct StageReport {
  StageId id;
  std::string name;  // of its last node
  bool shuffle_map = false;
  int tasks = 0;
  int attempts = 0;
  int failed_attempts = 0;
  int64_t start_ms = 0;  // wall clock
  int64_t finish_ms = 0;
  std::vector<int64_t> shuffle_partition_bytes;  // of a map stage: how evenly keys fell
  Counters counters;
};

struct JobResult {
  JobNumber number;
  std::vector<std::string> results;  // as JobRequest::partitions orders them
  Counters counters;
  std::vector<StageReport> stages;  // those that ran tasks for this job
  int64_t elapsed_ms = 0;
  // An earlier attempt of this application's driver had already committed the output: nothing ran.
  bool already_committed = false;
};

class TUSK_EXPORT Engine {
 public:
  virtual ~Engine() = default;

  virtual JobMode mode() const = 0;
  // As many tasks as can run at a time when all runners are there; a default for partition counts.
  virtual int default_parallelism() const = 0;
  virtual std::optional<std::string> Option(std::string_view key) const = 0;
  virtual const std::shared_ptr<FileSystem>& file_system() const = 0;
  // "application_1700000000000_0001".
  virtual const std::string& application_id() const = 0;

  virtual ShuffleId NewShuffle() = 0;
  virtual StatusOr<LineageId> AddNode(LineageNode node) = 0;
  virtual std::string Describe(LineageId node) const = 0;

  virtual StatusOr<JobResult> Run(const JobRequest& request) = 0;
  // For a program of many jobs, before the first: true when an earlier attempt of its driver has
  // committed that output already; kAlreadyExists when something else stands there.
  virtual StatusOr<bool> OutputIsDone(const OutputSpec& output) = 0;

  // Drops a cached node's partitions everywhere; the node itself stays and caches again when used.
  virtual void Unpersist(LineageId node) = 0;
  // Frees a shuffle's outputs. The engine makes them again if they are needed after all.
  virtual void DropShuffle(ShuffleId shuffle) = 0;

  virtual BroadcastId AddBroadcast(std::string bytes) = 0;
  virtual void DropBroadcast(BroadcastId id) = 0;

  // The program's own output, as its submitter sees it (beside what it writes to stdout).
  virtual void Print(std::string_view text) = 0;
};

}  // namespace tusk::mapreduce
