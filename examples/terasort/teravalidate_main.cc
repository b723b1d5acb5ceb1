// tusk job run teravalidate SORTED OUT: checks order within and across files, counts and sums up.
//
// OUT holds one line, "records<TAB>n", "checksum<TAB>hex", and an "error" line per break of the
// order; the job fails when there is one. Each file is one split: its first and last key stand for
// it.
#include <cstdio>

#include "records.h"

namespace {

using Keyed = std::pair<std::string, std::string>;

std::string Hex(uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
  return text;
}

// One record per file: its number in order of names, then what was found in it.
class CheckFile final : public tusk::Mapper<int64_t, std::string_view, std::string, std::string> {
 public:
  void Map(int64_t, std::string_view record, Context& context) override {
    const std::string_view key = record.substr(0, terasort::kKeyBytes);
    if (records_ == 0) {
      first_ = key;
    } else if (key < last_) {
      context.Emit("error", "file " + std::to_string(context.partition()) + ": record " +
                                std::to_string(records_) + " is out of order");
    }
    last_ = key;
    ++records_;
    checksum_ += terasort::RecordChecksum(record);
  }
  void Cleanup(Context& context) override {
    char place[16];
    std::snprintf(place, sizeof(place), "%08d", context.partition());
    context.Emit("records", std::to_string(records_));
    context.Emit("sum", Hex(checksum_));
    if (records_ > 0) context.Emit("range", std::string(place) + first_ + last_);
  }

 private:
  int64_t records_ = 0;
  uint64_t checksum_ = 0;
  std::string first_;
  std::string last_;
};

class CheckAll final : public tusk::Reducer<std::string, std::string, std::string, std::string> {
 public:
  void Reduce(const std::string& what, Values& values, Context& context) override {
    if (what == "range") return CheckRanges(values, context);
    int64_t records = 0;
    uint64_t sum = 0;
    for (const std::string& value : values) {
      if (what == "error") Complain(value, context);
      if (what == "records") records += std::stoll(value);
      if (what == "sum") sum += std::stoull(value, nullptr, 16);
    }
    if (what == "records") context.Emit("records", std::to_string(records));
    if (what == "sum") context.Emit("checksum", Hex(sum));
  }

 private:
  void CheckRanges(Values& values, Context& context) {
    std::vector<std::string> ranges;
    for (const std::string& value : values) ranges.push_back(value);
    std::sort(ranges.begin(), ranges.end());
    for (size_t i = 1; i < ranges.size(); ++i) {
      const std::string last = ranges[i - 1].substr(8 + terasort::kKeyBytes);
      const std::string first = ranges[i].substr(8, terasort::kKeyBytes);
      if (first < last) {
        Complain("file " + std::to_string(std::stol(ranges[i].substr(0, 8))) +
                     " begins before the one before it ends",
                 context);
      }
    }
  }
  void Complain(const std::string& what, Context& context) {
    context.Emit("error", what);
    context.Increment("teravalidate", "errors");
  }
};

struct TeraValidate {
  using Input = tusk::FixedLengthInput;
  using Mapper = CheckFile;
  using Reducer = CheckAll;
  using Output = tusk::TextOutput;
};

}  // namespace

int main(int argc, char** argv) {
  auto program = tusk::Program::Open(argc, argv);
  const auto& args = program.args();
  if (args.size() != 2) {
    return program.Finish(tusk::InvalidArgumentError("Usage: teravalidate <sorted> <out>"));
  }
  auto job = program.NewJob<TeraValidate>("teravalidate");
  job.Set(tusk::FixedLengthInput::kRecordLength, std::to_string(terasort::kRecordBytes));
  // A file is checked as one piece.
  job.Set("mapreduce.input.fileinputformat.split.minsize", std::to_string(int64_t{1} << 62));
  job.SetReducers(1);
  job.AddInput(args[0]);
  job.SetOutput(args[1]);
  const auto result = job.Run();
  if (!result.ok()) return program.Finish(result.status());
  const int64_t errors = result->counters.Get("teravalidate", "errors");
  if (errors == 0) return 0;
  return program.Finish(tusk::DataLossError(
      "the records are not sorted: " + std::to_string(errors) + " errors, see " + args[1]));
}
