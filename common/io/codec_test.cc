#include "common/io/codec.h"

#include <gtest/gtest.h>

#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"

namespace tusk {
namespace {

constexpr CompressionFormat kFormats[] = {CompressionFormat::kGzip,   CompressionFormat::kZlib,
                                          CompressionFormat::kBzip2,  CompressionFormat::kLz4,
                                          CompressionFormat::kSnappy, CompressionFormat::kZstd};

// Half repetitive, half random: larger than one block of every format's stream.
std::string SampleText() {
  Random random(TestSeed());
  std::string text;
  while (text.size() < 700'000) {
    text += "the quick brown fox ";
    for (int i = 0; i < 20; ++i) text.push_back(static_cast<char>(random.Next()));
  }
  return text;
}

class CodecTest : public testing::TestWithParam<CompressionFormat> {};

TEST_P(CodecTest, GivesBackWhatWentIn) {
  const std::string text = SampleText();
  for (const std::string& input : {std::string("x"), text}) {
    ASSERT_OK_AND_ASSIGN(const std::string packed, Compress(GetParam(), input));
    ASSERT_OK_AND_ASSIGN(const std::string unpacked, Decompress(GetParam(), packed));
    EXPECT_EQ(unpacked, input);
  }
}

TEST_P(CodecTest, TheStreamMayBeCutAnywhere) {
  const std::string text = SampleText().substr(0, 5'000);
  ASSERT_OK_AND_ASSIGN(const std::string packed, Compress(GetParam(), text));
  ASSERT_OK_AND_ASSIGN(const auto decompressor, NewDecompressor(GetParam()));
  std::string out;
  for (size_t i = 0; i < packed.size(); ++i) {
    ASSERT_OK(decompressor->Feed(std::string_view(packed).substr(i, 1), &out));
  }
  ASSERT_OK(decompressor->Finish());
  EXPECT_EQ(out, text);
}

TEST_P(CodecTest, ConcatenatedStreamsAreOne) {
  ASSERT_OK_AND_ASSIGN(std::string packed, Compress(GetParam(), "first "));
  ASSERT_OK_AND_ASSIGN(const std::string second, Compress(GetParam(), "second"));
  EXPECT_EQ(*Decompress(GetParam(), packed + second), "first second");
}

TEST_P(CodecTest, AStreamThatEndsInTheMiddleIsDataLoss) {
  ASSERT_OK_AND_ASSIGN(const std::string packed, Compress(GetParam(), SampleText()));
  EXPECT_THAT(Decompress(GetParam(), std::string_view(packed).substr(0, packed.size() / 2)),
              HasCode(Code::kDataLoss));
}

TEST_P(CodecTest, GarbageIsDataLoss) {
  EXPECT_THAT(Decompress(GetParam(), std::string(1000, '\x7f')), HasCode(Code::kDataLoss));
}

TEST_P(CodecTest, TheOutputIsBounded) {
  ASSERT_OK_AND_ASSIGN(const std::string packed, Compress(GetParam(), std::string(1 << 20, 'a')));
  EXPECT_THAT(Decompress(GetParam(), packed, 1000), HasCode(Code::kResourceExhausted));
}

TEST_P(CodecTest, NameExtensionAndHadoopsClassFindIt) {
  EXPECT_EQ(*ParseFormat(FormatName(GetParam())), GetParam());
  EXPECT_EQ(FormatOfFileName("/a/part-0" + std::string(FormatExtension(GetParam()))), GetParam());
}

INSTANTIATE_TEST_SUITE_P(AllFormats, CodecTest, testing::ValuesIn(kFormats),
                         [](const auto& info) { return std::string(FormatName(info.param)); });

TEST(CodecFormatTest, ReadsAFileOfHadoopsOwnSnappyCodec) {
  // Uncompressed length 5, compressed length 7, raw snappy block of "hello".
  const std::string file = *FromHex("0000000500000007051068656c6c6f");
  EXPECT_EQ(*Decompress(CompressionFormat::kSnappy, file), "hello");
}

TEST(CodecFormatTest, FormatsAreKnownByNameAndMagic) {
  EXPECT_EQ(*ParseFormat("org.apache.hadoop.io.compress.SnappyCodec"), CompressionFormat::kSnappy);
  EXPECT_EQ(*ParseFormat("deflate"), CompressionFormat::kZlib);
  EXPECT_THAT(ParseFormat("lzo"), MessageContains("lzo"));
  EXPECT_EQ(FormatOfFileName("a.txt"), CompressionFormat::kNone);
  EXPECT_EQ(FormatOfMagic(*Compress(CompressionFormat::kGzip, "x")), CompressionFormat::kGzip);
  EXPECT_EQ(FormatOfMagic("plain"), CompressionFormat::kNone);
}

TEST(CodecFormatTest, RawLz4BlocksNeedTheirExactLength) {
  const std::string packed = Lz4CompressBlock("hello hello hello hello");
  EXPECT_EQ(*Lz4DecompressBlock(packed, 23), "hello hello hello hello");
  EXPECT_THAT(Lz4DecompressBlock(packed, 22), HasCode(Code::kDataLoss));
  EXPECT_THAT(Lz4DecompressBlock(packed, 24), HasCode(Code::kDataLoss));
}

}  // namespace
}  // namespace tusk
