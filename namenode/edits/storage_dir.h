// A directory of dfs.namenode.name.dir: who it belongs to, and the lock that keeps others out.
//
// On disk: <dir>/in_use.lock            pid of the holder
//          <dir>/current/VERSION        identity and layout (docs/formats/version.md)
//          <dir>/current/edits/         segments of the edit log (local_journal.h)
//          <dir>/current/image/         LevelDB (image.h)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/io/env.h"
#include "common/protocol/datanode_protocol.h"

namespace tusk::namenode {

// Of what this program writes. A directory with a higher one was written by a later program.
inline constexpr int32_t kLayoutVersion = 1;

// The text of a VERSION file, and back. kDataLoss naming `where` on a file that is not one.
std::string FormatVersion(const NamespaceInfo& info);
StatusOr<NamespaceInfo> ParseVersion(std::string_view text, std::string_view where);

class StorageDir {
 public:
  // Makes a new namespace in `dir`: ids from the given random bits. What an older namespace left
  // there is removed. `cluster_id` empty: a new one ("CID-<uuid>"). kFailedPrecondition when a
  // running NameNode holds the directory.
  static StatusOr<NamespaceInfo> Format(Env* env, const std::string& dir,
                                        const std::string& cluster_id, const std::string& host,
                                        int64_t now_ms);
  static bool IsFormatted(Env* env, const std::string& dir);

  // Locks and reads. kFailedPrecondition when it is not formatted, is in use (the holder's pid is
  // named), was written by a later layout, or, with `expected_cluster_id`, belongs to another
  // cluster (both are named).
  static StatusOr<std::unique_ptr<StorageDir>> Open(Env* env, const std::string& dir,
                                                    const std::string& expected_cluster_id = {});

  const NamespaceInfo& info() const { return info_; }
  std::string edits_dir() const { return JoinPath(current_, "edits"); }
  std::string image_dir() const { return JoinPath(current_, "image"); }

 private:
  StorageDir(std::string current, NamespaceInfo info, std::unique_ptr<FileLock> lock)
      : current_(std::move(current)), info_(std::move(info)), lock_(std::move(lock)) {}

  const std::string current_;
  const NamespaceInfo info_;
  const std::unique_ptr<FileLock> lock_;
};

}  // namespace tusk::namenode
