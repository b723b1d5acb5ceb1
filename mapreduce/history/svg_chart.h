// Charts as SVG elements, for pages that bring no scripts.
#pragma once

#include <string>
#include <string_view>

#include "mapreduce/history/report_html.h"

namespace tusk::mapreduce {

// For text and attribute values of HTML and SVG.
std::string EscapeHtml(std::string_view text);

std::string RenderSvg(const BarChart& chart);
std::string RenderSvg(const LineChart& chart);

}  // namespace tusk::mapreduce
