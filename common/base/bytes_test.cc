#include "common/base/bytes.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "common/base/hex.h"
#include "common/base/random.h"

namespace tusk {
namespace {

TEST(BytesTest, BigEndianAndVarintsRoundTrip) {
  std::string out;
  AppendBigEndian<int16_t>(&out, 28);
  AppendBigEndian<int32_t>(&out, -2);
  AppendVarint(&out, 300);
  AppendVarint(&out, std::numeric_limits<uint64_t>::max());
  AppendLengthPrefixed(&out, "abc");
  EXPECT_EQ(ToHex(out.substr(0, 8)), "001cfffffffeac02");

  ByteReader in(out);
  int16_t a = 0;
  int32_t b = 0;
  uint64_t c = 0;
  uint64_t d = 0;
  std::string_view e;
  EXPECT_TRUE(in.ReadBigEndian(&a) && in.ReadBigEndian(&b) && in.ReadVarint(&c) &&
              in.ReadVarint(&d) && in.ReadLengthPrefixed(&e));
  EXPECT_EQ(a, 28);
  EXPECT_EQ(b, -2);
  EXPECT_EQ(c, 300u);
  EXPECT_EQ(d, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(e, "abc");
  EXPECT_TRUE(in.AtEnd());
}

TEST(BytesTest, ShortInputFailsAndStaysFailed) {
  ByteReader in(
      "\x05"
      "ab");
  std::string_view bytes;
  EXPECT_FALSE(in.ReadLengthPrefixed(&bytes));
  uint64_t v = 0;
  EXPECT_FALSE(in.ReadVarint(&v));
  EXPECT_FALSE(in.ok());
}

TEST(BytesTest, AVarintOfMoreThan64BitsIsRefused) {
  ByteReader in("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
  uint64_t v = 0;
  EXPECT_FALSE(in.ReadVarint(&v));
}

TEST(HexTest, Base64AndHexRoundTrip) {
  for (size_t n = 0; n < 40; ++n) {
    const std::string bytes = SecureRandomBytes(n);
    EXPECT_EQ(*FromHex(ToHex(bytes)), bytes);
    EXPECT_EQ(*FromBase64(ToBase64(bytes)), bytes);
  }
  EXPECT_EQ(ToBase64("ident"), "aWRlbnQ=");
  EXPECT_FALSE(FromBase64("a===").ok());
  EXPECT_FALSE(FromBase64("ab=c").ok());
  EXPECT_FALSE(FromHex("0g").ok());
}

TEST(RandomTest, SameSeedSameNumbersAndBoundsHold) {
  Random a(7);
  Random b(7);
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t v = a.Below(10);
    EXPECT_EQ(v, b.Below(10));
    EXPECT_LT(v, 10u);
    seen.insert(v);
  }
  EXPECT_EQ(seen.size(), 10u);
}

}  // namespace
}  // namespace tusk
