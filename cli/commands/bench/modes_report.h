// What `tusk bench modes` shows: a table, JSON, an HTML page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/commands/bench/mode_figures.h"
#include "mapreduce/history/report_html.h"

namespace tusk::cli {

// One program, all the ways it ran.
struct ModesComparison {
  std::string name;   // "word count"
  std::string input;  // "64.0 MB of text in 12 blocks, /user/x/..."
  std::vector<ModeFigures> ways;
  bool agree = false;
  std::string agreement;             // how the results were compared, or where they differ
  std::vector<std::string> reasons;  // sentences
};

struct ModesReport {
  std::string cluster;  // "3 nodes with 6 vcores"
  int runs = 1;
  std::vector<ModesComparison> programs;

  bool AllAgree() const;
};

// The columns of the table, of the page too.
mapreduce::ReportTable FiguresTable(const ModesComparison& comparison);

// For a terminal: the table, whether the results agree, the sentences.
std::string ComparisonText(const ModesComparison& comparison);

// Everything, with the names of the fields as keys; seconds and bytes.
std::string ModesJson(const ModesReport& report);

mapreduce::HtmlReport ModesHtml(const ModesReport& report);

// What every reader of such figures must know.
std::string FootNote(int runs);

}  // namespace tusk::cli
