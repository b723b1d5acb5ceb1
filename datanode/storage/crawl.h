// Finds the replicas of a volume on the disk itself, and mends what an unclean stop left behind.
//
// A block file and its checksum file make a replica. Finalizing renames the checksum file first and
// the block file second, after both were synced: halves in different folders are joined in
// finalized/. Of several checksum files the newest generation stamp counts, the others go; a half
// without partner goes. A replica in rbw/ becomes rwr, cut to the prefix whose checksums are right.
//
// Threads: before the volume is shared, on the caller's thread. Takes as long as listing takes.
#pragma once

#include <vector>

#include "common/base/status.h"
#include "common/protocol/block.h"
#include "datanode/storage/volume.h"

namespace tusk::datanode {

struct FoundReplica {
  Block block;
  ReplicaState state = ReplicaState::kFinalized;  // or kRwr
  int64_t meta_bytes = 0;
  bool damaged = false;  // lengths of block file and checksum file do not fit together
};

struct CrawlResult {
  std::vector<FoundReplica> replicas;
  int64_t joined = 0;   // halves
  int64_t removed = 0;  // files without partner, or with an old generation stamp
};

// Everything.
StatusOr<CrawlResult> CrawlVolume(Volume* volume);
// Only rbw/, whose replicas no index holds. Halves whose partner is in finalized/ are joined too.
StatusOr<CrawlResult> CrawlRbw(Volume* volume);
// What is in finalized/, without mending: for the reconciler, while the volume is in use.
StatusOr<std::vector<FoundReplica>> ListFinalized(Volume* volume);

}  // namespace tusk::datanode
