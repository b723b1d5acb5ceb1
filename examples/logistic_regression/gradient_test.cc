#include "examples/logistic_regression/gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

namespace logistic_regression {
namespace {

std::vector<Point> Points(size_t count) {
  std::vector<Point> points;
  for (size_t i = 0; i < count; ++i) points.push_back(MakePoint(i, 1));
  return points;
}

// Straight from the formula.
Gradient Reference(const std::vector<Point>& points, const Weights& w) {
  Gradient gradient;
  for (const Point& p : points) {
    double dot = 0;
    for (size_t j = 0; j < kFeatures; ++j) dot += w[j] * p.x[j];
    const double factor = (1 / (1 + std::exp(-p.y * dot)) - 1) * p.y;
    for (size_t j = 0; j < kFeatures; ++j) gradient.sum[j] += factor * p.x[j];
    ++gradient.points;
  }
  return gradient;
}

double Loss(const std::vector<Point>& points, const Weights& w) {
  double loss = 0;
  for (const Point& p : points) {
    double dot = 0;
    for (size_t j = 0; j < kFeatures; ++j) dot += w[j] * p.x[j];
    loss += std::log1p(std::exp(-p.y * dot));
  }
  return loss / static_cast<double>(points.size());
}

TEST(GradientTest, ExponentialsAreThoseOfTheLibraryToThirteenDigits) {
  std::vector<double> values;
  for (double v = -700; v <= 700; v += 0.37) values.push_back(v);
  values.insert(values.end(), {0.0, -0.0, 1e-300, 0.34657359027997264, -0.34657359027997264});
  values.resize((values.size() + 7) / 8 * 8);
  std::vector<double> results(values.size());
  for (size_t i = 0; i < values.size(); i += 8) {
    internal::Eight eight;
    std::memcpy(&eight, &values[i], sizeof(eight));
    internal::Exponentials(&eight);
    std::memcpy(&results[i], &eight, sizeof(eight));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const double expected = std::exp(values[i]);
    EXPECT_NEAR(results[i], expected, 1e-13 * expected) << values[i];
  }
}

TEST(GradientTest, IsTheFormulasAndDoesNotDependOnTheBatches) {
  const std::vector<Point> points = Points(1000);
  const Weights weights = InitialWeights();
  const Gradient expected = Reference(points, weights);
  Gradient whole;
  AddGradient(points, weights, &whole);
  EXPECT_EQ(whole.points, 1000);
  for (size_t j = 0; j < kFeatures; ++j) {
    EXPECT_NEAR(whole.sum[j], expected.sum[j], 1e-11 * std::abs(expected.sum[j]));
  }
  Gradient pieces;
  for (size_t at = 0; at < points.size();) {
    const size_t count = std::min<size_t>(at % 300 + 1, points.size() - at);
    AddGradient(std::span(points).subspan(at, count), weights, &pieces);
    at += count;
  }
  EXPECT_EQ(pieces.points, 1000);
  EXPECT_EQ(pieces.sum, whole.sum) << "bit for bit";
}

TEST(GradientTest, MarginsBeyondTheExponentialsRangeStayFinite) {
  Point point;
  point.x.fill(1e6);
  point.y = 1;
  Weights weights;
  weights.fill(-1e6);
  Gradient gradient;
  AddGradient({&point, 1}, weights, &gradient);
  EXPECT_DOUBLE_EQ(gradient.sum[0], -1e6);
  weights.fill(1e6);
  AddGradient({&point, 1}, weights, &gradient);
  EXPECT_DOUBLE_EQ(gradient.sum[0], -1e6);
}

TEST(GradientTest, DescendingLearnsToTellTheLabelsApart) {
  const std::vector<Point> points = Points(2000);
  Weights weights = InitialWeights();
  double last = Loss(points, weights);
  for (int i = 0; i < 20; ++i) {
    Gradient gradient;
    AddGradient(points, weights, &gradient);
    Descend(gradient, &weights);
    const double loss = Loss(points, weights);
    EXPECT_LT(loss, last);
    last = loss;
  }
  int right = 0;
  for (const Point& p : points) {
    if (p.y * std::inner_product(p.x.begin(), p.x.end(), weights.begin(), 0.0) > 0) ++right;
  }
  EXPECT_GT(right, 1500);
}

TEST(PointsTest, TextReadsBackToTheDigitsWritten) {
  for (uint64_t row = 0; row < 500; ++row) {
    const Point point = MakePoint(row, 7);
    std::string line;
    size_t label = 0;
    AppendPoint(point, &line, &label);
    EXPECT_EQ(line.substr(0, label), point.y > 0 ? "1" : "-1");
    Point read;
    ASSERT_TRUE(ParsePoint(line, &read)) << line;
    EXPECT_EQ(read.y, point.y);
    for (size_t j = 0; j < kFeatures; ++j) EXPECT_NEAR(read.x[j], point.x[j], 5.1e-7);
  }
}

TEST(PointsTest, LinesThatAreNoPointsAreRefused) {
  const std::string good = "1 1 2 3 4 5 6 7 8 9 10";
  Point point;
  EXPECT_TRUE(ParsePoint(good, &point));
  EXPECT_TRUE(ParsePoint(good + "  ", &point));
  EXPECT_TRUE(ParsePoint(" " + good, &point));
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() - 3), good + " 11", good + "x",
        "2" + good.substr(1), "1,1,2,3,4,5,6,7,8,9,10" + std::string(),
        "1 nan 2 3 4 5 6 7 8 9 10" + std::string(), "1 1e999 2 3 4 5 6 7 8 9 10" + std::string()}) {
    EXPECT_FALSE(ParsePoint(bad, &point)) << bad;
  }
}

TEST(PointsTest, WeightsReadBackExactlyAndOtherTextIsRefused) {
  const Weights weights = InitialWeights();
  std::string text;
  for (size_t j = 0; j < kFeatures; ++j) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof(digits), weights[j]).ptr;
    text += std::to_string(j) + "\t" + std::string(digits, end) + "\n";
  }
  Weights read;
  ASSERT_TRUE(ParseWeights(text, &read));
  EXPECT_EQ(read, weights);
  EXPECT_FALSE(ParseWeights(text + "10\t1\n", &read));
  EXPECT_FALSE(ParseWeights(text.substr(0, text.size() - 1), &read));
  EXPECT_FALSE(ParseWeights("1\t2\n", &read));
}

}  // namespace
}  // namespace logistic_regression
