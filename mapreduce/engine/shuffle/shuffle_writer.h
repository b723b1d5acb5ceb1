// One map attempt's way from emitted records to one sorted file with an index.
//
//   Add()* ( -> spill )* -> Finish()     merges the spills into `<dir>/<name>` and its index
//
// A combiner, where there is one, runs over each spill and again over the merge of two or more.
// With memory to spare there is one spill and it becomes the output as it is: each byte is written
// once.
//
// Owns:    the sort buffer and the attempt's spill files.
// Threads: not thread-safe; one writer per attempt.
// Life:    Add until Finish or FinishInMemory, once; the destructor before that removes everything.
// On disk: `<dir>/<name>.spill.<n>` while it runs, `<dir>/<name>` and `<name>.index` after Finish;
//          docs/formats/spill.md.
// Fails:   with the disk's error and the file's name, or the combiner's; it is of no more use then.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "mapreduce/engine/shuffle/merger.h"
#include "mapreduce/engine/shuffle/sort_buffer.h"
#include "mapreduce/engine/shuffle/spill_file.h"

namespace tusk::mapreduce {

struct ShuffleWriterOptions {
  std::string directory;
  std::string name;
  int partitions = 1;
  int64_t buffer_bytes = 100LL << 20;
  int merge_factor = 64;  // spills merged at a time
  SpillCodec codec = SpillCodec::kNone;
  bool sorted = true;                 // by key; without, records keep their order
  const KeyOrder* order = nullptr;    // null: bytewise
  GroupCombiner* combiner = nullptr;  // null: none; works only on sorted records
};

struct ShuffleWriterCounters {
  int64_t output_records = 0;  // as emitted
  int64_t output_bytes = 0;    // keys and values as emitted
  int64_t combine_input_records = 0;
  int64_t combine_output_records = 0;
  int64_t spilled_records = 0;  // written to disk, each time
  int64_t spilled_bytes = 0;    // likewise
  int64_t spills = 0;
  double sort_seconds = 0;
};

class ShuffleWriter {
 public:
  explicit ShuffleWriter(ShuffleWriterOptions options);
  ~ShuffleWriter();
  ShuffleWriter(const ShuffleWriter&) = delete;
  ShuffleWriter& operator=(const ShuffleWriter&) = delete;

  Status Add(int partition, std::string_view key, std::string_view value);
  // The figures per partition; the file is `<directory>/<name>`.
  StatusOr<std::vector<SegmentIndex>> Finish();
  // As Finish, but the segments come one after the other in `bytes` and no file is written.
  // Only while nothing was spilled.
  StatusOr<std::vector<SegmentIndex>> FinishInMemory(std::string* bytes);
  bool spilled() const { return !spills_.empty(); }

  const ShuffleWriterCounters& counters() const { return counters_; }
  // What the buffer holds now, for the memory ledger.
  int64_t memory_bytes() const { return buffer_.bytes_used(); }
  // Writes out what is held, to give memory back.
  Status Spill();

 private:
  std::string OutputPath() const { return options_.directory + "/" + options_.name; }
  using PartitionSource = std::function<StatusOr<std::unique_ptr<RecordSource>>(int partition)>;
  using PartitionSink =
      std::function<Status(int partition, std::string_view key, std::string_view value)>;

  void SortBuffered();
  // Every partition of `source`, combined where the job has a combiner, into `sink`.
  Status Drain(const PartitionSource& source, const PartitionSink& sink);
  StatusOr<std::vector<SegmentIndex>> WriteFile(const std::string& path,
                                                const PartitionSource& source);
  StatusOr<std::unique_ptr<RecordSource>> OpenSpills(size_t count, int partition) const;
  Status MergeSpills(size_t keep);

  const ShuffleWriterOptions options_;
  const KeyComparison comparison_;
  SortBuffer buffer_;
  ShuffleWriterCounters counters_;
  int next_spill_ = 0;
  struct SpillFile {
    std::string path;
    std::vector<SegmentIndex> index;
  };
  std::vector<SpillFile> spills_;
};

}  // namespace tusk::mapreduce
