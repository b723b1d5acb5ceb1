#include "mapreduce/history/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "mapreduce/history/quantity.h"

namespace tusk::mapreduce {
namespace {

// Told apart by colour-blind readers, too (the Okabe-Ito palette without its yellow).
constexpr const char* kColours[] = {"#0072b2", "#e69f00", "#009e73", "#d55e00",
                                    "#56b4e9", "#cc79a7", "#777777"};

constexpr double kWidth = 860;
constexpr double kLabelWidth = 190;
constexpr double kValueWidth = 90;
constexpr double kRow = 30;
constexpr double kLegendRow = 22;

const char* Colour(size_t index) {
  return kColours[index % std::size(kColours)];
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", value);
  return text;
}

std::string ValueText(ReportUnit unit, double value) {
  return unit == ReportUnit::kBytes ? BytesText(std::llround(value)) : SecondsText(value);
}

std::string Text(double x, double y, const char* anchor, std::string_view text) {
  return "<text x=\"" + Number(x) + "\" y=\"" + Number(y) + "\" text-anchor=\"" + anchor + "\">" +
         EscapeHtml(text) + "</text>\n";
}

std::string Box(double x, double y, double width, double height, const char* colour,
                std::string_view tip) {
  return "<rect x=\"" + Number(x) + "\" y=\"" + Number(y) + "\" width=\"" + Number(width) +
         "\" height=\"" + Number(height) + "\" fill=\"" + colour + "\"><title>" + EscapeHtml(tip) +
         "</title></rect>\n";
}

std::string Open(double height, const std::string& title) {
  return "<svg viewBox=\"0 0 " + Number(kWidth) + " " + Number(height) +
         "\" role=\"img\" aria-label=\"" + EscapeHtml(title) + "\">\n";
}

std::string Line(double x1, double y1, double x2, double y2, const char* css) {
  return "<line class=\"" + std::string(css) + "\" x1=\"" + Number(x1) + "\" y1=\"" + Number(y1) +
         "\" x2=\"" + Number(x2) + "\" y2=\"" + Number(y2) + "\"/>\n";
}

// Names with their colours, in rows below a chart; *y moves behind them.
std::string Legend(const std::vector<std::string>& names, double* y) {
  std::string out;
  double x = kLabelWidth;
  for (size_t i = 0; i < names.size(); ++i) {
    const double width = 34 + 7.5 * static_cast<double>(names[i].size());
    if (x > kLabelWidth && x + width > kWidth) {
      x = kLabelWidth;
      *y += kLegendRow;
    }
    out += Box(x, *y - 10, 12, 12, Colour(i), names[i]);
    out += Text(x + 18, *y, "start", names[i]);
    x += width;
  }
  *y += kLegendRow;
  return out;
}

double Total(const BarChart::Bar& bar) {
  double total = 0;
  for (const BarChart::Part& part : bar.parts) total += std::max(0.0, part.value);
  return total;
}

// All names of parts, in the order of their first appearance.
std::vector<std::string> PartNames(const BarChart& chart) {
  std::vector<std::string> names;
  for (const BarChart::Bar& bar : chart.bars) {
    for (const BarChart::Part& part : bar.parts) {
      if (std::ranges::find(names, part.name) == names.end()) names.push_back(part.name);
    }
  }
  return names;
}

// Where a line chart's values stand on the page.
class Scale {
 public:
  Scale(const LineChart& chart, double top, double bottom) : top_(top), bottom_(bottom) {
    double low = 0;
    for (const LineChart::Series& series : chart.series) {
      count_ = std::max(count_, series.values.size());
      for (const double value : series.values) {
        high_ = std::max(high_, value);
        if (value > 0 && (low == 0 || value < low)) low = value;
      }
    }
    logarithmic_ = low > 0 && high_ > 20 * low;
    if (high_ <= 0) high_ = 1;
    if (logarithmic_) {
      low_ = std::pow(10, std::floor(std::log10(low)));
      high_ = std::pow(10, std::ceil(std::log10(high_)));
    } else {
      high_ *= 1.05;
    }
  }

  double X(size_t index) const {
    const double span = kWidth - kLabelWidth - kValueWidth;
    if (count_ < 2) return kLabelWidth + span / 2;
    return kLabelWidth + span * static_cast<double>(index) / static_cast<double>(count_ - 1);
  }
  double Y(double value) const {
    double share = value / high_;
    if (logarithmic_) {
      share = std::log10(std::max(value, low_) / low_) / std::log10(high_ / low_);
    }
    return bottom_ - (bottom_ - top_) * share;
  }
  // Where lines help the eye.
  std::vector<double> Marks() const {
    std::vector<double> marks;
    if (logarithmic_) {
      for (double mark = low_; mark <= high_ * 1.001; mark *= 10) marks.push_back(mark);
    } else {
      for (int quarter = 0; quarter <= 4; ++quarter) marks.push_back(high_ * quarter / 4);
    }
    return marks;
  }
  size_t count() const { return count_; }

 private:
  const double top_;
  const double bottom_;
  double low_ = 0;
  double high_ = 0;
  bool logarithmic_ = false;
  size_t count_ = 0;
};

std::string Curve(const LineChart& chart, const LineChart::Series& series, const Scale& scale,
                  const char* colour) {
  std::string points;
  std::string dots;
  for (size_t i = 0; i < series.values.size(); ++i) {
    const std::string x = Number(scale.X(i));
    const std::string y = Number(scale.Y(series.values[i]));
    points += (i == 0 ? "" : " ") + x + "," + y;
    dots += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"3\" fill=\"" + colour + "\"><title>" +
            EscapeHtml(series.name + ", " + std::to_string(i + 1) + ": " +
                       ValueText(chart.unit, series.values[i])) +
            "</title></circle>\n";
  }
  return "<polyline points=\"" + points + "\" fill=\"none\" stroke-width=\"2\" stroke=\"" + colour +
         "\"/>\n" + dots;
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string RenderSvg(const BarChart& chart) {
  double longest = 0;
  for (const BarChart::Bar& bar : chart.bars) longest = std::max(longest, Total(bar));
  const double per_unit = longest > 0 ? (kWidth - kLabelWidth - kValueWidth) / longest : 0;
  const std::vector<std::string> names = PartNames(chart);
  std::string body;
  double y = 8;
  for (const BarChart::Bar& bar : chart.bars) {
    body += Text(kLabelWidth - 10, y + 15, "end", bar.label);
    double x = kLabelWidth;
    for (const BarChart::Part& part : bar.parts) {
      if (part.value <= 0) continue;
      const auto index = std::ranges::find(names, part.name) - names.begin();
      const double width = part.value * per_unit;
      body += Box(x, y, width, kRow - 8, Colour(static_cast<size_t>(index)),
                  part.name + ": " + ValueText(chart.unit, part.value));
      x += width;
    }
    body += Text(x + 6, y + 15, "start", ValueText(chart.unit, Total(bar)));
    y += kRow;
  }
  y += 16;
  body += Legend(names, &y);
  return Open(y, chart.title) + body + "</svg>\n";
}

std::string RenderSvg(const LineChart& chart) {
  constexpr double kTop = 14;
  constexpr double kBottom = 260;
  const Scale scale(chart, kTop, kBottom);
  std::string body;
  for (const double mark : scale.Marks()) {
    body += Line(kLabelWidth, scale.Y(mark), kWidth - kValueWidth, scale.Y(mark), "grid");
    body += Text(kLabelWidth - 10, scale.Y(mark) + 4, "end", ValueText(chart.unit, mark));
  }
  const size_t step = std::max<size_t>(1, (scale.count() + 19) / 20);
  for (size_t i = 0; i < scale.count(); i += step) {
    body += Text(scale.X(i), kBottom + 18, "middle", std::to_string(i + 1));
  }
  body += Text((kLabelWidth + kWidth - kValueWidth) / 2, kBottom + 38, "middle", chart.x_label);
  std::vector<std::string> names;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    body += Curve(chart, chart.series[i], scale, Colour(i));
    names.push_back(chart.series[i].name);
  }
  double y = kBottom + 66;
  body += Legend(names, &y);
  return Open(y, chart.title) + body + "</svg>\n";
}

}  // namespace tusk::mapreduce
