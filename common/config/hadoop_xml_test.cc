#include "common/config/hadoop_xml.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

TEST(HadoopXmlTest, ReadsNamesValuesAndFinal) {
  ASSERT_OK_AND_ASSIGN(const auto properties,
                       ParseHadoopXml("<?xml version=\"1.0\"?>\n<!-- c -->\n<configuration>\n"
                                      "<property><name> a </name><value>1 &lt; 2</value>"
                                      "<final>true</final></property>\n"
                                      "<property><name>b</name></property></configuration>",
                                      "x.xml"));
  ASSERT_EQ(properties.size(), 2u);
  EXPECT_EQ(properties[0].name, "a");
  EXPECT_EQ(properties[0].value, "1 < 2");
  EXPECT_TRUE(properties[0].is_final);
  EXPECT_FALSE(properties[1].has_value);
}

TEST(HadoopXmlTest, KeepsAValueThatIsNothingButATab) {
  ASSERT_OK_AND_ASSIGN(
      const auto properties,
      ParseHadoopXml("<configuration><property><name>s</name><value>\t</value></property>"
                     "</configuration>",
                     "x.xml"));
  EXPECT_EQ(properties[0].value, "\t");
}

TEST(HadoopXmlTest, BrokenTextNamesFileAndLine) {
  EXPECT_THAT(ParseHadoopXml("<configuration>\n<property>\n</configuration>", "x.xml"),
              MessageContains("x.xml: line 3"));
  EXPECT_THAT(ParseHadoopXml("<conf/>", "x.xml"), MessageContains("<configuration>"));
  EXPECT_THAT(ParseHadoopXml("", "x.xml"), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(
      ParseHadoopXml("<configuration>\n<property><value>1</value></property></configuration>",
                     "x.xml"),
      MessageContains("line 2: a <property> has no <name>"));
}

}  // namespace
}  // namespace tusk
