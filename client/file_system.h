// The public face of the client library: files of an HDFS (Tusk's or Hadoop's own) or of this host.
//
//   ASSIGN_OR_RETURN(auto fs, FileSystem::Connect(configuration));
//   ASSIGN_OR_RETURN(auto file, fs->Create("/logs/today", {.overwrite = true}));
//   RETURN_IF_ERROR(file->Write(bytes));
//   RETURN_IF_ERROR(file->Close());      // only now is the file complete and durable
//
// Paths:   absolute ("/a/b"), below the user's home ("a/b" is /user/<user>/a/b), or a full URI of
//          this file system ("hdfs://host:8020/a/b"); another file system's URI is
//          kInvalidArgument.
// Threads: a FileSystem is thread-safe. A reader or writer belongs to one thread at a time, except
//          FileReader::PRead, which any number of threads may call.
// Life:    readers and writers keep their FileSystem alive. Connect dials nobody; the first call
//          does.
// Fails:   the NameNode's errors keep Hadoop's Reason and message (kFileNotFound, kSafeMode ...).
//          Lost connections are retried and failed over below; kUnavailable means that nobody
//          answered in the end. Reading goes on with another replica after a bad checksum or a dead
//          DataNode; kDataLoss only when no good replica is left.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "common/protocol/client_protocol.h"
#include "common/protocol/file_status.h"
#include "common/protocol/located_block.h"

namespace tusk {

class Configuration;

// Where the bytes of a reader came from: through a passed descriptor, over a socket from the
// DataNode on the client's own host, or from anywhere else.
struct ReadStatistics {
  int64_t descriptor_bytes = 0;
  int64_t local_bytes = 0;
  int64_t remote_bytes = 0;
};

struct CreateOptions {
  bool overwrite = false;
  bool create_parent = true;
  int32_t replication = 0;        // 0: dfs.replication
  int64_t block_size = 0;         // 0: dfs.blocksize
  FsPermission permission{0666};  // before fs.permissions.umask-mode
  bool lazy_persist = false;
  std::vector<std::string> favored_nodes;  // "ip:port" of DataNodes to prefer
};

struct ReadOptions {
  bool verify_checksums = true;
};

// A path with what is known of it, as Glob and ListStatus give it.
struct FileEntry {
  std::string path;
  FileStatus status;
};

struct FileChecksum {
  std::string algorithm;  // "MD5-of-0MD5-of-512CRC32C"; "NONE" where there is none
  std::string bytes;
};

struct RenameOptions {
  bool overwrite = false;
  bool to_trash = false;
};

// A file being written. Not closed: the destructor abandons it (Abort).
class TUSK_EXPORT FileWriter {
 public:
  virtual ~FileWriter() = default;

  // Takes all of `bytes`. It may return before they left this process; an error of an earlier
  // packet that could not be recovered shows here, in Hflush or in Close, and stays.
  virtual Status Write(std::string_view bytes) = 0;

  // After Hflush new readers see all bytes written so far; after Hsync they are on the disks.
  virtual Status Hflush() = 0;
  virtual Status Hsync() = 0;

  // Completes the file: all blocks acknowledged by their pipelines, length known to the NameNode.
  // Idempotent; gives the first outcome again.
  virtual Status Close() = 0;

  // Stops without completing. What was acknowledged stays; the NameNode closes the file when the
  // lease runs out, unless somebody deletes it.
  virtual void Abort() = 0;

  virtual int64_t position() const = 0;
  // The DataNodes of the block being written; empty between blocks.
  virtual std::vector<DatanodeInfo> pipeline() const = 0;
};

// A file being read. Its length is fixed when it is opened, as far as readers may see it then.
class TUSK_EXPORT FileReader {
 public:
  virtual ~FileReader() = default;

  // Up to `count` bytes from the position on, fewer only at the end; 0 at the end.
  virtual StatusOr<size_t> Read(char* to, size_t count) = 0;
  // The same at `offset`, without moving the position. Thread-safe.
  virtual StatusOr<size_t> PRead(int64_t offset, char* to, size_t count) = 0;

  // Any position from 0 to length(); beyond it kOutOfRange.
  virtual Status Seek(int64_t position) = 0;
  virtual int64_t position() const = 0;
  virtual int64_t length() const = 0;

  virtual ReadStatistics statistics() const = 0;
  // Addresses ("ip:port") of the replicas of the block at `offset`, the reader's choice first.
  virtual StatusOr<std::vector<std::string>> ReplicaHosts(int64_t offset) = 0;
};

// The entries of a directory in byte order of names, a page at a time.
class TUSK_EXPORT DirectoryIterator {
 public:
  virtual ~DirectoryIterator() = default;
  // Empty at the end.
  virtual StatusOr<std::optional<FileStatus>> Next() = 0;
};

struct FileSystemOptions {
  std::string uri;   // empty: fs.defaultFS; "file:///" is this host's own files
  std::string user;  // empty: HADOOP_USER_NAME, else the process's user
};

class TUSK_EXPORT FileSystem : public std::enable_shared_from_this<FileSystem> {
 public:
  static StatusOr<std::shared_ptr<FileSystem>> Connect(const Configuration& configuration,
                                                       const FileSystemOptions& options = {});
  virtual ~FileSystem() = default;

  // "hdfs://host:8020" or "file://", the user's short name, and "/user/<name>".
  virtual const std::string& uri() const = 0;
  virtual const std::string& user() const = 0;
  virtual std::string HomeDirectory() const = 0;
  // The absolute, normalized path within this file system.
  virtual StatusOr<std::string> Resolve(std::string_view path_or_uri) const = 0;

  // kNotFound / kFileNotFound when there is nothing: "File does not exist: /a". GetStatus's
  // status.name is empty.
  virtual StatusOr<FileStatus> GetStatus(const std::string& path) = 0;
  // Without an error for a missing path.
  virtual StatusOr<std::optional<FileStatus>> FindStatus(const std::string& path) = 0;
  // A directory's entries; a file's single entry is itself, with an empty name.
  virtual StatusOr<std::unique_ptr<DirectoryIterator>> List(const std::string& path,
                                                            bool with_locations = false) = 0;
  // All of List at once, with full paths.
  StatusOr<std::vector<FileEntry>> ListStatus(const std::string& path);
  // Hadoop's patterns: * ? [a-c] [^a] {x,y} and \ to quote; a pattern that matches nothing gives an
  // empty result, as does a plain path that does not exist. Sorted by path.
  StatusOr<std::vector<FileEntry>> Glob(const std::string& pattern);

  // False never: an existing directory is success, a file in the way kAlreadyExists.
  virtual Status Mkdirs(const std::string& path, FsPermission permission = {0777},
                        bool create_parent = true) = 0;
  virtual StatusOr<std::unique_ptr<FileWriter>> Create(const std::string& path,
                                                       const CreateOptions& options = {}) = 0;
  virtual StatusOr<std::unique_ptr<FileWriter>> Append(const std::string& path) = 0;
  virtual StatusOr<std::unique_ptr<FileReader>> Open(const std::string& path,
                                                     const ReadOptions& options = {}) = 0;
  // Whole small files; `limit` guards against large ones (kResourceExhausted).
  StatusOr<std::string> ReadFile(const std::string& path, int64_t limit = 64 << 20);
  Status WriteFile(const std::string& path, std::string_view bytes,
                   const CreateOptions& options = {});

  // Hadoop's old rename: into `target` when that is a directory; false (no error) when refused.
  virtual StatusOr<bool> Rename(const std::string& source, const std::string& target) = 0;
  // Atomic, never "into"; refuses an existing target unless `overwrite`.
  virtual Status Rename2(const std::string& source, const std::string& target,
                         const RenameOptions& options = {}) = 0;
  // False when there was nothing to delete.
  virtual StatusOr<bool> Delete(const std::string& path, bool recursive) = 0;

  // False for a directory or a missing path.
  virtual StatusOr<bool> SetReplication(const std::string& path, int32_t replication) = 0;
  virtual Status SetPermission(const std::string& path, FsPermission permission) = 0;
  virtual Status SetOwner(const std::string& path, const std::string& owner,
                          const std::string& group) = 0;
  virtual Status SetTimes(const std::string& path, int64_t modification_time_ms,
                          int64_t access_time_ms) = 0;

  virtual StatusOr<ContentSummary> GetContentSummary(const std::string& path) = 0;
  virtual StatusOr<FileChecksum> GetChecksum(const std::string& path) = 0;
  virtual StatusOr<LocatedBlocks> GetBlockLocations(const std::string& path, int64_t offset,
                                                    int64_t length) = 0;
  virtual StatusOr<FsStats> GetFsStats() = 0;
  virtual int64_t DefaultBlockSize() const = 0;
  virtual int32_t DefaultReplication() const = 0;

  // The NameNode itself, for administration; null for file://. Owned by this file system.
  virtual ClientProtocol* protocol() = 0;
};

}  // namespace tusk
