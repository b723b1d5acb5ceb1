// Makes names in folders durable, one fsync for all who finish together.
//
// Threads: thread-safe. Sync waits for the disk on its caller's thread: one of the callers does the
//          work for all that came while the last one was at it.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/io/env.h"

namespace tusk::datanode {

class FolderSync {
 public:
  explicit FolderSync(Env* env) : env_(env) {}

  // Ok once the names that `gained` has at the call are durable, then that they are gone from
  // `lost`: a file that was renamed is never in neither.
  Status Sync(const std::string& gained, const std::string& lost) EXCLUDES(mu_);
  // Ok once the names that `folder` has at the call are durable.
  Status Sync(const std::string& folder) EXCLUDES(mu_) { return Sync(folder, {}); }

  // Calls answered and fsyncs made for them.
  int64_t calls() const EXCLUDES(mu_);
  int64_t syncs() const EXCLUDES(mu_);

 private:
  struct Batch;
  Status Work(const Batch& batch);

  struct Batch {
    std::set<std::string> gained;
    std::set<std::string> lost;
    bool done = false;
    Status result;
  };

  Env* const env_;

  mutable Mutex mu_;
  CondVar finished_;
  bool working_ GUARDED_BY(mu_) = false;
  std::shared_ptr<Batch> next_ GUARDED_BY(mu_);
  int64_t calls_ GUARDED_BY(mu_) = 0;
  int64_t syncs_ GUARDED_BY(mu_) = 0;
};

}  // namespace tusk::datanode
