// The input of programs that make their data up: ranges of row numbers instead of files.
//
//   job.Set(RowRanges::kRows, "1000000");
//   job.Set(RowRanges::kMaps, "4");
//   job.AddInput("rows");   // a job must name an input; this one opens none
#pragma once

#include <tusk/mapreduce.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace examples {

struct RowRanges {
  static constexpr const char* kRows = "example.rows";
  static constexpr const char* kMaps = "example.maps";

  using Key = int64_t;             // a row
  using Value = std::string_view;  // nothing

  static tusk::StatusOr<std::vector<tusk::mapreduce::PartitionInput>> Splits(
      tusk::FileSystem&, const tusk::mapreduce::JobOptions& options,
      const std::vector<std::string>&) {
    const int64_t rows = std::stoll(options.Get(kRows).value_or("0"));
    const int64_t maps = std::stoll(options.Get(kMaps).value_or("1"));
    std::vector<tusk::mapreduce::PartitionInput> inputs;
    for (int64_t m = 0; m < maps; ++m) {
      tusk::Writer out;
      out.Raw(rows * m / maps);
      out.Raw(rows * (m + 1) / maps);
      inputs.push_back({out.Take(), {}, 0});
    }
    return inputs;
  }

  class Reader {
   public:
    tusk::Status Open(tusk::mapreduce::TaskContext&, const tusk::mapreduce::JobOptions&,
                      std::string_view split) {
      tusk::Reader in(split);
      if (!in.Raw(&next_) || !in.Raw(&end_)) return tusk::InternalError("a damaged row range");
      begin_ = next_;
      return tusk::Status::Ok();
    }
    tusk::StatusOr<bool> Next(int64_t* row, std::string_view*) {
      if (next_ == end_) return false;
      *row = next_++;
      return true;
    }
    double progress() const {
      return end_ == begin_
                 ? 1
                 : static_cast<double>(next_ - begin_) / static_cast<double>(end_ - begin_);
    }
    void Close(tusk::mapreduce::TaskContext&) {}

   private:
    int64_t begin_ = 0;
    int64_t next_ = 0;
    int64_t end_ = 0;
  };
};

}  // namespace examples
