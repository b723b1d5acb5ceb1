#include "common/io/posix_env.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tusk {

namespace {

template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path, int64_t size)
      : fd_(fd), path_(std::move(path)), append_at_(size) {}
  ~PosixFile() override {
    if (fd_ >= 0) ::close(fd_);
  }

  StatusOr<size_t> ReadAt(int64_t offset, char* to, size_t size) override {
    size_t done = 0;
    while (done < size) {
      const ssize_t n = Uninterrupted([&] {
        return ::pread(fd_, to + done, size - done, offset + static_cast<int64_t>(done));
      });
      if (n < 0) return Failed("read");
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Status WriteAt(int64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n =
          Uninterrupted([&] { return ::pwrite(fd_, bytes.data(), bytes.size(), offset); });
      if (n < 0) return Failed("write");
      bytes.remove_prefix(static_cast<size_t>(n));
      offset += n;
    }
    return Status::Ok();
  }

  Status Append(std::string_view bytes) override {
    RETURN_IF_ERROR(WriteAt(append_at_, bytes));
    append_at_ += static_cast<int64_t>(bytes.size());
    return Status::Ok();
  }

  Status Sync() override {
    if (Uninterrupted([&] { return ::fdatasync(fd_); }) != 0) return Failed("fdatasync");
    return Status::Ok();
  }

  Status Truncate(int64_t size) override {
    if (Uninterrupted([&] { return ::ftruncate(fd_, size); }) != 0) return Failed("truncate");
    append_at_ = size;
    return Status::Ok();
  }

  Status Allocate(int64_t offset, int64_t length) override {
    const int result =
        Uninterrupted([&] { return ::fallocate(fd_, FALLOC_FL_KEEP_SIZE, offset, length); });
    if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS) return Failed("fallocate");
    return Status::Ok();
  }

  StatusOr<int64_t> Size() override {
    struct stat info;
    if (::fstat(fd_, &info) != 0) return Failed("stat");
    return static_cast<int64_t>(info.st_size);
  }

  void DropBehind(int64_t offset, int64_t length) override {
    // Only clean pages can be dropped: those before the range have been written out by the last
    // call, those of the range are started now.
    ::sync_file_range(fd_, offset, length, SYNC_FILE_RANGE_WRITE);
    ::posix_fadvise(fd_, 0, offset, POSIX_FADV_DONTNEED);
  }

  Status Close() override {
    const int fd = std::exchange(fd_, -1);
    if (fd >= 0 && ::close(fd) != 0) return Failed("close");
    return Status::Ok();
  }

  int fd() const override { return fd_; }
  const std::string& path() const override { return path_; }

 private:
  Status Failed(const char* what) const {
    return ErrnoError(std::string(what) + " " + path_, errno);
  }

  int fd_;
  const std::string path_;
  int64_t append_at_;
};

int OpenFlags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kCreateOrOpen:
      return O_RDWR | O_CREAT;
    case OpenMode::kCreateTruncate:
      return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  ~PosixLock() override { ::close(fd_); }  // gives the lock up

 private:
  const int fd_;
};

}  // namespace

StatusOr<std::unique_ptr<File>> PosixEnv::Open(const std::string& path, OpenMode mode,
                                               int permissions) {
  const int fd =
      Uninterrupted([&] { return ::open(path.c_str(), OpenFlags(mode) | O_CLOEXEC, permissions); });
  if (fd < 0) return ErrnoError("open " + path, errno);
  struct stat info;
  if (::fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
    const int error = S_ISDIR(info.st_mode) ? EISDIR : errno;
    ::close(fd);
    return ErrnoError("open " + path, error);
  }
  return std::unique_ptr<File>(new PosixFile(fd, path, info.st_size));
}

StatusOr<FileInfo> PosixEnv::Stat(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return ErrnoError("stat " + path, errno);
  FileInfo out;
  out.is_dir = S_ISDIR(info.st_mode);
  out.size = info.st_size;
  out.mtime_millis = info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000;
  out.allocated_bytes = static_cast<int64_t>(info.st_blocks) * 512;
  return out;
}

StatusOr<std::vector<DirEntry>> PosixEnv::List(const std::string& dir) {
  DIR* const handle = ::opendir(dir.c_str());
  if (handle == nullptr) return ErrnoError("list " + dir, errno);
  std::vector<DirEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(handle)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_dir = entry->d_type == DT_DIR;
    struct stat info;
    if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
      is_dir = ::stat(JoinPath(dir, name).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
      errno = 0;
    }
    entries.push_back({name, is_dir});
  }
  const int error = errno;
  ::closedir(handle);
  if (error != 0) return ErrnoError("list " + dir, error);
  std::sort(entries.begin(), entries.end(),
            [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
  return entries;
}

Status PosixEnv::MakeDir(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0755) != 0) return ErrnoError("mkdir " + dir, errno);
  return Status::Ok();
}

Status PosixEnv::MakeDirs(const std::string& dir) {
  struct stat info;
  if (::stat(dir.c_str(), &info) == 0) {
    return S_ISDIR(info.st_mode) ? Status::Ok() : ErrnoError("mkdir " + dir, ENOTDIR);
  }
  const std::string parent = ParentDir(dir);
  if (parent != dir) RETURN_IF_ERROR(MakeDirs(parent));
  if (::mkdir(dir.c_str(), 0755) != 0 && errno != EEXIST) return ErrnoError("mkdir " + dir, errno);
  return SyncDir(parent);
}

Status PosixEnv::Remove(const std::string& path) {
  if (::remove(path.c_str()) != 0) return ErrnoError("remove " + path, errno);
  return Status::Ok();
}

Status PosixEnv::Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return ErrnoError("rename " + from + " to " + to, errno);
  }
  return Status::Ok();
}

Status PosixEnv::HardLink(const std::string& existing, const std::string& link) {
  if (::link(existing.c_str(), link.c_str()) != 0) {
    return ErrnoError("link " + existing + " as " + link, errno);
  }
  return Status::Ok();
}

Status PosixEnv::SyncDir(const std::string& dir) {
  const int fd =
      Uninterrupted([&] { return ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return ErrnoError("open " + dir, errno);
  const int result = Uninterrupted([&] { return ::fsync(fd); });
  const int error = errno;
  ::close(fd);
  // Some file systems cannot sync a folder and say so.
  if (result != 0 && error != EINVAL) return ErrnoError("fsync " + dir, error);
  return Status::Ok();
}

StatusOr<DiskSpace> PosixEnv::Space(const std::string& path) {
  struct statvfs info;
  if (::statvfs(path.c_str(), &info) != 0) return ErrnoError("statvfs " + path, errno);
  const auto unit = static_cast<int64_t>(info.f_frsize);
  return DiskSpace{static_cast<int64_t>(info.f_blocks) * unit,
                   static_cast<int64_t>(info.f_bavail) * unit};
}

StatusOr<std::unique_ptr<FileLock>> PosixEnv::Lock(const std::string& path) {
  const int fd =
      Uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); });
  if (fd < 0) return ErrnoError("open " + path, errno);
  auto lock = std::make_unique<PosixLock>(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoError("lock " + path, errno);
    char pid[32] = {};
    const bool known = ::pread(fd, pid, sizeof pid - 1, 0) > 0;
    std::string holder(pid);
    while (holder.ends_with('\n')) holder.pop_back();
    return FailedPreconditionError(path + " is locked by " +
                                   (known ? "process " + holder : "another process"));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return ErrnoError("write " + path, errno);
  }
  return std::unique_ptr<FileLock>(std::move(lock));
}

Env* Env::Posix() {
  static Env* const env = new PosixEnv;
  return env;
}

}  // namespace tusk
