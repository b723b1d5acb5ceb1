#include "common/config/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr StringKey kText{.name = "test.text", .fallback = "none"};
constexpr IntKey kCount{.name = "test.count", .fallback = 3, .min = 1, .max = 10};
constexpr DurationKey kPeriod{
    .name = "test.period", .fallback = 3s, .min = 100ms, .unit = TimeUnit::kSeconds};
constexpr SizeKey kSize{.name = "test.size", .fallback = 128 * kMiB, .min = 512};
constexpr BoolKey kFlag{.name = "test.flag", .fallback = true};
constexpr DoubleKey kShare{.name = "test.share", .fallback = 0.5, .min = 0, .max = 1};
constexpr ListKey kDirs{.name = "test.dirs", .fallback = "/a, /b"};

std::string Property(const std::string& name, const std::string& value, bool is_final = false) {
  return "<property><name>" + name + "</name><value>" + value + "</value>" +
         (is_final ? "<final>true</final>" : "") + "</property>";
}

Configuration Parse(const std::string& properties) {
  Configuration conf;
  EXPECT_OK(conf.AddXml("<configuration>" + properties + "</configuration>", "test.xml"));
  return conf;
}

TEST(ConfigurationTest, AnEmptyOneAnswersWithDefaults) {
  const Configuration conf;
  EXPECT_EQ(*conf.Get(kText), "none");
  EXPECT_EQ(*conf.Get(kCount), 3);
  EXPECT_EQ(*conf.Get(kPeriod), Duration(3s));
  EXPECT_EQ(*conf.Get(kSize), 128 * kMiB);
  EXPECT_TRUE(*conf.Get(kFlag));
  EXPECT_EQ(*conf.Get(kShare), 0.5);
  EXPECT_THAT(*conf.Get(kDirs), ElementsAre("/a", "/b"));
}

TEST(ConfigurationTest, TimesTakeHadoopsUnits) {
  for (const auto& [text, wanted] : std::map<std::string, Duration>{{"10", 10s},
                                                                    {"10s", 10s},
                                                                    {"100ms", 100ms},
                                                                    {"5m", 5min},
                                                                    {"1h", 1h},
                                                                    {"2d", 48h},
                                                                    {" 7 s ", 7s},
                                                                    {"3S", 3s}}) {
    EXPECT_EQ(*Parse(Property("test.period", text)).Get(kPeriod), wanted) << text;
  }
  EXPECT_EQ(*ParseDuration("9223372036854775807", TimeUnit::kMillis), Duration::max());
}

TEST(ConfigurationTest, SizesTakeHadoopsSuffixes) {
  EXPECT_EQ(*ParseSize("134217728"), 128 * kMiB);
  EXPECT_EQ(*ParseSize("128m"), 128 * kMiB);
  EXPECT_EQ(*ParseSize("1G"), kGiB);
  EXPECT_EQ(FormatSize(128 * kMiB), "128m");
  EXPECT_EQ(FormatSize(1000), "1000");
  EXPECT_THAT(ParseSize("m"), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(ParseSize("9999999999g"), HasCode(Code::kInvalidArgument));
}

TEST(ConfigurationTest, WhatIsPrintedReadsBackTheSame) {
  for (const Duration d : {Duration(0), Duration(10s), Duration(1500ms), Duration(6h),
                           Duration(48h), Duration(3ns), Duration(7us)}) {
    EXPECT_EQ(*ParseDuration(FormatDuration(d), TimeUnit::kMillis), d) << FormatDuration(d);
  }
}

TEST(ConfigurationTest, AValueOutOfBoundsNamesKeyValueFileAndWhatWouldFit) {
  const Configuration conf = Parse(Property("test.count", "11") + Property("test.period", "1ms") +
                                   Property("test.share", "2") + Property("test.flag", "yes") +
                                   Property("test.size", "ten"));
  EXPECT_THAT(conf.Get(kCount), MessageContains("test.count = \"11\" (test.xml): expected a whole "
                                                "number of at least 1 and at most 10"));
  EXPECT_THAT(conf.Get(kPeriod), MessageContains("at least 100ms"));
  EXPECT_THAT(conf.Get(kShare), MessageContains("test.share"));
  EXPECT_THAT(conf.Get(kFlag), MessageContains("true or false"));
  EXPECT_THAT(conf.Get(kSize), MessageContains("a size such as 128m"));
}

TEST(ConfigurationTest, VariablesExpandThroughKeysUserAndEnvironment) {
  ::setenv("TUSK_CONFIG_TEST", "from-env", 1);
  ::unsetenv("TUSK_CONFIG_TEST_UNSET");
  const Configuration conf =
      Parse(Property("base", "/data/${env.TUSK_CONFIG_TEST}") +
            Property("test.text", "${base}/x-${env.TUSK_CONFIG_TEST_UNSET:-other}-${no.such}"));
  EXPECT_EQ(*conf.Get(kText), "/data/from-env/x-other-${no.such}");
}

TEST(ConfigurationTest, VariablesReachDeclaredDefaults) {
  Configuration conf;
  conf.Set("hadoop.tmp.dir", "/big");
  EXPECT_EQ(**conf.GetRaw("dfs.namenode.name.dir"), "file:///big/dfs/name");
}

TEST(ConfigurationTest, ACircleOfVariablesIsAnError) {
  const Configuration conf = Parse(Property("test.text", "${b}") + Property("b", "${test.text}"));
  EXPECT_THAT(conf.Get(kText), MessageContains("circle"));
}

TEST(ConfigurationTest, FinalHoldsAgainstLaterFilesButNotAgainstD) {
  Configuration conf = Parse(Property("test.text", "first", /*is_final=*/true));
  ASSERT_OK(conf.AddXml("<configuration>" + Property("test.text", "second") + "</configuration>",
                        "later.xml"));
  EXPECT_EQ(*conf.Get(kText), "first");
  EXPECT_THAT(conf.warnings(), ElementsAre(HasSubstr("later.xml")));
  ASSERT_OK(conf.AddOverride("test.text=third"));
  EXPECT_EQ(*conf.Get(kText), "third");
}

TEST(ConfigurationTest, DeprecatedNamesCountAsTheirNewOnes) {
  const Configuration conf = Parse(Property("fs.default.name", "hdfs://old:8020"));
  EXPECT_EQ(**conf.GetRaw("fs.defaultFS"), "hdfs://old:8020");
  EXPECT_EQ(**conf.GetRaw("fs.default.name"), "hdfs://old:8020");
}

TEST(ConfigurationTest, AuthenticationThatIsNotThereIsRefusedInsteadOfLeftOut) {
  EXPECT_OK(CheckAuthentication(Configuration()));
  EXPECT_OK(CheckAuthentication(Parse(Property("hadoop.security.authentication", "simple"))));
  EXPECT_THAT(CheckAuthentication(Parse(Property("hadoop.security.authentication", "kerberos"))),
              MessageContains("kerberos: nothing but simple is supported yet"));
  const Configuration authorization = Parse(Property("hadoop.security.authorization", "true"));
  EXPECT_OK(CheckAuthentication(authorization));  // a client of somebody else's cluster
  EXPECT_THAT(CheckDaemonSecurity(authorization), MessageContains("not supported yet"));
}

TEST(ConfigurationTest, MistypedKeysOfOurOwnAreReported) {
  const Configuration conf =
      Parse(Property("tusk.no.such.key", "1") + Property("tusk.log.level", "debug"));
  EXPECT_THAT(conf.UnknownTuskKeys(), ElementsAre("tusk.no.such.key"));
}

TEST(ConfigurationTest, APrefixGivesWhatIsBelowIt) {
  const Configuration conf =
      Parse(Property("p.b", "2") + Property("p.a", "1") + Property("q", "3"));
  EXPECT_THAT(conf.ForPrefix("p."), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST(ConfigurationTest, SiteFilesOfAFolderAreReadInHadoopsOrder) {
  TempDir dir;
  std::ofstream(dir.File("core-site.xml"))
      << "<configuration>" + Property("test.text", "core") + "</configuration>";
  std::ofstream(dir.File("hdfs-site.xml"))
      << "<configuration>" + Property("test.text", "hdfs") + "</configuration>";
  ASSERT_OK_AND_ASSIGN(const Configuration conf, Configuration::Load(dir.path()));
  EXPECT_EQ(*conf.Get(kText), "hdfs");
  EXPECT_THAT(Configuration::Load(dir.File("missing")), HasCode(Code::kNotFound));
}

TEST(ConfigurationTest, OverridesNeedAKeyAndAnEqualsSign) {
  Configuration conf;
  EXPECT_THAT(conf.AddOverride("nothing"), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(conf.AddOverride("=x"), HasCode(Code::kInvalidArgument));
  EXPECT_OK(conf.AddOverride("test.text="));
  EXPECT_EQ(*conf.Get(kText), "");
}

TEST(ConfigurationTest, AsASiteFileItReadsBackTheSame) {
  Configuration conf;
  conf.Set("a", "<&>\t${user.name}");
  Configuration again;
  ASSERT_OK(again.AddXml(conf.ToXml(), "again"));
  EXPECT_EQ(again.All(), conf.All());
}

}  // namespace
}  // namespace tusk
