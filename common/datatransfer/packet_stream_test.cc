#include "common/datatransfer/packet_stream.h"

#include <algorithm>
#include <cstring>

#include "common/base/bytes.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

// Gives its bytes in pieces of at most `piece`.
class StringSource final : public ByteSource {
 public:
  StringSource(std::string bytes, size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}

  StatusOr<size_t> ReadSome(char* out, size_t max) override {
    const size_t count = std::min({max, piece_, bytes_.size() - at_});
    std::memcpy(out, bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  const std::string bytes_;
  const size_t piece_;
  size_t at_ = 0;
};

std::string MakePacket(int64_t seqno, const std::string& data, const std::string& sums) {
  char prefix[kMaxPacketPrefixSize];
  const PacketHeader header{seqno * 1000, seqno, false, static_cast<int32_t>(data.size()), false};
  const size_t size = EncodePacketPrefix(header, static_cast<int32_t>(sums.size()), prefix);
  return std::string(prefix, size) + sums + data;
}

TEST(PacketStreamTest, PacketsComeWholeHoweverTheBytesArrive) {
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{100000}}) {
    std::string bytes;
    for (int i = 0; i < 5; ++i) {
      bytes += MakePacket(i, std::string(1000 + i, static_cast<char>('a' + i)), "sums");
    }
    StringSource source(bytes, piece);
    StreamInput in(&source, 1500);  // less than two packets
    for (int i = 0; i < 5; ++i) {
      ASSERT_OK_AND_ASSIGN(const Packet packet, ReadPacket(&in));
      EXPECT_EQ(packet.header.seqno, i);
      EXPECT_EQ(packet.checksums, "sums");
      EXPECT_EQ(packet.data, std::string(1000 + i, static_cast<char>('a' + i)));
      EXPECT_EQ(packet.whole, MakePacket(i, std::string(packet.data), "sums"));
    }
    EXPECT_THAT(ReadPacket(&in), HasCode(Code::kUnavailable));
  }
}

TEST(PacketStreamTest, APacketLargerThanTheBufferMakesItGrow) {
  StringSource source(MakePacket(0, std::string(300000, 'x'), ""), 4096);
  StreamInput in(&source, 1024);
  ASSERT_OK_AND_ASSIGN(const Packet packet, ReadPacket(&in));
  EXPECT_EQ(packet.data.size(), 300000u);
}

TEST(PacketStreamTest, AnEndInsideAnItemIsNotAnEndBetweenItems) {
  const std::string packet = MakePacket(0, "data", "");
  StringSource cut(packet.substr(0, packet.size() - 1), 100);
  StreamInput in(&cut);
  EXPECT_THAT(ReadPacket(&in), HasCode(Code::kDataLoss));
  StringSource nothing("", 1);
  StreamInput empty(&nothing);
  EXPECT_THAT(ReadOpPrefix(&empty), HasCode(Code::kUnavailable));
}

TEST(PacketStreamTest, OversizedMessagesAreRefusedBeforeTheyAreRead) {
  std::string bytes;
  AppendVarint(&bytes, 1 << 30);
  StringSource source(bytes, 100);
  StreamInput in(&source);
  EXPECT_THAT(ReadDelimited(&in, kMaxOpMessageBytes), MessageContains("1073741824"));
  StringSource endless("\xff\xff\xff\xff\xff\xff\xff", 100);
  StreamInput in2(&endless);
  EXPECT_THAT(ReadDelimited(&in2, kMaxOpMessageBytes), HasCode(Code::kInvalidArgument));
}

TEST(PacketStreamTest, ARequestIsFollowedByItsPackets) {
  ReadBlockRequest request;
  request.client_name = "c";
  StringSource source(EncodeOp(request) + MakePacket(3, "x", ""), 3);
  StreamInput in(&source);
  ASSERT_OK_AND_ASSIGN(const DataTransferOp op, ReadOpPrefix(&in));
  EXPECT_EQ(op, DataTransferOp::kReadBlock);
  ASSERT_OK_AND_ASSIGN(const std::string_view message, ReadDelimited(&in, kMaxOpMessageBytes));
  EXPECT_OK(DecodeReadBlock(message));
  ASSERT_OK_AND_ASSIGN(const Packet packet, ReadPacket(&in));
  EXPECT_EQ(packet.header.seqno, 3);
}

}  // namespace
}  // namespace tusk
