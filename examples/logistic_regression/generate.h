// Makes points up, in parallel: a map-only job over ranges of row numbers.
#pragma once

#include <tusk/mapreduce.h>

#include <string>
#include <string_view>

#include "../row_ranges.h"
#include "points.h"

namespace logistic_regression {

// A line is key, blank, value: the label, and the features.
class Generate final
    : public tusk::Mapper<int64_t, std::string_view, std::string_view, std::string_view> {
 public:
  static constexpr const char* kSeed = "example.lr.seed";

  void Setup(Context& context) override {
    seed_ = std::stoull(context.Option(kSeed).value_or("1"));
  }
  void Map(int64_t row, std::string_view, Context& context) override {
    line_.clear();
    size_t label = 0;
    AppendPoint(MakePoint(static_cast<uint64_t>(row), seed_), &line_, &label);
    const std::string_view line = line_;
    context.Emit(line.substr(0, label), line.substr(label + 1));
  }

 private:
  uint64_t seed_ = 1;
  std::string line_;
};

struct PointGen {
  using Input = examples::RowRanges;
  using Mapper = Generate;
  using Output = tusk::TextOutput;
};

inline tusk::Status GeneratePoints(tusk::Program& program, int64_t rows, int maps,
                                   const std::string& output) {
  auto job = program.NewJob<PointGen>("lrgen");
  job.Set(examples::RowRanges::kRows, std::to_string(rows));
  job.Set(examples::RowRanges::kMaps, std::to_string(maps));
  job.Set("mapreduce.output.textoutputformat.separator", " ");
  job.AddInput("rows");
  job.SetOutput(output);
  return job.Run().status();
}

}  // namespace logistic_regression
