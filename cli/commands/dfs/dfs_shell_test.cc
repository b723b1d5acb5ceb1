// The shell's parts that need no cluster, and its commands on files of this host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/commands/dfs/format.h"
#include "cli/commands/dfs/options.h"
#include "cli/commands/dfs/progress.h"
#include "cli/commands/dfs/shell_command.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::cli {
namespace {

TEST(FormatTest, SizesAreAsHadoopShortensThem) {
  EXPECT_EQ(HumanSize(0), "0");
  EXPECT_EQ(HumanSize(1023), "1023");
  EXPECT_EQ(HumanSize(1024), "1 K");
  EXPECT_EQ(HumanSize(3000000), "2.9 M");
  EXPECT_EQ(HumanSize(134217728), "128 M");
  EXPECT_EQ(HumanSize(1048575), "1.0 M");  // 1024.0 K rounds up to the next prefix
  EXPECT_EQ(HumanSize(811659522048, 2), "755.92 G");
  EXPECT_EQ(HumanSize(-2048), "-2 K");
}

TEST(FormatTest, TablesAreAsWideAsTheirCells) {
  TextTable table({false, true});
  table.AddRow({"Filesystem", "Size"});
  table.AddRow({"a", "12345"});
  EXPECT_EQ(table.Render(), "Filesystem   Size\na           12345\n");
}

TEST(FormatTest, WhatNoTerminalPrintsBecomesAQuestionMark) {
  EXPECT_EQ(Printable("a\x1b[1m\xff"
                      "é"),
            "a?[1m?é");
}

TEST(OptionsTest, FlagsEndAtTheFirstArgument) {
  ASSERT_OK_AND_ASSIGN(const Options options, ParseOptions({"-R", "-t", "4", "a", "-h"},
                                                           {.flags = {"R", "h"}, .values = {"t"}}));
  EXPECT_TRUE(options.Has("R"));
  EXPECT_FALSE(options.Has("h"));
  EXPECT_EQ(options.values.at("t"), "4");
  EXPECT_THAT(options.arguments, ::testing::ElementsAre("a", "-h"));
}

TEST(OptionsTest, ErrorsAreInHadoopsWords) {
  EXPECT_THAT(ParseOptions({"-z"}, {}), MessageContains("Illegal option -z"));
  EXPECT_THAT(ParseOptions({}, {.min_arguments = 2}),
              MessageContains("Not enough arguments: expected 2 but got 0"));
  EXPECT_THAT(ParseOptions({"a", "b"}, {.max_arguments = 1}),
              MessageContains("Too many arguments: expected 1 but got 2"));
  EXPECT_THAT(ParseOptions({"-q"}, {.refused = {"q"}}), HasCode(Code::kUnimplemented));
}

TEST(OptionsTest, ADashAloneIsAnArgument) {
  ASSERT_OK_AND_ASSIGN(const Options options, ParseOptions({"-f", "-", "/x"}, {.flags = {"f"}}));
  EXPECT_THAT(options.arguments, ::testing::ElementsAre("-", "/x"));
}

TEST(ProgressTest, TheLineShowsShareRateAndTimeLeft) {
  const std::string line = Progress::Line("put", 1 << 30, int64_t{4} << 30, 10, 200);
  EXPECT_THAT(line, ::testing::HasSubstr(" 25 % [======>"));
  EXPECT_THAT(line, ::testing::HasSubstr("1 G of 4 G, 102.4 M/s, 30 s left"));
  EXPECT_EQ(Progress::Line("put", 1 << 30, int64_t{4} << 30, 10, 20).size(), 20u);
  EXPECT_EQ(Progress::Line("put", 2048, -1, 2, 80), "put 2 K, 1 K/s");
}

// ---- commands, on this host's files
// --------------------------------------------------------------

class DfsShellTest : public ::testing::Test {
 protected:
  // Runs a command; gives what it printed.
  std::string Run(const std::string& name, const std::vector<std::string>& words) {
    Shell shell(configuration_, name);
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    usage_error_ = FindShellCommand(name)->run(shell, words);
    std::fflush(stdout);
    errors_ = ::testing::internal::GetCapturedStderr();
    exit_code_ = shell.exit_code();
    return ::testing::internal::GetCapturedStdout();
  }
  std::string Path(const std::string& name) { return dir_.path() + "/" + name; }
  void Write(const std::string& name, const std::string& bytes) {
    Shell shell(configuration_, "test");
    ASSERT_OK(shell.Local()->WriteFile(Path(name), bytes, {.overwrite = true}));
  }

  TempDir dir_;
  Configuration configuration_;  // fs.defaultFS is file:///
  Status usage_error_;
  std::string errors_;
  int exit_code_ = 0;
};

TEST_F(DfsShellTest, PutThenCatGivesTheBytes) {
  Write("a", "hello\n");
  Run("put", {Path("a"), Path("b")});
  EXPECT_EQ(exit_code_, 0);
  EXPECT_EQ(Run("cat", {Path("a"), Path("b")}), "hello\nhello\n");
}

TEST_F(DfsShellTest, PutOntoAnExistingFileIsRefusedWithoutF) {
  Write("a", "1");
  Write("b", "2");
  Run("put", {Path("a"), Path("b")});
  EXPECT_EQ(errors_, "put: `" + Path("b") + "': File exists\n");
  EXPECT_EQ(exit_code_, 1);
  Run("put", {"-f", Path("a"), Path("b")});
  EXPECT_EQ(Run("cat", {Path("b")}), "1");
}

TEST_F(DfsShellTest, SeveralSourcesNeedADirectory) {
  Write("a", "1");
  Write("b", "2");
  Run("put", {Path("a"), Path("b"), Path("none")});
  EXPECT_EQ(errors_, "put: `" + Path("none") + "': No such file or directory\n");
  Run("mkdir", {Path("d")});
  Run("put", {Path("a"), Path("b"), Path("d")});
  EXPECT_EQ(Run("ls", {"-C", Path("d")}), Path("d/a") + "\n" + Path("d/b") + "\n");
}

TEST_F(DfsShellTest, ATreeIsCopiedWholeButNotIntoItself) {
  Write("t/x/1", "1");
  Write("t/2", "2");
  Run("cp", {Path("t"), Path("u")});
  EXPECT_EQ(Run("cat", {Path("u/x/1"), Path("u/2")}), "12");
  Run("cp", {Path("t"), Path("t/x")});
  EXPECT_THAT(errors_, ::testing::HasSubstr("is a subdirectory of itself"));
  EXPECT_EQ(exit_code_, 1);
}

TEST_F(DfsShellTest, NoTemporaryFileIsLeft) {
  Write("a", "1");
  Run("put", {Path("a"), Path("b")});
  EXPECT_EQ(Run("ls", {"-C", Path("")}), Path("a") + "\n" + Path("b") + "\n");
}

TEST_F(DfsShellTest, RmNeedsRForDirectoriesAndFForgivesMissingPaths) {
  Write("d/a", "1");
  Run("rm", {Path("d")});
  EXPECT_EQ(errors_, "rm: `" + Path("d") + "': Is a directory\n");
  Run("rm", {"-f", Path("none")});
  EXPECT_EQ(exit_code_, 0);
  EXPECT_EQ(Run("rm", {"-r", Path("d")}), "Deleted " + Path("d") + "\n");
}

TEST_F(DfsShellTest, StatFillsItsFormatIn) {
  Write("a", "12345");
  EXPECT_EQ(Run("stat", {"%n %b %F %%", Path("a")}), "a 5 regular file %\n");
  EXPECT_EQ(Run("stat", {"%F", Path("")}), "directory\n");
}

TEST_F(DfsShellTest, TestAnswersByItsExitCode) {
  Write("a", "");
  for (const auto& [flag, expected] : std::vector<std::pair<std::string, int>>{
           {"-e", 0}, {"-f", 0}, {"-z", 0}, {"-d", 1}, {"-s", 1}}) {
    Run("test", {flag, Path("a")});
    EXPECT_EQ(exit_code_, expected) << flag;
    EXPECT_EQ(errors_, "");
  }
  Run("test", {Path("a")});
  EXPECT_THAT(usage_error_, MessageContains("No test flag given"));
}

TEST_F(DfsShellTest, FindJoinsItsTestsByAnd) {
  Write("d/Part-1", "");
  Write("d/e/part-2", "");
  EXPECT_EQ(Run("find", {Path("d"), "-iname", "part*", "-a", "-name", "*2"}),
            Path("d/e/part-2") + "\n");
}

TEST_F(DfsShellTest, GetMergeJoinsAFoldersFiles) {
  Write("d/1", "a");
  Write("d/2", "");
  Write("d/3", "b");
  Run("getmerge", {"-nl", "-skip-empty-file", Path("d"), Path("out")});
  EXPECT_EQ(Run("cat", {Path("out")}), "a\nb\n");
}

TEST_F(DfsShellTest, AnOptionThatIsNotThereYetSaysSo) {
  Run("count", {"-t", Path("")});
  EXPECT_THAT(usage_error_, HasCode(Code::kUnimplemented));
}

TEST(ShellCommandTest, EveryCommandHasUsageAndHelpAndTheyAreSorted) {
  std::string last;
  for (const ShellCommand& command : ShellCommands()) {
    EXPECT_LT(last, command.name);
    EXPECT_FALSE(command.usage.empty()) << command.name;
    EXPECT_FALSE(command.help.empty()) << command.name;
    last = command.name;
  }
  EXPECT_EQ(ShellCommands().size(), 43u);  // as many as Hadoop 3.4 has
}

}  // namespace
}  // namespace tusk::cli
