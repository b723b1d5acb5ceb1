// The shuffle of one runner: implements plan's ShuffleService for both modes.
//
// Disk mode:   an attempt's output is a file below the application's folder on this node. It
//              outlives the runner; the node manager's local file service hands it out.
// Memory mode: it stays in this runner's MapOutputStore while the memory ledger has room, else it
//              is a file of the runner; the PartitionServer hands it out.
// A reader takes what lies in this runner or on this node directly, fetches the rest into memory
// or, when the ledger refuses, into its scratch directory, and merges or strings together.
//
// Threads: thread-safe; the sinks and sources it opens belong to one thread each.
// Fails:   an output that cannot be had is told through `failed` and ends the reader with kAborted;
//          one whose bytes do not check is told likewise and ends it with kDataLoss.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "mapreduce/engine/plan/memory_ledger.h"
#include "mapreduce/engine/plan/shuffle.h"
#include "mapreduce/engine/shuffle/fetcher.h"
#include "mapreduce/engine/shuffle/map_output_store.h"
#include "mapreduce/engine/shuffle/spill_file.h"

namespace tusk::mapreduce {

struct ShuffleServiceOptions {
  JobMode mode = JobMode::kDisk;
  // Who hands out this runner's outputs: the node's local file service, or the partition server.
  ShuffleServer server;
  // Disk mode: the application's folder on this node, and what the local file service calls it:
  // an output lies in `<local_directory>/<x>` and is asked for as `<path_prefix><x>`.
  // Memory mode: where outputs go when memory is short; path_prefix is PartitionServer's.
  std::string local_directory;
  std::string path_prefix;
  int64_t sort_buffer_bytes = 100LL << 20;  // mapreduce.task.io.sort.mb
  int merge_factor = 64;                    // mapreduce.task.io.sort.factor
  SpillCodec codec = SpillCodec::kNone;     // mapreduce.map.output.compress
};

class RunnerShuffleService final : public ShuffleService {
 public:
  // All outlive the service. `store` is null in disk mode.
  RunnerShuffleService(ShuffleServiceOptions options, MemoryLedger* ledger, SegmentFetcher* fetcher,
                       MapOutputStore* store);

  StatusOr<std::unique_ptr<ShuffleSink>> OpenWriter(const ShuffleAttempt& attempt,
                                                    ShuffleId shuffle, int map_index,
                                                    int partitions, ShuffleOrder order,
                                                    const ShuffleWriteOptions& options) override;
  StatusOr<std::unique_ptr<ShuffleSource>> OpenReader(
      const ShuffleAttempt& attempt, const ShuffleInput& input, const ShuffleReadOptions& options,
      std::function<void(const FetchFailure&)> failed) override;
  void Drop(ShuffleId shuffle) override;
  void DropOutput(ShuffleId shuffle, const std::string& path) override;

 private:
  class Sink;
  class Source;

  StatusOr<std::unique_ptr<SegmentBytes>> OpenSegment(const ShuffleAttempt& attempt,
                                                      const ShuffleSegment& segment,
                                                      MemoryShare* share) const;
  StatusOr<std::unique_ptr<SegmentBytes>> FetchSegment(const ShuffleAttempt& attempt,
                                                       const ShuffleSegment& segment,
                                                       MemoryShare* share) const;
  std::string ShuffleDirectory(ShuffleId shuffle) const;
  // The file behind a path of the local file service; empty when the path is none of ours.
  std::string FileOf(const std::string& path) const;

  const ShuffleServiceOptions options_;
  MemoryLedger* const ledger_;
  SegmentFetcher* const fetcher_;
  MapOutputStore* const store_;
};

}  // namespace tusk::mapreduce
