// The plain structs of common/protocol to and from HDFS's protobuf messages, both directions: the
// client's stub and the NameNode's edge share them.
//
// ToProto fills every field a stock client or NameNode looks at (an empty token, one isCached per
// location, "" where Hadoop sends ""). FromProto takes any message that parsed: a parsed message
// has its required fields, and an enum number we do not know was left out by the parser, so the
// default stands. Numbers keep their 64 bits: uint64 max is -1 here, as everywhere in Hadoop.
#pragma once

#include <cstdint>
#include <vector>

#include "common/protocol/client_protocol.h"
#include "common/protocol/datanode_info.h"
#include "common/protocol/file_status.h"
#include "common/protocol/located_block.h"

namespace tusk::proto::common {
class TokenProto;
}  // namespace tusk::proto::common

namespace tusk::proto::hdfs {
class AddBlockRequestProto;
class BlockStoragePolicyProto;
class ContentSummaryProto;
class CreateRequestProto;
class DatanodeIDProto;
class DatanodeInfoProto;
class DatanodeStorageReportProto;
class DirectoryListingProto;
class ExtendedBlockProto;
class FsServerDefaultsProto;
class GetAdditionalDatanodeRequestProto;
class GetFsReplicatedBlockStatsResponseProto;
class GetFsStatsResponseProto;
class HdfsFileStatusProto;
class LocatedBlockProto;
class LocatedBlocksProto;
class QuotaUsageProto;
class StorageReportProto;
}  // namespace tusk::proto::hdfs

namespace tusk {

// Blocks and DataNodes.
void ToProto(const Token& from, proto::common::TokenProto* to);
void ToProto(const ExtendedBlock& from, proto::hdfs::ExtendedBlockProto* to);
void ToProto(const DatanodeId& from, proto::hdfs::DatanodeIDProto* to);
void ToProto(const DatanodeInfo& from, proto::hdfs::DatanodeInfoProto* to);
void ToProto(const StorageReport& from, proto::hdfs::StorageReportProto* to);
void ToProto(const DatanodeStorageReport& from, proto::hdfs::DatanodeStorageReportProto* to);
void ToProto(const LocatedBlock& from, proto::hdfs::LocatedBlockProto* to);
void ToProto(const LocatedBlocks& from, proto::hdfs::LocatedBlocksProto* to);
Token FromProto(const proto::common::TokenProto& from);
ExtendedBlock FromProto(const proto::hdfs::ExtendedBlockProto& from);
DatanodeId FromProto(const proto::hdfs::DatanodeIDProto& from);
DatanodeInfo FromProto(const proto::hdfs::DatanodeInfoProto& from);
StorageReport FromProto(const proto::hdfs::StorageReportProto& from);
DatanodeStorageReport FromProto(const proto::hdfs::DatanodeStorageReportProto& from);
LocatedBlock FromProto(const proto::hdfs::LocatedBlockProto& from);
LocatedBlocks FromProto(const proto::hdfs::LocatedBlocksProto& from);

// What the namespace says.
void ToProto(const FileStatus& from, proto::hdfs::HdfsFileStatusProto* to);
void ToProto(const DirectoryListing& from, proto::hdfs::DirectoryListingProto* to);
void ToProto(const ContentSummary& from, proto::hdfs::ContentSummaryProto* to);
void ToProto(const QuotaUsage& from, proto::hdfs::QuotaUsageProto* to);
void ToProto(const ServerDefaults& from, proto::hdfs::FsServerDefaultsProto* to);
void ToProto(const StoragePolicy& from, proto::hdfs::BlockStoragePolicyProto* to);
void ToProto(const FsStats& from, proto::hdfs::GetFsStatsResponseProto* to);
void ToProto(const FsStats& from, proto::hdfs::GetFsReplicatedBlockStatsResponseProto* to);
FileStatus FromProto(const proto::hdfs::HdfsFileStatusProto& from);
DirectoryListing FromProto(const proto::hdfs::DirectoryListingProto& from);
ContentSummary FromProto(const proto::hdfs::ContentSummaryProto& from);
QuotaUsage FromProto(const proto::hdfs::QuotaUsageProto& from);
ServerDefaults FromProto(const proto::hdfs::FsServerDefaultsProto& from);
StoragePolicy FromProto(const proto::hdfs::BlockStoragePolicyProto& from);
FsStats FromProto(const proto::hdfs::GetFsStatsResponseProto& from);
FsStats FromProto(const proto::hdfs::GetFsReplicatedBlockStatsResponseProto& from);

// Requests with more than a few fields.
void ToProto(const CreateArgs& from, proto::hdfs::CreateRequestProto* to);
void ToProto(const AddBlockArgs& from, proto::hdfs::AddBlockRequestProto* to);
void ToProto(const AdditionalDatanodeArgs& from,
             proto::hdfs::GetAdditionalDatanodeRequestProto* to);
CreateArgs FromProto(const proto::hdfs::CreateRequestProto& from);
AddBlockArgs FromProto(const proto::hdfs::AddBlockRequestProto& from);
AdditionalDatanodeArgs FromProto(const proto::hdfs::GetAdditionalDatanodeRequestProto& from);

}  // namespace tusk
