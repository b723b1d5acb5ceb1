// A report as one HTML page that needs nothing else: style and charts stand in it, so it can be
// mailed, handed in, or opened years later.
//
// Sections hold sentences, tables and charts, in that order. Charts are SVG with the numbers
// written beside them; colours tell parts and series apart and are explained below each chart.
#pragma once

#include <string>
#include <vector>

namespace tusk::mapreduce {

enum class ReportUnit { kSeconds, kBytes };

struct ReportTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // first column to the left, the others to the right
};

// One bar per row, put together from parts; parts of the same name have the same colour.
struct BarChart {
  struct Part {
    std::string name;
    double value = 0;
  };
  struct Bar {
    std::string label;
    std::vector<Part> parts;
  };
  std::string title;
  ReportUnit unit = ReportUnit::kSeconds;
  std::vector<Bar> bars;
};

// Values over 1, 2, 3 ...; logarithmic where the largest is more than 20 times the smallest.
struct LineChart {
  struct Series {
    std::string name;
    std::vector<double> values;
  };
  std::string title;
  std::string x_label;
  ReportUnit unit = ReportUnit::kSeconds;
  std::vector<Series> series;
};

struct ReportSection {
  std::string heading;
  std::vector<std::string> paragraphs;
  std::vector<ReportTable> tables;
  std::vector<BarChart> bars;
  std::vector<LineChart> lines;
};

struct HtmlReport {
  std::string title;
  std::string subtitle;
  std::vector<ReportSection> sections;
};

// The whole page. Texts are escaped; they may hold anything.
std::string RenderHtml(const HtmlReport& report);

}  // namespace tusk::mapreduce
