// Sorted records on disk, partition after partition, with an index: one spill, or a map's final
// output.
//
// On disk: the data file is a row of segments, one per partition; a segment is a row of frames
//   u32 raw size, u32 stored size, u32 CRC32C of the stored bytes, u8 codec (0 none, 1 lz4), bytes
// (little-endian) of about 128 KiB of records (varint key size, varint value size, key, value); a
// record never crosses frames. The index, in `<data>.index`, is per partition i64 offset, i64
// length, i64 records, i64 raw bytes, and last a u32 CRC32C of all that. So a reader of a range
// needs no more than offset and length, and notices every flipped bit.
//
// Threads: not thread-safe. Fails: kDataLoss for bytes that do not check.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "mapreduce/engine/shuffle/record.h"

namespace tusk::mapreduce {

enum class SpillCodec : uint8_t { kNone = 0, kLz4 = 1 };

struct SegmentIndex {
  int64_t offset = 0;
  int64_t length = 0;
  int64_t records = 0;
  int64_t raw_bytes = 0;
};

// Turns records into frames. Used for files and for partitions kept in memory.
class SegmentEncoder {
 public:
  // `out` receives whole frames.
  using Output = std::function<Status(std::string_view frame)>;
  SegmentEncoder(SpillCodec codec, Output out);

  Status Add(std::string_view key, std::string_view value);
  // Writes what is left; the segment's figures without its offset.
  StatusOr<SegmentIndex> Finish();

 private:
  Status Flush();

  const SpillCodec codec_;
  const Output out_;
  std::string raw_;
  std::string frame_;
  SegmentIndex figures_;
};

class SpillFileWriter {
 public:
  // Creates `path`; removes it again unless Finish() succeeded.
  static StatusOr<std::unique_ptr<SpillFileWriter>> Create(const std::string& path, int partitions,
                                                           SpillCodec codec);
  ~SpillFileWriter();
  SpillFileWriter(const SpillFileWriter&) = delete;
  SpillFileWriter& operator=(const SpillFileWriter&) = delete;

  // Partitions in ascending order; those without a record may be left out.
  Status Add(int partition, std::string_view key, std::string_view value);
  // Writes index and closes. Not synced: a map output lost with its machine is run again.
  StatusOr<std::vector<SegmentIndex>> Finish();

 private:
  SpillFileWriter(std::string path, int fd, int partitions, SpillCodec codec);
  Status EndSegment();
  Status Write(std::string_view bytes);

  const std::string path_;
  const SpillCodec codec_;
  int fd_;
  int current_ = 0;
  int64_t written_ = 0;
  bool finished_ = false;
  std::string pending_;  // frames gathered to write in large pieces
  std::unique_ptr<SegmentEncoder> segment_;
  std::vector<SegmentIndex> index_;
};

StatusOr<std::vector<SegmentIndex>> ReadSpillIndex(const std::string& path);

// Reads bytes of a segment, in order: a file's range, a response over the network, memory.
class SegmentBytes {
 public:
  virtual ~SegmentBytes() = default;
  // Up to `size` bytes into `to`; 0 at the end.
  virtual StatusOr<size_t> Read(char* to, size_t size) = 0;
  // The next `size` bytes in place, where they lie in memory; empty otherwise, and nothing moves.
  virtual std::string_view View(size_t /*size*/) { return {}; }
};

std::unique_ptr<SegmentBytes> SegmentInMemory(std::shared_ptr<const std::string> bytes,
                                              int64_t offset, int64_t length);
StatusOr<std::unique_ptr<SegmentBytes>> SegmentInFile(const std::string& path, int64_t offset,
                                                      int64_t length);

// Decodes and checks a segment. `damaged` (or null) hears once why it cannot be read to its end,
// before Next() returns false: in a merge nobody else knows which of the segments it was.
std::unique_ptr<RecordSource> DecodeSegment(std::unique_ptr<SegmentBytes> bytes,
                                            std::function<void(const Status&)> damaged = nullptr);

}  // namespace tusk::mapreduce
