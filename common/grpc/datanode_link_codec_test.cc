#include "common/grpc/datanode_link_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"

namespace tusk {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Block kBlock{BlockId(1073741825), GenerationStamp(1001), 134217728};

template <typename T>
T SentUp(const DatanodeMessage& message) {
  return std::get<T>(DecodeDatanodeMessage(Encode(message).value()).value());
}
template <typename T>
T SentAsCommand(NamenodeCommand command) {
  const auto bytes = Encode(NamenodeMessage(std::move(command))).value();
  return std::get<T>(std::get<NamenodeCommand>(DecodeNamenodeMessage(bytes).value()).work);
}

DatanodeInfo Node(const std::string& name) {
  DatanodeInfo node;
  node.id = {"127.0.10.1", name, "uuid-" + name, 9866, 9864, 9867};
  node.network_location = "/rack1";
  return node;
}

TEST(DatanodeLinkCodecTest, KeepsARegistrationWithItsStoragesAndLargeIncarnation) {
  DatanodeRegistration in;
  in.id = Node("dn1").id;
  in.cluster_id = "CID-1";
  in.namespace_id = -7;
  in.recovery_port = 9869;
  in.incarnation = ~uint64_t{0};
  in.storages = {{.storage_uuid = "DS-1", .type = StorageType::kSsd, .capacity_bytes = 1LL << 40}};
  const auto out = SentUp<DatanodeRegistration>(in);
  EXPECT_EQ(out.id, in.id);
  EXPECT_EQ(out.cluster_id, "CID-1");
  EXPECT_EQ(out.namespace_id, -7);
  EXPECT_EQ(out.recovery_port, 9869);
  EXPECT_EQ(out.incarnation, ~uint64_t{0});
  ASSERT_EQ(out.storages.size(), 1u);
  EXPECT_EQ(out.storages[0].type, StorageType::kSsd);
  EXPECT_EQ(out.storages[0].capacity_bytes, 1LL << 40);
}

TEST(DatanodeLinkCodecTest, KeepsEventsAndReportChunks) {
  const auto events = SentUp<ReplicaEvents>(ReplicaEvents{
      {{.number = 5, .type = ReplicaEventType::kDeleted, .block = kBlock, .storage_uuid = "DS"}}});
  ASSERT_EQ(events.events.size(), 1u);
  EXPECT_EQ(events.events[0].number, 5u);
  EXPECT_EQ(events.events[0].type, ReplicaEventType::kDeleted);
  EXPECT_EQ(events.events[0].block, kBlock);

  const auto chunk =
      SentUp<BlockReportChunk>(BlockReportChunk{.report_id = 9,
                                                .at_event = 5,
                                                .last = true,
                                                .storage_uuid = "DS",
                                                .replicas = {{kBlock, ReplicaState::kRwr}},
                                                .all_storage_uuids = {"DS", "DS2"}});
  ASSERT_EQ(chunk.replicas.size(), 1u);
  EXPECT_EQ(chunk.replicas[0].block, kBlock);
  EXPECT_EQ(chunk.replicas[0].state, ReplicaState::kRwr);
  EXPECT_TRUE(chunk.last);
  EXPECT_FALSE(chunk.first);
  EXPECT_THAT(chunk.all_storage_uuids, ElementsAre("DS", "DS2"));
}

TEST(DatanodeLinkCodecTest, KeepsCommandsWithTheirEpoch) {
  const TransferBlock transfer{.block = {"BP-1", kBlock},
                               .targets = {Node("dn2")},
                               .target_storage_types = {StorageType::kDisk},
                               .target_storage_ids = {"DS-2"}};
  const auto sent = SentAsCommand<TransferBlock>({.epoch = 3, .work = transfer});
  EXPECT_EQ(sent.block, transfer.block);
  ASSERT_EQ(sent.targets.size(), 1u);
  EXPECT_EQ(sent.targets[0].id, Node("dn2").id);
  EXPECT_EQ(sent.targets[0].network_location, "/rack1");

  const auto recover =
      SentAsCommand<RecoverBlock>({.work = RecoverBlock{.block = {"BP-1", kBlock},
                                                        .recovery_id = GenerationStamp(1002),
                                                        .locations = {Node("dn1")},
                                                        .recovery_ports = {9869}}});
  EXPECT_EQ(recover.recovery_id, GenerationStamp(1002));
  EXPECT_EQ(recover.truncate_to, -1);
  EXPECT_THAT(recover.recovery_ports, ElementsAre(9869));
}

TEST(DatanodeLinkCodecTest, AReportChunkOfTheLargestSizeFitsIntoAMessage) {
  BlockReportChunk chunk{.storage_uuid = std::string(40, 'u')};
  for (size_t i = 0; i < kReplicasPerChunk; ++i) {
    chunk.replicas.push_back({{BlockId(1LL << 60), GenerationStamp(1LL << 60), 1LL << 40}});
  }
  EXPECT_OK(Encode(DatanodeMessage(std::move(chunk))));
}

TEST(DatanodeLinkCodecTest, GarbageIsAnErrorNotACrash) {
  EXPECT_THAT(DecodeDatanodeMessage("\xff\xff\xff"), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodeDatanodeMessage(""), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(DecodeNamenodeMessage(""), HasCode(Code::kInvalidArgument));
}

}  // namespace
}  // namespace tusk
