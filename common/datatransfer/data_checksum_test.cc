#include "common/datatransfer/data_checksum.h"

#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

TEST(DataChecksumTest, MetaHeaderIsSevenBytesAsHadoopWritesThem) {
  EXPECT_EQ(EncodeMetaHeader(DataChecksum{}), std::string("\x00\x01\x02\x00\x00\x02\x00", 7));
}

TEST(DataChecksumTest, MetaHeaderRoundTripsAndRefusesDamage) {
  const DataChecksum crc32{ChecksumType::kCrc32, 4096};
  ASSERT_OK_AND_ASSIGN(const DataChecksum read, DecodeMetaHeader(EncodeMetaHeader(crc32)));
  EXPECT_EQ(read, crc32);
  EXPECT_THAT(DecodeMetaHeader(std::string("\x00\x01\x02\x00", 4)), HasCode(Code::kDataLoss));
  EXPECT_THAT(DecodeMetaHeader(std::string("\x00\x07\x02\x00\x00\x02\x00", 7)),
              MessageContains("unknown version 7"));
  EXPECT_THAT(DecodeMetaHeader(std::string("\x00\x01\x09\x00\x00\x02\x00", 7)),
              MessageContains("unknown checksum type 9"));
  EXPECT_THAT(DecodeMetaHeader(std::string("\x00\x01\x02\x00\x00\x00\x00", 7)),
              HasCode(Code::kDataLoss));
}

TEST(DataChecksumTest, LastChunkMayBeShort) {
  const DataChecksum checksum;
  EXPECT_EQ(checksum.ChunksFor(0), 0);
  EXPECT_EQ(checksum.ChunksFor(1), 1);
  EXPECT_EQ(checksum.ChunksFor(512), 1);
  EXPECT_EQ(checksum.ChunksFor(513), 2);
  std::string sums;
  AppendChecksums(checksum, std::string(700, 'x'), &sums);
  EXPECT_EQ(sums.size(), 8u);
  EXPECT_OK(VerifyChecksums(checksum, std::string(700, 'x'), sums, "blk_1", 0));
}

TEST(DataChecksumTest, NamesTheOffsetOfTheFirstWrongChunk) {
  const DataChecksum checksum;
  std::string data(2048, 'x');
  std::string sums;
  AppendChecksums(checksum, data, &sums);
  data[1030] ^= 1;
  const Status wrong = VerifyChecksums(checksum, data, sums, "blk_1", 4096);
  EXPECT_THAT(wrong, HasCode(Code::kDataLoss));
  EXPECT_THAT(wrong, MessageContains("5120"));
  EXPECT_THAT(VerifyChecksums(checksum, data, sums.substr(4), "blk_1", 0),
              HasCode(Code::kDataLoss));
}

}  // namespace
}  // namespace tusk
