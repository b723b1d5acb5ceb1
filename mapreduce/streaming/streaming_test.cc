#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"
#include "mapreduce/streaming/line_protocol.h"
#include "mapreduce/streaming/streaming_child.h"
#include "mapreduce/streaming/streaming_job.h"
#include "mapreduce/streaming/streaming_phases.h"

namespace tusk::mapreduce {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(LineProtocolTest, CommandsSplitAtBlanksOutsideOfQuotes) {
  EXPECT_THAT(*SplitCommand("python3 map.py  'a b' \"c 'd'\" e\\ f"),
              ElementsAre("python3", "map.py", "a b", "c 'd'", "e f"));
  EXPECT_FALSE(SplitCommand("awk '{print").ok());
  EXPECT_FALSE(SplitCommand("  ").ok());
}

TEST(LineProtocolTest, TheKeyEndsAtTheNthSeparator) {
  EXPECT_THAT(SplitKeyValue("a\tb\tc", "\t", 1), Pair("a", "b\tc"));
  EXPECT_THAT(SplitKeyValue("a\tb\tc", "\t", 2), Pair("a\tb", "c"));
  EXPECT_THAT(SplitKeyValue("no separator", "\t", 1), Pair("no separator", ""));
  EXPECT_THAT(SplitKeyValue("a::b", "::", 1), Pair("a", "b"));
}

TEST(LineProtocolTest, ReporterLinesCountAndOthersAreNotes) {
  const auto counter = ParseReporterLine("reporter:counter:My group,bad, lines,3");
  ASSERT_TRUE(counter.has_value());
  EXPECT_EQ(counter->group, "My group");
  EXPECT_EQ(counter->counter, "bad, lines");
  EXPECT_EQ(counter->amount, 3);
  EXPECT_EQ(ParseReporterLine("reporter:status:half way")->status, "half way");
  EXPECT_FALSE(ParseReporterLine("reporter:counter:g,c,x").has_value());
  EXPECT_FALSE(ParseReporterLine("Traceback").has_value());
  EXPECT_EQ(EnvironmentName("mapreduce.task.io.sort-mb"), "mapreduce_task_io_sort_mb");
}

struct ChildRun {
  Status status;
  std::vector<std::string> output;
  std::vector<std::string> errors;
};

ChildRun RunChild(std::vector<std::string> argv, std::string_view input, int repeat = 1,
                  int64_t memory_limit = 0) {
  ChildRun run;
  StreamingChildOptions options;
  options.argv = std::move(argv);
  options.environment = {"PATH=/usr/bin:/bin"};
  options.memory_limit_bytes = memory_limit;
  options.on_output = [&run](std::string_view line) {
    run.output.emplace_back(line);
    return Status::Ok();
  };
  options.on_error = [&run](std::string_view line) { run.errors.emplace_back(line); };
  options.check = [] { return Status::Ok(); };
  auto child = StreamingChild::Start(std::move(options));
  if (!child.ok()) {
    run.status = child.status();
    return run;
  }
  for (int i = 0; i < repeat && run.status.ok(); ++i) run.status = (*child)->Feed(input);
  if (run.status.ok()) run.status = (*child)->Finish();
  return run;
}

TEST(StreamingChildTest, MoreThanAllPipesHoldPassesThroughWithoutADeadlock) {
  const ChildRun run = RunChild({"cat"}, std::string(999, 'x') + "\n", 20000);
  EXPECT_OK(run.status);
  EXPECT_EQ(run.output.size(), 20000u);
}

TEST(StreamingChildTest, StderrComesLineByLineAndTheLastLineNeedsNoEnd) {
  const ChildRun run =
      RunChild({"sh", "-c", "cat; printf tail; echo one >&2; printf two >&2"}, "a\n");
  EXPECT_OK(run.status);
  EXPECT_THAT(run.output, ElementsAre("a", "tail"));
  EXPECT_THAT(run.errors, ElementsAre("one", "two"));
}

TEST(StreamingChildTest, ANonZeroExitIsAFailureInHadoopsWords) {
  const ChildRun run = RunChild({"sh", "-c", "cat >/dev/null; exit 3"}, "a\n");
  EXPECT_THAT(run.status, MessageContains("subprocess failed with code 3"));
}

TEST(StreamingChildTest, AProgramThatStopsReadingDoesNotLoseInputSilently) {
  const ChildRun run =
      RunChild({"sh", "-c", "exec <&-; sleep 0.05"}, std::string(9999, 'x') + "\n", 500);
  EXPECT_THAT(run.status, MessageContains("Broken pipe"));
}

TEST(StreamingChildTest, AMissingProgramIsNamed) {
  const ChildRun run = RunChild({"/no/such/mapper"}, "");
  EXPECT_THAT(run.status, MessageContains("/no/such/mapper"));
}

TEST(StreamingArgumentsTest, HadoopsFlagsAreUnderstood) {
  const auto parsed = ParseStreamingArguments({"-D",
                                               "stream.num.map.output.key.fields=2",
                                               "-files",
                                               "a.py,b.py",
                                               "-input",
                                               "/in",
                                               "-input",
                                               "/more",
                                               "-output",
                                               "/out",
                                               "-mapper",
                                               "python3 a.py",
                                               "-reducer",
                                               "python3 b.py",
                                               "-numReduceTasks",
                                               "3",
                                               "-cmdenv",
                                               "X=1",
                                               "-cmdenv",
                                               "Y=2"});
  ASSERT_OK(parsed);
  EXPECT_THAT(parsed->inputs, ElementsAre("/in", "/more"));
  EXPECT_THAT(parsed->files, ElementsAre("a.py", "b.py"));
  EXPECT_EQ(parsed->options.Get(stream_option::kReduces), "3");
  EXPECT_EQ(parsed->options.Get(stream_option::kMapKeyFields), "2");
  EXPECT_EQ(parsed->options.Get(stream_option::kEnvironment), "X=1 Y=2");
}

TEST(StreamingArgumentsTest, WhatIsMissingUnknownOrNotThereYetIsSaid) {
  EXPECT_THAT(ParseStreamingArguments({"-output", "/o"}), MessageContains("-input"));
  EXPECT_THAT(ParseStreamingArguments({"-input", "/i"}), MessageContains("-output"));
  EXPECT_THAT(ParseStreamingArguments({"-input", "/i", "-output", "/o", "-wrong", "x"}),
              MessageContains("Unrecognized option: -wrong"));
  EXPECT_THAT(ParseStreamingArguments({"-input", "/i", "-output", "/o", "-io", "typedbytes"}),
              HasCode(Code::kUnimplemented));
  EXPECT_THAT(ParseStreamingArguments({"-input", "/i", "-output", "/o", "-partitioner", "Mine"}),
              HasCode(Code::kUnimplemented));
}

}  // namespace
}  // namespace tusk::mapreduce
