// The disk as our code sees it: handed in, so that tests can forget unsynced data and fail writes.
//
// Paths are absolute or relative to the process; errors carry the path and the errno's text, with
// the code that fits (kNotFound, kResourceExhausted for a full disk, ...).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace tusk {

// An open file.
//
// Threads: reads and writes at given offsets may run in parallel; Append, Truncate and Close need
//          one caller at a time.
// Life:    closed by the destructor; Close() reports what closing says.
class File {
 public:
  virtual ~File() = default;

  // Reads up to `size` bytes; fewer only at the end of the file.
  virtual StatusOr<size_t> ReadAt(int64_t offset, char* to, size_t size) = 0;
  virtual Status WriteAt(int64_t offset, std::string_view bytes) = 0;
  // Writes at the end (as of Open, plus what was appended through this object).
  virtual Status Append(std::string_view bytes) = 0;
  // fdatasync: the bytes and the size survive a power loss; the name only after SyncDir.
  virtual Status Sync() = 0;
  virtual Status Truncate(int64_t size) = 0;
  // Reserves disk space without changing the size (fallocate KEEP_SIZE). Ok where unsupported.
  virtual Status Allocate(int64_t offset, int64_t length) = 0;
  virtual StatusOr<int64_t> Size() = 0;
  // Starts writing [offset, offset+length) to disk without waiting, and drops pages behind it.
  virtual void DropBehind(int64_t offset, int64_t length) = 0;
  virtual Status Close() = 0;

  // The descriptor, for sends and descriptor passing; -1 where there is none (tests).
  virtual int fd() const = 0;
  virtual const std::string& path() const = 0;
};

enum class OpenMode : uint8_t {
  kRead,            // must exist
  kReadWrite,       // must exist
  kCreateNew,       // must not exist
  kCreateOrOpen,    // content kept
  kCreateTruncate,  // content dropped
};

struct FileInfo {
  bool is_dir = false;
  int64_t size = 0;
  int64_t mtime_millis = 0;
  int64_t allocated_bytes = 0;  // disk blocks taken
};

struct DirEntry {
  std::string name;
  bool is_dir = false;
};

struct DiskSpace {
  int64_t total_bytes = 0;
  int64_t available_bytes = 0;  // to us: without what is reserved for root
};

// Held until destroyed. Two processes (or two objects in one) never hold the same lock file.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Threads: thread-safe.
class Env {
 public:
  virtual ~Env() = default;

  // `permissions` (less the umask) are those of a new file; they have no effect on an existing one.
  virtual StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode,
                                               int permissions) = 0;
  StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) {
    return Open(path, mode, 0644);
  }
  virtual StatusOr<FileInfo> Stat(const std::string& path) = 0;
  // Sorted by name, without "." and "..".
  virtual StatusOr<std::vector<DirEntry>> List(const std::string& dir) = 0;
  virtual Status MakeDir(const std::string& dir) = 0;
  // And all parents; ok when it exists. Makes the new folders' names durable.
  virtual Status MakeDirs(const std::string& dir) = 0;
  // A file or an empty folder.
  virtual Status Remove(const std::string& path) = 0;
  // Replaces a file at `to`. Durable after SyncDir of both parents.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status HardLink(const std::string& existing, const std::string& link) = 0;
  virtual Status SyncDir(const std::string& dir) = 0;
  virtual StatusOr<DiskSpace> Space(const std::string& path) = 0;
  // kFailedPrecondition naming the holder when somebody has it. Writes our pid into the file.
  virtual StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;

  // The machine's disk. Lives for ever.
  static Env* Posix();

  // What follows is made of the calls above.
  bool Exists(const std::string& path);
  StatusOr<std::string> ReadFile(const std::string& path);
  // Whole or not at all, also over a power loss: temporary file, sync, rename, sync of the folder.
  Status WriteFileAtomically(const std::string& path, std::string_view content, int mode = 0644);
  // A folder and all that is below; ok when it is not there.
  Status RemoveTree(const std::string& path);
};

std::string ParentDir(std::string_view path);
std::string BaseName(std::string_view path);
std::string JoinPath(std::string_view dir, std::string_view name);

}  // namespace tusk
