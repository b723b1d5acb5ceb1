#include "common/rpc/convert_hdfs.h"

#include "proto/hadoop/client_namenode_admin.pb.h"
#include "proto/hadoop/client_namenode_blocks.pb.h"
#include "proto/hadoop/hdfs.pb.h"
#include "proto/hadoop/hdfs_policy.pb.h"
#include "proto/hadoop/hdfs_storage.pb.h"
#include "proto/hadoop/security.pb.h"

namespace tusk {
namespace {

namespace hdfs = proto::hdfs;

// Flag HAS_EC and friends need the old permission bits masked off: the low twelve are rwx + sticky.
constexpr uint32_t kPermissionMask = 01777;

hdfs::StorageTypeProto ToProto(StorageType type) {
  return static_cast<hdfs::StorageTypeProto>(type);
}
StorageType FromWire(int type) {
  return static_cast<StorageType>(type);
}
hdfs::DatanodeInfoProto::AdminState ToProto(AdminState state) {
  return static_cast<hdfs::DatanodeInfoProto::AdminState>(state);
}

void ToProto(const std::vector<StorageType>& from, hdfs::StorageTypesProto* to) {
  for (StorageType type : from) to->add_storagetypes(ToProto(type));
}
std::vector<StorageType> FromProto(const hdfs::StorageTypesProto& from) {
  std::vector<StorageType> types;
  for (int type : from.storagetypes()) types.push_back(FromWire(type));
  return types;
}

}  // namespace

// ---- blocks and DataNodes
// ------------------------------------------------------------------------

void ToProto(const Token& from, proto::common::TokenProto* to) {
  to->set_identifier(from.identifier);
  to->set_password(from.password);
  to->set_kind(from.kind);
  to->set_service(from.service);
}

Token FromProto(const proto::common::TokenProto& from) {
  return {from.identifier(), from.password(), from.kind(), from.service()};
}

void ToProto(const ExtendedBlock& from, hdfs::ExtendedBlockProto* to) {
  to->set_poolid(from.pool_id);
  to->set_blockid(static_cast<uint64_t>(from.block.id.value()));
  to->set_generationstamp(static_cast<uint64_t>(from.block.generation_stamp.value()));
  to->set_numbytes(static_cast<uint64_t>(from.block.num_bytes));
}

ExtendedBlock FromProto(const hdfs::ExtendedBlockProto& from) {
  return {from.poolid(),
          {BlockId(static_cast<int64_t>(from.blockid())),
           GenerationStamp(static_cast<int64_t>(from.generationstamp())),
           static_cast<int64_t>(from.numbytes())}};
}

void ToProto(const DatanodeId& from, hdfs::DatanodeIDProto* to) {
  to->set_ipaddr(from.ip_addr);
  to->set_hostname(from.host_name);
  to->set_datanodeuuid(from.uuid);
  to->set_xferport(static_cast<uint32_t>(from.xfer_port));
  to->set_infoport(static_cast<uint32_t>(from.info_port));
  to->set_ipcport(static_cast<uint32_t>(from.ipc_port));
}

DatanodeId FromProto(const hdfs::DatanodeIDProto& from) {
  DatanodeId to;
  to.ip_addr = from.ipaddr();
  to.host_name = from.hostname();
  to.uuid = from.datanodeuuid();
  to.xfer_port = static_cast<int32_t>(from.xferport());
  to.info_port = static_cast<int32_t>(from.infoport());
  to.ipc_port = static_cast<int32_t>(from.ipcport());
  return to;
}

void ToProto(const DatanodeInfo& from, hdfs::DatanodeInfoProto* to) {
  ToProto(from.id, to->mutable_id());
  to->set_capacity(static_cast<uint64_t>(from.capacity_bytes));
  to->set_dfsused(static_cast<uint64_t>(from.dfs_used_bytes));
  to->set_remaining(static_cast<uint64_t>(from.remaining_bytes));
  to->set_blockpoolused(static_cast<uint64_t>(from.block_pool_used_bytes));
  to->set_lastupdate(static_cast<uint64_t>(from.last_update_ms));
  to->set_xceivercount(static_cast<uint32_t>(from.xceiver_count));
  to->set_location(from.network_location);
  to->set_nondfsused(static_cast<uint64_t>(from.non_dfs_used_bytes));
  to->set_adminstate(ToProto(from.admin_state));
  to->set_cachecapacity(static_cast<uint64_t>(from.cache_capacity_bytes));
  to->set_cacheused(static_cast<uint64_t>(from.cache_used_bytes));
  to->set_lastupdatemonotonic(static_cast<uint64_t>(from.last_update_monotonic_ms));
  to->set_lastblockreporttime(static_cast<uint64_t>(from.last_block_report_ms));
  to->set_numblocks(static_cast<uint32_t>(from.num_blocks));
}

DatanodeInfo FromProto(const hdfs::DatanodeInfoProto& from) {
  DatanodeInfo to;
  to.id = FromProto(from.id());
  if (!from.location().empty()) to.network_location = from.location();
  to.capacity_bytes = static_cast<int64_t>(from.capacity());
  to.dfs_used_bytes = static_cast<int64_t>(from.dfsused());
  to.remaining_bytes = static_cast<int64_t>(from.remaining());
  // A NameNode of before the field leaves the rest of the disk to us.
  to.non_dfs_used_bytes = from.has_nondfsused()
                              ? static_cast<int64_t>(from.nondfsused())
                              : to.capacity_bytes - to.dfs_used_bytes - to.remaining_bytes;
  to.block_pool_used_bytes = static_cast<int64_t>(from.blockpoolused());
  to.cache_capacity_bytes = static_cast<int64_t>(from.cachecapacity());
  to.cache_used_bytes = static_cast<int64_t>(from.cacheused());
  to.last_update_ms = static_cast<int64_t>(from.lastupdate());
  to.last_update_monotonic_ms = static_cast<int64_t>(from.lastupdatemonotonic());
  to.last_block_report_ms = static_cast<int64_t>(from.lastblockreporttime());
  to.xceiver_count = static_cast<int32_t>(from.xceivercount());
  to.num_blocks = static_cast<int32_t>(from.numblocks());
  to.admin_state = static_cast<AdminState>(from.adminstate());
  return to;
}

void ToProto(const StorageReport& from, hdfs::StorageReportProto* to) {
  to->set_storageuuid(from.storage_uuid);
  to->set_failed(from.failed);
  to->set_capacity(static_cast<uint64_t>(from.capacity_bytes));
  to->set_dfsused(static_cast<uint64_t>(from.dfs_used_bytes));
  to->set_remaining(static_cast<uint64_t>(from.remaining_bytes));
  to->set_blockpoolused(static_cast<uint64_t>(from.block_pool_used_bytes));
  to->set_nondfsused(static_cast<uint64_t>(from.non_dfs_used_bytes));
  hdfs::DatanodeStorageProto* storage = to->mutable_storage();
  storage->set_storageuuid(from.storage_uuid);
  storage->set_storagetype(ToProto(from.type));
}

StorageReport FromProto(const hdfs::StorageReportProto& from) {
  StorageReport to;
  to.storage_uuid = from.storageuuid();
  to.type = FromWire(from.storage().storagetype());
  to.failed = from.failed();
  to.capacity_bytes = static_cast<int64_t>(from.capacity());
  to.dfs_used_bytes = static_cast<int64_t>(from.dfsused());
  to.remaining_bytes = static_cast<int64_t>(from.remaining());
  to.block_pool_used_bytes = static_cast<int64_t>(from.blockpoolused());
  to.non_dfs_used_bytes = static_cast<int64_t>(from.nondfsused());
  return to;
}

void ToProto(const DatanodeStorageReport& from, hdfs::DatanodeStorageReportProto* to) {
  ToProto(from.datanode, to->mutable_datanodeinfo());
  for (const StorageReport& storage : from.storages) ToProto(storage, to->add_storagereports());
}

DatanodeStorageReport FromProto(const hdfs::DatanodeStorageReportProto& from) {
  DatanodeStorageReport to;
  to.datanode = FromProto(from.datanodeinfo());
  for (const auto& storage : from.storagereports()) to.storages.push_back(FromProto(storage));
  return to;
}

void ToProto(const LocatedBlock& from, hdfs::LocatedBlockProto* to) {
  ToProto(from.block, to->mutable_b());
  to->set_offset(static_cast<uint64_t>(from.offset));
  for (const DatanodeInfo& location : from.locations) {
    ToProto(location, to->add_locs());
    to->add_iscached(false);
  }
  for (StorageType type : from.storage_types) to->add_storagetypes(ToProto(type));
  for (const std::string& id : from.storage_ids) to->add_storageids(id);
  to->set_corrupt(from.corrupt);
  ToProto(from.token, to->mutable_blocktoken());
}

LocatedBlock FromProto(const hdfs::LocatedBlockProto& from) {
  LocatedBlock to;
  to.block = FromProto(from.b());
  to.offset = static_cast<int64_t>(from.offset());
  to.locations.reserve(static_cast<size_t>(from.locs_size()));
  for (const auto& location : from.locs()) to.locations.push_back(FromProto(location));
  for (int type : from.storagetypes()) to.storage_types.push_back(FromWire(type));
  for (const auto& id : from.storageids()) to.storage_ids.push_back(id);
  // One per location, whatever the sender left out: callers index them alike.
  to.storage_types.resize(to.locations.size(), StorageType::kDisk);
  to.storage_ids.resize(to.locations.size());
  to.corrupt = from.corrupt();
  to.token = FromProto(from.blocktoken());
  return to;
}

void ToProto(const LocatedBlocks& from, hdfs::LocatedBlocksProto* to) {
  to->set_filelength(static_cast<uint64_t>(from.file_length));
  for (const LocatedBlock& block : from.blocks) ToProto(block, to->add_blocks());
  to->set_underconstruction(from.under_construction);
  if (from.last_block) ToProto(*from.last_block, to->mutable_lastblock());
  to->set_islastblockcomplete(from.last_block_complete);
}

LocatedBlocks FromProto(const hdfs::LocatedBlocksProto& from) {
  LocatedBlocks to;
  to.file_length = static_cast<int64_t>(from.filelength());
  to.blocks.reserve(static_cast<size_t>(from.blocks_size()));
  for (const auto& block : from.blocks()) to.blocks.push_back(FromProto(block));
  if (from.has_lastblock()) to.last_block = FromProto(from.lastblock());
  to.under_construction = from.underconstruction();
  to.last_block_complete = from.islastblockcomplete();
  return to;
}

// ---- what the namespace says
// ---------------------------------------------------------------------

void ToProto(const FileStatus& from, hdfs::HdfsFileStatusProto* to) {
  to->set_filetype(static_cast<hdfs::HdfsFileStatusProto::FileType>(from.type));
  to->set_path(from.name);
  to->set_length(static_cast<uint64_t>(from.length));
  to->mutable_permission()->set_perm(from.permission.bits);
  to->set_owner(from.owner);
  to->set_group(from.group);
  to->set_modification_time(static_cast<uint64_t>(from.modification_time_ms));
  to->set_access_time(static_cast<uint64_t>(from.access_time_ms));
  to->set_block_replication(static_cast<uint32_t>(from.replication));
  to->set_blocksize(static_cast<uint64_t>(from.block_size));
  if (from.locations) ToProto(*from.locations, to->mutable_locations());
  to->set_fileid(static_cast<uint64_t>(from.file_id.value()));
  to->set_childrennum(from.children_num);
  to->set_storagepolicy(static_cast<uint32_t>(from.storage_policy));
  to->set_flags(from.flags);
}

FileStatus FromProto(const hdfs::HdfsFileStatusProto& from) {
  FileStatus to;
  to.type = static_cast<FileType>(from.filetype());
  to.name = from.path();
  to.length = static_cast<int64_t>(from.length());
  to.permission.bits = static_cast<uint16_t>(from.permission().perm() & kPermissionMask);
  to.owner = from.owner();
  to.group = from.group();
  to.modification_time_ms = static_cast<int64_t>(from.modification_time());
  to.access_time_ms = static_cast<int64_t>(from.access_time());
  to.replication = static_cast<int32_t>(from.block_replication());
  to.block_size = static_cast<int64_t>(from.blocksize());
  to.file_id = InodeId(static_cast<int64_t>(from.fileid()));
  to.children_num = from.childrennum();
  to.storage_policy = static_cast<int32_t>(from.storagepolicy());
  to.flags = from.flags();
  if (from.has_locations()) to.locations = FromProto(from.locations());
  return to;
}

void ToProto(const DirectoryListing& from, hdfs::DirectoryListingProto* to) {
  for (const FileStatus& entry : from.entries) ToProto(entry, to->add_partiallisting());
  to->set_remainingentries(static_cast<uint32_t>(from.remaining_entries));
}

DirectoryListing FromProto(const hdfs::DirectoryListingProto& from) {
  DirectoryListing to;
  to.entries.reserve(static_cast<size_t>(from.partiallisting_size()));
  for (const auto& entry : from.partiallisting()) to.entries.push_back(FromProto(entry));
  to.remaining_entries = static_cast<int32_t>(from.remainingentries());
  return to;
}

void ToProto(const ContentSummary& from, hdfs::ContentSummaryProto* to) {
  to->set_length(static_cast<uint64_t>(from.length));
  to->set_filecount(static_cast<uint64_t>(from.file_count));
  to->set_directorycount(static_cast<uint64_t>(from.directory_count));
  to->set_quota(static_cast<uint64_t>(from.quota));
  to->set_spaceconsumed(static_cast<uint64_t>(from.space_consumed));
  to->set_spacequota(static_cast<uint64_t>(from.space_quota));
  to->set_snapshotlength(0);
  to->set_snapshotfilecount(0);
  to->set_snapshotdirectorycount(0);
  to->set_snapshotspaceconsumed(0);
  to->set_erasurecodingpolicy(from.is_file ? "Replicated" : "");
}

ContentSummary FromProto(const hdfs::ContentSummaryProto& from) {
  ContentSummary to;
  to.length = static_cast<int64_t>(from.length());
  to.file_count = static_cast<int64_t>(from.filecount());
  to.directory_count = static_cast<int64_t>(from.directorycount());
  to.space_consumed = static_cast<int64_t>(from.spaceconsumed());
  to.quota = static_cast<int64_t>(from.quota());
  to.space_quota = static_cast<int64_t>(from.spacequota());
  to.is_file = to.directory_count == 0;  // a directory counts itself
  return to;
}

void ToProto(const QuotaUsage& from, hdfs::QuotaUsageProto* to) {
  to->set_fileanddirectorycount(static_cast<uint64_t>(from.file_and_directory_count));
  to->set_quota(static_cast<uint64_t>(from.quota));
  to->set_spaceconsumed(static_cast<uint64_t>(from.space_consumed));
  to->set_spacequota(static_cast<uint64_t>(from.space_quota));
}

QuotaUsage FromProto(const hdfs::QuotaUsageProto& from) {
  return {static_cast<int64_t>(from.fileanddirectorycount()), static_cast<int64_t>(from.quota()),
          static_cast<int64_t>(from.spaceconsumed()), static_cast<int64_t>(from.spacequota())};
}

void ToProto(const ServerDefaults& from, hdfs::FsServerDefaultsProto* to) {
  to->set_blocksize(static_cast<uint64_t>(from.block_size));
  to->set_bytesperchecksum(static_cast<uint32_t>(from.bytes_per_checksum));
  to->set_writepacketsize(static_cast<uint32_t>(from.write_packet_size));
  to->set_replication(static_cast<uint32_t>(from.replication));
  to->set_filebuffersize(static_cast<uint32_t>(from.file_buffer_size));
  to->set_encryptdatatransfer(false);
  to->set_trashinterval(static_cast<uint64_t>(from.trash_interval_minutes));
  to->set_checksumtype(static_cast<hdfs::ChecksumTypeProto>(from.checksum_type));
  to->set_keyprovideruri(
      "");  // present and empty: "no key server"; absent: "ask your configuration"
  to->set_policyid(static_cast<uint32_t>(from.default_storage_policy_id));
  to->set_snapshottrashrootenabled(false);
}

ServerDefaults FromProto(const hdfs::FsServerDefaultsProto& from) {
  ServerDefaults to;
  to.block_size = static_cast<int64_t>(from.blocksize());
  to.bytes_per_checksum = static_cast<int32_t>(from.bytesperchecksum());
  to.write_packet_size = static_cast<int32_t>(from.writepacketsize());
  to.replication = static_cast<int32_t>(from.replication());
  to.file_buffer_size = static_cast<int32_t>(from.filebuffersize());
  to.trash_interval_minutes = static_cast<int64_t>(from.trashinterval());
  to.checksum_type = static_cast<ChecksumType>(from.checksumtype());
  to.default_storage_policy_id = static_cast<int32_t>(from.policyid());
  return to;
}

void ToProto(const StoragePolicy& from, hdfs::BlockStoragePolicyProto* to) {
  to->set_policyid(static_cast<uint32_t>(from.id));
  to->set_name(from.name);
  ToProto(from.creation, to->mutable_creationpolicy());
  if (!from.creation_fallback.empty()) {
    ToProto(from.creation_fallback, to->mutable_creationfallbackpolicy());
  }
  if (!from.replication_fallback.empty()) {
    ToProto(from.replication_fallback, to->mutable_replicationfallbackpolicy());
  }
}

StoragePolicy FromProto(const hdfs::BlockStoragePolicyProto& from) {
  return {static_cast<int32_t>(from.policyid()), from.name(), FromProto(from.creationpolicy()),
          FromProto(from.creationfallbackpolicy()), FromProto(from.replicationfallbackpolicy())};
}

void ToProto(const FsStats& from, hdfs::GetFsStatsResponseProto* to) {
  to->set_capacity(static_cast<uint64_t>(from.capacity_bytes));
  to->set_used(static_cast<uint64_t>(from.used_bytes));
  to->set_remaining(static_cast<uint64_t>(from.remaining_bytes));
  to->set_under_replicated(static_cast<uint64_t>(from.under_replicated));
  to->set_corrupt_blocks(static_cast<uint64_t>(from.corrupt_blocks));
  to->set_missing_blocks(static_cast<uint64_t>(from.missing_blocks));
  to->set_missing_repl_one_blocks(static_cast<uint64_t>(from.missing_repl_one_blocks));
  to->set_blocks_in_future(static_cast<uint64_t>(from.blocks_in_future));
  to->set_pending_deletion_blocks(static_cast<uint64_t>(from.pending_deletion_blocks));
}

FsStats FromProto(const hdfs::GetFsStatsResponseProto& from) {
  FsStats to;
  to.capacity_bytes = static_cast<int64_t>(from.capacity());
  to.used_bytes = static_cast<int64_t>(from.used());
  to.remaining_bytes = static_cast<int64_t>(from.remaining());
  to.under_replicated = static_cast<int64_t>(from.under_replicated());
  to.corrupt_blocks = static_cast<int64_t>(from.corrupt_blocks());
  to.missing_blocks = static_cast<int64_t>(from.missing_blocks());
  to.missing_repl_one_blocks = static_cast<int64_t>(from.missing_repl_one_blocks());
  to.blocks_in_future = static_cast<int64_t>(from.blocks_in_future());
  to.pending_deletion_blocks = static_cast<int64_t>(from.pending_deletion_blocks());
  return to;
}

void ToProto(const FsStats& from, hdfs::GetFsReplicatedBlockStatsResponseProto* to) {
  to->set_low_redundancy(static_cast<uint64_t>(from.under_replicated));
  to->set_corrupt_blocks(static_cast<uint64_t>(from.corrupt_blocks));
  to->set_missing_blocks(static_cast<uint64_t>(from.missing_blocks));
  to->set_missing_repl_one_blocks(static_cast<uint64_t>(from.missing_repl_one_blocks));
  to->set_blocks_in_future(static_cast<uint64_t>(from.blocks_in_future));
  to->set_pending_deletion_blocks(static_cast<uint64_t>(from.pending_deletion_blocks));
  to->set_highest_prio_low_redundancy_blocks(
      static_cast<uint64_t>(from.highest_priority_low_redundancy_blocks));
}

FsStats FromProto(const hdfs::GetFsReplicatedBlockStatsResponseProto& from) {
  FsStats to;
  to.under_replicated = static_cast<int64_t>(from.low_redundancy());
  to.corrupt_blocks = static_cast<int64_t>(from.corrupt_blocks());
  to.missing_blocks = static_cast<int64_t>(from.missing_blocks());
  to.missing_repl_one_blocks = static_cast<int64_t>(from.missing_repl_one_blocks());
  to.blocks_in_future = static_cast<int64_t>(from.blocks_in_future());
  to.pending_deletion_blocks = static_cast<int64_t>(from.pending_deletion_blocks());
  to.highest_priority_low_redundancy_blocks =
      static_cast<int64_t>(from.highest_prio_low_redundancy_blocks());
  return to;
}

// ---- requests
// ------------------------------------------------------------------------------------

void ToProto(const CreateArgs& from, hdfs::CreateRequestProto* to) {
  to->set_src(from.path);
  to->mutable_masked()->set_perm(from.masked.bits);
  if (from.unmasked) to->mutable_unmasked()->set_perm(from.unmasked->bits);
  to->set_clientname(from.client_name);
  to->set_createflag(from.flags);
  to->set_createparent(from.create_parent);
  to->set_replication(static_cast<uint32_t>(from.replication));
  to->set_blocksize(static_cast<uint64_t>(from.block_size));
}

CreateArgs FromProto(const hdfs::CreateRequestProto& from) {
  CreateArgs to;
  to.path = from.src();
  to.masked.bits = static_cast<uint16_t>(from.masked().perm() & kPermissionMask);
  if (from.has_unmasked()) {
    to.unmasked = FsPermission{static_cast<uint16_t>(from.unmasked().perm() & kPermissionMask)};
  }
  to.client_name = from.clientname();
  to.flags = from.createflag();
  to.create_parent = from.createparent();
  to.replication = static_cast<int32_t>(from.replication());
  to.block_size = static_cast<int64_t>(from.blocksize());
  return to;
}

void ToProto(const AddBlockArgs& from, hdfs::AddBlockRequestProto* to) {
  to->set_src(from.path);
  to->set_clientname(from.client_name);
  if (from.previous) ToProto(*from.previous, to->mutable_previous());
  for (const DatanodeId& node : from.excluded) {
    DatanodeInfo info;
    info.id = node;
    ToProto(info, to->add_excludenodes());
  }
  to->set_fileid(static_cast<uint64_t>(from.file_id.value()));
  for (const std::string& node : from.favored_nodes) to->add_favorednodes(node);
  if (from.no_local_write) to->add_flags(hdfs::NO_LOCAL_WRITE);
  if (from.ignore_client_locality) to->add_flags(hdfs::IGNORE_CLIENT_LOCALITY);
}

AddBlockArgs FromProto(const hdfs::AddBlockRequestProto& from) {
  AddBlockArgs to;
  to.path = from.src();
  to.client_name = from.clientname();
  if (from.has_previous()) to.previous = FromProto(from.previous());
  for (const auto& node : from.excludenodes()) to.excluded.push_back(FromProto(node.id()));
  to.file_id = InodeId(static_cast<int64_t>(from.fileid()));
  for (const auto& node : from.favorednodes()) to.favored_nodes.push_back(node);
  for (int flag : from.flags()) {
    if (flag == hdfs::NO_LOCAL_WRITE) to.no_local_write = true;
    if (flag == hdfs::IGNORE_CLIENT_LOCALITY) to.ignore_client_locality = true;
  }
  return to;
}

void ToProto(const AdditionalDatanodeArgs& from, hdfs::GetAdditionalDatanodeRequestProto* to) {
  to->set_src(from.path);
  ToProto(from.block, to->mutable_blk());
  for (const DatanodeInfo& node : from.existing) ToProto(node, to->add_existings());
  for (const std::string& id : from.existing_storage_ids) to->add_existingstorageuuids(id);
  for (const DatanodeInfo& node : from.excluded) ToProto(node, to->add_excludes());
  to->set_numadditionalnodes(static_cast<uint32_t>(from.additional));
  to->set_clientname(from.client_name);
  to->set_fileid(static_cast<uint64_t>(from.file_id.value()));
}

AdditionalDatanodeArgs FromProto(const hdfs::GetAdditionalDatanodeRequestProto& from) {
  AdditionalDatanodeArgs to;
  to.path = from.src();
  to.block = FromProto(from.blk());
  for (const auto& node : from.existings()) to.existing.push_back(FromProto(node));
  for (const auto& id : from.existingstorageuuids()) to.existing_storage_ids.push_back(id);
  for (const auto& node : from.excludes()) to.excluded.push_back(FromProto(node));
  to.additional = static_cast<int32_t>(from.numadditionalnodes());
  to.client_name = from.clientname();
  to.file_id = InodeId(static_cast<int64_t>(from.fileid()));
  return to;
}

}  // namespace tusk
