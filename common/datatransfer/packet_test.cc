#include "common/datatransfer/packet.h"

#include "common/base/hex.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

std::string Prefix(const PacketHeader& header, int32_t checksum_bytes) {
  char bytes[kMaxPacketPrefixSize];
  return std::string(bytes, EncodePacketPrefix(header, checksum_bytes, bytes));
}

TEST(PacketTest, PrefixIsWhatStockSoftwareWrites) {
  const PacketHeader header{65536, 1, false, 65536, false};
  // PLEN 4 + 512 + 65536 = 66052, HLEN 25.
  EXPECT_EQ(ToHex(Prefix(header, 512)),
            "00010204"
            "0019"
            "090000010000000000"
            "110100000000000000"
            "1800"
            "2500000100");
}

TEST(PacketTest, HeaderRoundTripsWithAndWithoutSync) {
  for (const bool sync : {false, true}) {
    const PacketHeader header{123456789012, 42, true, 0, sync};
    const std::string bytes = Prefix(header, 0);
    EXPECT_EQ(bytes.size(), sync ? 33u : 31u);
    ASSERT_OK_AND_ASSIGN(const PacketLengths lengths, DecodePacketLengths(bytes.substr(0, 6)));
    EXPECT_EQ(lengths.payload_bytes, 0);
    ASSERT_OK_AND_ASSIGN(const PacketHeader read, DecodePacketHeader(bytes.substr(6), 0));
    EXPECT_EQ(read, header);
  }
}

TEST(PacketTest, HeartbeatHasSeqnoMinusOne) {
  const PacketHeader header{0, kHeartbeatSeqno, false, 0, false};
  ASSERT_OK_AND_ASSIGN(const PacketHeader read, DecodePacketHeader(Prefix(header, 0).substr(6), 0));
  EXPECT_TRUE(read.is_heartbeat());
}

TEST(PacketTest, FieldsInAnotherOrderAreUnderstood) {
  // seqno, offset, dataLen, last, sync=false: 27 bytes, not in the usual order.
  const std::string bytes = *FromHex(
      "110700000000000000"
      "090002000000000000"
      "2500000000"
      "1801"
      "2800");
  ASSERT_OK_AND_ASSIGN(const PacketHeader read, DecodePacketHeader(bytes, 0));
  EXPECT_EQ(read, (PacketHeader{512, 7, true, 0, false}));
}

TEST(PacketTest, ImpossibleLengthsAreRefused) {
  EXPECT_THAT(DecodePacketLengths(*FromHex("000000030019")), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodePacketLengths(*FromHex("ffffffff0019")), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodePacketLengths(*FromHex("010000010019")), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodePacketLengths(*FromHex("000000040000")), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodePacketLengths(*FromHex("00000004ffff")), HasCode(Code::kInvalidArgument));
  EXPECT_OK(DecodePacketLengths(*FromHex("000000040019")));
  const PacketHeader header{0, 0, false, 100, false};
  EXPECT_THAT(DecodePacketHeader(Prefix(header, 0).substr(6), 99), HasCode(Code::kInvalidArgument));
}

TEST(PipelineAckTest, PlainSuccessIsWhatAStockDatanodeSends) {
  EXPECT_EQ(ToHex(EncodePipelineAck(MakePipelineAck(0, {TransferStatus::kSuccess}))),
            "09"
            "0800"
            "1000"
            "1800"
            "220100");
}

TEST(PipelineAckTest, FlagsRepeatEveryReply) {
  const PipelineAck ack = MakePipelineAck(
      -1, {TransferStatus::kSuccess, TransferStatus::kError, TransferStatus::kSuccess});
  const std::string bytes = EncodePipelineAck(ack);
  ASSERT_OK_AND_ASSIGN(const PipelineAck read, DecodePipelineAck(bytes.substr(1)));
  EXPECT_EQ(read.seqno, -1);
  EXPECT_EQ(read.replies, ack.replies);
  EXPECT_EQ(read.flags, (std::vector<uint32_t>{0, 1, 0}));
  EXPECT_FALSE(read.AllSucceeded());
  EXPECT_EQ(read.FirstFailed(), 1);
}

TEST(PipelineAckTest, HintsInFlagsDoNotCountAsFailure) {
  PipelineAck ack;
  ack.replies = {TransferStatus::kSuccess, TransferStatus::kSuccess};
  ack.flags = {1 << 5, 1 << 7};
  EXPECT_TRUE(ack.AllSucceeded());
  ack.flags[1] |= 2;
  EXPECT_EQ(ack.FirstFailed(), 1);
}

}  // namespace
}  // namespace tusk
