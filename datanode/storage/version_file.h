// VERSION: which cluster, namespace and DataNode a data directory belongs to.
//
// On disk: <dir>/current/VERSION, lines key=value with Hadoop's keys (docs/formats/replica.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/status.h"
#include "common/io/env.h"

namespace tusk::datanode {

inline constexpr int32_t kDatanodeLayoutVersion = 1;

struct StorageIdentity {
  std::string cluster_id;
  int32_t namespace_id = 0;
  std::string block_pool_id;
  std::string datanode_uuid;
  std::string storage_id;  // of this directory

  bool operator==(const StorageIdentity&) const = default;
};

// Empty when the directory was never formatted. kFailedPrecondition for a layout that is newer than
// ours or another software's, kDataLoss for an unreadable file; both name file and cure.
StatusOr<std::optional<StorageIdentity>> ReadVersionFile(Env* env, const std::string& dir);

Status WriteVersionFile(Env* env, const std::string& dir, const StorageIdentity& identity);

}  // namespace tusk::datanode
