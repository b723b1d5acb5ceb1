// Env on the machine's disk.
//
// Files are opened close-on-exec. Interrupted calls are repeated. Lock uses flock on a file that
// holds our pid.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/io/env.h"

namespace tusk {

class PosixEnv final : public Env {
 public:
  using Env::Open;
  StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode,
                                       int permissions) override;
  StatusOr<FileInfo> Stat(const std::string& path) override;
  StatusOr<std::vector<DirEntry>> List(const std::string& dir) override;
  Status MakeDir(const std::string& dir) override;
  Status MakeDirs(const std::string& dir) override;
  Status Remove(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status HardLink(const std::string& existing, const std::string& link) override;
  Status SyncDir(const std::string& dir) override;
  StatusOr<DiskSpace> Space(const std::string& path) override;
  StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override;
};

}  // namespace tusk
