#include "common/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/http_message.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class RouterTest : public testing::Test {
 protected:
  Router router_;
  const int root_ = router_.Add("GET", "/");
  const int jmx_ = router_.Add("GET", "/jmx");
  const int app_ = router_.Add("GET", "/apps/{id}/state");
  const int new_app_ = router_.Add("POST", "/apps/new/state");
  const int get_file_ = router_.Add("GET", "/webhdfs/v1/{path*}");
  const int put_file_ = router_.Add("PUT", "/webhdfs/v1/{path*}");
};

TEST_F(RouterTest, FindsLiteralPathsWithAndWithoutATrailingSlash) {
  EXPECT_EQ(router_.Find("GET", "/jmx").route, jmx_);
  EXPECT_EQ(router_.Find("GET", "/jmx/").route, jmx_);
  EXPECT_EQ(router_.Find("GET", "/").route, root_);
  EXPECT_EQ(router_.Find("GET", "/jm").route, -1);
  EXPECT_EQ(router_.Find("HEAD", "/jmx").route, jmx_);
}

TEST_F(RouterTest, ParametersAreDecoded) {
  const auto match = router_.Find("GET", "/apps/a%2Fb/state");
  EXPECT_EQ(match.route, app_);
  EXPECT_THAT(match.parameters, ElementsAre(Pair("id", "a/b")));
}

TEST_F(RouterTest, TheRestOfAPathMayBeLongOrEmpty) {
  EXPECT_EQ(router_.Find("GET", "/webhdfs/v1/a%20b//c/").parameters.at("path"), "a b//c/");
  EXPECT_EQ(router_.Find("GET", "/webhdfs/v1/").parameters.at("path"), "");
  EXPECT_EQ(router_.Find("GET", "/webhdfs/v1").route, get_file_);
  EXPECT_EQ(router_.Find("PUT", "/webhdfs/v1/x").route, put_file_);
}

TEST_F(RouterTest, AnotherMethodIsToldApartFromAnUnknownPath) {
  EXPECT_FALSE(router_.Find("POST", "/jmx").method_allowed);
  EXPECT_TRUE(router_.Find("POST", "/nothing").method_allowed);
}

TEST_F(RouterTest, TheMoreLiteralPatternWins) {
  EXPECT_EQ(router_.Find("POST", "/apps/new/state").route, new_app_);
  EXPECT_EQ(router_.Find("GET", "/apps/new/state").route, app_);
}

TEST(PercentTest, DecodesAndEncodes) {
  EXPECT_EQ(PercentDecode("a%41+%zz%4"), "aA+%zz%4");
  EXPECT_EQ(PercentDecode("a+b", true), "a b");
  EXPECT_EQ(PercentEncode("/a b\xc3\xa4~", "/"), "/a%20b%C3%A4~");
  EXPECT_THAT(ParseQuery("op=OPEN&x=%26&&flag&e="),
              ElementsAre(Pair("op", "OPEN"), Pair("x", "&"), Pair("flag", ""), Pair("e", "")));
}

TEST(ParseRangeTest, TakesTheFormsOfTheStandard) {
  const auto check = [](const char* header, int64_t offset, int64_t length) {
    const auto range = ParseRange(header, 1000);
    ASSERT_TRUE(range.ok() && range->has_value()) << header;
    EXPECT_EQ((**range).offset, offset) << header;
    EXPECT_EQ((**range).length, length) << header;
  };
  check("bytes=0-9", 0, 10);
  check("bytes=100-", 100, 900);
  check("bytes=-50", 950, 50);
  check("bytes=990-2000", 990, 10);
  check("bytes=-2000", 0, 1000);
  for (const char* all : {"", "lines=1-2", "bytes=a-b", "bytes=5-3", "bytes=0-1,4-5"}) {
    EXPECT_FALSE(ParseRange(all, 1000)->has_value()) << all;
  }
  EXPECT_THAT(ParseRange("bytes=1000-", 1000), HasCode(Code::kOutOfRange));
  EXPECT_THAT(ParseRange("bytes=-0", 1000), HasCode(Code::kOutOfRange));
}

}  // namespace
}  // namespace tusk
