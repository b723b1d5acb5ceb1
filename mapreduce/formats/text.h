// Text in, text out: a record is a line; an output line is key, tab, value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/macros.h"
#include "common/base/status.h"
#include "mapreduce/api/job_options.h"
#include "mapreduce/api/writable.h"
#include "mapreduce/formats/file_input.h"
#include "mapreduce/formats/line_reader.h"
#include "mapreduce/formats/output_file.h"

namespace tusk {

// Key: the line's place in the (decompressed) file. Value: the line without its end, valid until
// the next one is read.
struct TextInput {
  using Key = int64_t;
  using Value = std::string_view;

  static StatusOr<std::vector<mapreduce::PartitionInput>> Splits(
      FileSystem& fs, const mapreduce::JobOptions& options, const std::vector<std::string>& paths) {
    return mapreduce::SplitFiles(fs, options, paths);
  }

  class TUSK_EXPORT Reader {
   public:
    Status Open(mapreduce::TaskContext& task, const mapreduce::JobOptions& options,
                std::string_view split);
    StatusOr<bool> Next(int64_t* offset, std::string_view* line) {
      return lines_->Next(offset, line);
    }
    double progress() const;
    void Close(mapreduce::TaskContext& task) { file_.Count(task); }

   private:
    mapreduce::FileSplit split_;
    mapreduce::SplitFile file_;
    std::optional<mapreduce::LineReader> lines_;
  };
};

struct TextOutput {
  template <class K, class V>
  class Writer {
   public:
    Status Open(mapreduce::TaskContext& task, const mapreduce::JobOptions& options,
                const std::string& name) {
      separator_ = options.Get("mapreduce.output.textoutputformat.separator").value_or("\t");
      return file_.Open(task, name);
    }
    Status Write(const K& key, const V& value) {
      std::string* out = file_.buffer();
      Writable<K>::AppendText(key, out);
      out->append(separator_);
      Writable<V>::AppendText(value, out);
      out->push_back('\n');
      return file_.Flushed();
    }
    Status Close() { return file_.Close(); }
    int64_t bytes() const { return file_.bytes(); }

   private:
    mapreduce::OutputFile file_;
    std::string separator_;
  };
};

}  // namespace tusk
