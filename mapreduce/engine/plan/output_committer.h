// How a job's output appears: whole, at once, or not at all.
//
//   <parent>/.<name>.<application id>.<driver attempt>/          the job's work directory
//       _temporary/<attempt>/part-r-00000                        what an attempt writes
//       part-r-00000                                             after the driver's grant
//       _SUCCESS                                                 empty, as Hadoop's
//   <parent>/<name>/                                             one rename2, without overwrite
//
// Driver: Begin -> (tasks) -> CommitJob | AbortJob.   Runner: CommitTask | AbortTask per attempt.
// Threads: thread-safe. Calls block: never on the driver core's thread.
// Fails:   Begin: kAlreadyExists, "Output directory hdfs://... already exists" (Hadoop's words).
#pragma once

#include <memory>
#include <string>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/engine.h"
#include "mapreduce/engine/plan/ids.h"

namespace tusk::mapreduce {

struct OutputPlace {
  std::string target;              // absolute, within the file system
  std::string work_directory;      // its hidden sibling
  bool already_committed = false;  // by an earlier attempt of this application's driver
};

class TUSK_EXPORT OutputCommitter {
 public:
  virtual ~OutputCommitter() = default;

  // Whether a job of an earlier driver attempt of this application has committed that output;
  // false: nothing is there; kAlreadyExists: something else is.
  virtual StatusOr<bool> IsDone(const OutputSpec& output) = 0;

  // Refuses an existing target, unless it is this application's own `job`, committed by an earlier
  // driver attempt.
  virtual StatusOr<OutputPlace> Begin(const OutputSpec& output, JobNumber job) = 0;
  virtual Status CommitJob(const OutputPlace& place, JobNumber job) = 0;
  virtual void AbortJob(const OutputPlace& place) = 0;

  // The attempt's own directory below `work_directory`; made when first asked for.
  static std::string AttemptDirectory(const std::string& work_directory, const TaskAttemptId& id);
  virtual Status MakeAttemptDirectory(const std::string& work_directory,
                                      const TaskAttemptId& id) = 0;
  // Moves the attempt's files into the work directory, over those of an earlier attempt whose
  // runner was lost between grant and news.
  virtual Status CommitTask(const std::string& work_directory, const TaskAttemptId& id) = 0;
  virtual void AbortTask(const std::string& work_directory, const TaskAttemptId& id) = 0;
};

}  // namespace tusk::mapreduce
