// tusk job run teragen ROWS OUT: writes ROWS records of 100 bytes, in parallel.
#include <charconv>

#include "records.h"

namespace {

// Its splits are ranges of rows; there is no input file.
struct RowRanges {
  using Key = int64_t;             // a row
  using Value = std::string_view;  // nothing

  static tusk::StatusOr<std::vector<tusk::mapreduce::PartitionInput>> Splits(
      tusk::FileSystem&, const tusk::mapreduce::JobOptions& options,
      const std::vector<std::string>&) {
    const int64_t rows = std::stoll(*options.Get("terasort.rows"));
    const int64_t maps = std::stoll(*options.Get("terasort.maps"));
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
      return end_ == begin_ ? 1 : static_cast<double>(next_ - begin_) / (end_ - begin_);
    }
    void Close(tusk::mapreduce::TaskContext&) {}

   private:
    int64_t begin_ = 0;
    int64_t next_ = 0;
    int64_t end_ = 0;
  };
};

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
  using Input = RowRanges;
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
  job.Set("terasort.rows", std::to_string(rows));
  job.Set("terasort.maps", program.engine().Option("mapreduce.job.maps").value_or("2"));
  job.AddInput("rows");
  job.SetOutput(args[1]);
  return program.Finish(job.Run());
}
