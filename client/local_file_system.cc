#include "client/local_file_system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "client/path.h"
#include "common/net/host_port.h"
#include "common/net/socket.h"
#include "common/security/user.h"

namespace tusk::client {
namespace {

constexpr int64_t kLocalBlockSize = 32 << 20;

// "<path>: <system's words>" with the reason a user of Hadoop expects.
Status PosixError(const std::string& path, int error_number) {
  Status error = ErrnoError(path, error_number);
  switch (error_number) {
    case ENOENT:
      return Status(error.code(), error.message(), Reason::kFileNotFound);
    case EACCES:
    case EPERM:
      return Status(error.code(), error.message(), Reason::kAccessControl);
    case EEXIST:
      return Status(error.code(), error.message(), Reason::kFileAlreadyExists);
    case ENOTEMPTY:
      return Status(Code::kFailedPrecondition, error.message(), Reason::kPathIsNotEmptyDirectory);
    case ENOTDIR:
      return Status(error.code(), error.message(), Reason::kParentNotDirectory);
    default:
      return error;
  }
}

Status NoSuchFile(const std::string& path) {
  return NotFoundError("File " + path + " does not exist", Reason::kFileNotFound);
}

std::string UserName(uid_t uid) {
  char buffer[4096];
  passwd entry;
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(uid);
}

std::string GroupName(gid_t gid) {
  char buffer[4096];
  group entry;
  group* found = nullptr;
  if (getgrgid_r(gid, &entry, buffer, sizeof(buffer), &found) == 0 && found != nullptr) {
    return found->gr_name;
  }
  return std::to_string(gid);
}

int64_t Millis(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1000000;
}

FileStatus ToStatus(const struct stat& info, std::string name) {
  FileStatus status;
  status.type = S_ISDIR(info.st_mode) ? FileType::kDirectory : FileType::kFile;
  status.name = std::move(name);
  status.length = info.st_size;
  status.permission.bits = static_cast<uint16_t>(info.st_mode & 01777);
  status.owner = UserName(info.st_uid);
  status.group = GroupName(info.st_gid);
  status.modification_time_ms = Millis(info.st_mtim);
  status.access_time_ms = Millis(info.st_atim);
  status.replication = status.is_directory() ? 0 : 1;
  status.block_size = status.is_directory() ? 0 : kLocalBlockSize;
  status.file_id = InodeId(static_cast<int64_t>(info.st_ino));
  return status;
}

class LocalReader final : public FileReader {
 public:
  LocalReader(Fd fd, std::string path, int64_t length)
      : fd_(std::move(fd)), path_(std::move(path)), length_(length) {}

  StatusOr<size_t> Read(char* to, size_t count) override {
    ASSIGN_OR_RETURN(const size_t got, PRead(position_, to, count));
    position_ += static_cast<int64_t>(got);
    return got;
  }
  StatusOr<size_t> PRead(int64_t offset, char* to, size_t count) override {
    for (;;) {
      const ssize_t got = ::pread(fd_.get(), to, count, offset);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) return PosixError(path_, errno);
    }
  }
  Status Seek(int64_t position) override {
    if (position < 0 || position > length_) {
      return OutOfRangeError("cannot seek to " + std::to_string(position) + " in " + path_);
    }
    position_ = position;
    return Status::Ok();
  }
  int64_t position() const override { return position_; }
  int64_t length() const override { return length_; }
  ReadStatistics statistics() const override { return {}; }
  StatusOr<std::vector<std::string>> ReplicaHosts(int64_t) override {
    return std::vector<std::string>{"localhost"};
  }

 private:
  const Fd fd_;
  const std::string path_;
  const int64_t length_;
  int64_t position_ = 0;
};

class LocalWriter final : public FileWriter {
 public:
  LocalWriter(Fd fd, std::string path, int64_t position)
      : fd_(std::move(fd)), path_(std::move(path)), position_(position) {}

  Status Write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = ::write(fd_.get(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return PosixError(path_, errno);
      bytes.remove_prefix(static_cast<size_t>(put));
      position_ += put;
    }
    return Status::Ok();
  }
  Status Hflush() override { return Status::Ok(); }
  Status Hsync() override {
    return ::fdatasync(fd_.get()) == 0 ? Status::Ok() : PosixError(path_, errno);
  }
  Status Close() override {
    if (!fd_.valid()) return Status::Ok();
    return ::close(fd_.Release()) == 0 ? Status::Ok() : PosixError(path_, errno);
  }
  void Abort() override { fd_.Reset(); }
  int64_t position() const override { return position_; }
  std::vector<DatanodeInfo> pipeline() const override { return {}; }

 private:
  Fd fd_;
  const std::string path_;
  int64_t position_;
};

class LocalIterator final : public DirectoryIterator {
 public:
  explicit LocalIterator(std::vector<FileStatus> entries) : entries_(std::move(entries)) {}
  StatusOr<std::optional<FileStatus>> Next() override {
    if (next_ == entries_.size()) return std::optional<FileStatus>();
    return std::optional<FileStatus>(std::move(entries_[next_++]));
  }

 private:
  std::vector<FileStatus> entries_;
  size_t next_ = 0;
};

class LocalFileSystem final : public FileSystem {
 public:
  LocalFileSystem() : user_(ProcessUserName().value_or(std::to_string(::geteuid()))) {}

  const std::string& uri() const override { return uri_; }
  const std::string& user() const override { return user_; }
  std::string HomeDirectory() const override {
    const char* home = ::getenv("HOME");
    return home == nullptr ? "/" : home;
  }

  StatusOr<std::string> Resolve(std::string_view path_or_uri) const override {
    if (path_or_uri.empty()) {
      return InvalidArgumentError("Can not create a Path from an empty string");
    }
    // A plain path may hold colons: only "file:" is a scheme here.
    std::string path(path_or_uri);
    if (path_or_uri.starts_with("file:")) {
      ASSIGN_OR_RETURN(const UriParts parts, ParseUri(path_or_uri));
      path = parts.path;
    } else if (path_or_uri.find("://") != std::string_view::npos) {
      return InvalidArgumentError("Wrong FS: " + path + ", expected: file:///",
                                  Reason::kIllegalArgument);
    }
    if (path.starts_with("/")) return NormalizePath(path);
    char current[4096];
    if (::getcwd(current, sizeof(current)) == nullptr) return PosixError(".", errno);
    return NormalizePath(JoinPath(current, path));
  }

  StatusOr<std::optional<FileStatus>> FindStatus(const std::string& path) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    struct stat info;
    if (::stat(resolved.c_str(), &info) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::optional<FileStatus>();
      return PosixError(resolved, errno);
    }
    return std::optional<FileStatus>(ToStatus(info, ""));
  }

  StatusOr<FileStatus> GetStatus(const std::string& path) override {
    ASSIGN_OR_RETURN(auto found, FindStatus(path));
    if (!found) return NoSuchFile(path);
    return std::move(*found);
  }

  StatusOr<std::unique_ptr<DirectoryIterator>> List(const std::string& path, bool) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    ASSIGN_OR_RETURN(FileStatus own, GetStatus(resolved));
    std::vector<FileStatus> entries;
    if (!own.is_directory()) {
      entries.push_back(std::move(own));
    } else {
      RETURN_IF_ERROR(ReadDirectory(resolved, &entries));
    }
    return std::unique_ptr<DirectoryIterator>(std::make_unique<LocalIterator>(std::move(entries)));
  }

  Status Mkdirs(const std::string& path, FsPermission permission, bool create_parent) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    if (::mkdir(resolved.c_str(), permission.bits) == 0) return Status::Ok();
    if (errno == EEXIST) {
      ASSIGN_OR_RETURN(const FileStatus existing, GetStatus(resolved));
      if (existing.is_directory()) return Status::Ok();
      return AlreadyExistsError(resolved + " is not a directory", Reason::kFileAlreadyExists);
    }
    if (errno != ENOENT || !create_parent) return PosixError(resolved, errno);
    RETURN_IF_ERROR(Mkdirs(ParentPath(resolved), permission, true));
    return ::mkdir(resolved.c_str(), permission.bits) == 0 || errno == EEXIST
               ? Status::Ok()
               : PosixError(resolved, errno);
  }

  StatusOr<std::unique_ptr<FileWriter>> Create(const std::string& path,
                                               const CreateOptions& options) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    const std::string parent = ParentPath(resolved);
    if (options.create_parent && !parent.empty()) {
      RETURN_IF_ERROR(Mkdirs(parent, {0777}, true));
    }
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (options.overwrite ? O_TRUNC : O_EXCL);
    Fd fd(::open(resolved.c_str(), flags, static_cast<mode_t>(options.permission.bits)));
    if (!fd.valid()) return PosixError(resolved, errno);
    return std::unique_ptr<FileWriter>(
        std::make_unique<LocalWriter>(std::move(fd), resolved, int64_t{0}));
  }

  StatusOr<std::unique_ptr<FileWriter>> Append(const std::string& path) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    ASSIGN_OR_RETURN(const FileStatus status, GetStatus(resolved));
    Fd fd(::open(resolved.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!fd.valid()) return PosixError(resolved, errno);
    return std::unique_ptr<FileWriter>(
        std::make_unique<LocalWriter>(std::move(fd), resolved, status.length));
  }

  StatusOr<std::unique_ptr<FileReader>> Open(const std::string& path, const ReadOptions&) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    ASSIGN_OR_RETURN(const FileStatus status, GetStatus(resolved));
    if (status.is_directory()) {
      return NotFoundError("Path is not a file: " + resolved, Reason::kFileNotFound);
    }
    Fd fd(::open(resolved.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return PosixError(resolved, errno);
    return std::unique_ptr<FileReader>(
        std::make_unique<LocalReader>(std::move(fd), resolved, status.length));
  }

  StatusOr<bool> Rename(const std::string& source, const std::string& target) override {
    ASSIGN_OR_RETURN(const std::string from, Resolve(source));
    ASSIGN_OR_RETURN(std::string to, Resolve(target));
    ASSIGN_OR_RETURN(const auto existing, FindStatus(to));
    if (existing && existing->is_directory()) to = JoinPath(to, BaseName(from));
    if (existing && !existing->is_directory()) return false;
    if (::rename(from.c_str(), to.c_str()) == 0) return true;
    if (errno == ENOENT || errno == EEXIST || errno == ENOTEMPTY || errno == EINVAL) return false;
    return PosixError(from, errno);
  }

  Status Rename2(const std::string& source, const std::string& target,
                 const RenameOptions& options) override {
    ASSIGN_OR_RETURN(const std::string from, Resolve(source));
    ASSIGN_OR_RETURN(const std::string to, Resolve(target));
    const unsigned flags = options.overwrite ? 0 : RENAME_NOREPLACE;
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return Status::Ok();
    return PosixError(errno == EEXIST ? to : from, errno);
  }

  StatusOr<bool> Delete(const std::string& path, bool recursive) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    struct stat info;
    if (::lstat(resolved.c_str(), &info) != 0) {
      if (errno == ENOENT) return false;
      return PosixError(resolved, errno);
    }
    if (S_ISDIR(info.st_mode) && recursive) {
      std::vector<FileStatus> entries;
      RETURN_IF_ERROR(ReadDirectory(resolved, &entries));
      for (const FileStatus& entry : entries) {
        RETURN_IF_ERROR(Delete(JoinPath(resolved, entry.name), true).status());
      }
    }
    if (::remove(resolved.c_str()) != 0) return PosixError(resolved, errno);
    return true;
  }

  StatusOr<bool> SetReplication(const std::string& path, int32_t) override {
    ASSIGN_OR_RETURN(const auto status, FindStatus(path));
    return status && !status->is_directory();  // there is one replica, whatever is asked
  }

  Status SetPermission(const std::string& path, FsPermission permission) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    return ::chmod(resolved.c_str(), permission.bits) == 0 ? Status::Ok()
                                                           : PosixError(resolved, errno);
  }

  Status SetOwner(const std::string& path, const std::string& owner,
                  const std::string& group) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    if (!owner.empty()) {
      const passwd* entry = ::getpwnam(owner.c_str());
      if (entry == nullptr) return InvalidArgumentError("no such user: " + owner);
      uid = entry->pw_uid;
    }
    if (!group.empty()) {
      const struct group* entry = ::getgrnam(group.c_str());
      if (entry == nullptr) return InvalidArgumentError("no such group: " + group);
      gid = entry->gr_gid;
    }
    return ::chown(resolved.c_str(), uid, gid) == 0 ? Status::Ok() : PosixError(resolved, errno);
  }

  Status SetTimes(const std::string& path, int64_t modification_time_ms,
                  int64_t access_time_ms) override {
    ASSIGN_OR_RETURN(const std::string resolved, Resolve(path));
    const auto to_timespec = [](int64_t ms) {
      if (ms < 0) return timespec{0, UTIME_OMIT};
      return timespec{ms / 1000, ms % 1000 * 1000000};
    };
    const timespec times[2] = {to_timespec(access_time_ms), to_timespec(modification_time_ms)};
    return ::utimensat(AT_FDCWD, resolved.c_str(), times, 0) == 0 ? Status::Ok()
                                                                  : PosixError(resolved, errno);
  }

  StatusOr<ContentSummary> GetContentSummary(const std::string& path) override {
    ASSIGN_OR_RETURN(const FileStatus status, GetStatus(path));
    ContentSummary sum;
    if (!status.is_directory()) {
      sum.length = sum.space_consumed = status.length;
      sum.file_count = 1;
      sum.is_file = true;
      return sum;
    }
    sum.directory_count = 1;
    ASSIGN_OR_RETURN(const std::vector<FileEntry> children, ListStatus(path));
    for (const FileEntry& child : children) {
      ASSIGN_OR_RETURN(const ContentSummary below, GetContentSummary(child.path));
      sum.length += below.length;
      sum.space_consumed += below.space_consumed;
      sum.file_count += below.file_count;
      sum.directory_count += below.directory_count;
    }
    return sum;
  }

  StatusOr<FileChecksum> GetChecksum(const std::string& path) override {
    RETURN_IF_ERROR(GetStatus(path).status());
    return FileChecksum{"NONE", ""};
  }

  StatusOr<LocatedBlocks> GetBlockLocations(const std::string& path, int64_t, int64_t) override {
    ASSIGN_OR_RETURN(const FileStatus status, GetStatus(path));
    LocatedBlocks blocks;
    blocks.file_length = status.length;
    blocks.last_block_complete = true;
    return blocks;
  }

  StatusOr<FsStats> GetFsStats() override {
    struct statvfs info;
    if (::statvfs("/", &info) != 0) return PosixError("/", errno);
    const auto unit = static_cast<int64_t>(info.f_frsize);
    FsStats stats;
    stats.capacity_bytes = static_cast<int64_t>(info.f_blocks) * unit;
    stats.remaining_bytes = static_cast<int64_t>(info.f_bavail) * unit;
    stats.used_bytes = stats.capacity_bytes - static_cast<int64_t>(info.f_bfree) * unit;
    return stats;
  }

  int64_t DefaultBlockSize() const override { return kLocalBlockSize; }
  int32_t DefaultReplication() const override { return 1; }
  ClientProtocol* protocol() override { return nullptr; }

 private:
  // Entries that vanish meanwhile or lead nowhere (dangling links) are left out.
  static Status ReadDirectory(const std::string& path, std::vector<FileStatus>* entries) {
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return PosixError(path, errno);
    while (const dirent* entry = ::readdir(directory)) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat info;
      const std::string full = JoinPath(path, name);
      if (::stat(full.c_str(), &info) != 0 && ::lstat(full.c_str(), &info) != 0) continue;
      entries->push_back(ToStatus(info, name));
    }
    ::closedir(directory);
    std::sort(entries->begin(), entries->end(),
              [](const FileStatus& a, const FileStatus& b) { return a.name < b.name; });
    return Status::Ok();
  }

  const std::string uri_ = "file://";
  const std::string user_;
};

}  // namespace

std::shared_ptr<FileSystem> MakeLocalFileSystem() {
  return std::make_shared<LocalFileSystem>();
}

}  // namespace tusk::client
