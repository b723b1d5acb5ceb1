#include "mapreduce/client/staging.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "client/path.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/config/mapred_keys.h"
#include "mapreduce/engine/plan/code_registry.h"

namespace tusk::mapreduce {
namespace {

constexpr FsPermission kPrivateDirectory{0700};
constexpr FsPermission kSharedDirectory{01777};
constexpr size_t kCopyBytes = 1 << 20;
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kKeptMs = 7 * 24 * kHourMs;
constexpr char kReport[] = "report";
constexpr char kPrograms[] = "programs";

std::string BaseName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

StatusOr<Staging> Staging::Create(const Configuration& configuration,
                                  std::shared_ptr<FileSystem> file_system) {
  ASSIGN_OR_RETURN(std::string root, configuration.Get(keys::kStagingDir));
  return Staging(std::move(root), std::move(file_system));
}

std::string Staging::UserDirectory(const std::string& user) const {
  return root_ + "/" + user + "/.staging";
}

std::string Staging::ApplicationDirectory(const std::string& user,
                                          const yarnlite::ApplicationId& id) const {
  return UserDirectory(user) + "/" + id.ToString();
}

// As an administrator makes /tmp: every user may have folders there and remove none but their own.
Status Staging::MakeShared(const std::string& directory) {
  ASSIGN_OR_RETURN(const auto there, file_system_->FindStatus(directory));
  if (there.has_value() || directory == "/") return Status::Ok();
  RETURN_IF_ERROR(MakeShared(client::ParentPath(directory)));
  RETURN_IF_ERROR(file_system_->Mkdirs(directory));
  return file_system_->SetPermission(directory, kSharedDirectory);
}

Status Staging::Prepare(const std::string& directory) {
  RETURN_IF_ERROR(MakeShared(root_).WithContext("staging directory"));
  const std::string user = UserDirectory(file_system_->user());
  RETURN_IF_ERROR(file_system_->Mkdirs(user, kPrivateDirectory).WithContext("staging directory"));
  return file_system_->Mkdirs(directory, kPrivateDirectory);
}

StatusOr<yarnlite::LocalResource> Staging::Describe(const std::string& path) const {
  ASSIGN_OR_RETURN(const FileStatus status, file_system_->GetStatus(path));
  yarnlite::LocalResource resource;
  resource.uri = file_system_->uri() + path;
  resource.size_bytes = status.length;
  resource.timestamp_ms = status.modification_time_ms;
  return resource;
}

Status Staging::Upload(const std::string& local_path, const std::string& path) {
  const int fd = ::open(local_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NotFoundError("cannot open " + local_path + ": " + std::strerror(errno));
  Status status;
  auto writer = file_system_->Create(path, {.overwrite = true});
  std::string buffer(kCopyBytes, '\0');
  while (writer.ok() && status.ok()) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = InternalError("cannot read " + local_path + ": " + std::strerror(errno));
    if (got <= 0) break;
    status = (*writer)->Write({buffer.data(), static_cast<size_t>(got)});
  }
  ::close(fd);
  RETURN_IF_ERROR(writer.status());
  RETURN_IF_ERROR(status);
  return (*writer)->Close();
}

StatusOr<yarnlite::LocalResource> Staging::PutProgram(const std::string& local_path) {
  ASSIGN_OR_RETURN(const std::string hash, ContentHash(local_path));
  std::error_code error;
  const auto length = static_cast<int64_t>(std::filesystem::file_size(local_path, error));
  const std::string directory = UserDirectory(file_system_->user()) + "/" + kPrograms + "/" + hash;
  const std::string path = directory + "/" + BaseName(local_path);
  ASSIGN_OR_RETURN(const auto there, file_system_->FindStatus(path));
  if (!there.has_value() || there->length != length) {
    RETURN_IF_ERROR(file_system_->Mkdirs(directory, kPrivateDirectory));
    // Under a name of its own first: somebody else may upload the same at the same time.
    const std::string partial = path + "." + NewUuid() + ".upload";
    RETURN_IF_ERROR(Upload(local_path, partial));
    // Not over another submitter's: its job names the file by its time of modification.
    const Status renamed = file_system_->Rename2(partial, path, {.overwrite = there.has_value()});
    if (!renamed.ok()) {
      IgnoreError(file_system_->Delete(partial, false).status(), "a file that nobody names");
      if (renamed.code() != Code::kAlreadyExists) return renamed;
    }
  } else if (const int64_t now = Clock::Real()->WallMillis();
             now - there->access_time_ms > kHourMs) {
    // Where workers have it already, nobody reads it any more.
    IgnoreError(file_system_->SetTimes(path, -1, now), "access times may be switched off");
  }
  ASSIGN_OR_RETURN(yarnlite::LocalResource resource, Describe(path));
  resource.visibility = yarnlite::LocalResource::Visibility::kPrivate;  // shared by the user's jobs
  return resource;
}

StatusOr<yarnlite::LocalResource> Staging::PutFile(const std::string& directory,
                                                   const std::string& name,
                                                   const std::string& local_path) {
  const std::string path = directory + "/files/" + name;
  RETURN_IF_ERROR(Upload(local_path, path));
  return Describe(path);
}

StatusOr<yarnlite::LocalResource> Staging::PutBytes(const std::string& directory,
                                                    const std::string& name,
                                                    const std::string& bytes) {
  const std::string path = directory + "/" + name;
  RETURN_IF_ERROR(file_system_->WriteFile(path, bytes, {.overwrite = true}));
  return Describe(path);
}

Status Staging::WriteReport(const std::string& directory, const ProgramReport& report) {
  const std::string partial = directory + "/" + kReport + ".partial";
  RETURN_IF_ERROR(file_system_->WriteFile(partial, EncodeReport(report), {.overwrite = true}));
  return file_system_->Rename2(partial, directory + "/" + kReport, {.overwrite = true});
}

Status Staging::RemoveUnfinishedOutputs(const std::string& directory) {
  const std::string application = BaseName(directory);
  ASSIGN_OR_RETURN(const std::vector<FileEntry> entries, file_system_->ListStatus(directory));
  for (const FileEntry& entry : entries) {
    if (BaseName(entry.path).rfind(kOpenOutput, 0) != 0) continue;
    ASSIGN_OR_RETURN(const std::string work_directory, file_system_->ReadFile(entry.path));
    // Nothing else may go, whatever stands in the record (cut off by a crash, say).
    const std::string name = BaseName(work_directory);
    if (name.rfind('.', 0) != 0 || name.find("." + application + ".") == std::string::npos)
      continue;
    RETURN_IF_ERROR(file_system_->Delete(work_directory, /*recursive=*/true).status());
  }
  return Status::Ok();
}

Status Staging::KeepOnlyReport(const std::string& directory) {
  ASSIGN_OR_RETURN(const std::vector<FileEntry> entries, file_system_->ListStatus(directory));
  for (const FileEntry& entry : entries) {
    if (BaseName(entry.path) == kReport) continue;
    RETURN_IF_ERROR(file_system_->Delete(entry.path, /*recursive=*/true).status());
  }
  return Status::Ok();
}

Status Staging::RemoveOld(const std::string& user, int64_t now_ms) {
  const std::string directory = UserDirectory(user);
  std::vector<std::string> candidates;
  for (const char* pattern : {"application_*", "programs/*"}) {
    ASSIGN_OR_RETURN(const auto entries, file_system_->Glob(directory + "/" + pattern));
    for (const FileEntry& entry : entries) {
      if (now_ms - entry.status.modification_time_ms > kKeptMs) candidates.push_back(entry.path);
    }
  }
  for (const std::string& candidate : candidates) {
    const Status status = RemoveIfOld(candidate, now_ms);
    // Another submitter may clean up at the same time.
    if (!status.ok() && status.code() != Code::kNotFound) return status;
  }
  return Status::Ok();
}

Status Staging::RemoveIfOld(const std::string& directory, int64_t now_ms) {
  const bool application = BaseName(client::ParentPath(directory)) != kPrograms;
  ASSIGN_OR_RETURN(const std::vector<FileEntry> entries, file_system_->ListStatus(directory));
  for (const FileEntry& entry : entries) {
    // An application with more than its report still runs, or its driver comes again.
    if (application && BaseName(entry.path) != kReport) return Status::Ok();
    const int64_t used = std::max(entry.status.modification_time_ms, entry.status.access_time_ms);
    if (now_ms - used <= kKeptMs) return Status::Ok();
  }
  return Remove(directory);
}

Status Staging::Remove(const std::string& directory) {
  return file_system_->Delete(directory, /*recursive=*/true).status();
}

StatusOr<std::optional<ProgramReport>> Staging::ReadReport(const std::string& directory) {
  const std::string path = directory + "/" + kReport;
  ASSIGN_OR_RETURN(const auto there, file_system_->FindStatus(path));
  if (!there.has_value()) return std::optional<ProgramReport>();
  ASSIGN_OR_RETURN(const std::string bytes, file_system_->ReadFile(path));
  ASSIGN_OR_RETURN(ProgramReport report, DecodeReport(bytes));
  return std::optional<ProgramReport>(std::move(report));
}

}  // namespace tusk::mapreduce
