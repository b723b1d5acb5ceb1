// TuskJobProtocol: how a submitter (or `mapred job`) follows a driver. Plain types; the Hadoop RPC
// edge is mapreduce/rpc, the submitter's side mapreduce/client. `version` numbers the news: a call
// that brings the last version it saw is held for up to a second while there is none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/counters.h"
#include "mapreduce/engine/plan/ids.h"

namespace tusk::mapreduce {

enum class ProgramState : uint8_t {
  kPreparing = 0,
  kRunning = 1,
  kSucceeded = 2,
  kFailed = 3,
  kKilled = 4
};

// Hadoop's words: "PREP", "RUNNING", "SUCCEEDED", "FAILED", "KILLED".
TUSK_EXPORT const char* ProgramStateName(ProgramState state);

struct StageStatus {
  StageId id;
  JobNumber job;  // the job that made it
  std::string name;
  bool shuffle_map = false;
  int tasks = 0;
  int done = 0;
  int running = 0;
  int failed_attempts = 0;
  int64_t start_ms = 0;
  int64_t finish_ms = 0;  // 0: not yet
  int64_t shuffle_bytes = 0;
  std::vector<int64_t> shuffle_partition_bytes;
};

struct RunnerStatus {
  RunnerId id;
  std::string container;
  std::string host;
  int slots = 0;
  int running = 0;
  int64_t memory_used_bytes = 0;
  int64_t memory_budget_bytes = 0;
  int64_t memory_peak_bytes = 0;
};

// What one worker's runners did, those that are gone included.
struct WorkerStatus {
  std::string host;
  int64_t tasks = 0;            // attempts that succeeded
  int64_t failed_attempts = 0;  // of any kind
  int64_t busy_ms = 0;          // sum of the successful attempts' run times
};

// Everything that stands in `<staging>/<application id>/report`, too.
struct ProgramStatus {
  std::string application_id;
  std::string name;
  std::string user;
  JobMode mode = JobMode::kDisk;
  ProgramState state = ProgramState::kPreparing;
  std::string diagnostics;  // why it failed, or what it waits for
  int driver_attempt = 1;
  int exit_code = 0;  // of the program, once it has ended
  int64_t start_ms = 0;
  int64_t finish_ms = 0;
  double progress = 0;
  std::vector<StageStatus> stages;
  std::vector<RunnerStatus> runners;
  std::vector<WorkerStatus> workers;  // in the order in which they first ended a task
  Counters counters;
};

struct ProgramNews {
  int64_t version = 0;
  ProgramStatus status;
  // Output of the program's driver from `output_from` on; at most 64 KB at a time.
  int64_t output_from = 0;
  std::string output;
};

class JobProtocol {
 public:
  virtual ~JobProtocol() = default;
  // `seen`: the last version, 0 at first. `output_from`: how much output the caller has.
  virtual StatusOr<ProgramNews> Follow(int64_t seen, int64_t output_from) = 0;
  // Only the owner and the superuser: kPermissionDenied.
  virtual Status Kill(const std::string& reason) = 0;
  // The submitter has the final answer: the driver need not stay for it.
  virtual Status Acknowledge() = 0;
};

}  // namespace tusk::mapreduce
