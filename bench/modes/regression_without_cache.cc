// What does an iteration of logistic regression cost when nothing is cached: the text is read and
// parsed again each time?
//
//   tusk job run bench_regression_without_cache IN OUT ITERATIONS
//
// The example's program (examples/logistic_regression/rdd_way.h) but for its Cache(): what an
// overfull cache is compared with.
#include "examples/logistic_regression/rdd_way.h"

namespace {

using namespace logistic_regression;  // NOLINT: this is that program

tusk::Status RunWithoutCache(tusk::Session& session, const Run& run) {
  const auto points = ReadPoints(session, run.input);
  ASSIGN_OR_RETURN(const Weights weights, Train(session, points, run.iterations));
  return Save(session, weights, run.output);
}

}  // namespace

int main(int argc, char** argv) {
  auto session = tusk::Session::Open(argc, argv);
  const auto run = ParseRun("bench_regression_without_cache", session.args());
  if (!run.ok()) return session.Finish(run.status());
  return session.Finish(RunWithoutCache(session, *run));
}
