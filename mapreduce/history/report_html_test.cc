#include "mapreduce/history/report_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapreduce/history/quantity.h"
#include "mapreduce/history/svg_chart.h"

namespace tusk::mapreduce {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(QuantityTest, HasThreeDigitsAndAUnit) {
  EXPECT_EQ(SecondsText(0), "0.000 s");
  EXPECT_EQ(SecondsText(0.0454), "0.045 s");
  EXPECT_EQ(SecondsText(0.99961), "1.00 s");
  EXPECT_EQ(SecondsText(9.996), "10.0 s");
  EXPECT_EQ(SecondsText(12.34), "12.3 s");
  EXPECT_EQ(SecondsText(99.97), "100 s");
  EXPECT_EQ(BytesText(0), "0 B");
  EXPECT_EQ(BytesText(1023), "1023 B");
  EXPECT_EQ(BytesText(10000), "9.77 KB");
  EXPECT_EQ(BytesText(64 << 20), "64.0 MB");
  EXPECT_EQ(BytesText((1LL << 30) - 1), "1.00 GB");
  EXPECT_EQ(CountText(9999), "9999");
  EXPECT_EQ(CountText(12345), "12.3 thousand");
  EXPECT_EQ(CountText(6600000), "6.60 million");
  EXPECT_EQ(TimesText(1.84), "1.8 times");
  EXPECT_EQ(TimesText(23.4), "23 times");
  EXPECT_EQ(PercentText(0.066), "7 %");
}

TEST(SvgChartTest, BarsAreAsLongAsTheirValues) {
  BarChart chart;
  chart.title = "time";
  chart.bars = {{"disk", {{"start", 1}, {"map", 3}}}, {"memory", {{"start", 1}, {"map", 1}}}};
  const std::string svg = RenderSvg(chart);
  // The longest bar (4 s) fills the 580 units between labels and values.
  EXPECT_THAT(svg, HasSubstr("x=\"190.0\" y=\"8.0\" width=\"145.0\""));
  EXPECT_THAT(svg, HasSubstr("x=\"335.0\" y=\"8.0\" width=\"435.0\""));
  EXPECT_THAT(svg, HasSubstr("x=\"335.0\" y=\"38.0\" width=\"145.0\""));
  EXPECT_THAT(svg, HasSubstr("<title>map: 3.00 s</title>"));
  EXPECT_THAT(svg, HasSubstr(">4.00 s</text>"));
}

TEST(SvgChartTest, AChartOfNothingHasNoBarsAndNoNaN) {
  BarChart bars;
  bars.bars = {{"empty", {{"start", 0}}}};
  EXPECT_THAT(RenderSvg(bars), Not(HasSubstr("nan")));
  LineChart lines;
  lines.series = {{"zero", {0, 0}}, {"none", {}}, {"one", {0}}};
  EXPECT_THAT(RenderSvg(lines), Not(HasSubstr("nan")));
  EXPECT_THAT(RenderSvg(LineChart()), Not(HasSubstr("nan")));
}

TEST(SvgChartTest, LinesGoLogarithmicWhereTheValuesLieFarApart) {
  LineChart chart;
  chart.series = {{"a", {10, 0.01}}, {"b", {0.1, 0.1}}};
  const std::string far = RenderSvg(chart);
  // 0.01 s at the bottom, 10 s at the top, 0.1 s a third of the way up.
  EXPECT_THAT(far, HasSubstr("points=\"190.0,14.0 770.0,260.0\""));
  EXPECT_THAT(far, HasSubstr("points=\"190.0,178.0 770.0,178.0\""));
  chart.series = {{"a", {2, 1}}};
  EXPECT_THAT(RenderSvg(chart), HasSubstr("770.0,142.9"));  // 260 - 246 / 2.1
}

TEST(ReportHtmlTest, IsOnePageWithEverythingInItAndTextsEscaped) {
  HtmlReport report;
  report.title = "A & B";
  report.subtitle = "<3 workers>";
  ReportSection section;
  section.heading = "word count";
  section.paragraphs = {"disk \"was\" slower"};
  section.tables = {{{"way", "wall"}, {{"disk", "2.00 s"}, {"memory", "1.00 s"}}}};
  section.bars.push_back({"where", ReportUnit::kSeconds, {{"disk", {{"map", 2}}}}});
  section.lines.push_back({"iterations", "iteration", ReportUnit::kSeconds, {{"disk", {2, 1}}}});
  report.sections.push_back(section);
  const std::string html = RenderHtml(report);
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(html.ends_with("</html>\n"));
  EXPECT_THAT(html, HasSubstr("<title>A &amp; B</title>"));
  EXPECT_THAT(html, HasSubstr("&lt;3 workers&gt;"));
  EXPECT_THAT(html, HasSubstr("<p>disk &quot;was&quot; slower</p>"));
  EXPECT_THAT(html, HasSubstr("<tr><th>way</th><th>wall</th></tr>\n"
                              "<tr><td>disk</td><td>2.00 s</td></tr>\n"
                              "<tr><td>memory</td><td>1.00 s</td></tr>\n"));
  EXPECT_THAT(html, HasSubstr("<svg viewBox"));
  EXPECT_THAT(html, HasSubstr("<polyline"));
  for (const char* external : {"http://", "https://", "<script", "src=", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(external)));
  }
}

}  // namespace
}  // namespace tusk::mapreduce
