// Logistic regression three ways on every topology: the weights agree, whoever computes them.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <optional>

#include "common/testing/status_matchers.h"
#include "examples/logistic_regression/generate.h"
#include "examples/logistic_regression/mapreduce_way.h"
#include "examples/logistic_regression/rdd_way.h"
#include "tests/engine/local_engine.h"

namespace tusk::mapreduce {
namespace {

using logistic_regression::kFeatures;
using logistic_regression::Run;
using logistic_regression::Weights;

std::shared_ptr<Engine> Borrowed(LocalEngine& local) {
  return {&local.engine(), [](Engine*) {}};
}

Weights ReadOutput(LocalEngine& local, const std::string& file) {
  Weights weights{};
  const auto text = local.engine().file_system()->ReadFile(file);
  EXPECT_OK(text.status());
  if (text.ok()) {
    EXPECT_TRUE(logistic_regression::ParseWeights(*text, &weights)) << *text;
  }
  return weights;
}

void ExpectClose(const Weights& a, const Weights& b) {
  for (size_t j = 0; j < kFeatures; ++j) EXPECT_NEAR(a[j], b[j], 1e-9 * std::abs(b[j]));
}

// How many "tusk-iteration" lines the program has printed since `*from`.
int IterationLines(LocalEngine& local, int64_t* from) {
  const std::string output = local.driver().log().Output(from, 1 << 20);
  *from += static_cast<int64_t>(output.size());
  int lines = 0;
  for (size_t at = 0; (at = output.find("tusk-iteration ", at)) != std::string::npos; ++at) ++lines;
  return lines;
}

TEST(LogisticRegressionTest, TheWaysAgreeOnEveryTopology) {
  std::optional<Weights> first;
  ForEachTopology([&first](LocalEngine& local) {
    const std::string in = local.directory() + "/points";
    Program program(Borrowed(local), {});
    ASSERT_OK(logistic_regression::GeneratePoints(program, 5000, 3, in));

    int64_t printed = 0;
    const std::string by_jobs = local.directory() + "/by-jobs";
    ASSERT_OK(logistic_regression::RunByMapReduce(program, {in, by_jobs, 4}));
    EXPECT_EQ(IterationLines(local, &printed), 4);
    const Weights jobs = ReadOutput(local, by_jobs + "/part-r-00000");

    const std::string by_rdd = local.directory() + "/by-rdd";
    Session session(Borrowed(local), {});
    ASSERT_OK(logistic_regression::RunByRdd(session, {in, by_rdd, 4}));
    EXPECT_EQ(IterationLines(local, &printed), 4);
    const Weights rdd = ReadOutput(local, by_rdd + "/part-00000");

    ExpectClose(rdd, jobs);
    if (first.has_value()) ExpectClose(jobs, *first);
    first = jobs;
    for (const auto& entry : std::filesystem::directory_iterator(local.directory())) {
      EXPECT_EQ(entry.path().string().find(".iterations."), std::string::npos)
          << "the weights of earlier iterations stay behind";
    }
  });
}

TEST(LogisticRegressionTest, AnIterationIsTheStepOfTheWholeInput) {
  LocalEngine local({.runners = 2});
  ASSERT_OK(local.Start());
  Program program(Borrowed(local), {});
  const std::string in = local.directory() + "/points";
  const std::string out = local.directory() + "/out";
  ASSERT_OK(logistic_regression::GeneratePoints(program, 700, 2, in));
  ASSERT_OK(logistic_regression::RunByMapReduce(program, {in, out, 1}));

  logistic_regression::Gradient gradient;
  Weights expected = logistic_regression::InitialWeights();
  for (uint64_t row = 0; row < 700; ++row) {
    std::string line;
    logistic_regression::Point point;
    logistic_regression::AppendPoint(logistic_regression::MakePoint(row, 1), &line);
    ASSERT_TRUE(logistic_regression::ParsePoint(line, &point));
    logistic_regression::AddGradient({&point, 1}, expected, &gradient);
  }
  logistic_regression::Descend(gradient, &expected);
  ExpectClose(ReadOutput(local, out + "/part-r-00000"), expected);
}

TEST(LogisticRegressionTest, AnOutputInTheWayIsSaidBeforeTheFirstIteration) {
  LocalEngine local({});
  ASSERT_OK(local.Start());
  Program program(Borrowed(local), {});
  Session session(Borrowed(local), {});
  const std::string in = local.directory() + "/points";
  const std::string out = local.directory() + "/out";
  ASSERT_OK(logistic_regression::GeneratePoints(program, 100, 1, in));
  std::filesystem::create_directory(out);
  EXPECT_THAT(logistic_regression::RunByMapReduce(program, {in, out, 3}),
              HasCode(Code::kAlreadyExists));
  EXPECT_THAT(logistic_regression::RunByRdd(session, {in, out, 3}), HasCode(Code::kAlreadyExists));
  int64_t printed = 0;
  EXPECT_EQ(IterationLines(local, &printed), 0);
}

TEST(LogisticRegressionTest, ALineThatIsNoPointIsShownAndNothingStaysBehind) {
  LocalEngine local({});
  ASSERT_OK(local.Start());
  Program program(Borrowed(local), {});
  Session session(Borrowed(local), {});
  const std::string in = local.directory() + "/points";
  ASSERT_OK(local.engine().file_system()->WriteFile(in, "1 1 2 3 4 5 6 7 8 9 10\n1 oops\n"));
  const Status by_jobs =
      logistic_regression::RunByMapReduce(program, {in, local.directory() + "/a", 3});
  EXPECT_NE(by_jobs.message().find("'1 oops'"), std::string::npos) << by_jobs;
  const Status by_rdd = logistic_regression::RunByRdd(session, {in, local.directory() + "/b", 3});
  EXPECT_NE(by_rdd.message().find("'1 oops'"), std::string::npos) << by_rdd;
  for (const auto& entry : std::filesystem::directory_iterator(local.directory())) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name == "points" || name.starts_with("runner_")) << name;
  }
}

}  // namespace
}  // namespace tusk::mapreduce
