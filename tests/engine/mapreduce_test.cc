// MapReduce jobs on every topology: the outputs are the same files, byte for byte.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "common/testing/status_matchers.h"
#include "examples/word_count/word_count.h"
#include "mapreduce/api/job.h"
#include "mapreduce/streaming/streaming_job.h"
#include "tests/engine/local_engine.h"

namespace tusk::mapreduce {
namespace {

Program ProgramOn(LocalEngine& local) {
  return Program(std::shared_ptr<Engine>(&local.engine(), [](Engine*) {}), {});
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::map<std::string, int64_t> WriteText(const std::string& path, int lines) {
  std::map<std::string, int64_t> counts;
  std::ofstream out(path);
  for (int i = 0; i < lines; ++i) {
    const std::string a = "w" + std::to_string(i * 31 % 997);
    out << a << " common\n";
    ++counts[a];
    ++counts["common"];
  }
  return counts;
}

std::map<std::string, int64_t> ReadCounts(const std::string& directory, int files,
                                          const std::string& prefix = "part-r-0000") {
  std::map<std::string, int64_t> counts;
  for (int f = 0; f < files; ++f) {
    std::ifstream in(directory + "/" + prefix + std::to_string(f));
    std::string word;
    int64_t n = 0;
    std::string last;
    while (in >> word >> n) {
      EXPECT_LT(last, word) << "the output of a reducer is sorted";
      last = word;
      EXPECT_EQ(counts.count(word), 0u);
      counts[word] = n;
    }
  }
  return counts;
}

TEST(MapReduceTest, WordCountIsTheSameOnEveryTopology) {
  std::map<int, std::string> first;
  ForEachTopology([&first](LocalEngine& local) {
    const auto expected = WriteText(local.directory() + "/in", 30000);
    Program program = ProgramOn(local);
    auto job = program.NewJob<word_count::WordCount>("word count");
    job.AddInput(local.directory() + "/in");
    job.SetOutput(local.directory() + "/out");
    job.SetReducers(3);
    job.Set("mapreduce.input.fileinputformat.split.maxsize", "60000");
    ASSERT_OK_AND_ASSIGN(const JobResult result, job.Run());
    EXPECT_EQ(ReadCounts(local.directory() + "/out", 3), expected);
    EXPECT_EQ(result.counters.Get(counter::kTaskGroup, counter::kMapInputRecords), 30000);
    EXPECT_EQ(result.counters.Get(counter::kTaskGroup, counter::kReduceOutputRecords),
              static_cast<int64_t>(expected.size()));
    EXPECT_TRUE(std::ifstream(local.directory() + "/out/_SUCCESS").good());
    EXPECT_EQ(ReadFile(local.directory() + "/out/_SUCCESS"), "");  // getmerge takes it along
    for (int f = 0; f < 3; ++f) {
      const std::string bytes =
          ReadFile(local.directory() + "/out/part-r-0000" + std::to_string(f));
      EXPECT_EQ(first.try_emplace(f, bytes).first->second, bytes);
    }
    // The output exists now: a second job is refused before it starts.
    auto again = program.NewJob<word_count::WordCount>("word count");
    again.AddInput(local.directory() + "/in");
    again.SetOutput(local.directory() + "/out");
    const auto refused = again.Run();
    EXPECT_THAT(refused, HasCode(Code::kAlreadyExists));
    EXPECT_THAT(refused, MessageContains("already exists"));
  });
}

TEST(MapReduceTest, StreamingCountsWordsWithAnyProgram) {
  ForEachTopology([](LocalEngine& local) {
    const auto expected = WriteText(local.directory() + "/in", 3000);
    Program program = ProgramOn(local);
    ASSERT_OK_AND_ASSIGN(
        const StreamingArguments arguments,
        ParseStreamingArguments(
            {"-input", local.directory() + "/in", "-output", local.directory() + "/out", "-mapper",
             "awk '{for (i = 1; i <= NF; ++i) print $i \"\\t1\"; print "
             "\"reporter:counter:mine,lines,1\" > \"/dev/stderr\"}'",
             "-combiner", "awk -F '\\t' '{n[$1] += $2} END {for (w in n) print w \"\\t\" n[w]}'",
             "-reducer",
             "awk -F '\\t' '{n[$1] += $2} END {for (w in n) print w \"\\t\" n[w] | \"LC_ALL=C "
             "sort\"}'",
             "-numReduceTasks", "2"}));
    ASSERT_OK_AND_ASSIGN(const JobResult result, RunStreamingJob(&program, arguments));
    EXPECT_EQ(ReadCounts(local.directory() + "/out", 2, "part-0000"), expected);  // as Hadoop's
    EXPECT_EQ(result.counters.Get("mine", "lines"), 3000);
  });
}

TEST(MapReduceTest, AFailingStreamingMapperShowsItsStderr) {
  LocalEngine local({.runners = 1});
  ASSERT_OK(local.Start());
  WriteText(local.directory() + "/in", 10);
  Program program = ProgramOn(local);
  ASSERT_OK_AND_ASSIGN(
      const StreamingArguments arguments,
      ParseStreamingArguments({"-input", local.directory() + "/in", "-output",
                               local.directory() + "/out", "-mapper",
                               "sh -c 'cat >/dev/null; echo my own words >&2; exit 9'"}));
  const auto result = RunStreamingJob(&program, arguments);
  EXPECT_THAT(result, MessageContains("subprocess failed with code 9"));
  EXPECT_THAT(result, MessageContains("my own words"));
  EXPECT_FALSE(std::ifstream(local.directory() + "/out/_SUCCESS").good());
}

}  // namespace
}  // namespace tusk::mapreduce
