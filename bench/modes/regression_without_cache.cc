// What does an iteration of logistic regression cost when nothing is cached: the text is read and
// parsed again each time?
//
//   tusk job run bench_regression_without_cache IN OUT ITERATIONS
//
// The example's program (examples/logistic_regression/rdd_way.h) but for its Cache(): what an
// overfull cache is compared with.
#include <tusk/rdd.h>

#include <stdexcept>

#include "examples/logistic_regression/gradient.h"
#include "examples/logistic_regression/iterations.h"

namespace {

using namespace logistic_regression;  // NOLINT: this is that program

tusk::StatusOr<Weights> Train(tusk::Session& session, const Run& run) {
  const auto points = session.TextFile(run.input).Map([](std::string_view line) {
    Point point;
    if (!ParsePoint(line, &point)) throw std::invalid_argument(NotAPoint(line));
    return point;
  });
  Weights weights = InitialWeights();
  for (int i = 1; i <= run.iterations; ++i) {
    const IterationClock clock;
    ASSIGN_OR_RETURN(const Gradient gradient,
                     points.Aggregate(
                         tusk::Bind(weights), Gradient{},
                         [](const Weights& w, Gradient& sum, std::span<const Point> batch) {
                           AddGradient(batch, w, &sum);
                         },
                         [](Gradient& sum, const Gradient& part) { Merge(sum, part); }));
    Descend(gradient, &weights);
    session.Print(clock.Line(i));
  }
  return weights;
}

tusk::Status TrainAndSave(tusk::Session& session, const Run& run) {
  ASSIGN_OR_RETURN(const Weights weights, Train(session, run));
  std::vector<std::pair<int64_t, double>> lines;
  for (size_t j = 0; j < kFeatures; ++j) lines.emplace_back(static_cast<int64_t>(j), weights[j]);
  return session.Parallelize(lines, 1).SaveAsTextFile(run.output);
}

}  // namespace

int main(int argc, char** argv) {
  auto session = tusk::Session::Open(argc, argv);
  const auto run = ParseRun("bench_regression_without_cache", session.args());
  if (!run.ok()) return session.Finish(run.status());
  return session.Finish(TrainAndSave(session, *run));
}
