// tusk job run teragen ROWS OUT: writes ROWS records of 100 bytes, in parallel.
#include <charconv>

#include "../row_ranges.h"
#include "records.h"

namespace {

class Generate final
    : public tusk::Mapper<int64_t, std::string_view, std::string_view, std::string_view> {
 public:
  void Setup(Context& context) override {
    seed_ = std::stoull(context.Option("terasort.seed").value_or("1"));
  }
  void Map(int64_t row, std::string_view, Context& context) override {
    record_.clear();
    terasort::AppendRow(static_cast<uint64_t>(row), seed_, &record_);
    const std::string_view record = record_;
    context.Emit(record.substr(0, terasort::kKeyBytes), record.substr(terasort::kKeyBytes));
  }

 private:
  uint64_t seed_ = 1;
  std::string record_;
};

struct TeraGen {
  using Input = examples::RowRanges;
  using Mapper = Generate;
  using Output = tusk::FixedLengthOutput;
};

}  // namespace

int main(int argc, char** argv) {
  auto program = tusk::Program::Open(argc, argv);
  const auto& args = program.args();
  int64_t rows = -1;
  if (args.size() == 2) {
    const auto parsed = std::from_chars(args[0].data(), args[0].data() + args[0].size(), rows);
    if (parsed.ptr != args[0].data() + args[0].size()) rows = -1;
  }
  if (rows < 0) return program.Finish(tusk::InvalidArgumentError("Usage: teragen <rows> <out>"));
  auto job = program.NewJob<TeraGen>("teragen");
  job.Set(examples::RowRanges::kRows, std::to_string(rows));
  job.Set(examples::RowRanges::kMaps, program.engine().Option("mapreduce.job.maps").value_or("2"));
  job.AddInput("rows");
  job.SetOutput(args[1]);
  return program.Finish(job.Run());
}
