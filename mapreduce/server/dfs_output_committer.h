// The output committer over a file system (output_committer.h says what stands where).
//
// Threads: thread-safe; every call talks to the file system.
// Fails:   a rename whose answer was lost counts as done when the target carries our own _SUCCESS.
#pragma once

#include <memory>
#include <string>

#include "client/file_system.h"
#include "mapreduce/engine/plan/output_committer.h"

namespace tusk::mapreduce {

class DfsOutputCommitter final : public OutputCommitter {
 public:
  DfsOutputCommitter(std::shared_ptr<FileSystem> file_system, std::string application_id,
                     int driver_attempt);

  StatusOr<OutputPlace> Begin(const OutputSpec& output, JobNumber job) override;
  Status CommitJob(const OutputPlace& place, JobNumber job) override;
  void AbortJob(const OutputPlace& place) override;
  Status MakeAttemptDirectory(const std::string& work_directory, const TaskAttemptId& id) override;
  Status CommitTask(const std::string& work_directory, const TaskAttemptId& id) override;
  void AbortTask(const std::string& work_directory, const TaskAttemptId& id) override;

 private:
  std::string SuccessMark(JobNumber job) const;
  // Whether the target carries this application's mark of that job.
  bool IsOurs(const std::string& target, JobNumber job);
  std::string WorkDirectory(const std::string& target, int driver_attempt) const;
  // Moves what is in `from` into `to`, sub-directories with it, over what is there.
  Status MoveInto(const std::string& from, const std::string& to);

  const std::shared_ptr<FileSystem> file_system_;
  const std::string application_id_;
  const int driver_attempt_;
};

}  // namespace tusk::mapreduce
