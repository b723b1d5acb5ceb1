// How long do so many tasks take that do nothing, in a session that runs already?
//
//   tusk job run bench_empty_tasks TASKS ROUNDS
//
// Prints a line "tusk-iteration N SECONDS" per round. With 0 rounds it is the empty program: from
// submission to the end.
#include <tusk/rdd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

tusk::Status Run(tusk::Session& session) {
  const auto& args = session.args();
  const int tasks = args.size() == 2 ? std::atoi(args[0].c_str()) : 0;
  const int rounds = args.size() == 2 ? std::atoi(args[1].c_str()) : -1;
  if (tasks < 1 || rounds < 0) {
    return tusk::InvalidArgumentError("Usage: bench_empty_tasks <tasks> <rounds>");
  }
  for (int i = 1; i <= rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const int64_t count,
                     session.Parallelize(std::vector<int64_t>(), tasks).Count());
    if (count != 0) return tusk::InternalError("an empty task found records");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    char line[64];
    std::snprintf(line, sizeof(line), "tusk-iteration %d %.6f\n", i, took.count());
    session.Print(line);
  }
  return tusk::Status::Ok();
}

}  // namespace

int main(int argc, char** argv) {
  auto session = tusk::Session::Open(argc, argv);
  return session.Finish(Run(session));
}
