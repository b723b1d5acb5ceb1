// What goes into and comes out of the namesystem beside the plain contracts of common/protocol.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/protocol/file_status.h"
#include "common/protocol/ids.h"
#include "common/security/user.h"
#include "namenode/namesystem/tree_walk.h"

namespace tusk::namenode {

struct NamesystemOptions {
  std::string block_pool_id;
  int64_t creation_time_ms = 0;           // of the namespace (VERSION): the root's first time
  std::string fs_owner;                   // the superuser: who runs the NameNode
  std::string supergroup = "supergroup";  // dfs.permissions.superusergroup
  bool permissions_enabled = true;        // dfs.permissions.enabled
  ServerDefaults defaults;                // answered by getServerDefaults
  int32_t min_replication = 1;            // dfs.namenode.replication.min
  int32_t max_replication = 512;          // dfs.replication.max
  int64_t min_block_size = 1 << 20;       // dfs.namenode.fs-limits.min-block-size
  int32_t max_blocks_per_file = 10'000;   // dfs.namenode.fs-limits.max-blocks-per-file
  int32_t max_component_length = 255;     // dfs.namenode.fs-limits.max-component-length
  int32_t max_directory_items = 1 << 20;  // dfs.namenode.fs-limits.max-directory-items
  int32_t list_limit = 1000;              // dfs.ls.limit
  Duration access_time_precision = std::chrono::hours(1);  // ...accesstime.precision; 0: never
  Duration lease_soft_limit = std::chrono::seconds(60);
  Duration lease_hard_limit = std::chrono::minutes(20);  // dfs.namenode.lease-hard-limit-sec
  Duration lease_check_interval = std::chrono::seconds(2);
  Duration lease_recovery_retry = std::chrono::seconds(30);
  Duration hold_limit = std::chrono::seconds(10);  // of complete and addBlock
  int64_t retry_cache_entries = 1'000'000;         // tusk.namenode.retry-cache.entries
  Duration retry_cache_expiry =
      std::chrono::minutes(10);  // dfs.namenode.retrycache.expirytime.millis
  Duration checkpoint_check_interval = std::chrono::seconds(1);
  Duration checkpoint_period = std::chrono::minutes(1);  // when anything changed
  int64_t checkpoint_edits = 100'000;                    // sooner after so many edits
  Duration checkpoint_slice = std::chrono::milliseconds(2);
};

// Who calls: for permissions, placement and the retry cache.
struct Caller {
  User user;
  std::string host;       // address of the client
  std::string client_id;  // 16 bytes; empty: no retry cache
  int32_t call_id = -1;
};

// One entry of fsck's walk.
struct FsckEntry {
  std::string path;
  FileStatus status;
  bool open = false;          // being written
  std::vector<Block> blocks;  // of a file
};
// The place of a walk that is called again and again.
struct FsckCursor {
  std::string root;
  std::optional<TreeWalk> walk;  // empty before the first call
};

struct NamesystemCounts {
  int64_t inodes = 0;  // files and directories
  int64_t blocks = 0;
  int64_t open_files = 0;
  int64_t leases = 0;
  int64_t detached_inodes_pending = 0;  // deleted, not freed yet; a lower bound
  TxId last_txid;
  TxId synced_txid;
  int64_t log_syncs = 0;  // since the start
  TxId checkpoint_txid;
  int64_t checkpoint_time_ms = 0;
};

}  // namespace tusk::namenode
