// KvStore in a LevelDB directory. Reads verify checksums.
#pragma once

#include <memory>
#include <string>

#include "common/io/env.h"
#include "common/kv/kv_store.h"

namespace tusk {

struct LevelDbOptions {
  bool create_if_missing = true;
  // Refuses to open on any damage, a zeroed log tail included (power loss can leave one). Without
  // it LevelDB drops damaged batches silently: open so only where counts and sums are checked
  // against what the store itself says it must hold.
  bool paranoid = true;
  size_t write_buffer_bytes = 4 << 20;
  size_t cache_bytes = 8 << 20;
  bool compress = true;
  // For tests: the disk it lives on, which outlives the store. Then the caller's thread does what
  // else a thread of LevelDB's does, at the end of each Write, and Compact does nothing. Null: the
  // machine's disk.
  Env* env = nullptr;
};

// Life: one process holds a directory at a time; a second open is kFailedPrecondition.
// Fails: kDataLoss for damage, else what the disk said, with the directory's name.
StatusOr<std::unique_ptr<KvStore>> OpenLevelDb(const std::string& dir,
                                               const LevelDbOptions& options);

// Rebuilds what can be read from the tables and logs (leveldb::RepairDB); what is damaged is lost,
// and what had been deleted may be back. For a store whose list of tables (MANIFEST) does not open
// in any other way. Afterwards only iterators are sure to see the newest value of a key.
Status RepairLevelDb(const std::string& dir, Env* env = nullptr);

// Removes a directory's LevelDB files.
Status DestroyLevelDb(const std::string& dir);

}  // namespace tusk
