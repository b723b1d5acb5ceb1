#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "cli/commands/bench/compare_outputs.h"
#include "cli/commands/bench/modes_options.h"
#include "cli/commands/bench/zipf_text.h"
#include "common/config/configuration.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace tusk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ModesOptionsTest, HasDefaultsAndTakesEachOption) {
  ASSERT_OK_AND_ASSIGN(const ModesOptions defaults, ParseModesOptions({}));
  EXPECT_EQ(defaults.programs.size(), 3u);
  EXPECT_EQ(defaults.size_bytes, 64 << 20);
  ASSERT_OK_AND_ASSIGN(
      const ModesOptions options,
      ParseModesOptions({"--program", "lr", "--size", "2g", "--iterations", "7", "--runs", "3",
                         "--input", "/text", "--report", "r.html", "--json", "--keep"}));
  EXPECT_THAT(options.programs, ElementsAre(BenchProgram::kLogisticRegression));
  EXPECT_EQ(options.size_bytes, int64_t{2} << 30);
  EXPECT_EQ(options.iterations, 7);
  EXPECT_EQ(options.runs, 3);
  EXPECT_EQ(options.input, "/text");
  EXPECT_EQ(options.report, "r.html");
  EXPECT_TRUE(options.json);
  EXPECT_TRUE(options.keep);
}

TEST(ModesOptionsTest, RefusesWhatItDoesNotKnow) {
  const std::vector<std::vector<std::string>> bad = {
      {"--program", "grep"}, {"--size", "many"},     {"--size", "10"}, {"--iterations", "0"},
      {"--runs", "1x"},      {"--report"},           {"--what", "1"},  {"extra"},
      {"--size", "-1m"},     {"--iterations", "1e9"}};
  for (const auto& args : bad) {
    EXPECT_THAT(ParseModesOptions(args), HasCode(Code::kInvalidArgument)) << args[0];
  }
}

TEST(ZipfTextTest, IsTheSameTextEveryTimeWithUnevenWords) {
  std::string text;
  ZipfText(1000).AppendLines(200000, &text);
  std::string in_pieces;
  ZipfText generator(1000);
  while (in_pieces.size() < text.size()) generator.AppendLines(1, &in_pieces);
  EXPECT_EQ(text, in_pieces);
  EXPECT_GE(text.size(), 200000u);
  EXPECT_LT(text.size(), 200200u);
  EXPECT_EQ(text.back(), '\n');

  std::map<std::string, int> counts;
  std::istringstream words(text);
  int all = 0;
  for (std::string word; words >> word; ++all) ++counts[word];
  EXPECT_GT(counts.size(), 900u);
  // ln(2) / ln(1001) of all words are the first one; the 10th comes a seventh as often.
  EXPECT_NEAR(counts[ZipfText::Word(0)], 0.1003 * all, 0.01 * all);
  EXPECT_NEAR(counts[ZipfText::Word(9)], 0.0138 * all, 0.003 * all);
}

TEST(ZipfTextTest, WordsSpellTheirRanks) {
  EXPECT_EQ(ZipfText::Word(0), "ba");
  EXPECT_EQ(ZipfText::Word(1), "be");
  EXPECT_EQ(ZipfText::Word(99), "xu");
  EXPECT_EQ(ZipfText::Word(100), "baba");
  std::map<std::string, int> seen;
  for (int rank = 0; rank < 20000; ++rank) ++seen[ZipfText::Word(rank)];
  EXPECT_EQ(seen.size(), 20000u);
}

TEST(CompareNumbersTest, AgreesToNineDigits) {
  const Verdict same = CompareNumberTexts("0\t1.5\n1\t-2\n", "0\t1.5000000001\n1\t-2\n");
  EXPECT_TRUE(same.agree) << same.text;
  EXPECT_THAT(same.text, HasSubstr("2 numbers, at most 6.7e-11 apart"));
  for (const auto& [a, b] : std::map<std::string, std::string>{{"0\t1.5\n", "0\t1.50000001\n"},
                                                               {"0\t1\n", "1\t1\n"},
                                                               {"0\t1\n1\t1\n", "0\t1\n"},
                                                               {"0\tnan\n", "0\tnan\n"},
                                                               {"0 1\n", "0 1\n"},
                                                               {"0\t1x\n", "0\t1x\n"}}) {
    EXPECT_FALSE(CompareNumberTexts(a, b).agree) << a << b;
  }
  EXPECT_FALSE(CompareNumberTexts("", "").agree);
}

class CompareFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(fs_, FileSystem::Connect(Configuration(), {.uri = "file:///"}));
    for (const char* name : {"a", "b"}) {
      ASSERT_OK(fs_->Mkdirs(Path(name)));
      ASSERT_OK(fs_->WriteFile(Path(name) + "/part-r-00000", "one"));
      ASSERT_OK(fs_->WriteFile(Path(name) + "/part-r-00001", std::string(3 << 20, 'x')));
      ASSERT_OK(fs_->WriteFile(Path(name) + "/_SUCCESS", name));
    }
  }
  std::string Path(const std::string& name) const { return dir_.path() + "/" + name; }
  Verdict Compare() {
    auto verdict = CompareFiles(*fs_, Path("a"), Path("b"));
    EXPECT_OK(verdict.status());
    return verdict.ok() ? *verdict : Verdict{};
  }

  TempDir dir_;
  std::shared_ptr<FileSystem> fs_;
};

TEST_F(CompareFilesTest, EqualFilesAgreeWhateverStandsInTheHiddenOnes) {
  const Verdict verdict = Compare();
  EXPECT_TRUE(verdict.agree);
  EXPECT_EQ(verdict.text, "2 output files, 3.00 MB, are equal byte for byte");
}

TEST_F(CompareFilesTest, OneByteIsFound) {
  std::string other(3 << 20, 'x');
  other[(2 << 20) + 5] = 'y';
  ASSERT_OK(fs_->WriteFile(Path("b") + "/part-r-00001", other, {.overwrite = true}));
  const Verdict verdict = Compare();
  EXPECT_FALSE(verdict.agree);
  EXPECT_THAT(verdict.text, HasSubstr("part-r-00001 differ at byte 2097157"));
}

TEST_F(CompareFilesTest, LengthsAndNamesMatter) {
  ASSERT_OK(fs_->WriteFile(Path("b") + "/part-r-00000", "one more", {.overwrite = true}));
  EXPECT_THAT(Compare().text, HasSubstr("differ at byte 3"));
  ASSERT_OK(fs_->WriteFile(Path("b") + "/part-r-00002", ""));
  EXPECT_THAT(Compare().text, HasSubstr("hold different files"));
  ASSERT_OK(fs_->Delete(Path("a"), true).status());
  ASSERT_OK(fs_->Mkdirs(Path("a")));
  EXPECT_FALSE(Compare().agree) << "no files are no result";
}

}  // namespace
}  // namespace tusk::cli
