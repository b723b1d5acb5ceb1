#include "common/rpc/convert_hdfs.h"

#include <gtest/gtest.h>

#include "proto/hadoop/client_namenode_blocks.pb.h"
#include "proto/hadoop/hdfs.pb.h"

namespace tusk {
namespace {

DatanodeInfo Node(int n) {
  DatanodeInfo node;
  node.id = {"127.0.10." + std::to_string(n),
             "host" + std::to_string(n),
             "uuid-" + std::to_string(n),
             9866,
             9864,
             9867};
  node.network_location = "/rack" + std::to_string(n);
  node.capacity_bytes = 1LL << 40;
  node.dfs_used_bytes = 5;
  node.remaining_bytes = 7;
  node.non_dfs_used_bytes = 11;
  node.admin_state = AdminState::kDecommissioned;
  return node;
}

LocatedBlock Located() {
  LocatedBlock block;
  block.block = {"BP-1", {BlockId((1LL << 30) + 1), GenerationStamp(1001), 512}};
  block.offset = -1;
  block.locations = {Node(1), Node(2)};
  block.storage_types = {StorageType::kDisk, StorageType::kSsd};
  block.storage_ids = {"DS-1", "DS-2"};
  block.token = {"id", "password", "kind", "service"};
  return block;
}

TEST(ConvertHdfs, LocatedBlockComesBackAsItWent) {
  proto::hdfs::LocatedBlockProto message;
  ToProto(Located(), &message);
  ASSERT_TRUE(message.IsInitialized());
  EXPECT_EQ(message.iscached_size(), 2);  // one per location, or the Java client fails
  EXPECT_EQ(message.offset(), ~0ull);     // -1 travels as uint64 max

  const LocatedBlock back = FromProto(message);
  EXPECT_EQ(back.block, Located().block);
  EXPECT_EQ(back.offset, -1);
  ASSERT_EQ(back.locations.size(), 2u);
  EXPECT_EQ(back.locations[1].id, Node(2).id);
  EXPECT_EQ(back.locations[1].network_location, "/rack2");
  EXPECT_EQ(back.locations[1].non_dfs_used_bytes, 11);
  EXPECT_EQ(back.locations[1].admin_state, AdminState::kDecommissioned);
  EXPECT_EQ(back.storage_types, Located().storage_types);
  EXPECT_EQ(back.storage_ids, Located().storage_ids);
  EXPECT_EQ(back.token, Located().token);
}

TEST(ConvertHdfs, LocationsWithoutStorageIdsGetEmptyOnes) {
  proto::hdfs::LocatedBlockProto message;
  ToProto(Located(), &message);
  message.clear_storageids();
  message.clear_storagetypes();
  const LocatedBlock back = FromProto(message);
  EXPECT_EQ(back.storage_ids.size(), 2u);
  EXPECT_EQ(back.storage_types.size(), 2u);
}

TEST(ConvertHdfs, AnEmptyTokenIsPresentWithFourEmptyFields) {
  LocatedBlock block = Located();
  block.token = {};
  proto::hdfs::LocatedBlockProto message;
  ToProto(block, &message);
  EXPECT_TRUE(message.blocktoken().has_identifier());
  EXPECT_TRUE(message.blocktoken().has_service());
}

TEST(ConvertHdfs, FileStatusKeepsRawNameBytesAndDropsOldTypeBits) {
  FileStatus status;
  status.name = "caf\xc3\xa9 \xff";
  status.length = 1LL << 41;
  status.permission.bits = 01755;
  status.file_id = InodeId(16386);
  status.children_num = 0;
  proto::hdfs::HdfsFileStatusProto message;
  ToProto(status, &message);
  message.mutable_permission()->set_perm(message.permission().perm() | (1u << 12));
  const FileStatus back = FromProto(message);
  EXPECT_EQ(back.name, status.name);
  EXPECT_EQ(back.length, status.length);
  EXPECT_EQ(back.permission.bits, 01755);
  EXPECT_EQ(back.file_id, status.file_id);
  EXPECT_FALSE(back.locations.has_value());
}

TEST(ConvertHdfs, UnsetQuotasTravelAsMinusOne) {
  proto::hdfs::ContentSummaryProto message;
  ContentSummary summary;
  summary.directory_count = 3;
  ToProto(summary, &message);
  EXPECT_EQ(message.quota(), ~0ull);
  EXPECT_EQ(message.erasurecodingpolicy(), "");
  EXPECT_EQ(FromProto(message).space_quota, -1);
  EXPECT_FALSE(FromProto(message).is_file);
}

TEST(ConvertHdfs, ServerDefaultsSayThatThereIsNoKeyServer) {
  proto::hdfs::FsServerDefaultsProto message;
  ToProto(ServerDefaults{}, &message);
  EXPECT_TRUE(message.has_keyprovideruri());
  EXPECT_EQ(FromProto(message).checksum_type, ChecksumType::kCrc32c);
}

TEST(ConvertHdfs, AddBlockArgsComeBackAsTheyWent) {
  AddBlockArgs args;
  args.path = "/f";
  args.client_name = "c1";
  args.previous = Located().block;
  args.excluded = {Node(3).id};
  args.file_id = InodeId(17000);
  args.favored_nodes = {"127.0.10.1:9866"};
  args.no_local_write = true;
  proto::hdfs::AddBlockRequestProto message;
  ToProto(args, &message);
  const AddBlockArgs back = FromProto(message);
  EXPECT_EQ(back.previous, args.previous);
  EXPECT_EQ(back.excluded, args.excluded);
  EXPECT_EQ(back.file_id, args.file_id);
  EXPECT_EQ(back.favored_nodes, args.favored_nodes);
  EXPECT_TRUE(back.no_local_write);
  EXPECT_FALSE(back.ignore_client_locality);
}

TEST(ConvertHdfs, CreateArgsWithoutUnmaskedStayWithout) {
  CreateArgs args;
  args.path = "/f";
  args.client_name = "c1";
  args.masked = {0644};
  args.flags = kCreateFlagCreate | kCreateFlagOverwrite;
  proto::hdfs::CreateRequestProto message;
  ToProto(args, &message);
  EXPECT_FALSE(message.has_unmasked());
  EXPECT_FALSE(FromProto(message).unmasked.has_value());
  EXPECT_EQ(FromProto(message).flags, 3u);
}

}  // namespace
}  // namespace tusk
