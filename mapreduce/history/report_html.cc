#include "mapreduce/history/report_html.h"

#include "mapreduce/history/svg_chart.h"

namespace tusk::mapreduce {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #667080; --rule: #d5dae0; --page: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --soft: #98a2b0; --rule: #3a414b; --page: #15181c; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
       max-width: 900px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2em; border-bottom: 1px solid var(--rule); }
h3 { margin-bottom: 0.3em; font-size: 1em; }
.subtitle { color: var(--soft); margin-top: 0.2em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.88em; }
th, td { padding: 0.25em 0.7em; text-align: right; border-bottom: 1px solid var(--rule);
         white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { color: var(--soft); font-weight: 600; }
svg { width: 100%; height: auto; } svg text { font-size: 12.5px; fill: var(--ink); }
.grid { stroke: var(--rule); }
)";

std::string Row(const std::vector<std::string>& cells, const char* tag) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) {
    out += "<" + std::string(tag) + ">" + EscapeHtml(cell) + "</" + tag + ">";
  }
  return out + "</tr>\n";
}

std::string Table(const ReportTable& table) {
  std::string out = "<div class=\"wide\"><table>\n" + Row(table.header, "th");
  for (const auto& row : table.rows) out += Row(row, "td");
  return out + "</table></div>\n";
}

template <class Chart>
std::string Figure(const Chart& chart) {
  return "<h3>" + EscapeHtml(chart.title) + "</h3>\n" + RenderSvg(chart);
}

std::string Section(const ReportSection& section) {
  std::string out = "<section>\n<h2>" + EscapeHtml(section.heading) + "</h2>\n";
  for (const std::string& text : section.paragraphs) out += "<p>" + EscapeHtml(text) + "</p>\n";
  for (const ReportTable& table : section.tables) out += Table(table);
  for (const BarChart& chart : section.bars) out += Figure(chart);
  for (const LineChart& chart : section.lines) out += Figure(chart);
  return out + "</section>\n";
}

}  // namespace

std::string RenderHtml(const HtmlReport& report) {
  const std::string title = EscapeHtml(report.title);
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += "<title>" + title + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n";
  out += "<h1>" + title + "</h1>\n<p class=\"subtitle\">" + EscapeHtml(report.subtitle) + "</p>\n";
  for (const ReportSection& section : report.sections) out += Section(section);
  return out + "</body>\n</html>\n";
}

}  // namespace tusk::mapreduce
