#include "common/datatransfer/op_header.h"

#include "common/base/bytes.h"
#include "common/base/hex.h"
#include "common/datatransfer/packet_stream.h"
#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

DatanodeInfo Node(const std::string& ip) {
  DatanodeInfo node;
  node.id = {ip, "host-" + ip, "uuid-" + ip, 9866, 9864, 9867};
  node.network_location = "/rack1";
  return node;
}

const ExtendedBlock kBlock{"BP-1-127.0.0.1-1",
                           {BlockId(1073741825), GenerationStamp(1001), 134217728}};

// The message behind version, op and length.
std::string_view MessageOf(const std::string& request) {
  ByteReader in(std::string_view(request).substr(kOpPrefixSize));
  std::string_view message;
  EXPECT_TRUE(in.ReadLengthPrefixed(&message));
  EXPECT_TRUE(in.AtEnd());
  return message;
}

TEST(OpHeaderTest, WriteRequestKeepsEveryField) {
  WriteBlockRequest request;
  request.block = kBlock;
  request.token = {"id", "pw", "kind", "service"};
  request.client_name = "DFSClient_1";
  request.targets = {Node("127.0.10.2"), Node("127.0.10.3")};
  request.source = Node("127.0.10.1");
  request.stage = PipelineStage::kSetupStreamingRecovery;
  request.pipeline_size = 3;
  request.min_bytes_received = 17;
  request.max_bytes_received = 1 << 20;
  request.latest_generation_stamp = GenerationStamp(1002);
  request.checksum = {ChecksumType::kCrc32, 1024};
  request.caching.drop_behind = false;
  request.caching.readahead = 4 << 20;
  request.storage_type = StorageType::kSsd;
  request.target_storage_types = {StorageType::kDisk, StorageType::kArchive};
  request.allow_lazy_persist = true;
  request.pinning = true;
  request.target_pinnings = {true, false};
  request.storage_id = "DS-1";
  request.target_storage_ids = {"DS-2", "DS-3"};

  const std::string bytes = EncodeOp(request);
  ASSERT_OK_AND_ASSIGN(const DataTransferOp op, DecodeOpPrefix(bytes.substr(0, kOpPrefixSize)));
  EXPECT_EQ(op, DataTransferOp::kWriteBlock);
  ASSERT_OK_AND_ASSIGN(const WriteBlockRequest read, DecodeWriteBlock(MessageOf(bytes)));
  EXPECT_EQ(read.block, kBlock);
  EXPECT_EQ(read.token, request.token);
  EXPECT_EQ(read.client_name, "DFSClient_1");
  ASSERT_EQ(read.targets.size(), 2u);
  EXPECT_EQ(read.targets[1].id, Node("127.0.10.3").id);
  EXPECT_EQ(read.targets[1].network_location, "/rack1");
  EXPECT_EQ(read.source->id, Node("127.0.10.1").id);
  EXPECT_EQ(read.stage, PipelineStage::kSetupStreamingRecovery);
  EXPECT_EQ(read.pipeline_size, 3u);
  EXPECT_EQ(read.min_bytes_received, 17);
  EXPECT_EQ(read.max_bytes_received, 1 << 20);
  EXPECT_EQ(read.latest_generation_stamp, GenerationStamp(1002));
  EXPECT_EQ(read.checksum, request.checksum);
  EXPECT_EQ(read.caching.drop_behind, false);
  EXPECT_EQ(read.caching.readahead, 4 << 20);
  EXPECT_EQ(read.storage_type, StorageType::kSsd);
  EXPECT_EQ(read.target_storage_types, request.target_storage_types);
  EXPECT_TRUE(read.allow_lazy_persist);
  EXPECT_TRUE(read.pinning);
  EXPECT_EQ(read.target_pinnings, request.target_pinnings);
  EXPECT_EQ(read.storage_id, "DS-1");
  EXPECT_EQ(read.target_storage_ids, request.target_storage_ids);
}

TEST(OpHeaderTest, OtherRequestsRoundTrip) {
  ReadBlockRequest read;
  read.block = kBlock;
  read.client_name = "c";
  read.offset = 700;
  read.length = 1000;
  read.send_checksums = false;
  ASSERT_OK_AND_ASSIGN(const ReadBlockRequest read2, DecodeReadBlock(MessageOf(EncodeOp(read))));
  EXPECT_EQ(read2.offset, 700);
  EXPECT_EQ(read2.length, 1000);
  EXPECT_FALSE(read2.send_checksums);
  EXPECT_FALSE(read2.caching.drop_behind.has_value());

  BlockChecksumRequest sum;
  sum.block = kBlock;
  sum.options = {BlockChecksumKind::kCompositeCrc, 0};
  ASSERT_OK_AND_ASSIGN(const BlockChecksumRequest sum2,
                       DecodeBlockChecksum(MessageOf(EncodeOp(sum))));
  EXPECT_EQ(sum2.options.kind, BlockChecksumKind::kCompositeCrc);

  TransferBlockRequest transfer;
  transfer.block = kBlock;
  transfer.targets = {Node("127.0.10.2")};
  transfer.target_storage_ids = {"DS-9"};
  ASSERT_OK_AND_ASSIGN(const TransferBlockRequest transfer2,
                       DecodeTransferBlock(MessageOf(EncodeOp(transfer))));
  EXPECT_EQ(transfer2.targets.at(0).id.XferAddr(), "127.0.10.2:9866");
  EXPECT_EQ(transfer2.target_storage_ids, transfer.target_storage_ids);

  ShortCircuitFdsRequest fds;
  fds.block = kBlock;
  fds.supports_receipt_verification = true;
  ASSERT_OK_AND_ASSIGN(const ShortCircuitFdsRequest fds2,
                       DecodeShortCircuitFds(MessageOf(EncodeOp(fds))));
  EXPECT_TRUE(fds2.supports_receipt_verification);
  EXPECT_FALSE(fds2.has_slot);
}

TEST(OpHeaderTest, ConnectAckCarriesAnEmptyFirstBadLink) {
  BlockOpResponse response;
  response.first_bad_link = "";
  EXPECT_EQ(ToHex(EncodeBlockOpResponse(response)), "0408001200");
}

TEST(OpHeaderTest, ReadAnswerIsWhatAStockDatanodeSends) {
  BlockOpResponse response;
  response.read_info = ReadChecksumInfo{{ChecksumType::kCrc32c, 512}, 512};
  EXPECT_EQ(ToHex(EncodeBlockOpResponse(response)),
            "0e0800220a0a05080210800410"
            "8004");
}

TEST(OpHeaderTest, AbsentFirstBadLinkStaysAbsent) {
  BlockOpResponse response;
  response.status = TransferStatus::kError;
  response.message = "no room";
  const std::string bytes = EncodeBlockOpResponse(response);
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse read, DecodeBlockOpResponse(bytes.substr(1)));
  EXPECT_FALSE(read.first_bad_link.has_value());
  EXPECT_EQ(read.message, "no room");
}

TEST(OpHeaderTest, ChecksumAnswerEchoesItsOptions) {
  BlockOpResponse response;
  response.checksum = BlockChecksumAnswer{512, 2048, std::string(16, 'm'), ChecksumType::kCrc32c,
                                          BlockChecksumOptions{}};
  const std::string bytes = EncodeBlockOpResponse(response);
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse read, DecodeBlockOpResponse(bytes.substr(1)));
  EXPECT_EQ(read.checksum->crc_per_block, 2048);
  EXPECT_EQ(read.checksum->checksum, std::string(16, 'm'));
  EXPECT_EQ(read.checksum->options->kind, BlockChecksumKind::kMd5Crc);
}

TEST(OpHeaderTest, WrongVersionsAreNamed) {
  EXPECT_THAT(DecodeOpPrefix(std::string("\x00\x1b\x50", 3)), MessageContains("version 27"));
  EXPECT_THAT(DecodeOpPrefix("\xde\xad\xbe"), MessageContains("encrypted transfer"));
  EXPECT_THAT(DecodeOpPrefix("\x01"), HasCode(Code::kInvalidArgument));
}

TEST(OpHeaderTest, MessagesWithMissingOrImpossibleFieldsAreRefused) {
  EXPECT_THAT(DecodeWriteBlock(""), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodeReadBlock("\xff\xff"), HasCode(Code::kInvalidArgument));
  WriteBlockRequest request;
  request.block = kBlock;
  request.checksum.bytes_per_checksum = 0;
  const std::string bytes = EncodeOp(request);
  EXPECT_THAT(DecodeWriteBlock(MessageOf(bytes)), MessageContains("bytes per checksum"));
}

}  // namespace
}  // namespace tusk
