#include "cli/commands/bench/modes_report.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/commands/dfs/format.h"
#include "mapreduce/history/quantity.h"

namespace tusk::cli {
namespace {

using mapreduce::BytesText;
using mapreduce::SecondsText;

std::string OrDash(bool there, std::string text) {
  return there ? std::move(text) : "-";
}

std::string Locality(const ModeFigures& way) {
  if (way.input_tasks == 0) return "-";
  return mapreduce::PercentText(static_cast<double>(way.descriptor_tasks) /
                                static_cast<double>(way.input_tasks));
}

nlohmann::json Json(const ModeFigures& way) {
  nlohmann::json phases = nlohmann::json::object();
  for (const ModeFigures::Phase& phase : way.phases) phases[phase.name] = phase.seconds;
  return {{"program", way.program},
          {"mode", way.mode},
          {"wall_seconds", way.wall_seconds},
          {"phase_seconds", phases},
          {"iteration_seconds", way.iterations},
          {"jobs", way.jobs},
          {"tasks", way.tasks},
          {"failed_tasks", way.failed_tasks},
          {"cpu_seconds", static_cast<double>(way.cpu_ms) / 1000},
          {"input_records", way.input_records},
          {"dfs_bytes_read", way.dfs_read},
          {"dfs_bytes_written", way.dfs_written},
          {"spilled_bytes", way.spilled},
          {"cache_bytes_written_to_disk", way.cache_written},
          {"cache_bytes_read_from_disk", way.cache_read},
          {"shuffled_bytes", way.shuffled},
          {"cache_hits", way.cache_hits},
          {"cache_misses", way.cache_misses},
          {"input_tasks", way.input_tasks},
          {"descriptor_only_tasks", way.descriptor_tasks},
          {"runner_memory_peak_bytes", way.memory_peak}};
}

mapreduce::BarChart TimeChart(const ModesComparison& comparison) {
  mapreduce::BarChart chart{"Where the time went", mapreduce::ReportUnit::kSeconds, {}};
  for (const ModeFigures& way : comparison.ways) {
    mapreduce::BarChart::Bar bar{way.Way(), {}};
    for (const ModeFigures::Phase& phase : way.phases) {
      bar.parts.push_back({phase.name, phase.seconds});
    }
    chart.bars.push_back(std::move(bar));
  }
  return chart;
}

mapreduce::BarChart BytesChart(const ModesComparison& comparison) {
  mapreduce::BarChart chart{"Bytes moved", mapreduce::ReportUnit::kBytes, {}};
  for (const ModeFigures& way : comparison.ways) {
    chart.bars.push_back({way.Way(),
                          {{"read from the DFS", static_cast<double>(way.dfs_read)},
                           {"shuffle on local disks", static_cast<double>(way.spilled)},
                           {"cache to local disks", static_cast<double>(way.cache_written)},
                           {"cache from local disks", static_cast<double>(way.cache_read)},
                           {"shuffled", static_cast<double>(way.shuffled)},
                           {"written to the DFS", static_cast<double>(way.dfs_written)}}});
  }
  return chart;
}

mapreduce::LineChart IterationChart(const ModesComparison& comparison) {
  mapreduce::LineChart chart{
      "Time of each iteration", "iteration", mapreduce::ReportUnit::kSeconds, {}};
  for (const ModeFigures& way : comparison.ways) {
    chart.series.push_back({way.Way(), way.iterations});
  }
  return chart;
}

}  // namespace

bool ModesReport::AllAgree() const {
  return std::ranges::all_of(programs, &ModesComparison::agree);
}

mapreduce::ReportTable FiguresTable(const ModesComparison& comparison) {
  mapreduce::ReportTable table;
  table.header = {"way",     "wall",     "start-up", "first it.", "later it.",  "read",
                  "spilled", "shuffled", "written",  "by fd",     "memory peak"};
  for (const ModeFigures& way : comparison.ways) {
    table.rows.push_back({way.Way(), SecondsText(way.wall_seconds), SecondsText(way.StartSeconds()),
                          OrDash(!way.iterations.empty(), SecondsText(way.FirstIteration())),
                          OrDash(way.iterations.size() > 1, SecondsText(way.LaterIteration())),
                          BytesText(way.dfs_read), BytesText(way.spilled + way.cache_written),
                          BytesText(way.shuffled), BytesText(way.dfs_written), Locality(way),
                          OrDash(way.memory_peak > 0, BytesText(way.memory_peak))});
  }
  return table;
}

std::string ComparisonText(const ModesComparison& comparison) {
  const mapreduce::ReportTable table = FiguresTable(comparison);
  std::vector<bool> right(table.header.size(), true);
  right[0] = false;
  TextTable text(right);
  text.AddRow(table.header);
  for (const auto& row : table.rows) text.AddRow(row);
  std::string out = comparison.name + ": " + comparison.input + "\n" + text.Render();
  out +=
      (comparison.agree ? "results agree: " : "RESULTS DISAGREE: ") + comparison.agreement + "\n";
  for (const std::string& sentence : comparison.reasons) out += "- " + sentence + "\n";
  return out;
}

std::string ModesJson(const ModesReport& report) {
  nlohmann::json programs = nlohmann::json::array();
  for (const ModesComparison& comparison : report.programs) {
    nlohmann::json ways = nlohmann::json::array();
    for (const ModeFigures& way : comparison.ways) ways.push_back(Json(way));
    programs.push_back({{"name", comparison.name},
                        {"input", comparison.input},
                        {"agree", comparison.agree},
                        {"agreement", comparison.agreement},
                        {"reasons", comparison.reasons},
                        {"ways", ways}});
  }
  const nlohmann::json all = {{"cluster", report.cluster},
                              {"runs", report.runs},
                              {"agree", report.AllAgree()},
                              {"programs", programs}};
  return all.dump(2) + "\n";
}

mapreduce::HtmlReport ModesHtml(const ModesReport& report) {
  mapreduce::HtmlReport html;
  html.title = "Disk mode against memory mode";
  html.subtitle = "tusk bench modes on " + report.cluster;
  for (const ModesComparison& comparison : report.programs) {
    mapreduce::ReportSection section;
    section.heading = comparison.name;
    section.paragraphs.push_back("Input: " + comparison.input + ".");
    section.paragraphs.push_back(
        (comparison.agree ? "The results agree: " : "The results DISAGREE: ") +
        comparison.agreement + ".");
    for (const std::string& sentence : comparison.reasons) section.paragraphs.push_back(sentence);
    section.tables.push_back(FiguresTable(comparison));
    section.bars = {TimeChart(comparison), BytesChart(comparison)};
    const bool iterates = std::ranges::any_of(
        comparison.ways, [](const ModeFigures& way) { return !way.iterations.empty(); });
    if (iterates) section.lines.push_back(IterationChart(comparison));
    html.sections.push_back(std::move(section));
  }
  html.sections.push_back({"How to read this", {FootNote(report.runs)}, {}, {}, {}});
  return html;
}

std::string FootNote(int runs) {
  const std::string how_many = runs == 1
                                   ? "One run each"
                                   : "Each figure is of the median of " + std::to_string(runs) +
                                         " runs by wall time, the ways taken in turn";
  return how_many +
         "; wall time counts from the submission until the submitter knows the end. Inputs were "
         "written or read before, so they come from the machine's memory as far as it reaches: on "
         "cold disks reading again would cost more. 'by fd': share of the tasks with input that "
         "read all of it through a descriptor passed by the DataNode on their own worker. "
         "'spilled' "
         "includes cached partitions on local disks. 'memory peak' is of the largest runner.";
}

}  // namespace tusk::cli
