#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/commands/bench/mode_figures.h"
#include "cli/commands/bench/mode_reasons.h"
#include "cli/commands/bench/modes_report.h"

namespace tusk::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

mapreduce::StageStatus Stage(int id, int job, bool map, int64_t start, int64_t finish) {
  mapreduce::StageStatus stage;
  stage.id = mapreduce::StageId(id);
  stage.job = mapreduce::JobNumber(job);
  stage.shuffle_map = map;
  stage.start_ms = start;
  stage.finish_ms = finish;
  return stage;
}

std::vector<double> Seconds(const ModeFigures& figures) {
  std::vector<double> seconds;
  for (const auto& phase : figures.phases) seconds.push_back(phase.seconds);
  return seconds;
}

TEST(ModeFiguresTest, PhasesAddUpToTheWallTime) {
  mapreduce::ProgramStatus status;
  status.start_ms = 1300;
  // The first stage stands ready at 1350, but its runner comes at 1500.
  status.stages = {Stage(1, 1, true, 1350, 2500), Stage(2, 1, false, 2500, 3000),
                   Stage(3, 2, true, 3200, 4200), Stage(4, 2, false, 4200, 4300)};
  const ModeFigures figures = FiguresOf("sort", status, "", {1000, 1500, 4400});
  EXPECT_EQ(figures.wall_seconds, 3.4);
  EXPECT_EQ(figures.jobs, 2);
  EXPECT_THAT(Seconds(figures), ElementsAre(0.3, 0.2, 2.0, 0.6, 0.2, 0.1));
  EXPECT_EQ(figures.StartSeconds(), 0.5);
}

TEST(ModeFiguresTest, StagesThatOverlapAndClocksThatDisagreeCountNoTimeTwice) {
  mapreduce::ProgramStatus status;
  status.start_ms = 900;  // before the submission
  status.stages = {Stage(2, 1, false, 1600, 9000), Stage(1, 1, true, 1000, 1700)};
  const ModeFigures figures = FiguresOf("sort", status, "", {1000, 0, 2000});
  EXPECT_THAT(Seconds(figures), ElementsAre(0, 0, 0.7, 0.3, 0, 0));
}

TEST(ModeFiguresTest, CountersAndIterationsAreTakenOver) {
  namespace counter = mapreduce::counter;
  mapreduce::ProgramStatus status;
  status.mode = mapreduce::JobMode::kMemory;
  status.counters.Add(counter::kFileSystemGroup, counter::kHdfsBytesRead, 100);
  status.counters.Add(counter::kTuskGroup, counter::kSpilledBytes, 20);
  status.counters.Add(counter::kTuskGroup, counter::kInputTasks, 4);
  status.counters.Add(counter::kTuskGroup, counter::kDescriptorOnlyTasks, 3);
  const ModeFigures figures = FiguresOf("lr-rdd", status,
                                        "hello\ntusk-iteration 1 0.5\ntusk-iteration 2 0.1\n"
                                        "tusk-iteration 3 0.3\ntusk-iteration 4 0.2\n"
                                        "tusk-iteration 5 oops\ntusk-iteration\n",
                                        {});
  EXPECT_EQ(figures.Way(), "lr-rdd, memory");
  EXPECT_THAT(figures.iterations, ElementsAre(0.5, 0.1, 0.3, 0.2));
  EXPECT_EQ(figures.FirstIteration(), 0.5);
  EXPECT_EQ(figures.LaterIteration(), 0.2);
  EXPECT_EQ(figures.dfs_read, 100);
  EXPECT_EQ(figures.spilled, 20);
  EXPECT_EQ(figures.input_tasks, 4);
  EXPECT_EQ(figures.descriptor_tasks, 3);
}

ModeFigures Figures(const std::string& program, const std::string& mode, double start, double map,
                    double result) {
  ModeFigures figures;
  figures.program = program;
  figures.mode = mode;
  figures.phases = {{std::string(ModeFigures::kDriverStarts), start},
                    {std::string(ModeFigures::kMapStages), map},
                    {std::string(ModeFigures::kResultStages), result}};
  figures.wall_seconds = start + map + result;
  figures.dfs_read = 100 << 20;
  figures.input_records = 1000000;
  return figures;
}

TEST(ReasonsTest, ASortSaysWhatWentThroughTheDisks) {
  ModeFigures disk = Figures("sort", "disk", 0.5, 4, 3.5);
  ModeFigures memory = Figures("sort", "memory", 0.5, 2.5, 1);
  disk.spilled = 100 << 20;
  disk.cpu_ms = 5000;
  memory.cpu_ms = 2000;
  EXPECT_THAT(
      Reasons(memory, disk, 3),
      ElementsAre(
          "sort, disk took 8.00 s, sort, memory 4.00 s: 2.0 times as long. (Medians of 3 "
          "runs each.)",
          "The difference lies mostly in 'reduce and result stages': 3.50 s against 1.00 s.",
          "Starting the driver and the runners is in these times, 0.500 s against 0.500 s "
          "(12 % of the faster run); no mode saves it. Without it the ratio is 2.1 times.",
          "Both read the same bytes from the DFS (100 MB) and parsed 1.00 million records.",
          "sort, disk put 100 MB of the shuffle on local disks, 100 % of what it read from "
          "the DFS; sort, memory 0 B.",
          "Its tasks used 5.00 s of processor time against 2.00 s: the slower run did more "
          "work."));
}

TEST(ReasonsTest, NothingIsClaimedWhereThereIsNoDifference) {
  ModeFigures disk = Figures("wordcount", "disk", 0.1, 4, 1);
  ModeFigures memory = Figures("wordcount", "memory", 0.1, 4.1, 1);
  disk.spilled = 1 << 20;
  const auto sentences = Reasons(disk, memory, 1);
  EXPECT_THAT(sentences[0], HasSubstr("about the same. With one run each, a difference"));
  EXPECT_THAT(sentences, Contains(HasSubstr("So little cannot make much of a difference.")));
  EXPECT_THAT(sentences, Each(Not(HasSubstr("lies mostly"))));
  EXPECT_THAT(sentences, Each(Not(HasSubstr("did more work"))));
}

TEST(ReasonsTest, ASlowerMemoryModeIsSaidAsPlainly) {
  ModeFigures disk = Figures("sort", "disk", 0.1, 2, 1);
  ModeFigures memory = Figures("sort", "memory", 0.1, 4, 2);
  disk.spilled = 90 << 20;
  const auto sentences = Reasons(disk, memory, 1);
  EXPECT_THAT(sentences[0], StartsWith("sort, memory took 6.10 s, sort, disk 3.10 s: 2.0 times"));
  EXPECT_THAT(sentences, Contains(HasSubstr("That cost no time here")));
}

TEST(ReasonsTest, IterationsNameReadingAgainAndTheCache) {
  ModeFigures chain = Figures("lr-mapreduce", "disk", 0.2, 9, 1);
  ModeFigures memory = Figures("lr-rdd", "memory", 0.2, 0, 1.4);
  chain.iterations = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  memory.iterations = {1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05};
  chain.dfs_read = int64_t{1000} << 20;
  chain.input_records = 10000000;
  memory.cache_hits = 54;
  memory.cache_misses = 6;
  auto sentences = Reasons(chain, memory, 1);
  EXPECT_THAT(sentences, Contains("An iteration after the first took 1.00 s against 0.050 s, 20 "
                                  "times; the first one 1.00 s against 1.00 s."));
  EXPECT_THAT(sentences,
              Contains("lr-mapreduce, disk read 1000 MB from the DFS and parsed 10.0 million "
                       "records, lr-rdd, memory 100 MB and 1.00 million: each of its 10 iterations "
                       "reads and parses the input again."));
  EXPECT_THAT(sentences, Each(Not(HasSubstr("did not hold"))));

  memory.cache_misses = 33;
  memory.cache_hits = 27;
  EXPECT_THAT(Reasons(chain, memory, 1),
              Contains(AllOf(HasSubstr("did not hold everything: 33 of 60 look-ups"),
                             HasSubstr("tusk.runner.memory-mb"))));

  ModeFigures on_disk = Figures("lr-rdd", "disk", 0.2, 0, 3);
  on_disk.iterations = memory.iterations;
  on_disk.cache_written = 88 << 20;
  on_disk.cache_read = 792 << 20;
  EXPECT_THAT(Reasons(on_disk, memory, 1),
              Contains("lr-rdd, disk kept parsed records on local disks (88.0 MB written) and read "
                       "792 MB of them back, decoding each again; lr-rdd, memory found them as "
                       "objects in memory, 27 partitions."));
}

ModesReport SmallReport() {
  ModesComparison comparison;
  comparison.name = "sort";
  comparison.input = "100 MB of records";
  comparison.ways = {Figures("sort", "disk", 0.5, 4, 3.5), Figures("sort", "memory", 0.5, 2.5, 1)};
  comparison.ways[0].spilled = 3 << 20;
  comparison.ways[1].iterations = {2, 1, 3};
  comparison.ways[1].input_tasks = 8;
  comparison.ways[1].descriptor_tasks = 6;
  comparison.ways[1].memory_peak = 5 << 20;
  comparison.agree = true;
  comparison.agreement = "2 files are equal byte for byte";
  comparison.reasons = {"Because."};
  return {"3 nodes with 6 vcores", 1, {comparison}};
}

TEST(ModesReportTest, TheTableHasOneRowPerWay) {
  EXPECT_EQ(
      ComparisonText(SmallReport().programs[0]),
      "sort: 100 MB of records\n"
      "way             wall  start-up  first it.  later it.    read  spilled  shuffled  written  "
      "by fd  memory peak\n"
      "sort, disk    8.00 s   0.500 s          -          -  100 MB  3.00 MB       0 B      0 B  "
      "    -            -\n"
      "sort, memory  4.00 s   0.500 s     2.00 s     3.00 s  100 MB      0 B       0 B      0 B  "
      " 75 %      5.00 MB\n"
      "results agree: 2 files are equal byte for byte\n"
      "- Because.\n");
}

TEST(ModesReportTest, ADisagreementIsLoudAndInTheJsonToo) {
  ModesReport report = SmallReport();
  EXPECT_TRUE(report.AllAgree());
  report.programs[0].agree = false;
  report.programs[0].agreement = "part-r-00001 differs at byte 7";
  EXPECT_THAT(ComparisonText(report.programs[0]),
              HasSubstr("\nRESULTS DISAGREE: part-r-00001 differs at byte 7\n"));
  const auto json = nlohmann::json::parse(ModesJson(report));
  EXPECT_EQ(json["agree"], false);
  EXPECT_EQ(json["programs"][0]["agreement"], "part-r-00001 differs at byte 7");
  EXPECT_EQ(json["programs"][0]["ways"][0]["spilled_bytes"], 3 << 20);
  EXPECT_EQ(json["programs"][0]["ways"][1]["iteration_seconds"],
            nlohmann::json(std::vector<double>{2, 1, 3}));
  EXPECT_EQ(json["programs"][0]["ways"][0]["phase_seconds"]["map stages"], 4.0);
}

TEST(ModesReportTest, ThePageShowsTablesChartsAndSentences) {
  const std::string html = RenderHtml(ModesHtml(SmallReport()));
  EXPECT_THAT(html, HasSubstr("tusk bench modes on 3 nodes with 6 vcores"));
  EXPECT_THAT(html, HasSubstr("<h3>Where the time went</h3>"));
  EXPECT_THAT(html, HasSubstr("<title>map stages: 4.00 s</title>"));
  EXPECT_THAT(html, HasSubstr("<h3>Bytes moved</h3>"));
  EXPECT_THAT(html, HasSubstr("<h3>Time of each iteration</h3>"));
  EXPECT_THAT(html, HasSubstr("<p>Because.</p>"));
  EXPECT_THAT(html, HasSubstr("One run each"));
}

}  // namespace
}  // namespace tusk::cli
