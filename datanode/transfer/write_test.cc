// The data port when it is written to: pipelines, their recovery, copies.
#include <thread>

#include "common/fault/fault_point.h"
#include "common/testing/eventually.h"
#include "datanode/transfer/block_transfer.h"
#include "datanode/transfer/transfer_fixture.h"

namespace tusk::datanode {
namespace {

using testing::ElementsAre;

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

}  // namespace
}  // namespace tusk::datanode
