#include "yarnlite/nodemanager/localizer.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "common/base/log.h"
#include "common/process/child_process.h"

namespace tusk::yarnlite {
namespace {

namespace fs = std::filesystem;

constexpr Duration kUnpackLimit = std::chrono::minutes(10);

std::string BaseName(const std::string& uri) {
  const size_t slash = uri.rfind('/');
  std::string name = slash == std::string::npos ? uri : uri.substr(slash + 1);
  return name.empty() || name == "." || name == ".." ? "file" : name;
}

bool EndsWith(const std::string& text, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return text.ends_with(end); });
}

Status MakeDirectories(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return ErrnoError("create " + path, error.value());
  return Status::Ok();
}

// Replaces the archive by a directory of the same name with its contents.
Status Unpack(const std::string& path) {
  const std::string archive = path + ".archive";
  std::error_code error;
  fs::rename(path, archive, error);
  if (error) return ErrnoError("rename " + path, error.value());
  RETURN_IF_ERROR(MakeDirectories(path));
  SpawnOptions options;
  if (EndsWith(path, {".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"})) {
    options.argv = {"tar", "-xf", archive, "-C", path};
  } else if (EndsWith(path, {".zip", ".jar"})) {
    options.argv = {"unzip", "-q", archive, "-d", path};
  } else {
    return UnimplementedError("this kind of archive is not supported yet: " + BaseName(path));
  }
  const std::string tool = options.argv.front();
  const auto result = RunCommand(std::move(options), "", kUnpackLimit);
  if (!result.ok()) return result.status().WithContext("unpacking " + BaseName(path));
  if (!result->status.ok()) {
    return InternalError(tool + " cannot unpack " + BaseName(path) + ": " +
                         result->status.ToString() + " " + result->errors);
  }
  fs::remove(archive, error);
  return Status::Ok();
}

int64_t BytesBelow(const std::string& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return static_cast<int64_t>(fs::file_size(path, error));
  int64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    if (entry.is_regular_file(error)) sum += static_cast<int64_t>(entry.file_size(error));
  }
  return sum;
}

}  // namespace

std::string ApplicationDirectory(const std::string& local_dir, const std::string& user,
                                 const ApplicationId& application) {
  return local_dir + "/usercache/" + user + "/appcache/" + application.ToString();
}

const std::string& Roomiest(const std::vector<std::string>& directories) {
  const std::string* best = &directories.front();
  uint64_t most = 0;
  for (const std::string& directory : directories) {
    struct statvfs room{};
    if (::statvfs(directory.c_str(), &room) != 0) continue;
    const uint64_t free = static_cast<uint64_t>(room.f_bavail) * room.f_frsize;
    if (free <= most) continue;
    most = free;
    best = &directory;
  }
  return *best;
}

struct Localizer::Entry {
  std::string directory;  // of this file alone
  std::string path;
  ApplicationId application;  // of an APPLICATION resource
  bool of_application = false;
  bool ready = false;
  Status failure;
  int64_t bytes = 0;
  TimePoint last_used{};
};

Localizer::Localizer(std::vector<std::string> local_dirs, int64_t cache_target_bytes,
                     const Clock* clock, ResourceSource* source)
    : local_dirs_(std::move(local_dirs)),
      cache_target_bytes_(cache_target_bytes),
      clock_(clock),
      source_(source) {
  for (const std::string& dir : local_dirs_) {
    std::error_code error;
    for (const char* cache : {"/filecache", "/usercache"}) {
      fs::remove_all(dir + cache, error);
      if (error) LOG_WARN("cannot empty {}{}: {}", dir, cache, error.message());
    }
  }
}

StatusOr<std::vector<LocalizedFile>> Localizer::Localize(
    const ApplicationId& application, const std::string& user,
    const std::map<std::string, LocalResource>& resources) {
  std::vector<LocalizedFile> files;
  for (const auto& [name, resource] : resources) {
    auto entry = Obtain(application, user, resource);
    if (!entry.ok()) return entry.status();
    const std::string path = (*entry)->path;
    files.push_back({name, path, *std::move(entry)});
  }
  Evict();
  return files;
}

StatusOr<std::shared_ptr<Localizer::Entry>> Localizer::Obtain(const ApplicationId& application,
                                                              const std::string& user,
                                                              const LocalResource& resource) {
  using Visibility = LocalResource::Visibility;
  const bool of_application = resource.visibility == Visibility::kApplication;
  std::string below;  // the local directory
  if (resource.visibility == Visibility::kPrivate) below = "/usercache/" + user;
  if (of_application) below = ApplicationDirectory("", user, application);
  const std::string key = below + "|" + std::to_string(static_cast<int>(resource.type)) + "|" +
                          std::to_string(resource.size_bytes) + "|" +
                          std::to_string(resource.timestamp_ms) + "|" + resource.uri;
  std::shared_ptr<Entry> entry;
  {
    MutexLock lock(mu_);
    for (;;) {
      const auto it = entries_.find(key);
      if (it == entries_.end()) break;
      entry = it->second;
      if (entry->ready) {
        ++stats_.hits;
        entry->last_used = clock_->Now();
        return entry;
      }
      fetched_.Wait(mu_);  // another container fetches it; when that failed we try ourselves
    }
    ++stats_.misses;
    entry = std::make_shared<Entry>();
    entry->directory =
        Roomiest(local_dirs_) + below + "/filecache/" + std::to_string(++next_directory_);
    entry->path = entry->directory + "/" + BaseName(resource.uri);
    entry->application = application;
    entry->of_application = of_application;
    entries_[key] = entry;
  }
  const Status fetched = FetchInto(entry.get(), user, resource);
  const int64_t bytes = fetched.ok() ? BytesBelow(entry->path) : 0;
  if (!fetched.ok()) {
    std::error_code ignored;
    fs::remove_all(entry->directory, ignored);
  }
  MutexLock lock(mu_);
  fetched_.NotifyAll();
  if (!fetched.ok()) {
    entries_.erase(key);
    return fetched;
  }
  entry->ready = true;
  entry->bytes = bytes;
  entry->last_used = clock_->Now();
  stats_.cached_bytes += bytes;
  return entry;
}

Status Localizer::FetchInto(Entry* entry, const std::string& user, const LocalResource& resource) {
  if (resource.type == LocalResource::Type::kPattern) {
    return UnimplementedError("local resources of type PATTERN are not supported yet: " +
                              resource.uri);
  }
  const auto info = source_->Stat(resource.uri, user);
  if (!info.ok()) return info.status();
  if (info->modified_ms != resource.timestamp_ms) {
    return FailedPreconditionError(
        "Resource " + resource.uri + " changed on src filesystem (expected " +
        std::to_string(resource.timestamp_ms) + ", was " + std::to_string(info->modified_ms) + ")");
  }
  if (resource.size_bytes >= 0 && info->size_bytes != resource.size_bytes) {
    return FailedPreconditionError(
        "Resource " + resource.uri + " changed on src filesystem (expected size " +
        std::to_string(resource.size_bytes) + ", was " + std::to_string(info->size_bytes) + ")");
  }
  RETURN_IF_ERROR(MakeDirectories(entry->directory));
  RETURN_IF_ERROR(source_->Fetch(resource.uri, user, entry->path));
  if (resource.type == LocalResource::Type::kArchive) return Unpack(entry->path);
  if (::chmod(entry->path.c_str(), 0500) != 0) return ErrnoError("chmod " + entry->path, errno);
  return Status::Ok();
}

void Localizer::Forget(const ApplicationId& application) {
  MutexLock lock(mu_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    const Entry& entry = *it->second;
    if (entry.of_application && entry.ready && entry.application == application) {
      stats_.cached_bytes -= entry.bytes;
      it = entries_.erase(it);
    } else {
      ++it;
    }
  }
}

void Localizer::Evict() {
  std::vector<std::string> doomed;
  {
    MutexLock lock(mu_);
    while (stats_.cached_bytes > cache_target_bytes_) {
      auto oldest = entries_.end();
      for (auto it = entries_.begin(); it != entries_.end(); ++it) {
        const bool idle = it->second->ready && it->second.use_count() == 1;
        if (idle &&
            (oldest == entries_.end() || it->second->last_used < oldest->second->last_used)) {
          oldest = it;
        }
      }
      if (oldest == entries_.end()) break;  // all in use: over the target for a while
      doomed.push_back(oldest->second->directory);
      stats_.cached_bytes -= oldest->second->bytes;
      entries_.erase(oldest);
    }
  }
  for (const std::string& directory : doomed) {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  }
}

Localizer::Stats Localizer::stats() const {
  MutexLock lock(mu_);
  return stats_;
}

}  // namespace tusk::yarnlite
