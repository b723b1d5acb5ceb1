#include "mapreduce/server/dfs_output_committer.h"

#include "common/base/log.h"

namespace tusk::mapreduce {
namespace {

constexpr const char* kSuccess = "/_SUCCESS";

}  // namespace

DfsOutputCommitter::DfsOutputCommitter(std::shared_ptr<FileSystem> file_system,
                                       std::string application_id, int driver_attempt)
    : file_system_(std::move(file_system)),
      application_id_(std::move(application_id)),
      driver_attempt_(driver_attempt) {}

std::string DfsOutputCommitter::SuccessMark(JobNumber job) const {
  return application_id_ + " job " + std::to_string(job.value()) + "\n";
}

bool DfsOutputCommitter::IsOurs(const std::string& target, JobNumber job) {
  const auto mark = file_system_->ReadFile(target + kSuccess, 4096);
  return mark.ok() && *mark == SuccessMark(job);
}

std::string DfsOutputCommitter::WorkDirectory(const std::string& target, int driver_attempt) const {
  const size_t slash = target.rfind('/');
  return target.substr(0, slash + 1) + "." + target.substr(slash + 1) + "." + application_id_ +
         "." + std::to_string(driver_attempt);
}

StatusOr<OutputPlace> DfsOutputCommitter::Begin(const OutputSpec& output, JobNumber job) {
  OutputPlace place;
  ASSIGN_OR_RETURN(place.target, file_system_->Resolve(output.directory));
  if (place.target == "/") return InvalidArgumentError("the root cannot be an output directory");
  ASSIGN_OR_RETURN(const auto found, file_system_->FindStatus(place.target));
  if (found.has_value()) {
    if (!IsOurs(place.target, job)) {
      return AlreadyExistsError(
          "Output directory " + file_system_->uri() + place.target + " already exists",
          Reason::kFileAlreadyExists);
    }
    place.already_committed = true;
    return place;
  }
  for (int earlier = 1; earlier < driver_attempt_; ++earlier) {
    const auto removed = file_system_->Delete(WorkDirectory(place.target, earlier), true);
    IgnoreError(removed.status(), "the directory is hidden, and may never have been there");
  }
  place.work_directory = WorkDirectory(place.target, driver_attempt_);
  RETURN_IF_ERROR(file_system_->Mkdirs(place.work_directory + "/_temporary"));
  return place;
}

Status DfsOutputCommitter::CommitJob(const OutputPlace& place, JobNumber job) {
  // First of all, so that no straggler's file can come in any more.
  if (auto removed = file_system_->Delete(place.work_directory + "/_temporary", true);
      !removed.ok()) {
    return removed.status();
  }
  RETURN_IF_ERROR(file_system_->WriteFile(place.work_directory + kSuccess, SuccessMark(job)));
  const Status renamed = file_system_->Rename2(place.work_directory, place.target);
  if (renamed.ok() || IsOurs(place.target, job)) return Status::Ok();
  if (renamed.code() == Code::kAlreadyExists) {
    return AlreadyExistsError(
        "Output directory " + file_system_->uri() + place.target + " already exists",
        Reason::kFileAlreadyExists);
  }
  return renamed.WithContext("committing the output " + place.target);
}

void DfsOutputCommitter::AbortJob(const OutputPlace& place) {
  const auto removed = file_system_->Delete(place.work_directory, true);
  if (!removed.ok()) {
    LOG_WARN("an unfinished output stays behind path={}: {}", place.work_directory,
             removed.status());
  }
}

Status DfsOutputCommitter::MakeAttemptDirectory(const std::string& work_directory,
                                                const TaskAttemptId& id) {
  return file_system_->Mkdirs(AttemptDirectory(work_directory, id));
}

Status DfsOutputCommitter::CommitTask(const std::string& work_directory, const TaskAttemptId& id) {
  const std::string from = AttemptDirectory(work_directory, id);
  RETURN_IF_ERROR(MoveInto(from, work_directory));
  AbortTask(work_directory, id);  // what is left is empty
  return Status::Ok();
}

Status DfsOutputCommitter::MoveInto(const std::string& from, const std::string& to) {
  ASSIGN_OR_RETURN(const std::vector<FileEntry> entries, file_system_->ListStatus(from));
  for (const FileEntry& entry : entries) {
    const std::string target = to + entry.path.substr(entry.path.rfind('/'));
    if (entry.status.is_directory()) {
      RETURN_IF_ERROR(file_system_->Mkdirs(target));
      RETURN_IF_ERROR(MoveInto(entry.path, target));
    } else {
      RETURN_IF_ERROR(file_system_->Rename2(entry.path, target, {.overwrite = true}));
    }
  }
  return Status::Ok();
}

void DfsOutputCommitter::AbortTask(const std::string& work_directory, const TaskAttemptId& id) {
  const auto removed = file_system_->Delete(AttemptDirectory(work_directory, id), true);
  IgnoreError(removed.status(), "hidden, and removed with the job's work directory");
}

}  // namespace tusk::mapreduce
