// Brings the files a container needs onto this node, once, and shares them.
//
// A file is known by where it lies, its size and its time of modification, and is kept for all
// (PUBLIC), for a user (PRIVATE) or for an application. Who needs one that another container is
// just fetching waits for that fetch. Files nobody uses go, oldest first, when the cache is over
// its target size; an application's own go with it.
//
// Owns:    the cache directories below the local directories; empties them when constructed, as
//          nothing of an earlier life is trusted. Borrows the source.
// Threads: thread-safe; Localize blocks and is called on worker threads.
// On disk: <local>/filecache/<n>/<name>, <local>/usercache/<user>/filecache/<n>/<name> and
//          <local>/usercache/<user>/appcache/<application>/filecache/<n>/<name>, mode 0500.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "yarnlite/api/container.h"

namespace tusk::yarnlite {

// Where resources come from: the DFS, in a daemon.
class ResourceSource {
 public:
  virtual ~ResourceSource() = default;

  struct Info {
    int64_t size_bytes = 0;
    int64_t modified_ms = 0;
  };
  virtual StatusOr<Info> Stat(const std::string& uri, const std::string& user) = 0;
  virtual Status Fetch(const std::string& uri, const std::string& user,
                       const std::string& to_file) = 0;
};

// A localized file; it stays as long as somebody holds this.
struct LocalizedFile {
  std::string name;  // of the link
  std::string path;
  std::shared_ptr<const void> pin;
};

class Localizer {
 public:
  Localizer(std::vector<std::string> local_dirs, int64_t cache_target_bytes, const Clock* clock,
            ResourceSource* source);

  // All of `resources`, or the first error: "Resource ... changed on src filesystem (expected 1,
  // was 2)" when the file is not the one that was submitted.
  StatusOr<std::vector<LocalizedFile>> Localize(
      const ApplicationId& application, const std::string& user,
      const std::map<std::string, LocalResource>& resources) EXCLUDES(mu_);

  // Forgets the application's own files; its directory is the caller's to remove.
  void Forget(const ApplicationId& application) EXCLUDES(mu_);

  struct Stats {
    int64_t hits = 0;
    int64_t misses = 0;
    int64_t cached_bytes = 0;
  };
  Stats stats() const EXCLUDES(mu_);

 private:
  struct Entry;

  StatusOr<std::shared_ptr<Entry>> Obtain(const ApplicationId& application, const std::string& user,
                                          const LocalResource& resource) EXCLUDES(mu_);
  Status FetchInto(Entry* entry, const std::string& user, const LocalResource& resource);
  void Evict() EXCLUDES(mu_);

  // Constant after construction.
  const std::vector<std::string> local_dirs_;
  const int64_t cache_target_bytes_;
  const Clock* const clock_;
  ResourceSource* const source_;

  mutable Mutex mu_;
  CondVar fetched_;
  std::map<std::string, std::shared_ptr<Entry>> entries_ GUARDED_BY(mu_);  // by scope and identity
  int64_t next_directory_ GUARDED_BY(mu_) = 0;
  Stats stats_ GUARDED_BY(mu_);
};

// "<local>/usercache/<user>/appcache/<application>".
std::string ApplicationDirectory(const std::string& local_dir, const std::string& user,
                                 const ApplicationId& application);
// The one of `directories` with most room left.
const std::string& Roomiest(const std::vector<std::string>& directories);

}  // namespace tusk::yarnlite
