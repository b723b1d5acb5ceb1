// tusk job run initials IN OUT SHORTEST: how many words of at least SHORTEST letters begin with
// each letter. A program as a user writes it, outside Tusk's tree.
#include <tusk/rdd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

int main(int argc, char** argv) {
  auto session = tusk::Session::Open(argc, argv);
  const auto& args = session.args();
  if (args.size() != 3) {
    return session.Finish(tusk::InvalidArgumentError("Usage: initials <in> <out> <shortest>"));
  }
  const uint64_t shortest = std::stoull(args[2]);
  const auto initials = session.TextFile(args[0]).FlatMap<std::pair<std::string, int64_t>>(
      tusk::Bind(shortest), [](uint64_t shortest, std::string_view line, auto& out) {
        size_t begin = 0;
        while ((begin = line.find_first_not_of(' ', begin)) != std::string_view::npos) {
          const size_t end = std::min(line.find(' ', begin), line.size());
          if (end - begin >= shortest) out.Emit({std::string(1, line[begin]), 1});
          begin = end;
        }
      });
  const auto counts = initials.ReduceByKey([](int64_t a, int64_t b) { return a + b; }, 2);
  return session.Finish(counts
                            .Map([](const std::pair<std::string, int64_t>& count) {
                              return count.first + "\t" + std::to_string(count.second);
                            })
                            .SaveAsTextFile(args[1]));
}
