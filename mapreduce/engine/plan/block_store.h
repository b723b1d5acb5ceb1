// Cached partitions of one runner: in memory as the program's own objects, on local disk encoded.
//
// A cache operator (LineageNode::storage.cached()) does
//   store.Find(node, partition) -> hit: push its records; or
//   compute its input; gather a CachedPartition, growing a reservation; Put it. When the
//   reservation is refused: OpenDisk and write what was gathered and what follows (level with
//   disk), else stop gathering and only pass on.
// Under pressure the least recently used partitions are written to disk (level with disk) or
// dropped; lineage recomputes those. The driver hears of every partition that came or went.
//
// Threads: thread-safe. A found partition stays valid while it is held.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/ids.h"
#include "mapreduce/engine/plan/lineage.h"

namespace tusk::mapreduce {

class TUSK_EXPORT CachedPartition {
 public:
  virtual ~CachedPartition() = default;
  virtual int64_t memory_bytes() const = 0;
  // Gives the records encoded, in chunks of any size (about 64 KB reads well), in order.
  virtual Status Encode(const std::function<Status(std::string_view)>& append) const = 0;
};

class TUSK_EXPORT CachedBlockReader {
 public:
  virtual ~CachedBlockReader() = default;
  // The next chunk exactly as it was appended; empty at the end.
  virtual StatusOr<std::optional<std::string>> Next() = 0;
};

class TUSK_EXPORT CachedBlockWriter {
 public:
  virtual ~CachedBlockWriter() = default;  // before Commit: removes what was written
  virtual Status Append(std::string_view chunk) = 0;
  virtual Status Commit() = 0;
};

// Exactly one is set.
struct CachedHit {
  std::shared_ptr<const CachedPartition> memory;
  std::unique_ptr<CachedBlockReader> disk;
};

class TUSK_EXPORT BlockStore {
 public:
  virtual ~BlockStore() = default;

  // A damaged or vanished file counts as absent: it is recomputed.
  virtual std::optional<CachedHit> Find(LineageId node, int partition) = 0;

  // Takes over `reserved` bytes of the caller's reservation (MemoryShare::Detach). When the same
  // partition is there already (another attempt) the first one stays.
  virtual void Put(LineageId node, int partition, StorageLevel level,
                   std::shared_ptr<const CachedPartition> cached, int64_t reserved) = 0;

  virtual StatusOr<std::unique_ptr<CachedBlockWriter>> OpenDisk(LineageId node, int partition) = 0;
};

}  // namespace tusk::mapreduce
