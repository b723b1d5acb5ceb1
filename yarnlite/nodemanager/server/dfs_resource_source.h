// Localized files come from the DFS (or any file system the client library knows), read as the
// submitting user.
//
// Threads: thread-safe; blocks. One connection per file system and user, kept.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "client/file_system.h"
#include "common/concurrent/mutex.h"
#include "common/config/configuration.h"
#include "yarnlite/nodemanager/localizer.h"

namespace tusk::yarnlite {

class DfsResourceSource final : public ResourceSource {
 public:
  explicit DfsResourceSource(const Configuration& conf) : conf_(conf) {}

  StatusOr<Info> Stat(const std::string& uri, const std::string& user) override EXCLUDES(mu_);
  Status Fetch(const std::string& uri, const std::string& user, const std::string& to_file) override
      EXCLUDES(mu_);

 private:
  struct Place {
    std::shared_ptr<FileSystem> files;
    std::string path;
  };
  StatusOr<Place> Find(const std::string& uri, const std::string& user) EXCLUDES(mu_);

  const Configuration conf_;
  Mutex mu_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<FileSystem>> open_ GUARDED_BY(mu_);
};

}  // namespace tusk::yarnlite
