#include "common/io/checksum.h"

#include <gtest/gtest.h>

#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"

namespace tusk {
namespace {

constexpr std::string_view kCheck = "123456789";  // the usual check input

std::string RandomBytes(size_t size, Random* random) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random->Next());
  return bytes;
}

TEST(ChecksumTest, GivesTheStandardsCheckValues) {
  EXPECT_EQ(Crc32c(kCheck), 0xe3069283u);
  EXPECT_EQ(Crc32(kCheck), 0xcbf43926u);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(ChecksumTest, GoesOnFromAFormerResult) {
  for (size_t cut = 0; cut <= kCheck.size(); ++cut) {
    EXPECT_EQ(Crc32c(kCheck.substr(cut), Crc32c(kCheck.substr(0, cut))), Crc32c(kCheck));
    EXPECT_EQ(Crc32(kCheck.substr(cut), Crc32(kCheck.substr(0, cut))), Crc32(kCheck));
  }
}

TEST(ChecksumTest, ChunksAreBigEndianAndTheLastMayBeShort) {
  std::string sums;
  AppendChunkChecksums(ChecksumType::kCrc32c, 4, kCheck, &sums);
  ASSERT_EQ(sums.size(), 12u);
  EXPECT_EQ(LoadBigEndian<uint32_t>(sums.data() + 8), Crc32c("9"));
  EXPECT_OK(VerifyChunkChecksums(ChecksumType::kCrc32c, 4, kCheck, sums, "f"));
  std::string none;
  AppendChunkChecksums(ChecksumType::kNull, 4, kCheck, &none);
  EXPECT_EQ(none, "");
}

TEST(ChecksumTest, ADamagedChunkIsNamedByItsPlace) {
  std::string sums;
  AppendChunkChecksums(ChecksumType::kCrc32, 4, kCheck, &sums);
  std::string damaged(kCheck);
  damaged[5] ^= 0x10;
  const Status status = VerifyChunkChecksums(ChecksumType::kCrc32, 4, damaged, sums, "blk_1", 1000);
  EXPECT_THAT(status, HasCode(Code::kDataLoss));
  EXPECT_THAT(status, MessageContains("blk_1 at 1004"));
  EXPECT_THAT(VerifyChunkChecksums(ChecksumType::kCrc32, 4, kCheck, sums.substr(0, 8), "b"),
              HasCode(Code::kDataLoss));
}

TEST(ChecksumTest, ComposedCrcsEqualTheCrcOfTheWhole) {
  Random random(TestSeed());
  for (const ChecksumType type : {ChecksumType::kCrc32, ChecksumType::kCrc32c}) {
    const std::string data = RandomBytes(10'000, &random);
    CrcComposer composer(type);
    for (size_t at = 0; at < data.size(); at += 512) {
      const auto chunk = std::string_view(data).substr(at, 512);
      composer.Add(ComputeCrc(type, chunk), static_cast<int64_t>(chunk.size()));
    }
    EXPECT_EQ(composer.value(), ComputeCrc(type, data));
    const auto a = std::string_view(data).substr(0, 3333);
    const auto b = std::string_view(data).substr(3333);
    EXPECT_EQ(
        ComposeCrc(type, ComputeCrc(type, a), ComputeCrc(type, b), static_cast<int64_t>(b.size())),
        ComputeCrc(type, data));
  }
}

TEST(ChecksumTest, NamesAndNumbersAreHadoops) {
  EXPECT_EQ(*ParseChecksumType("CRC32C"), ChecksumType::kCrc32c);
  EXPECT_EQ(*ChecksumTypeFromNumber(1), ChecksumType::kCrc32);
  EXPECT_THAT(ParseChecksumType("MD5"), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(ChecksumTypeFromNumber(3), HasCode(Code::kInvalidArgument));
}

}  // namespace
}  // namespace tusk
