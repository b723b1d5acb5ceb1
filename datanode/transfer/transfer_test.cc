// The data port over real sockets, against clients written down packet by packet.
#include <openssl/evp.h>

#include <thread>

#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/fault/fault_point.h"
#include "common/io/checksum.h"
#include "common/net/fd_passing.h"
#include "common/testing/eventually.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_seed.h"
#include "datanode/storage/store_fixture.h"
#include "datanode/transfer/block_transfer.h"
#include "datanode/transfer/xceiver_server.h"

namespace tusk::datanode {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr auto kSuccess = TransferStatus::kSuccess;
constexpr auto kError = TransferStatus::kError;
constexpr auto kErrorChecksum = TransferStatus::kErrorChecksum;

// One DataNode's store and data port on a loopback address of its own.
class Node {
 public:
  explicit Node(const std::string& address)
      : listener_(), bean_(metrics_.AddBean("DataNode", address)), transfer_metrics_(&bean_) {
    ReplicaStoreOptions options;
    options.volumes = {{dir_.File("data")}};
    options.boot_id = "boot";
    options.writer_stop_timeout = 5s;
    store = ReplicaStore::Open(options,
                               {Env::Posix(), &deletions_, &listener_, indexes_.Opener(), nullptr})
                .value();
    const Status joined = store->Join(TestNamespace());
    EXPECT_TRUE(joined.ok()) << joined;
    context.store = store.get();
    context.clock = Clock::Real();
    context.metrics = &transfer_metrics_;
    context.options.socket_timeout = 5s;
    context.options.keep_alive = 200ms;
    context.options.visible_wait = 50ms;
    context.options.max_streams = 16;
    context.options.default_block_bytes = 1 << 20;
    context.report_bad = [this](const BadReplica& bad) {
      MutexLock lock(mu_);
      bad_.push_back(bad.datanode_uuid);
    };
    unix_path = dir_.File("dn.sock");
    server = XceiverServer::Listen({{address, 0}, unix_path}, &context).value();
    info.id.ip_addr = address;
    info.id.host_name = address;
    info.id.uuid = "uuid-" + address;
    info.id.xfer_port = server->port();
    context.self = info;
    server->Serve();
  }

  std::vector<std::string> bad() {
    MutexLock lock(mu_);
    return bad_;
  }
  std::vector<std::string> events() { return listener_.Take(); }

 private:
  TempDir dir_;
  ManualExecutor deletions_;
  RecordingListener listener_;
  MemoryIndexes indexes_;
  MetricsRegistry metrics_;
  MetricsBean bean_;
  TransferMetrics transfer_metrics_;
  Mutex mu_;
  std::vector<std::string> bad_ GUARDED_BY(mu_);

 public:
  DatanodeInfo info;
  std::string unix_path;
  std::unique_ptr<ReplicaStore> store;
  TransferContext context;
  std::unique_ptr<XceiverServer> server;
};

// The client's end of one connection.
class Client {
 public:
  explicit Client(const Node& node)
      : Client(Socket::Connect({node.info.id.ip_addr, node.info.id.xfer_port}, {}).value()) {}
  explicit Client(Socket socket)
      : connection_(std::make_shared<PeerConnection>(std::move(socket), false, 5s, 5s)) {}

  Status Send(const std::string& bytes) { return connection_->Send(bytes); }
  StatusOr<BlockOpResponse> Answer() { return ReadBlockOpResponse(connection_->in()); }
  StatusOr<PipelineAck> Ack() { return ReadPipelineAck(connection_->in()); }
  StatusOr<Packet> NextPacket() { return ReadPacket(connection_->in()); }
  StreamInput* in() { return connection_->in(); }
  Socket& socket() { return connection_->socket(); }
  bool AtEnd() { return !connection_->in()->Need(1).ok(); }
  // An answer of a few bytes may come before the end.
  bool DrainToEnd() {
    for (int i = 0; i < 1000; ++i) {
      if (AtEnd()) return true;
      connection_->in()->Consume(connection_->in()->buffered());
    }
    return false;
  }
  void Close() { connection_->Shutdown(); }

  Status SendPacket(PacketHeader header, const std::string& data, const std::string& sums) {
    header.data_length = static_cast<int32_t>(data.size());
    char prefix[kMaxPacketPrefixSize];
    const size_t size = EncodePacketPrefix(header, static_cast<int32_t>(sums.size()), prefix);
    return Send(std::string(prefix, size) + sums + data);
  }
  // With right checksums.
  Status SendData(int64_t seqno, int64_t offset, const std::string& data) {
    return SendPacket({offset, seqno, false, 0, false}, data, SumsOf(DataChecksum{}, data));
  }
  Status SendLast(int64_t seqno, int64_t offset) {
    return SendPacket({offset, seqno, true, 0, false}, "", "");
  }

 private:
  std::shared_ptr<PeerConnection> connection_;
};

WriteBlockRequest WriteRequest(int64_t id, int64_t stamp,
                               const std::vector<const Node*>& next = {}) {
  WriteBlockRequest request;
  request.block = TestBlock(id, stamp);
  request.client_name = "client";
  for (const Node* node : next) {
    request.targets.push_back(node->info);
    request.target_storage_types.push_back(StorageType::kDisk);
  }
  request.pipeline_size = static_cast<uint32_t>(next.size() + 1);
  return request;
}

// A whole replica through the data port of `first`.
void Put(const Node& first, int64_t id, const std::string& data,
         const std::vector<const Node*>& next = {}) {
  Client client(first);
  ASSERT_OK(client.Send(EncodeOp(WriteRequest(id, 1001, next))));
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
  ASSERT_EQ(response.status, kSuccess);
  ASSERT_EQ(response.first_bad_link, "");
  constexpr size_t kPacket = 126 * 512;
  int64_t seqno = 0;
  for (size_t at = 0; at < data.size(); at += kPacket) {
    ASSERT_OK(client.SendData(seqno++, static_cast<int64_t>(at), data.substr(at, kPacket)));
  }
  ASSERT_OK(client.SendLast(seqno, static_cast<int64_t>(data.size())));
  for (int64_t i = 0; i <= seqno; ++i) {
    ASSERT_OK_AND_ASSIGN(const PipelineAck ack, client.Ack());
    EXPECT_EQ(ack.seqno, i);
    EXPECT_EQ(ack.replies, std::vector<TransferStatus>(next.size() + 1, kSuccess));
    EXPECT_EQ(ack.flags.size(), next.size() + 1);
  }
  EXPECT_TRUE(client.AtEnd());
}

ReadBlockRequest ReadRequest(int64_t id, int64_t offset, int64_t length) {
  ReadBlockRequest request;
  request.block = TestBlock(id, 1001);
  request.client_name = "client";
  request.offset = offset;
  request.length = length;
  return request;
}

// The bytes of the packets of one read, checked chunk by chunk, and where they start.
struct ReadResult {
  int64_t start = 0;
  std::string bytes;
};
StatusOr<ReadResult> ReadPackets(Client* client) {
  ASSIGN_OR_RETURN(const BlockOpResponse response, client->Answer());
  if (response.status != kSuccess) return UnavailableError(response.message);
  ReadResult result;
  result.start = response.read_info->chunk_offset;
  const DataChecksum checksum = response.read_info->checksum;
  for (int64_t seqno = 0;; ++seqno) {
    ASSIGN_OR_RETURN(const Packet packet, client->NextPacket());
    if (packet.header.seqno != seqno) return DataLossError("seqno");
    if (packet.header.offset_in_block != result.start + static_cast<int64_t>(result.bytes.size())) {
      return DataLossError("offset");
    }
    if (packet.header.last_packet_in_block) {
      return packet.data.empty() ? StatusOr<ReadResult>(result) : DataLossError("last with data");
    }
    RETURN_IF_ERROR(VerifyChecksums(checksum, packet.data, packet.checksums, "read", 0));
    result.bytes += packet.data;
  }
}

StatusOr<std::string> ReadAll(const Node& node, int64_t id, int64_t stamp = 1001) {
  ASSIGN_OR_RETURN(const int64_t length, node.store->VisibleLength(TestBlock(id, stamp)));
  Client client(node);
  ReadBlockRequest request = ReadRequest(id, 0, length);
  request.block = TestBlock(id, stamp);
  RETURN_IF_ERROR(client.Send(EncodeOp(request)));
  ASSIGN_OR_RETURN(const ReadResult result, ReadPackets(&client));
  return result.bytes;
}

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

TEST(WriteBlockTest, APipelineOfThreeStoresForwardsAndAcknowledgesInOrder) {
  Node a("127.0.0.1"), b("127.0.0.2"), c("127.0.0.3");
  const std::string data = Pattern(1'000'000);
  ASSERT_NO_FATAL_FAILURE(Put(a, 1, data, {&b, &c}));
  for (Node* node : {&a, &b, &c}) {
    ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadAll(*node, 1));
    EXPECT_EQ(bytes, data);
    EXPECT_THAT(node->events(),
                ElementsAre("receiving blk_1_1001 0", "received blk_1_1001 1000000"));
  }
}

TEST(WriteBlockTest, HeartbeatsAreForwardedAndAcknowledged) {
  Node a("127.0.0.1"), b("127.0.0.2");
  Client client(a);
  ASSERT_OK(client.Send(EncodeOp(WriteRequest(1, 1001, {&b}))));
  ASSERT_OK(client.Answer());
  ASSERT_OK(client.SendPacket({0, kHeartbeatSeqno, false, 0, false}, "", ""));
  ASSERT_OK_AND_ASSIGN(const PipelineAck ack, client.Ack());
  EXPECT_EQ(ack.seqno, kHeartbeatSeqno);
  EXPECT_THAT(ack.replies, ElementsAre(kSuccess, kSuccess));
}

TEST(WriteBlockTest, AnUnreachableNodeIsNamedByItsAddress) {
  Node a("127.0.0.1"), b("127.0.0.2");
  DatanodeInfo dead = b.info;
  dead.id.ip_addr = "127.0.0.9";
  dead.id.xfer_port = 1;
  WriteBlockRequest request = WriteRequest(1, 1001, {&b});
  request.targets.push_back(dead);
  Client client(a);
  ASSERT_OK(client.Send(EncodeOp(request)));
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
  EXPECT_EQ(response.status, kError);
  EXPECT_EQ(response.first_bad_link, "127.0.0.9:1");
  EXPECT_TRUE(client.AtEnd());
}

TEST(WriteBlockTest, ANodeThatRefusesIsTheBadLink) {
  Node a("127.0.0.1"), b("127.0.0.2");
  ASSERT_NO_FATAL_FAILURE(Put(b, 1, Pattern(10)));
  Client client(a);
  ASSERT_OK(client.Send(EncodeOp(WriteRequest(1, 1001, {&b}))));
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
  EXPECT_EQ(response.status, kError);
  EXPECT_EQ(response.first_bad_link, b.info.id.XferAddr());
}

TEST(WriteBlockTest, AMirrorThatDiesIsToldInTheAcksAndTheReplicaStaysRbw) {
  Node a("127.0.0.1");
  auto b = std::make_unique<Node>("127.0.0.2");
  Client client(a);
  ASSERT_OK(client.Send(EncodeOp(WriteRequest(1, 1001, {b.get()}))));
  ASSERT_OK(client.Answer());
  ASSERT_OK(client.SendData(0, 0, Pattern(1000)));
  ASSERT_OK(client.Ack());
  b.reset();
  ASSERT_OK(client.SendData(1, 512, Pattern(2000).substr(512)));
  ASSERT_OK(client.SendLast(2, 2000));
  for (int64_t seqno = 1; seqno <= 2; ++seqno) {
    ASSERT_OK_AND_ASSIGN(const PipelineAck ack, client.Ack());
    EXPECT_EQ(ack.seqno, seqno);
    EXPECT_THAT(ack.replies, ElementsAre(kSuccess, kError));
    EXPECT_EQ(ack.FirstFailed(), 1);
  }
  ASSERT_OK_AND_ASSIGN(const ReplicaSnapshot now, a.store->Find(TestBlock(1, 1001)));
  EXPECT_EQ(now.state, ReplicaState::kRbw);
  EXPECT_EQ(now.bytes_acked, 1000);
  EXPECT_EQ(now.block.num_bytes, 2000);
}

TEST(WriteBlockTest, TheLastNodeFindsWrongChecksumsAndTheOneBeforeItEndsWithoutAWord) {
  Node a("127.0.0.1"), b("127.0.0.2");
  Client alone(b);
  ASSERT_OK(alone.Send(EncodeOp(WriteRequest(2, 1001))));
  ASSERT_OK(alone.Answer());
  ASSERT_OK(alone.SendPacket({0, 0, false, 0, false}, Pattern(512), "oops"));
  ASSERT_OK_AND_ASSIGN(const PipelineAck ack, alone.Ack());
  EXPECT_THAT(ack.replies, ElementsAre(kErrorChecksum));
  EXPECT_TRUE(alone.AtEnd());

  Client client(a);
  ASSERT_OK(client.Send(EncodeOp(WriteRequest(1, 1001, {&b}))));
  ASSERT_OK(client.Answer());
  ASSERT_OK(client.SendPacket({0, 0, false, 0, false}, Pattern(512), "oops"));
  EXPECT_TRUE(client.AtEnd());
}

TEST(WriteBlockTest, ARecoveryTakesTheReplicaFromAStaleWriter) {
  Node node("127.0.0.1");
  Client stale(node);
  ASSERT_OK(stale.Send(EncodeOp(WriteRequest(1, 1001))));
  ASSERT_OK(stale.Answer());
  ASSERT_OK(stale.SendData(0, 0, Pattern(1000)));
  ASSERT_OK(stale.Ack());
  WriteBlockRequest recovery = WriteRequest(1, 1001);
  recovery.stage = PipelineStage::kSetupStreamingRecovery;
  recovery.latest_generation_stamp = GenerationStamp(1002);
  recovery.min_bytes_received = 1000;
  recovery.max_bytes_received = 1000;
  Client client(node);
  ASSERT_OK(client.Send(EncodeOp(recovery)));
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
  EXPECT_EQ(response.status, kSuccess);
  EXPECT_TRUE(stale.AtEnd());
  ASSERT_OK(client.SendData(1, 512, Pattern(1500).substr(512)));
  ASSERT_OK(client.SendLast(2, 1500));
  ASSERT_OK(client.Ack());
  ASSERT_OK(client.Ack());
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadAll(node, 1, 1002));
  EXPECT_EQ(bytes, Pattern(1500));
}

TEST(WriteBlockTest, CloseRecoveryAnswersAndTakesNoPackets) {
  Node a("127.0.0.1"), b("127.0.0.2");
  {
    Client client(a);
    ASSERT_OK(client.Send(EncodeOp(WriteRequest(1, 1001, {&b}))));
    ASSERT_OK(client.Answer());
    ASSERT_OK(client.SendData(0, 0, Pattern(800)));
    ASSERT_OK(client.Ack());
    client.Close();
  }
  WriteBlockRequest recovery = WriteRequest(1, 1001, {&b});
  recovery.stage = PipelineStage::kCloseRecovery;
  recovery.latest_generation_stamp = GenerationStamp(1002);
  recovery.min_bytes_received = 800;
  Client client(a);
  ASSERT_OK(client.Send(EncodeOp(recovery)));
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
  EXPECT_EQ(response.status, kSuccess);
  EXPECT_EQ(response.first_bad_link, "");
  for (const Node* node : {&a, &b}) {
    ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadAll(*node, 1, 1002));
    EXPECT_EQ(bytes, Pattern(800));
  }
}

TEST(WriteBlockTest, AWriterThatGoesAwayLeavesAnRbw) {
  Node node("127.0.0.1");
  {
    Client client(node);
    ASSERT_OK(client.Send(EncodeOp(WriteRequest(1, 1001))));
    ASSERT_OK(client.Answer());
    ASSERT_OK(client.SendData(0, 0, Pattern(1000)));
    ASSERT_OK(client.Ack());
  }
  EXPECT_TRUE(Eventually(5s, [&] { return !node.store->Find(TestBlock(1, 1001))->has_writer; }));
  EXPECT_EQ(node.store->Find(TestBlock(1, 1001))->state, ReplicaState::kRbw);
}

TEST(WriteBlockTest, AFailingDiskEndsTheStreamBeforeTheAck) {
  Node node("127.0.0.1");
  Client client(node);
  ASSERT_OK(client.Send(EncodeOp(WriteRequest(1, 1001))));
  ASSERT_OK(client.Answer());
  const ScopedFault fault("datanode.storage.write", Fault::Error());
  ASSERT_OK(client.SendData(0, 0, Pattern(1000)));
  EXPECT_TRUE(client.AtEnd());
}

TEST(CopyTest, ReplicationFollowsTheTargetsAndNeedsNoAcks) {
  Node a("127.0.0.1"), b("127.0.0.2"), c("127.0.0.3");
  const std::string data = Pattern(200'000);
  ASSERT_NO_FATAL_FAILURE(Put(a, 1, data));
  ASSERT_OK(SendReplica(&a.context, {TestBlock(1, 1001),
                                     {b.info, c.info},
                                     {StorageType::kDisk, StorageType::kDisk},
                                     {"", ""},
                                     ""}));
  for (Node* node : {&b, &c}) {
    EXPECT_TRUE(Eventually(5s, [&] {
      const auto now = node->store->Find(TestBlock(1, 1001));
      return now.ok() && now->state == ReplicaState::kFinalized;
    }));
    ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadAll(*node, 1));
    EXPECT_EQ(bytes, data);
    EXPECT_THAT(node->events(), ElementsAre("received blk_1_1001 200000"));
  }
}

TEST(CopyTest, ABadReplicaIsFoundAtItsSourceAndNotSpread) {
  Node a("127.0.0.1"), b("127.0.0.2");
  ASSERT_NO_FATAL_FAILURE(Put(a, 1, Pattern(5000)));
  {
    ASSERT_OK_AND_ASSIGN(const ReplicaReader reader, a.store->OpenForRead(TestBlock(1, 1001)));
    ASSERT_OK_AND_ASSIGN(auto file, Env::Posix()->Open(reader.data->path(), OpenMode::kReadWrite));
    ASSERT_OK(file->WriteAt(3000, "damage"));
  }
  a.events();
  EXPECT_THAT(SendReplica(&a.context, {TestBlock(1, 1001), {b.info}, {}, {}, ""}),
              HasCode(Code::kDataLoss));
  EXPECT_THAT(a.events(), ElementsAre("bad blk_1_1001 5000"));
  EXPECT_TRUE(Eventually(5s, [&] { return b.store->replica_count() == 0; }));
}

TEST(CopyTest, AReceiverThatFindsWrongBytesNamesTheSource) {
  Node b("127.0.0.2");
  WriteBlockRequest request = WriteRequest(1, 1001);
  request.client_name = "";
  request.source = DatanodeInfo{};
  request.source->id.uuid = "uuid-of-source";
  Client source(b);
  ASSERT_OK(source.Send(EncodeOp(request)));
  ASSERT_OK(source.SendPacket({0, 0, false, 0, false}, Pattern(512), "oops"));
  EXPECT_TRUE(source.AtEnd());
  EXPECT_THAT(b.bad(), ElementsAre("uuid-of-source"));
}

TEST(TransferBlockTest, AnRbwIsCopiedSoThatItCanJoinThePipeline) {
  Node a("127.0.0.1"), b("127.0.0.2");
  Client writer(a);
  ASSERT_OK(writer.Send(EncodeOp(WriteRequest(1, 1001))));
  ASSERT_OK(writer.Answer());
  ASSERT_OK(writer.SendData(0, 0, Pattern(900)));
  ASSERT_OK(writer.Ack());
  TransferBlockRequest request;
  request.block = TestBlock(1, 1001);
  request.client_name = "client";
  request.targets = {b.info};
  Client client(a);
  ASSERT_OK(client.Send(EncodeOp(request)));
  ASSERT_OK_AND_ASSIGN(const BlockOpResponse response, client.Answer());
  EXPECT_EQ(response.status, kSuccess) << response.message;
  ASSERT_OK_AND_ASSIGN(const ReplicaSnapshot now, b.store->Find(TestBlock(1, 1001)));
  EXPECT_EQ(now.state, ReplicaState::kRbw);
  EXPECT_EQ(now.bytes_acked, 900);
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
