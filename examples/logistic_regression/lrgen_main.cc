// tusk job run lrgen ROWS OUT [PARTITIONS]: writes ROWS points as text, in PARTITIONS files.
#include <charconv>

#include "generate.h"

namespace {

// -1: not a number of at least `least`.
int64_t ParseCount(const std::string& text, int64_t least) {
  int64_t count = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  return parsed.ptr == text.data() + text.size() && count >= least ? count : -1;
}

}  // namespace

int main(int argc, char** argv) {
  auto program = tusk::Program::Open(argc, argv);
  const auto& args = program.args();
  const bool counted = args.size() == 2 || args.size() == 3;
  const int64_t rows = counted ? ParseCount(args[0], 0) : -1;
  const int64_t maps =
      args.size() == 3 ? ParseCount(args[2], 1)
                       : ParseCount(program.engine().Option("mapreduce.job.maps").value_or("2"), 1);
  if (rows < 0 || maps < 0 || maps > 100000) {
    return program.Finish(
        tusk::InvalidArgumentError("Usage: lrgen <rows> <out> [<partitions, up to 100000>]"));
  }
  return program.Finish(
      logistic_regression::GeneratePoints(program, rows, static_cast<int>(maps), args[1]));
}
