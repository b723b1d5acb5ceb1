#include "datanode/storage/replica_writer.h"

#include "common/base/random.h"
#include "common/testing/test_seed.h"
#include "datanode/storage/store_fixture.h"

namespace tusk::datanode {
namespace {

using ReplicaWriterTest = StoreTest;

TEST_F(ReplicaWriterTest, AGapIsRefused) {
  Start();
  ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
  EXPECT_THAT(WriteAll(writer.get(), 512, Pattern(10)), HasCode(Code::kOutOfRange));
}

TEST_F(ReplicaWriterTest, AnUnalignedPacketMustEndInItsChunk) {
  Start();
  ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
  ASSERT_OK(WriteAll(writer.get(), 0, Pattern(100)));
  EXPECT_THAT(WriteAll(writer.get(), 100, Pattern(413)), HasCode(Code::kOutOfRange));
  EXPECT_OK(WriteAll(writer.get(), 100, Pattern(512).substr(100)));
}

TEST_F(ReplicaWriterTest, BytesThatAreHereAlreadyAreNotWrittenAgain) {
  Start();
  ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
  ASSERT_OK(WriteAll(writer.get(), 0, Pattern(1000)));
  const int64_t writes = env_.writes();
  ASSERT_OK(WriteAll(writer.get(), 0, Pattern(1000)));
  ASSERT_OK(WriteAll(writer.get(), 512, Pattern(1000).substr(512)));
  EXPECT_EQ(env_.writes(), writes);
  EXPECT_EQ(writer->length(), 1000);
}

TEST_F(ReplicaWriterTest, AChunkSentAgainAfterAFlushReplacesItsChecksum) {
  Start();
  const std::string data = Pattern(1500);
  ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
  ASSERT_OK(WriteAll(writer.get(), 0, data.substr(0, 700)));  // hflush in mid-chunk
  ASSERT_OK(WriteAll(writer.get(), 512, data.substr(512)));   // the whole chunk again
  ASSERT_OK(store_->Finalize(std::move(writer)));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1));
  EXPECT_EQ(bytes, data);
}

TEST_F(ReplicaWriterTest, MissingAndForeignChecksumsAreComputed) {
  Start();
  const std::string data = Pattern(3000);
  ASSERT_OK_AND_ASSIGN(auto writer, Create(1));
  ASSERT_OK(writer->Write(0, data.substr(0, 1100), "", writer->checksum()));
  const DataChecksum crc32{ChecksumType::kCrc32, 1024};
  ASSERT_OK(writer->Write(1024, data.substr(1024), SumsOf(crc32, data.substr(1024)), crc32));
  ASSERT_OK(store_->Finalize(std::move(writer)));
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(1));
  EXPECT_EQ(bytes, data);
}

TEST_F(ReplicaWriterTest, AnyMixOfFlushesOverlapsAndReopeningsKeepsBytesAndChecksumsRight) {
  Start();
  Random random(TestSeed());
  for (int64_t id = 1; id <= 40; ++id) {
    const std::string data = Pattern(1 + static_cast<int64_t>(random.Below(6000)));
    int64_t stamp = 1001;
    ASSERT_OK_AND_ASSIGN(auto writer, Create(id, stamp));
    while (writer->length() < static_cast<int64_t>(data.size())) {
      const int64_t at = writer->length();
      if (at % 512 != 0 && random.OneIn(2)) {
        // After an append: new bytes only, up to the boundary.
        const int64_t size =
            std::min<int64_t>(1 + static_cast<int64_t>(random.Below(512)), 512 - at % 512);
        ASSERT_OK(WriteAll(writer.get(), at,
                           data.substr(static_cast<size_t>(at), static_cast<size_t>(size))));
      } else {
        int64_t from = at - at % 512;
        if (from >= 512 && random.OneIn(4)) from -= 512;
        ASSERT_OK(WriteAll(writer.get(), from,
                           data.substr(static_cast<size_t>(from),
                                       static_cast<size_t>(at - from) + random.Below(1500))));
      }
      if (!random.OneIn(6)) continue;
      const int64_t length = writer->length();
      ASSERT_OK(store_->Finalize(std::move(writer)));
      ASSERT_OK_AND_ASSIGN(writer, store_->Append(TestBlock(id, stamp), GenerationStamp(stamp + 1),
                                                  length, Session()));
      ++stamp;
    }
    ASSERT_OK(store_->Finalize(std::move(writer)));
    ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadBack(id, stamp));
    ASSERT_EQ(bytes, data);
  }
}

TEST_F(ReplicaWriterTest, PromisedRoomIsGivenBack) {
  Start();
  {
    ReplicaStore::Placement where;
    where.expected_bytes = 1 << 20;
    ASSERT_OK_AND_ASSIGN(auto writer,
                         store_->CreateRbw(TestBlock(1, 1001), where, DataChecksum{}, Session()));
    EXPECT_EQ(store_->VolumeReports().at(0).promised_bytes, 1 << 20);
    ASSERT_OK(WriteAll(writer.get(), 0, Pattern(1000)));
    EXPECT_EQ(store_->VolumeReports().at(0).promised_bytes, (1 << 20) - 1000);
  }
  EXPECT_EQ(store_->VolumeReports().at(0).promised_bytes, 0);
}

}  // namespace
}  // namespace tusk::datanode
