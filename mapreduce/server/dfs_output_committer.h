// The output committer over a file system (output_committer.h says what stands where).
//
// Which directory a job is about to commit is recorded first, by its inode's id (a rename keeps
// it), in
//   <records>/commit-<driver attempt>-<job>
// and which work directory it is about to make, by its path, in open-<driver attempt>-<job>: so
// that the next attempt, or the submitter, removes what a killed driver leaves
// (Staging::RemoveUnfinishedOutputs). Threads: thread-safe; every call talks to the file system.
// Fails:   a rename whose answer was lost counts as done when the target is the recorded directory.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "client/file_system.h"
#include "common/concurrent/mutex.h"
#include "mapreduce/engine/plan/output_committer.h"

namespace tusk::mapreduce {

class DfsOutputCommitter final : public OutputCommitter {
 public:
  // `records`: the application's staging directory; "" where no job is committed (in runners).
  DfsOutputCommitter(std::shared_ptr<FileSystem> file_system, std::string application_id,
                     int driver_attempt, std::string records);

  StatusOr<bool> IsDone(const OutputSpec& output) override;
  StatusOr<OutputPlace> Begin(const OutputSpec& output, JobNumber job) override;
  Status CommitJob(const OutputPlace& place, JobNumber job) override;
  void AbortJob(const OutputPlace& place) override;
  Status MakeAttemptDirectory(const std::string& work_directory, const TaskAttemptId& id) override;
  Status CommitTask(const std::string& work_directory, const TaskAttemptId& id) override;
  void AbortTask(const std::string& work_directory, const TaskAttemptId& id) override;

  // The driver is taken away: AbortJob for every job that was begun and not committed.
  void AbortAll() EXCLUDES(mu_);

 private:
  struct Open {
    OutputPlace place;
    std::string record;
  };

  // Takes the job out of those that are open; the path of its record, "" when it was not among
  // them.
  std::string Over(const OutputPlace& place) EXCLUDES(mu_);
  std::string RecordPath(const char* kind, int driver_attempt, JobNumber job) const;
  // Whether that attempt's job has put its work directory where `target` is.
  bool IsCommittedBy(const FileStatus& target, int driver_attempt, JobNumber job);
  bool IsCommittedBefore(const FileStatus& target, JobNumber job);
  Status InTheWay(const std::string& target) const;
  std::string WorkDirectory(const std::string& target) const;
  // Moves what is in `from` into `to`, sub-directories with it, over what is there.
  Status MoveInto(const std::string& from, const std::string& to);

  const std::shared_ptr<FileSystem> file_system_;
  const std::string application_id_;
  const int driver_attempt_;
  const std::string records_;

  Mutex mu_;
  std::map<std::string, Open> open_ GUARDED_BY(mu_);  // by work directory
};

}  // namespace tusk::mapreduce
