// Splits of input files, and the bytes behind one.
//
// Split sizes are Hadoop's: max(minsize, min(maxsize, block size)), the last one up to 1.1 times
// that; keys mapreduce.input.fileinputformat.split.{minsize,maxsize}. A compressed file is one
// split. Each split names the workers that hold its first bytes' block.
//
// Threads: thread-safe functions that talk to the file system; a reader has one caller.
// Fails:   with Hadoop's words for input that is not there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/file_system.h"
#include "common/base/macros.h"
#include "common/base/status.h"
#include "common/io/codec.h"
#include "mapreduce/api/job_options.h"
#include "mapreduce/engine/plan/lineage.h"
#include "mapreduce/engine/plan/task_context.h"

namespace tusk::mapreduce {

struct FileSplit {
  std::string path;
  int64_t offset = 0;
  int64_t length = 0;  // of this split
  int64_t file_length = 0;

  std::string Encoded() const;
  static StatusOr<FileSplit> Decode(std::string_view bytes);
};

// Files behind the paths: files, folders (not recursive, hidden names left out), globs. Hadoop's
// errors: "Input path does not exist: ...", "Input Pattern ... matches 0 files", and "Path is not a
// file: ..." of a folder in a folder.
TUSK_EXPORT StatusOr<std::vector<FileEntry>> ListInput(FileSystem& fs,
                                                       const std::vector<std::string>& paths);

// `record_bytes` > 1: splits of a multiple of it.
TUSK_EXPORT StatusOr<std::vector<PartitionInput>> SplitFiles(FileSystem& fs,
                                                             const JobOptions& options,
                                                             const std::vector<std::string>& paths,
                                                             int64_t record_bytes = 1);

// The bytes of a file from some offset on, decompressed where its name says so.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // 0 at the end.
  virtual StatusOr<size_t> Read(char* to, size_t size) = 0;
};

// The rest of `file` from its position on. A read gives nothing from beyond `split_end` as long as
// the split has bytes; behind it, where a record may go on, pieces of 4 KB and then twice as many
// each time: the next block lies elsewhere, and is another task's.
TUSK_EXPORT std::unique_ptr<ByteSource> MakeSplitSource(std::shared_ptr<FileReader> file,
                                                        int64_t split_end);

// Opens a split's file; counts where its bytes came from when it is closed.
class TUSK_EXPORT SplitFile {
 public:
  // Positioned at `offset`; compressed files only at 0.
  static StatusOr<SplitFile> Open(TaskContext& task, const FileSplit& split, int64_t offset);

  ByteSource* source() { return source_.get(); }
  bool compressed() const { return compressed_; }
  // Adds Hadoop's byte counters and ours of locality. Once, at the end.
  void Count(TaskContext& task) const;

 private:
  std::shared_ptr<FileReader> file_;
  std::unique_ptr<ByteSource> source_;
  bool compressed_ = false;
};

}  // namespace tusk::mapreduce
