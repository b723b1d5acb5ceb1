// The data port when it is read from: ranges, checksums, descriptors; and the server under garbage,
// idle connections and a stop.
#include <openssl/evp.h>

#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/io/checksum.h"
#include "common/net/fd_passing.h"
#include "common/testing/eventually.h"
#include "common/testing/test_seed.h"
#include "datanode/transfer/transfer_fixture.h"

namespace tusk::datanode {
namespace {

TEST(ReadBlockTest, AnyRangeComesWholeChunksWithChecksums) {
  Node node("127.0.0.1");
  const std::string data = Pattern(300'000);
  ASSERT_NO_FATAL_FAILURE(Put(node, 1, data));
  Client client(node);  // one connection, used again and again
  for (const auto& [offset, length] : std::vector<std::pair<int64_t, int64_t>>{
           {0, 300'000}, {700, 1}, {511, 2}, {512, 512}, {299'999, 1}, {100'000, 150'000}}) {
    ASSERT_OK(client.Send(EncodeOp(ReadRequest(1, offset, length))));
    ASSERT_OK_AND_ASSIGN(const ReadResult result, ReadPackets(&client));
    EXPECT_EQ(result.start, offset / 512 * 512);
    const int64_t end = std::min<int64_t>((offset + length + 511) / 512 * 512, 300'000);
    EXPECT_EQ(result.bytes, data.substr(static_cast<size_t>(result.start),
                                        static_cast<size_t>(end - result.start)));
    ASSERT_OK(client.Send(EncodeTransferStatus(TransferStatus::kChecksumOk)));
  }
}

TEST(ReadBlockTest, WithoutChecksumsTheTypeIsNull) {
  Node node("127.0.0.1");
  ASSERT_NO_FATAL_FAILURE(Put(node, 1, Pattern(2000)));
  Client client(node);
  ReadBlockRequest request = ReadRequest(1, 700, 100);
  request.send_checksums = false;
  ASSERT_OK(client.Send(EncodeOp(request)));
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
  EXPECT_EQ(response.read_info->checksum, (DataChecksum{ChecksumType::kNull, 512}));
  EXPECT_EQ(response.read_info->chunk_offset, 512);
  ASSERT_OK_AND_ASSIGN(const Packet packet, client.NextPacket());
  EXPECT_TRUE(packet.checksums.empty());
  EXPECT_EQ(packet.data, Pattern(2000).substr(512, 512));
}

TEST(ReadBlockTest, ErrorsSayWhatAndClose) {
  Node node("127.0.0.1");
  ASSERT_NO_FATAL_FAILURE(Put(node, 1, Pattern(2000)));
  const auto ask = [&](const ReadBlockRequest& request) {
    Client client(node);
    EXPECT_OK(client.Send(EncodeOp(request)));
    const StatusOr<BlockOpResponse> response = client.Answer();
    EXPECT_TRUE(response.ok() && response->status == kError);
    EXPECT_TRUE(client.AtEnd());
    return response.ok() ? response->message : "";
  };
  EXPECT_EQ(ask(ReadRequest(7, 0, 1)),
            "opReadBlock BP-1-127.0.0.1-1:blk_7_1001 received exception "
            "org.apache.hadoop.hdfs.server.datanode.ReplicaNotFoundException: Replica not found "
            "for BP-1-127.0.0.1-1:blk_7_1001");
  EXPECT_THAT(ask(ReadRequest(1, 1999, 2)),
              testing::HasSubstr("Offset 1999 and length 2 don't match block"));
  EXPECT_THAT(ask(ReadRequest(1, -1, 2)), testing::HasSubstr("don't match"));
  EXPECT_THAT(ask(ReadRequest(1, 1, INT64_MAX)), testing::HasSubstr("don't match"));
}

TEST(ReadBlockTest, ABlockBeingWrittenIsReadUpToWhatIsAcknowledged) {
  Node node("127.0.0.1");
  Client writer(node);
  const std::string data = Pattern(1300);
  ASSERT_OK(writer.Send(EncodeOp(WriteRequest(1, 1001))));
  ASSERT_OK(writer.Answer());
  ASSERT_OK(writer.SendData(0, 0, data.substr(0, 700)));
  ASSERT_OK(writer.Ack());
  ASSERT_OK_AND_ASSIGN(std::string bytes, ReadAll(node, 1));
  EXPECT_EQ(bytes, data.substr(0, 700));
  // The partial chunk again, as after hflush.
  ASSERT_OK(writer.SendData(1, 512, data.substr(512)));
  ASSERT_OK(writer.Ack());
  ASSERT_OK_AND_ASSIGN(bytes, ReadAll(node, 1));
  EXPECT_EQ(bytes, data);
}

TEST(BlockChecksumTest, Md5OverTheStoredChecksumsAndCompositeOverTheBytes) {
  Node node("127.0.0.1");
  const std::string data = Pattern(100'000);
  ASSERT_NO_FATAL_FAILURE(Put(node, 1, data));
  for (const int64_t length : {100'000, 51'200, 51'300}) {
    const std::string part = data.substr(0, static_cast<size_t>(length));
    BlockChecksumRequest request;
    request.block = TestBlock(1, 1001, length);
    {
      Client client(node);
      ASSERT_OK(client.Send(EncodeOp(request)));
      ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
      const std::string sums = SumsOf(DataChecksum{}, part);
      std::string md5(16, '\0');
      ASSERT_EQ(EVP_Digest(sums.data(), sums.size(), reinterpret_cast<unsigned char*>(md5.data()),
                           nullptr, EVP_md5(), nullptr),
                1);
      EXPECT_EQ(response.checksum->checksum, md5);
      EXPECT_EQ(response.checksum->bytes_per_crc, 512u);
      EXPECT_EQ(response.checksum->crc_per_block, 196);
      EXPECT_TRUE(client.AtEnd());
    }
    request.options.kind = BlockChecksumKind::kCompositeCrc;
    Client client(node);
    ASSERT_OK(client.Send(EncodeOp(request)));
    ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
    std::string crc;
    AppendBigEndian(&crc, Crc32c(part));
    EXPECT_EQ(response.checksum->checksum, crc);
  }
}

TEST(ShortCircuitTest, DescriptorsOfAFinalizedReplicaArePassed) {
  Node node("127.0.0.1");
  const std::string data = Pattern(5000);
  ASSERT_NO_FATAL_FAILURE(Put(node, 1, data));
  ASSERT_OK_AND_ASSIGN(Socket socket, Socket::ConnectUnix(node.unix_path, 5s));
  Client client(std::move(socket));
  // Op 89 sends the client to op 87, on the same connection.
  ASSERT_OK(client.Send(std::string("\x00\x1c\x59\x03\x0a\x01\x63", 7)));
  ASSERT_OK_AND_ASSIGN(const std::string_view refusal, ReadDelimited(client.in(), 1000));
  EXPECT_EQ(refusal.substr(0, 2), std::string("\x08\x07", 2));
  ShortCircuitFdsRequest request;
  request.block = TestBlock(1, 1001);
  ASSERT_OK(client.Send(EncodeOp(request)));
  // Message and descriptors are apart: read the message byte by byte, so that none is swallowed.
  char byte = 0;
  ASSERT_OK(client.socket().ReceiveAll(&byte, 1, Deadline::After(5s)));
  std::string message(static_cast<size_t>(byte), '\0');
  ASSERT_OK(client.socket().ReceiveAll(message.data(), message.size(), Deadline::After(5s)));
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, DecodeBlockOpResponse(message));
  EXPECT_EQ(response.status, kSuccess);
  EXPECT_EQ(response.short_circuit_version, 1u);
  ASSERT_OK_AND_ASSIGN(const ReceivedFds passed,
                       ReceiveWithFds(client.socket(), &byte, 1, Deadline::After(5s)));
  ASSERT_EQ(passed.fds.size(), 2u);
  std::string bytes(5000, '\0');
  EXPECT_EQ(::pread(passed.fds[0].get(), bytes.data(), bytes.size(), 0), 5000);
  EXPECT_EQ(bytes, data);
  std::string header(7, '\0');
  EXPECT_EQ(::pread(passed.fds[1].get(), header.data(), header.size(), 0), 7);
  EXPECT_EQ(header, EncodeMetaHeader(DataChecksum{}));
}

TEST(ShortCircuitTest, OverTcpItIsRefusedByClosing) {
  Node node("127.0.0.1");
  Client client(node);
  ShortCircuitFdsRequest request;
  request.block = TestBlock(1, 1001);
  ASSERT_OK(client.Send(EncodeOp(request)));
  EXPECT_TRUE(client.AtEnd());
}

TEST(XceiverServerTest, GarbageClosesItsConnectionAndNothingElse) {
  Node node("127.0.0.1");
  ASSERT_NO_FATAL_FAILURE(Put(node, 1, Pattern(1000)));
  Random random(TestSeed());
  for (int i = 0; i < 60; ++i) {
    std::string garbage(random.Below(300) + 3, '\0');
    for (char& c : garbage) c = static_cast<char>(random.Next());
    // Half of them begin like an operation.
    if (i % 2 == 0) {
      StoreBigEndian(garbage.data(), kDataTransferVersion);
      garbage[2] = static_cast<char>(80 + random.Below(12));
    }
    Client client(node);
    ASSERT_OK(client.Send(garbage));
    client.socket().ShutdownWrite();
    EXPECT_TRUE(client.DrainToEnd()) << "attempt " << i;
  }
  EXPECT_GT(node.context.metrics->bad_requests->value(), 0);
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadAll(node, 1));
  EXPECT_EQ(bytes, Pattern(1000));
}

TEST(XceiverServerTest, AnOversizedPacketClosesTheStream) {
  Node node("127.0.0.1");
  Client client(node);
  ASSERT_OK(client.Send(EncodeOp(WriteRequest(1, 1001))));
  ASSERT_OK(client.Answer());
  ASSERT_OK(client.Send(std::string("\x7f\xff\xff\xff\x00\x19", 6)));
  EXPECT_TRUE(client.AtEnd());
}

TEST(XceiverServerTest, IdleConnectionsHoldNoThreadAndEndAfterTheKeepAlive) {
  Node node("127.0.0.1");
  ASSERT_NO_FATAL_FAILURE(Put(node, 1, Pattern(1000)));
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 40; ++i) {  // more than there may be streams
    clients.push_back(std::make_unique<Client>(node));
    ASSERT_OK(clients.back()->Send(EncodeOp(ReadRequest(1, 0, 1000))));
    ASSERT_OK(ReadPackets(clients.back().get()));
    ASSERT_OK(clients.back()->Send(EncodeTransferStatus(TransferStatus::kChecksumOk)));
  }
  EXPECT_TRUE(Eventually(5s, [&] { return node.context.active_streams.load() == 0; }));
  EXPECT_TRUE(clients.front()->AtEnd());  // after 200 ms of keep-alive
}

TEST(XceiverServerTest, StoppingBreaksStreamsUnderWay) {
  auto node = std::make_unique<Node>("127.0.0.1");
  Client client(*node);
  ASSERT_OK(client.Send(EncodeOp(WriteRequest(1, 1001))));
  ASSERT_OK(client.Answer());
  node->server->Stop();
  EXPECT_TRUE(client.AtEnd());
}

}  // namespace
}  // namespace tusk::datanode
