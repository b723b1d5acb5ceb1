// RDD programs on every topology: the same answers in memory, on disk, and when nothing fits.
#include "mapreduce/rdd/rdd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "common/testing/status_matchers.h"
#include "mapreduce/rdd/session.h"
#include "tests/engine/local_engine.h"

namespace tusk::mapreduce {
namespace {

// A Session over the engine of a test; the engine outlives it.
Session SessionOn(LocalEngine& local) {
  return Session(std::shared_ptr<Engine>(&local.engine(), [](Engine*) {}), {});
}

std::vector<int64_t> Numbers(int64_t count) {
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

struct Point {
  std::array<double, 3> x{};
  double y = 0;
};

TEST(RddTest, NarrowChainsAndActions) {
  ForEachTopology([](LocalEngine& local) {
    Session session = SessionOn(local);
    const auto numbers = session.Parallelize(Numbers(5000), 7);
    EXPECT_EQ(*numbers.Count(), 5000);
    const auto squares = numbers.Filter([](int64_t n) { return n % 2 == 0; })
                             .Map(Bind(int64_t{3}), [](int64_t k, int64_t n) { return k * n; });
    EXPECT_EQ(*squares.Reduce([](int64_t a, int64_t b) { return a + b; }), 3 * 2499 * 2500);
    ASSERT_OK_AND_ASSIGN(const auto few, numbers.Filter([](int64_t n) { return n < 5; }).Collect());
    EXPECT_EQ(few, (std::vector<int64_t>{0, 1, 2, 3, 4}));
    ASSERT_OK_AND_ASSIGN(const auto twice, numbers.Filter([](int64_t n) { return n < 3; })
                                               .FlatMap<int64_t>([](int64_t n) {
                                                 return std::vector<int64_t>{n, -n};
                                               })
                                               .Collect());
    EXPECT_EQ(twice, (std::vector<int64_t>{0, 0, 1, -1, 2, -2}));
    ASSERT_OK_AND_ASSIGN(
        const auto sizes,
        numbers
            .MapPartitions<int64_t>([](std::span<const int64_t> all, Emitter<int64_t>& out) {
              out.Emit(static_cast<int64_t>(all.size()));
            })
            .Collect());
    EXPECT_EQ(sizes.size(), 7u);
    struct Sums {
      int64_t count = 0;
      double sum = 0;
    };
    ASSERT_OK_AND_ASSIGN(const Sums sums, numbers.Aggregate(
                                              Sums{},
                                              [](Sums& s, int64_t n) {
                                                ++s.count;
                                                s.sum += static_cast<double>(n);
                                              },
                                              [](Sums& s, const Sums& part) {
                                                s.count += part.count;
                                                s.sum += part.sum;
                                              }));
    EXPECT_EQ(sums.count, 5000);
    EXPECT_EQ(sums.sum, 4999.0 * 2500);
    EXPECT_THAT(
        numbers.Filter([](int64_t) { return false; }).Reduce([](int64_t a, int64_t) { return a; }),
        HasCode(Code::kFailedPrecondition));
  });
}

TEST(RddTest, WordCountAndJoin) {
  ForEachTopology([](LocalEngine& local) {
    Session session = SessionOn(local);
    const std::string path = local.directory() + "/text";
    std::map<std::string, int64_t> expected;
    {
      std::ofstream out(path);
      for (int i = 0; i < 20000; ++i) {
        const std::string a = "w" + std::to_string(i % 997);
        const std::string b = "long-word-number-" + std::to_string(i % 13);
        out << a << ' ' << b << '\n';
        ++expected[a];
        ++expected[b];
      }
    }
    const auto counts =
        session.TextFile(path, 5)
            .FlatMap<std::string_view>([](std::string_view line, Emitter<std::string_view>& out) {
              const size_t space = line.find(' ');
              out.Emit(line.substr(0, space));
              out.Emit(line.substr(space + 1));
            })
            .Map(
                [](std::string_view word) { return std::pair<std::string_view, int64_t>(word, 1); })
            .ReduceByKey([](int64_t a, int64_t b) { return a + b; }, 3);
    ASSERT_OK_AND_ASSIGN(const auto pairs, counts.Collect());
    EXPECT_EQ((std::map<std::string, int64_t>(pairs.begin(), pairs.end())), expected);
    EXPECT_EQ(pairs.size(), expected.size());

    const auto lengths = counts.Map([](const std::pair<std::string, int64_t>& p) {
      return std::pair<std::string, std::string>(p.first, std::to_string(p.first.size()));
    });
    ASSERT_OK_AND_ASSIGN(
        const auto joined,
        counts.Filter([](const std::pair<std::string, int64_t>& p) { return p.second < 100; })
            .Join(lengths, 4)
            .Collect());
    EXPECT_EQ(joined.size(), 997u);
    for (const auto& [word, both] : joined) {
      EXPECT_EQ(both.first, expected[word]);
      EXPECT_EQ(both.second, std::to_string(word.size()));
    }
    ASSERT_OK(counts.MapValues([](int64_t n) { return n * 2; })
                  .SaveAsTextFile(local.directory() + "/out"));
    std::ifstream part(local.directory() + "/out/part-00001");
    std::string word;
    int64_t n = 0;
    int lines = 0;
    while (part >> word >> n) {
      EXPECT_EQ(n, 2 * expected[word]);
      ++lines;
    }
    EXPECT_GT(lines, 100);
    EXPECT_THAT(counts.SaveAsTextFile(local.directory() + "/out"), HasCode(Code::kAlreadyExists));
  });
}

TEST(RddTest, ACachedPartitionIsReadAgainAndRecomputedWhenItsRunnerDies) {
  ForEachTopology([](LocalEngine& local) {
    Session session = SessionOn(local);
    const auto points = session.Parallelize(Numbers(20000), 6)
                            .Map([](int64_t n) {
                              const auto v = static_cast<double>(n);
                              return Point{{v, v / 2, 1}, v};
                            })
                            .Cache();
    const auto sum = [&] {
      return points.Aggregate(
          0.0, [](double& s, const Point& p) { s += p.x[0] + p.x[1] + p.x[2] - p.y; },
          [](double& s, const double& part) { s += part; });
    };
    ASSERT_OK_AND_ASSIGN(const double first, sum());
    ASSERT_OK_AND_ASSIGN(const double again, sum());
    EXPECT_EQ(first, again);
    if (local.options().runners > 1) {
      local.KillRunner(0);
      ASSERT_OK_AND_ASSIGN(const double after, sum());
      EXPECT_NEAR(after, first, 1e-6);
    }
  });
}

TEST(RddTest, BroadcastValuesReachEveryTask) {
  ForEachTopology([](LocalEngine& local) {
    Session session = SessionOn(local);
    const auto names = session.Broadcast(std::map<std::string, int>{{"a", 1}, {"b", 2}});
    ASSERT_OK_AND_ASSIGN(
        const auto found,
        session.Parallelize(std::vector<std::string>{"a", "b", "c"}, 3)
            .Map(Bind(names),
                 [](const Broadcast<std::map<std::string, int>>& n, const std::string& key) {
                   return n->count(key) > 0 ? n->at(key) : 0;
                 })
            .Collect());
    EXPECT_EQ(found, (std::vector<int>{1, 2, 0}));
  });
}

TEST(RddTest, AnExceptionNamesOperatorPlacePartitionAndRecord) {
  LocalEngine local({.runners = 1});
  ASSERT_OK(local.Start());
  Session session = SessionOn(local);
  const auto bad = session.Parallelize(Numbers(10), 1).Map([](int64_t n) -> int64_t {
    if (n == 7) throw std::runtime_error("seven is not welcome");
    return n;
  });
  const auto result = bad.Count();
  EXPECT_THAT(result, MessageContains("seven is not welcome"));
  EXPECT_THAT(result, MessageContains("Map at rdd_test.cc:"));
  EXPECT_THAT(result, MessageContains("partition 0, record 7"));
  EXPECT_THAT(session.TextFile("/no/such/file").Count(), HasCode(Code::kNotFound));
}

}  // namespace
}  // namespace tusk::mapreduce
