#include "mapreduce/server/dfs_output_committer.h"

#include "common/base/log.h"
#include "mapreduce/client/staging.h"

namespace tusk::mapreduce {
namespace {

constexpr const char* kSuccess = "/_SUCCESS";
constexpr const char* kCommitted = "commit-";

}  // namespace

DfsOutputCommitter::DfsOutputCommitter(std::shared_ptr<FileSystem> file_system,
                                       std::string application_id, int driver_attempt,
                                       std::string records)
    : file_system_(std::move(file_system)),
      application_id_(std::move(application_id)),
      driver_attempt_(driver_attempt),
      records_(std::move(records)) {}

std::string DfsOutputCommitter::RecordPath(const char* kind, int driver_attempt,
                                           JobNumber job) const {
  return records_ + "/" + kind + std::to_string(driver_attempt) + "-" + std::to_string(job.value());
}

bool DfsOutputCommitter::IsCommittedBy(const FileStatus& target, int driver_attempt,
                                       JobNumber job) {
  const auto record = file_system_->ReadFile(RecordPath(kCommitted, driver_attempt, job), 64);
  return record.ok() && *record == std::to_string(target.file_id.value());
}

bool DfsOutputCommitter::IsCommittedBefore(const FileStatus& target, JobNumber job) {
  for (int earlier = 1; earlier < driver_attempt_; ++earlier) {
    if (IsCommittedBy(target, earlier, job)) return true;
  }
  return false;
}

Status DfsOutputCommitter::InTheWay(const std::string& target) const {
  return AlreadyExistsError("Output directory " + file_system_->uri() + target + " already exists",
                            Reason::kFileAlreadyExists);
}

StatusOr<bool> DfsOutputCommitter::IsDone(const OutputSpec& output) {
  ASSIGN_OR_RETURN(const std::string target, file_system_->Resolve(output.directory));
  ASSIGN_OR_RETURN(const auto found, file_system_->FindStatus(target));
  if (!found.has_value()) return false;
  if (driver_attempt_ == 1) return InTheWay(target);
  // Any job of an earlier attempt: the records are few, and named by attempt and job.
  ASSIGN_OR_RETURN(const std::vector<FileEntry> records, file_system_->ListStatus(records_));
  for (const FileEntry& entry : records) {
    if (entry.path.substr(entry.path.rfind('/') + 1).rfind(kCommitted, 0) != 0) continue;
    const auto record = file_system_->ReadFile(entry.path, 64);
    if (record.ok() && *record == std::to_string(found->file_id.value())) return true;
  }
  return InTheWay(target);
}

std::string DfsOutputCommitter::WorkDirectory(const std::string& target) const {
  const size_t slash = target.rfind('/');
  return target.substr(0, slash + 1) + "." + target.substr(slash + 1) + "." + application_id_ +
         "." + std::to_string(driver_attempt_);
}

StatusOr<OutputPlace> DfsOutputCommitter::Begin(const OutputSpec& output, JobNumber job) {
  OutputPlace place;
  ASSIGN_OR_RETURN(place.target, file_system_->Resolve(output.directory));
  if (place.target == "/") return InvalidArgumentError("the root cannot be an output directory");
  ASSIGN_OR_RETURN(const auto found, file_system_->FindStatus(place.target));
  if (found.has_value()) {
    if (!IsCommittedBefore(*found, job)) return InTheWay(place.target);
    place.already_committed = true;
    return place;
  }
  place.work_directory = WorkDirectory(place.target);
  const std::string record = RecordPath(kOpenOutput, driver_attempt_, job);
  RETURN_IF_ERROR(file_system_->WriteFile(record, place.work_directory));
  {
    MutexLock lock(mu_);
    open_[place.work_directory] = {place, record};
  }
  RETURN_IF_ERROR(file_system_->Mkdirs(place.work_directory + "/_temporary"));
  return place;
}

Status DfsOutputCommitter::CommitJob(const OutputPlace& place, JobNumber job) {
  // First of all, so that no straggler's file can come in any more.
  if (auto removed = file_system_->Delete(place.work_directory + "/_temporary", true);
      !removed.ok()) {
    return removed.status();
  }
  RETURN_IF_ERROR(
      file_system_->WriteFile(place.work_directory + kSuccess, "", {.create_parent = false}));
  ASSIGN_OR_RETURN(const auto work, file_system_->FindStatus(place.work_directory));
  if (!work.has_value()) return AbortedError(place.work_directory + " has vanished");
  RETURN_IF_ERROR(file_system_->WriteFile(RecordPath(kCommitted, driver_attempt_, job),
                                          std::to_string(work->file_id.value())));
  const Status renamed = file_system_->Rename2(place.work_directory, place.target);
  if (renamed.ok()) {
    Over(place);
    return Status::Ok();
  }
  if (const auto found = file_system_->FindStatus(place.target);
      found.ok() && found->has_value() && IsCommittedBy(**found, driver_attempt_, job)) {
    Over(place);
    return Status::Ok();
  }
  if (renamed.code() == Code::kAlreadyExists) return InTheWay(place.target);
  return renamed.WithContext("committing the output " + place.target);
}

std::string DfsOutputCommitter::Over(const OutputPlace& place) {
  MutexLock lock(mu_);
  const auto it = open_.find(place.work_directory);
  if (it == open_.end()) return "";
  std::string record = std::move(it->second.record);
  open_.erase(it);
  return record;
}

void DfsOutputCommitter::AbortAll() {
  std::map<std::string, Open> open;
  {
    MutexLock lock(mu_);
    open = open_;
  }
  for (const auto& [directory, job] : open) AbortJob(job.place);
}

void DfsOutputCommitter::AbortJob(const OutputPlace& place) {
  const std::string record = Over(place);
  if (const auto removed = file_system_->Delete(place.work_directory, true); !removed.ok()) {
    LOG_WARN("an unfinished output stays behind path={}: {}", place.work_directory,
             removed.status());
    return;
  }
  if (record.empty()) return;
  IgnoreError(file_system_->Delete(record, false).status(), "what it names is gone");
}

Status DfsOutputCommitter::MakeAttemptDirectory(const std::string& work_directory,
                                                const TaskAttemptId& id) {
  // Not the folders above it: an attempt that outlives its job must not bring them back.
  return file_system_->Mkdirs(AttemptDirectory(work_directory, id), {0777},
                              /*create_parent=*/false);
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
      RETURN_IF_ERROR(file_system_->Mkdirs(target, {0777}, /*create_parent=*/false));
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
