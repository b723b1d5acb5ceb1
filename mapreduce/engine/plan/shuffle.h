// The shuffle as tasks and the driver see it: encoded keys and values in, by partition; the same
// out, merged. engine/shuffle implements ShuffleService, one per runner.
//
// Disk mode:   a map task's output is one file in the application's local directory, partitions one
//              after the other; the node's local file service hands out ranges of it.
// Memory mode: it stays in the runner (a MemoryHolder that spills), which serves ranges of it by
//              the same request and signature.
// Either way a reduce task reads (server, path, offset, length): it need not know the mode.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/engine/plan/counters.h"
#include "mapreduce/engine/plan/dependency.h"
#include "mapreduce/engine/plan/ids.h"

namespace tusk::mapreduce {

// Who hands out a map output, and how to ask for it.
struct ShuffleServer {
  std::string host;
  int port = 0;
  bool in_runner = false;  // the output dies with its runner; else with its node

  auto operator<=>(const ShuffleServer&) const = default;
};

// What a finished map task leaves. Travels to the driver.
struct MapOutput {
  ShuffleServer server;
  std::string path;                      // of the request, as the server knows it
  std::vector<int64_t> partition_bytes;  // stored length of each; partition p begins at their sum

  bool operator==(const MapOutput&) const = default;
};

// The part of one map output that one reduce partition needs. Empty parts are left out.
struct ShuffleSegment {
  int map_index = 0;
  ShuffleServer server;
  std::string path;
  int64_t offset = 0;
  int64_t length = 0;

  bool operator==(const ShuffleSegment&) const = default;
};

// All that one reduce partition reads, by map index.
struct ShuffleInput {
  ShuffleId shuffle;
  int partition = 0;
  ShuffleOrder order = ShuffleOrder::kNone;
  std::vector<ShuffleSegment> segments;

  bool operator==(const ShuffleInput&) const = default;
};

// A map output that could not be had: the driver makes it again before the reader runs again.
struct FetchFailure {
  ShuffleId shuffle;
  int map_index = 0;
  ShuffleServer server;
  std::string path;
  bool server_unreachable = false;  // nobody listens there: all its outputs are gone
  std::string message;

  bool operator==(const FetchFailure&) const = default;
};

// Orders encoded keys. Null in the options below means bytewise.
class TUSK_EXPORT KeyOrder {
 public:
  virtual ~KeyOrder() = default;
  virtual int Compare(std::string_view a, std::string_view b) const = 0;
  // Prefix(a) < Prefix(b) implies Compare(a, b) < 0: sorting looks at eight bytes first.
  // Bytewise: the first eight bytes, big-endian. 0 for every key when there is no such thing.
  virtual uint64_t Prefix(std::string_view key) const = 0;
};

// Gives the values of one key. A view is valid until the next call.
class TUSK_EXPORT ValueStream {
 public:
  virtual ~ValueStream() = default;
  virtual bool Next(std::string_view* value) = 0;
};

// Takes the place of a run of equal keys at spill and merge.
class TUSK_EXPORT GroupCombiner {
 public:
  using Emit = std::function<Status(std::string_view key, std::string_view value)>;
  virtual ~GroupCombiner() = default;
  // May emit any number of pairs of that key's partition; order by key is kept only if the emitted
  // keys equal `key`.
  virtual Status Combine(std::string_view key, ValueStream& values, const Emit& emit) = 0;
};

struct ShuffleWriteOptions {
  const KeyOrder* order = nullptr;    // null: bytewise. Used for ShuffleOrder::kByKey
  GroupCombiner* combiner = nullptr;  // null: none. With one, equal keys meet even without an order
};

struct ShuffleReadOptions {
  const KeyOrder* order = nullptr;
  GroupCombiner* combiner = nullptr;  // at merges to disk, when there are many segments
};

// Collects one map attempt's output.
//   Add* -> Finish | Abandon (or the destructor): everything written is removed
// Threads: not thread-safe.
class TUSK_EXPORT ShuffleSink {
 public:
  virtual ~ShuffleSink() = default;
  // Copies both. `partition` in [0, partitions).
  virtual Status Add(int partition, std::string_view key, std::string_view value) = 0;
  // Everything sorted, combined and stored; afterwards readers may come.
  virtual StatusOr<MapOutput> Finish() = 0;
};

// One reduce partition's records, as ShuffleOrder promises.
// Threads: not thread-safe.
class TUSK_EXPORT ShuffleSource {
 public:
  virtual ~ShuffleSource() = default;
  // False at the end. The views are valid until the next call.
  virtual StatusOr<bool> Next(std::string_view* key, std::string_view* value) = 0;
};

// What the service needs to know of the attempt it works for.
struct ShuffleAttempt {
  TaskAttemptId id;
  std::string scratch_directory;  // for spills; exists; removed by the runner afterwards
  Counters* counters = nullptr;   // of the attempt: the caller's thread only
  std::function<Status()> check;  // not ok: the attempt was killed
};

// Threads: thread-safe.
class TUSK_EXPORT ShuffleService {
 public:
  virtual ~ShuffleService() = default;

  virtual StatusOr<std::unique_ptr<ShuffleSink>> OpenWriter(const ShuffleAttempt& attempt,
                                                            ShuffleId shuffle, int map_index,
                                                            int partitions, ShuffleOrder order,
                                                            const ShuffleWriteOptions&) = 0;

  // `failed` is called (before Next or this call returns an error) when an output cannot be had.
  virtual StatusOr<std::unique_ptr<ShuffleSource>> OpenReader(
      const ShuffleAttempt& attempt, const ShuffleInput& input, const ShuffleReadOptions& options,
      std::function<void(const FetchFailure&)> failed) = 0;

  // Nobody needs the shuffle any more: frees memory and removes this runner's files.
  virtual void Drop(ShuffleId shuffle) = 0;
  // An attempt's finished output that nobody will use (another attempt won).
  virtual void DropOutput(ShuffleId shuffle, const std::string& path) = 0;
};

}  // namespace tusk::mapreduce
