#include "common/rpc/client_protocol_stub.h"

#include <utility>

#include "common/rpc/convert_hdfs.h"
#include "proto/hadoop/client_datanode.pb.h"
#include "proto/hadoop/client_namenode_admin.pb.h"
#include "proto/hadoop/client_namenode_blocks.pb.h"
#include "proto/hadoop/client_namenode_namespace.pb.h"

namespace tusk {
namespace {

namespace hdfs = proto::hdfs;

constexpr const char* kClientProtocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol";
constexpr const char* kClientDatanodeProtocol =
    "org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol";

class ClientProtocolStub final : public ClientProtocol {
 public:
  ClientProtocolStub(RpcClient* client, RpcServiceOptions options)
      : service_(client, std::move(options)) {}

  // ---- reading ----

  StatusOr<std::optional<FileStatus>> GetFileInfo(const std::string& path) override {
    hdfs::GetFileInfoRequestProto request;
    request.set_src(path);
    ASSIGN_OR_RETURN(const auto answer,
                     Idempotent<hdfs::GetFileInfoResponseProto>("getFileInfo", request));
    return OptionalStatus(answer);
  }

  StatusOr<std::optional<FileStatus>> GetLocatedFileInfo(const std::string& path) override {
    hdfs::GetLocatedFileInfoRequestProto request;
    request.set_src(path);
    request.set_needblocktoken(true);
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::GetLocatedFileInfoResponseProto>(
                                            "getLocatedFileInfo", request));
    return OptionalStatus(answer);
  }

  StatusOr<std::optional<DirectoryListing>> GetListing(const std::string& path,
                                                       const std::string& start_after,
                                                       bool need_location) override {
    hdfs::GetListingRequestProto request;
    request.set_src(path);
    request.set_startafter(start_after);
    request.set_needlocation(need_location);
    ASSIGN_OR_RETURN(const auto answer,
                     Idempotent<hdfs::GetListingResponseProto>("getListing", request));
    std::optional<DirectoryListing> listing;
    if (answer.has_dirlist()) listing = FromProto(answer.dirlist());
    return listing;
  }

  StatusOr<LocatedBlocks> GetBlockLocations(const std::string& path, int64_t offset,
                                            int64_t length) override {
    hdfs::GetBlockLocationsRequestProto request;
    request.set_src(path);
    request.set_offset(static_cast<uint64_t>(offset));
    request.set_length(static_cast<uint64_t>(length));
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::GetBlockLocationsResponseProto>(
                                            "getBlockLocations", request));
    if (!answer.has_locations()) {
      return NotFoundError("File does not exist: " + path, Reason::kFileNotFound);
    }
    return FromProto(answer.locations());
  }

  StatusOr<ContentSummary> GetContentSummary(const std::string& path) override {
    hdfs::GetContentSummaryRequestProto request;
    request.set_path(path);
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::GetContentSummaryResponseProto>(
                                            "getContentSummary", request));
    return FromProto(answer.summary());
  }

  StatusOr<QuotaUsage> GetQuotaUsage(const std::string& path) override {
    hdfs::GetQuotaUsageRequestProto request;
    request.set_path(path);
    ASSIGN_OR_RETURN(const auto answer,
                     Idempotent<hdfs::GetQuotaUsageResponseProto>("getQuotaUsage", request));
    return FromProto(answer.usage());
  }

  StatusOr<ServerDefaults> GetServerDefaults() override {
    ASSIGN_OR_RETURN(const auto answer,
                     Idempotent<hdfs::GetServerDefaultsResponseProto>(
                         "getServerDefaults", hdfs::GetServerDefaultsRequestProto()));
    return FromProto(answer.serverdefaults());
  }

  StatusOr<int64_t> GetPreferredBlockSize(const std::string& path) override {
    hdfs::GetPreferredBlockSizeRequestProto request;
    request.set_filename(path);
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::GetPreferredBlockSizeResponseProto>(
                                            "getPreferredBlockSize", request));
    return static_cast<int64_t>(answer.bsize());
  }

  StatusOr<bool> IsFileClosed(const std::string& path) override {
    hdfs::IsFileClosedRequestProto request;
    request.set_src(path);
    return Result(Idempotent<hdfs::IsFileClosedResponseProto>("isFileClosed", request));
  }

  Status Msync() override {
    return Idempotent<hdfs::MsyncResponseProto>("msync", hdfs::MsyncRequestProto()).status();
  }

  // ---- writing ----

  StatusOr<FileStatus> Create(const CreateArgs& args) override {
    hdfs::CreateRequestProto request;
    ToProto(args, &request);
    ASSIGN_OR_RETURN(const auto answer, AtMostOnce<hdfs::CreateResponseProto>("create", request));
    if (!answer.has_fs()) return InternalError("create of " + args.path + " was answered empty");
    return FromProto(answer.fs());
  }

  StatusOr<AppendResult> Append(const std::string& path, const std::string& client_name,
                                uint32_t flags) override {
    hdfs::AppendRequestProto request;
    request.set_src(path);
    request.set_clientname(client_name);
    request.set_flag(flags);
    ASSIGN_OR_RETURN(const auto answer, AtMostOnce<hdfs::AppendResponseProto>("append", request));
    AppendResult result;
    if (answer.has_block()) result.last_block = FromProto(answer.block());
    if (answer.has_stat()) result.status = FromProto(answer.stat());
    return result;
  }

  StatusOr<LocatedBlock> AddBlock(const AddBlockArgs& args) override {
    hdfs::AddBlockRequestProto request;
    ToProto(args, &request);
    ASSIGN_OR_RETURN(const auto answer,
                     Idempotent<hdfs::AddBlockResponseProto>("addBlock", request));
    return FromProto(answer.block());
  }

  Status AbandonBlock(const ExtendedBlock& block, const std::string& path,
                      const std::string& client_name, InodeId file_id) override {
    hdfs::AbandonBlockRequestProto request;
    ToProto(block, request.mutable_b());
    request.set_src(path);
    request.set_holder(client_name);
    request.set_fileid(static_cast<uint64_t>(file_id.value()));
    return Idempotent<hdfs::AbandonBlockResponseProto>("abandonBlock", request).status();
  }

  StatusOr<bool> Complete(const std::string& path, const std::string& client_name,
                          const std::optional<ExtendedBlock>& last, InodeId file_id) override {
    hdfs::CompleteRequestProto request;
    request.set_src(path);
    request.set_clientname(client_name);
    if (last) ToProto(*last, request.mutable_last());
    request.set_fileid(static_cast<uint64_t>(file_id.value()));
    return Result(Idempotent<hdfs::CompleteResponseProto>("complete", request));
  }

  Status Fsync(const std::string& path, const std::string& client_name, int64_t last_block_length,
               InodeId file_id) override {
    hdfs::FsyncRequestProto request;
    request.set_src(path);
    request.set_client(client_name);
    request.set_lastblocklength(last_block_length);
    request.set_fileid(static_cast<uint64_t>(file_id.value()));
    return Idempotent<hdfs::FsyncResponseProto>("fsync", request).status();
  }

  StatusOr<LocatedBlock> UpdateBlockForPipeline(const ExtendedBlock& block,
                                                const std::string& client_name) override {
    hdfs::UpdateBlockForPipelineRequestProto request;
    ToProto(block, request.mutable_block());
    request.set_clientname(client_name);
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::UpdateBlockForPipelineResponseProto>(
                                            "updateBlockForPipeline", request));
    return FromProto(answer.block());
  }

  Status UpdatePipeline(const std::string& client_name, const ExtendedBlock& old_block,
                        const ExtendedBlock& new_block, const std::vector<DatanodeId>& new_nodes,
                        const std::vector<std::string>& storage_ids) override {
    hdfs::UpdatePipelineRequestProto request;
    request.set_clientname(client_name);
    ToProto(old_block, request.mutable_oldblock());
    ToProto(new_block, request.mutable_newblock());
    for (const DatanodeId& node : new_nodes) ToProto(node, request.add_newnodes());
    for (const std::string& id : storage_ids) request.add_storageids(id);
    return AtMostOnce<hdfs::UpdatePipelineResponseProto>("updatePipeline", request).status();
  }

  StatusOr<LocatedBlock> GetAdditionalDatanode(const AdditionalDatanodeArgs& args) override {
    hdfs::GetAdditionalDatanodeRequestProto request;
    ToProto(args, &request);
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::GetAdditionalDatanodeResponseProto>(
                                            "getAdditionalDatanode", request));
    return FromProto(answer.block());
  }

  Status RenewLease(const std::string& client_name) override {
    hdfs::RenewLeaseRequestProto request;
    request.set_clientname(client_name);
    return Idempotent<hdfs::RenewLeaseResponseProto>("renewLease", request).status();
  }

  StatusOr<bool> RecoverLease(const std::string& path, const std::string& client_name) override {
    hdfs::RecoverLeaseRequestProto request;
    request.set_src(path);
    request.set_clientname(client_name);
    return Result(Idempotent<hdfs::RecoverLeaseResponseProto>("recoverLease", request));
  }

  Status ReportBadBlocks(const std::vector<LocatedBlock>& blocks) override {
    hdfs::ReportBadBlocksRequestProto request;
    for (const LocatedBlock& block : blocks) ToProto(block, request.add_blocks());
    return Idempotent<hdfs::ReportBadBlocksResponseProto>("reportBadBlocks", request).status();
  }

  // ---- namespace ----

  StatusOr<bool> Mkdirs(const std::string& path, FsPermission masked,
                        std::optional<FsPermission> unmasked, bool create_parent) override {
    hdfs::MkdirsRequestProto request;
    request.set_src(path);
    request.mutable_masked()->set_perm(masked.bits);
    if (unmasked) request.mutable_unmasked()->set_perm(unmasked->bits);
    request.set_createparent(create_parent);
    return Result(Idempotent<hdfs::MkdirsResponseProto>("mkdirs", request));
  }

  StatusOr<bool> Rename(const std::string& source, const std::string& target) override {
    hdfs::RenameRequestProto request;
    request.set_src(source);
    request.set_dst(target);
    return Result(AtMostOnce<hdfs::RenameResponseProto>("rename", request));
  }

  Status Rename2(const std::string& source, const std::string& target, bool overwrite,
                 bool to_trash) override {
    hdfs::Rename2RequestProto request;
    request.set_src(source);
    request.set_dst(target);
    request.set_overwritedest(overwrite);
    if (to_trash) request.set_movetotrash(true);
    return AtMostOnce<hdfs::Rename2ResponseProto>("rename2", request).status();
  }

  StatusOr<bool> Delete(const std::string& path, bool recursive) override {
    hdfs::DeleteRequestProto request;
    request.set_src(path);
    request.set_recursive(recursive);
    return Result(AtMostOnce<hdfs::DeleteResponseProto>("delete", request));
  }

  StatusOr<bool> SetReplication(const std::string& path, int32_t replication) override {
    hdfs::SetReplicationRequestProto request;
    request.set_src(path);
    request.set_replication(static_cast<uint32_t>(replication));
    return Result(Idempotent<hdfs::SetReplicationResponseProto>("setReplication", request));
  }

  Status SetPermission(const std::string& path, FsPermission permission) override {
    hdfs::SetPermissionRequestProto request;
    request.set_src(path);
    request.mutable_permission()->set_perm(permission.bits);
    return Idempotent<hdfs::SetPermissionResponseProto>("setPermission", request).status();
  }

  Status SetOwner(const std::string& path, const std::string& owner,
                  const std::string& group) override {
    hdfs::SetOwnerRequestProto request;
    request.set_src(path);
    if (!owner.empty()) request.set_username(owner);
    if (!group.empty()) request.set_groupname(group);
    return Idempotent<hdfs::SetOwnerResponseProto>("setOwner", request).status();
  }

  Status SetTimes(const std::string& path, int64_t modification_time_ms,
                  int64_t access_time_ms) override {
    hdfs::SetTimesRequestProto request;
    request.set_src(path);
    request.set_mtime(static_cast<uint64_t>(modification_time_ms));
    request.set_atime(static_cast<uint64_t>(access_time_ms));
    return Idempotent<hdfs::SetTimesResponseProto>("setTimes", request).status();
  }

  // ---- cluster ----

  StatusOr<FsStats> GetFsStats() override {
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::GetFsStatsResponseProto>(
                                            "getFsStats", hdfs::GetFsStatusRequestProto()));
    return FromProto(answer);
  }

  StatusOr<FsStats> GetReplicatedBlockStats() override {
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::GetFsReplicatedBlockStatsResponseProto>(
                                            "getFsReplicatedBlockStats",
                                            hdfs::GetFsReplicatedBlockStatsRequestProto()));
    return FromProto(answer);
  }

  StatusOr<FsStats> GetEcBlockGroupStats() override {
    ASSIGN_OR_RETURN(const auto answer,
                     Idempotent<hdfs::GetFsECBlockGroupStatsResponseProto>(
                         "getFsECBlockGroupStats", hdfs::GetFsECBlockGroupStatsRequestProto()));
    FsStats stats;
    stats.under_replicated = static_cast<int64_t>(answer.low_redundancy());
    stats.corrupt_blocks = static_cast<int64_t>(answer.corrupt_blocks());
    stats.missing_blocks = static_cast<int64_t>(answer.missing_blocks());
    stats.blocks_in_future = static_cast<int64_t>(answer.blocks_in_future());
    stats.pending_deletion_blocks = static_cast<int64_t>(answer.pending_deletion_blocks());
    stats.highest_priority_low_redundancy_blocks =
        static_cast<int64_t>(answer.highest_prio_low_redundancy_blocks());
    return stats;
  }

  StatusOr<std::vector<DatanodeInfo>> GetDatanodeReport(DatanodeReportType type) override {
    hdfs::GetDatanodeReportRequestProto request;
    request.set_type(static_cast<hdfs::DatanodeReportTypeProto>(type));
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::GetDatanodeReportResponseProto>(
                                            "getDatanodeReport", request));
    std::vector<DatanodeInfo> nodes;
    for (const auto& node : answer.di()) nodes.push_back(FromProto(node));
    return nodes;
  }

  StatusOr<std::vector<DatanodeStorageReport>> GetDatanodeStorageReport(
      DatanodeReportType type) override {
    hdfs::GetDatanodeStorageReportRequestProto request;
    request.set_type(static_cast<hdfs::DatanodeReportTypeProto>(type));
    ASSIGN_OR_RETURN(const auto answer, Idempotent<hdfs::GetDatanodeStorageReportResponseProto>(
                                            "getDatanodeStorageReport", request));
    std::vector<DatanodeStorageReport> reports;
    for (const auto& report : answer.datanodestoragereports()) {
      reports.push_back(FromProto(report));
    }
    return reports;
  }

  StatusOr<std::vector<DatanodeInfo>> GetSlowDatanodeReport() override {
    ASSIGN_OR_RETURN(const auto answer,
                     Idempotent<hdfs::GetSlowDatanodeReportResponseProto>(
                         "getSlowDatanodeReport", hdfs::GetSlowDatanodeReportRequestProto()));
    std::vector<DatanodeInfo> nodes;
    for (const auto& node : answer.datanodeinfoproto()) nodes.push_back(FromProto(node));
    return nodes;
  }

  StatusOr<std::vector<StoragePolicy>> GetStoragePolicies() override {
    ASSIGN_OR_RETURN(const auto answer,
                     Idempotent<hdfs::GetStoragePoliciesResponseProto>(
                         "getStoragePolicies", hdfs::GetStoragePoliciesRequestProto()));
    std::vector<StoragePolicy> policies;
    for (const auto& policy : answer.policies()) policies.push_back(FromProto(policy));
    return policies;
  }

  StatusOr<bool> SetSafeMode(SafeModeAction action, bool checked) override {
    hdfs::SetSafeModeRequestProto request;
    request.set_action(static_cast<hdfs::SafeModeActionProto>(action));
    request.set_checked(checked);
    return Result(Idempotent<hdfs::SetSafeModeResponseProto>("setSafeMode", request));
  }

 private:
  template <typename Response, typename Request>
  StatusOr<Response> Call(const char* method, RpcRetry kind, const Request& request) {
    Response response;
    RETURN_IF_ERROR(service_.Call(method, kind, request, &response));
    return response;
  }
  template <typename Response, typename Request>
  StatusOr<Response> Idempotent(const char* method, const Request& request) {
    return Call<Response>(method, RpcRetry::kIdempotent, request);
  }
  template <typename Response, typename Request>
  StatusOr<Response> AtMostOnce(const char* method, const Request& request) {
    return Call<Response>(method, RpcRetry::kAtMostOnce, request);
  }

  template <typename Response>
  static StatusOr<bool> Result(const StatusOr<Response>& answer) {
    if (!answer.ok()) return answer.status();
    return answer->result();
  }
  template <typename Response>
  static std::optional<FileStatus> OptionalStatus(const Response& answer) {
    if (!answer.has_fs()) return std::nullopt;
    return FromProto(answer.fs());
  }

  RpcService service_;
};

class ClientDatanodeStub final : public ClientDatanodeProtocol {
 public:
  ClientDatanodeStub(RpcClient* client, RpcServiceOptions options)
      : service_(client, std::move(options)) {}

  StatusOr<int64_t> GetReplicaVisibleLength(const ExtendedBlock& block) override {
    hdfs::GetReplicaVisibleLengthRequestProto request;
    ToProto(block, request.mutable_block());
    hdfs::GetReplicaVisibleLengthResponseProto response;
    RETURN_IF_ERROR(
        service_.Call("getReplicaVisibleLength", RpcRetry::kIdempotent, request, &response));
    return static_cast<int64_t>(response.length());
  }

 private:
  RpcService service_;
};

}  // namespace

std::unique_ptr<ClientProtocol> MakeClientProtocolStub(RpcClient* client,
                                                       RpcServiceOptions options) {
  options.protocol = kClientProtocol;
  return std::make_unique<ClientProtocolStub>(client, std::move(options));
}

std::unique_ptr<ClientDatanodeProtocol> MakeClientDatanodeStub(RpcClient* client,
                                                               const RpcAddress& datanode,
                                                               const RpcIdentity& identity) {
  RpcServiceOptions options;
  options.protocol = kClientDatanodeProtocol;
  options.addresses = {datanode};
  options.identity = identity;
  // A reader asks the next replica instead of waiting for this DataNode.
  options.retry.max_retries = 0;
  options.retry.max_failovers = 0;
  return std::make_unique<ClientDatanodeStub>(client, std::move(options));
}

}  // namespace tusk
