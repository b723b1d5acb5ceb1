#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/metrics/jmx_json.h"
#include "common/metrics/prom_text.h"
#include "common/metrics/registry.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(MetricsTest, JmxShowsCountersGaugesRatesAndTextsUnderHadoopsNames) {
  MetricsRegistry registry;
  MetricsBean bean = registry.AddBean("NameNode", "FSNamesystem", {{"HAState", "active"}});
  bean.AddCounter("FilesCreated", "Files created")->Increment(3);
  bean.AddGauge("CapacityTotal", "Bytes", [] { return int64_t{1} << 40; });
  bean.AddGauge("Ratio", "", [] { return 1.0; });
  bean.AddText("LiveNodes", [] { return std::string("{\"dn1\":1}"); });
  Rate* const syncs = bean.AddRate("Syncs", "Edit log syncs");
  syncs->Add(2ms);
  syncs->Add(4ms);
  ASSERT_OK_AND_ASSIGN(const std::string json, JmxJson(registry, "", ""));
  EXPECT_THAT(json, HasSubstr("\"name\" : \"Hadoop:service=NameNode,name=FSNamesystem\""));
  EXPECT_THAT(json, HasSubstr("\"modelerType\" : \"FSNamesystem\""));
  EXPECT_THAT(json, HasSubstr("\"tag.HAState\" : \"active\""));
  EXPECT_THAT(json, HasSubstr("\"FilesCreated\" : 3"));
  EXPECT_THAT(json, HasSubstr("\"CapacityTotal\" : 1099511627776"));
  EXPECT_THAT(json, HasSubstr("\"Ratio\" : 1.0"));
  EXPECT_THAT(json, HasSubstr("\"LiveNodes\" : \"{\\\"dn1\\\":1}\""));
  EXPECT_THAT(json, HasSubstr("\"SyncsNumOps\" : 2"));
  EXPECT_THAT(json, HasSubstr("\"SyncsAvgTime\" : 3.0"));
}

TEST(MetricsTest, JmxQueriesChooseBeansAndAttributes) {
  MetricsRegistry registry;
  MetricsBean one = registry.AddBean("NameNode", "One");
  one.AddGauge("A", "", [] { return 1; });
  one.AddGauge("B", "", [] { return 2; });
  MetricsBean two = registry.AddBean("NameNode", "Two");
  EXPECT_THAT(*JmxJson(registry, "Hadoop:service=NameNode,name=O*", ""),
              AllOf(HasSubstr("name=One"), Not(HasSubstr("name=Two"))));
  EXPECT_THAT(*JmxJson(registry, "Hadoop:*", ""),
              AllOf(HasSubstr("name=One"), HasSubstr("name=Two")));
  EXPECT_THAT(*JmxJson(registry, "", "Hadoop:service=NameNode,name=One::B"),
              AllOf(HasSubstr("\"B\" : 2"), Not(HasSubstr("\"A\""))));
  EXPECT_THAT(JmxJson(registry, "", "Hadoop:service=NameNode,name=One::C"),
              HasCode(Code::kNotFound));
  EXPECT_THAT(JmxJson(registry, "", "One"), HasCode(Code::kInvalidArgument));
}

TEST(MetricsTest, ABeanLeavesTheRegistryWithItsComponent) {
  MetricsRegistry registry;
  {
    int value = 7;
    MetricsBean bean = registry.AddBean("DataNode", "Short");
    bean.AddGauge("V", "", [&value] { return value; });
    EXPECT_EQ(registry.Read().size(), 1u);
  }
  EXPECT_THAT(registry.Read(), IsEmpty());
}

TEST(MetricsTest, BeansMayOutliveTheirRegistry) {
  auto registry = std::make_unique<MetricsRegistry>();
  MetricsBean bean = registry->AddBean("DataNode", "Long");
  registry.reset();
  bean.AddCounter("C", "")->Increment();
}

TEST(MetricsTest, PrometheusNamesAreHadoopsInSnakeCase) {
  EXPECT_EQ(PrometheusName("FSNamesystem", "CapacityTotal"), "fs_namesystem_capacity_total");
  EXPECT_EQ(PrometheusName("NameNodeActivity", "CreateFileOps"),
            "name_node_activity_create_file_ops");
  EXPECT_EQ(PrometheusName("DataNodeActivity-127.0.10.1-9866", "BytesRead"),
            "data_node_activity_127_0_10_1_9866_bytes_read");
}

TEST(MetricsTest, PrometheusTextHasTypesLabelsAndCumulativeBuckets) {
  MetricsRegistry registry;
  MetricsBean bean = registry.AddBean("NameNode", "NameNodeActivity", {{"Hostname", "a\"b"}});
  bean.AddCounter("FilesCreated", "Files created")->Increment(5);
  bean.AddRate("Syncs", "Syncs")->Add(60us);
  bean.AddText("Words", [] { return std::string("none"); });
  const std::string text = PrometheusText(registry.Read());
  EXPECT_THAT(text, HasSubstr("# TYPE name_node_activity_files_created counter\n"
                              "name_node_activity_files_created{hostname=\"a\\\"b\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("name_node_activity_syncs_seconds_bucket{hostname=\"a\\\"b\","
                              "le=\"5e-05\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("le=\"0.0001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("le=\"+Inf\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("name_node_activity_syncs_seconds_count{hostname=\"a\\\"b\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("words")));
}

TEST(MetricsTest, TheProcessBeanKnowsThisProcess) {
  MetricsRegistry registry;
  const MetricsBean bean = AddProcessBean(&registry, "Test");
  const auto beans = registry.Read();
  ASSERT_EQ(beans.size(), 1u);
  for (const MetricSample& sample : beans[0].attributes) {
    const double value = std::holds_alternative<double>(sample.value)
                             ? std::get<double>(sample.value)
                             : static_cast<double>(std::get<int64_t>(sample.value));
    EXPECT_GT(value, 0) << sample.name;
  }
}

TEST(MetricsTest, JsonStringsAreEscapedAndValidUtf8) {
  EXPECT_EQ(JsonQuote("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
  EXPECT_EQ(JsonQuote("\xc3\xa4\xff"), "\"\xc3\xa4\\ufffd\"");
}

TEST(MetricsTest, ReadersAndAVanishingBeanDoNotMeet) {
  MetricsRegistry registry;
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) registry.Read();
  });
  for (int i = 0; i < 200; ++i) {
    auto value = std::make_unique<int>(i);
    MetricsBean bean = registry.AddBean("Test", "Flicker");
    bean.AddGauge("V", "", [p = value.get()] { return *p; });
  }
  stop = true;
  reader.join();
}

}  // namespace
}  // namespace tusk
