// Logistic regression as an RDD program: the text is parsed once, the points stay cached, and each
// iteration only runs over them. In disk mode the cache is on the runners' disks.
#pragma once

#include <tusk/rdd.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradient.h"
#include "iterations.h"

namespace logistic_regression {

inline tusk::Rdd<Point> ReadPoints(tusk::Session& session, const std::string& input) {
  return session.TextFile(input).Map([](std::string_view line) {
    Point point;
    if (!ParsePoint(line, &point)) throw std::invalid_argument(NotAPoint(line));
    return point;
  });
}

inline tusk::StatusOr<Weights> Train(tusk::Session& session, const tusk::Rdd<Point>& points,
                                     int iterations) {
  Weights weights = InitialWeights();
  for (int i = 1; i <= iterations; ++i) {
    const IterationClock clock;
    ASSIGN_OR_RETURN(const Gradient gradient,
                     points.Aggregate(
                         tusk::Bind(weights), Gradient{},
                         [](const Weights& w, Gradient& sum, std::span<const Point> batch) {
                           AddGradient(batch, w, &sum);
                         },
                         [](Gradient& sum, const Gradient& part) { Merge(sum, part); }));
    if (gradient.points == 0) return tusk::InvalidArgumentError("no points in the input");
    Descend(gradient, &weights);
    session.Print(clock.Line(i));
  }
  return weights;
}

inline tusk::Status Save(tusk::Session& session, const Weights& weights,
                         const std::string& output) {
  std::vector<std::pair<int64_t, double>> lines;
  for (size_t j = 0; j < kFeatures; ++j) lines.emplace_back(static_cast<int64_t>(j), weights[j]);
  return session.Parallelize(lines, 1).SaveAsTextFile(output);
}

inline tusk::Status RunByRdd(tusk::Session& session, const Run& run) {
  ASSIGN_OR_RETURN(const bool done, session.OutputIsDone(run.output));
  if (done) return tusk::Status::Ok();
  const auto points = ReadPoints(session, run.input).Cache();
  ASSIGN_OR_RETURN(const Weights weights, Train(session, points, run.iterations));
  points.Unpersist();
  return Save(session, weights, run.output);
}

}  // namespace logistic_regression
