// Records of one length, without separators: key fixedlengthinputformat.record.length, as Hadoop's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/api/job_options.h"
#include "mapreduce/api/writable.h"
#include "mapreduce/formats/file_input.h"
#include "mapreduce/formats/output_file.h"

namespace tusk {

// Key: the record's place in the file. Value: its bytes, valid until the next one is read.
struct FixedLengthInput {
  using Key = int64_t;
  using Value = std::string_view;
  static constexpr const char* kRecordLength = "fixedlengthinputformat.record.length";

  TUSK_EXPORT static StatusOr<std::vector<mapreduce::PartitionInput>> Splits(
      FileSystem& fs, const mapreduce::JobOptions& options, const std::vector<std::string>& paths);

  class TUSK_EXPORT Reader {
   public:
    Status Open(mapreduce::TaskContext& task, const mapreduce::JobOptions& options,
                std::string_view split);
    StatusOr<bool> Next(int64_t* offset, std::string_view* record);
    double progress() const;
    void Close(mapreduce::TaskContext& task) { file_.Count(task); }

   private:
    mapreduce::FileSplit split_;
    mapreduce::SplitFile file_;
    int64_t record_bytes_ = 0;
    int64_t position_ = 0;
    std::string buffer_;
    size_t at_ = 0;
    size_t filled_ = 0;
  };
};

// Key and value, one after the other, encoded as Writable has them.
struct FixedLengthOutput {
  template <class K, class V>
  class Writer {
   public:
    Status Open(mapreduce::TaskContext& task, const mapreduce::JobOptions&,
                const std::string& name) {
      return file_.Open(task, name);
    }
    Status Write(const K& key, const V& value) {
      Writable<K>::Encode(key, file_.buffer());
      Writable<V>::Encode(value, file_.buffer());
      return file_.Flushed();
    }
    Status Close() { return file_.Close(); }
    int64_t bytes() const { return file_.bytes(); }

   private:
    mapreduce::OutputFile file_;
  };
};

}  // namespace tusk
