#include "cli/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::cli {
namespace {

using testing::ElementsAre;

TEST(GenericOptionsTest, AreTakenFromTheBeginningOnly) {
  std::vector<std::string> args = {"-D",  "a=1", "-Db=2", "-fs", "hdfs://nn:8020",
                                   "-ls", "-D",  "c=3"};
  Configuration conf;
  ASSERT_OK(TakeGenericOptions(&args, &conf));
  EXPECT_THAT(args, ElementsAre("-ls", "-D", "c=3"));
  EXPECT_EQ(**conf.GetRaw("a"), "1");
  EXPECT_EQ(**conf.GetRaw("b"), "2");
  EXPECT_EQ(**conf.GetRaw("fs.defaultFS"), "hdfs://nn:8020");
  EXPECT_FALSE(conf.IsSet("c"));
}

TEST(GenericOptionsTest, AFileOfConfigurationIsRead) {
  TempDir dir;
  std::ofstream(dir.File("my.xml")) << "<configuration><property><name>k</name><value>v</value>"
                                       "</property></configuration>";
  std::vector<std::string> args = {"-conf", dir.File("my.xml")};
  Configuration conf;
  ASSERT_OK(TakeGenericOptions(&args, &conf));
  EXPECT_EQ(**conf.GetRaw("k"), "v");
  args = {"-conf", dir.File("none.xml")};
  EXPECT_THAT(TakeGenericOptions(&args, &conf), HasCode(Code::kNotFound));
}

TEST(GenericOptionsTest, AnOptionWithoutItsValueIsRefused) {
  for (const char* option : {"-D", "-fs", "-conf", "-jt"}) {
    std::vector<std::string> args = {option};
    Configuration conf;
    EXPECT_THAT(TakeGenericOptions(&args, &conf), HasCode(Code::kInvalidArgument)) << option;
  }
  std::vector<std::string> args = {"-D", "novalue"};
  Configuration conf;
  EXPECT_THAT(TakeGenericOptions(&args, &conf), MessageContains("key=value"));
}

TEST(CommandTableTest, FindsByWholeName) {
  CommandTable table;
  table.Add({"yarn application", "", nullptr});
  EXPECT_NE(table.Find("yarn application"), nullptr);
  EXPECT_EQ(table.Find("yarn"), nullptr);
}

TEST(ProgramDirTest, IsTheFolderOfThisTest) {
  EXPECT_EQ(::access((ProgramDir() + "/cli_command_test").c_str(), X_OK), 0);
}

}  // namespace
}  // namespace tusk::cli
