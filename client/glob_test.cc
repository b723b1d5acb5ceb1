#include "client/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/path.h"
#include "common/testing/status_matchers.h"

namespace tusk::client {
namespace {

bool Fits(std::string_view pattern, std::string_view name) {
  const auto compiled = GlobPattern::Compile(pattern);
  EXPECT_OK(compiled);
  return compiled.ok() && compiled->Matches(name);
}

TEST(GlobTest, StarsTakeAnyRunOfCharacters) {
  EXPECT_TRUE(Fits("*", ""));
  EXPECT_TRUE(Fits("part-*", "part-00000"));
  EXPECT_TRUE(Fits("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(Fits("a*b*c", "aXbYbZ"));
  // A pattern that would take a naive matcher an age.
  EXPECT_FALSE(Fits("a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

TEST(GlobTest, QuestionMarksAndSetsTakeOneCharacterOfUtf8) {
  EXPECT_TRUE(Fits("?", "é"));
  EXPECT_TRUE(Fits("[a-é]x", "éx"));
  EXPECT_TRUE(Fits("[^a-c]", "d"));
  EXPECT_FALSE(Fits("[^a-c]", "b"));
  EXPECT_TRUE(Fits("[]]", "]"));
  EXPECT_FALSE(Fits("?", ""));
}

TEST(GlobTest, BracesOfferAlternatives) {
  EXPECT_TRUE(Fits("{t1,z}", "z"));
  EXPECT_TRUE(Fits("a{b,c{d,e}}f", "acef"));
  EXPECT_FALSE(Fits("{t1,z}", "t"));
}

TEST(GlobTest, ABackslashTakesACharacterLiterally) {
  EXPECT_TRUE(Fits("a\\*", "a*"));
  EXPECT_FALSE(Fits("a\\*", "ab"));
  EXPECT_FALSE(HasGlob("a\\*b"));
  EXPECT_TRUE(HasGlob("a*b"));
  EXPECT_EQ(Unquote("a\\*b"), "a*b");
}

TEST(GlobTest, OnlyBracesWithASlashAreWrittenOut) {
  EXPECT_THAT(ExpandBraces("/a/{b/c,d}/{x,y}").value(),
              ::testing::ElementsAre("/a/b/c/{x,y}", "/a/d/{x,y}"));
}

TEST(GlobTest, WhatIsNotClosedIsAnErrorInHadoopsWords) {
  EXPECT_THAT(GlobPattern::Compile("[a"),
              MessageContains("Unclosed character class at pos 2: `[a`"));
  EXPECT_THAT(ExpandBraces("/a/{b"), MessageContains("Unclosed group"));
  EXPECT_FALSE(GlobPattern::Compile("a\\").ok());
}

TEST(PathTest, NormalizingFoldsDotsAndSlashes) {
  EXPECT_EQ(NormalizePath("//a/./b/../c/"), "/a/c");
  EXPECT_EQ(NormalizePath("/../.."), "/");
  EXPECT_EQ(ParentPath("/a/b"), "/a");
  EXPECT_EQ(ParentPath("/a"), "/");
  EXPECT_EQ(ParentPath("/"), "");
  EXPECT_EQ(BaseName("/a/b"), "b");
  EXPECT_EQ(JoinPath("/", "a"), "/a");
}

}  // namespace
}  // namespace tusk::client
