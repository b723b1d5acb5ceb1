// tusk job run terasort IN OUT: sorts records of 100 bytes by their first 10, over all reducers.
#include "records.h"

namespace {

class SplitRecord final
    : public tusk::Mapper<int64_t, std::string_view, std::string_view, std::string_view> {
 public:
  void Map(int64_t, std::string_view record, Context& context) override {
    context.Emit(record.substr(0, terasort::kKeyBytes), record.substr(terasort::kKeyBytes));
  }
};

class PassOn final
    : public tusk::Reducer<std::string_view, std::string_view, std::string_view, std::string_view> {
 public:
  void Reduce(std::string_view key, Values& payloads, Context& context) override {
    for (const std::string_view payload : payloads) context.Emit(key, payload);
  }
};

struct TeraSort {
  using Input = tusk::FixedLengthInput;
  using Mapper = SplitRecord;
  using Partitioner = terasort::RangePartitioner;
  using Reducer = PassOn;
  using Output = tusk::FixedLengthOutput;
};

}  // namespace

int main(int argc, char** argv) {
  auto program = tusk::Program::Open(argc, argv);
  const auto& args = program.args();
  if (args.size() != 2) {
    return program.Finish(tusk::InvalidArgumentError("Usage: terasort <in> <out>"));
  }
  auto job = program.NewJob<TeraSort>("terasort");
  job.Set(tusk::FixedLengthInput::kRecordLength, std::to_string(terasort::kRecordBytes));
  job.AddInput(args[0]);
  job.SetOutput(args[1]);
  return program.Finish(job.Run());
}
