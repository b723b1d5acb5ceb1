// Calls that read and change the tree of names.
#include "common/rpc/convert_hdfs.h"
#include "namenode/namesystem/storage_policies.h"
#include "namenode/rpc/service_methods.h"
#include "proto/hadoop/acl.pb.h"
#include "proto/hadoop/client_namenode_namespace.pb.h"

namespace tusk::namenode {
namespace {

using namespace proto::hdfs;  // NOLINT: the messages of this file

FsPermission Permission(const FsPermissionProto& from) {
  return {static_cast<uint16_t>(from.perm() & 01777)};
}

template <class Response>
Status PutStatus(StatusOr<std::optional<FileStatus>> status, Response* out) {
  if (!status.ok()) return std::move(status).status();
  if (status->has_value()) ToProto(**status, out->mutable_fs());
  return Status::Ok();
}

template <class Response>
Status PutResult(StatusOr<bool> result, Response* out) {
  if (!result.ok()) return std::move(result).status();
  out->set_result(*result);
  return Status::Ok();
}

void AddReads(Namesystem* ns, RpcProtocol* protocol) {
  protocol->Register<GetFileInfoRequestProto, GetFileInfoResponseProto>(
      "getFileInfo", [ns](RpcCall& call, const auto& in, auto* out) {
        return PutStatus(ns->GetFileInfo(CallerOf(call), in.src()), out);
      });
  // There are no symbolic links: the link is the file.
  protocol->Register<GetFileLinkInfoRequestProto, GetFileLinkInfoResponseProto>(
      "getFileLinkInfo", [ns](RpcCall& call, const auto& in, auto* out) {
        return PutStatus(ns->GetFileInfo(CallerOf(call), in.src()), out);
      });
  protocol->Register<GetLocatedFileInfoRequestProto, GetLocatedFileInfoResponseProto>(
      "getLocatedFileInfo", [ns](RpcCall& call, const auto& in, auto* out) {
        return PutStatus(ns->GetLocatedFileInfo(CallerOf(call), in.src()), out);
      });
  protocol->Register<GetListingRequestProto, GetListingResponseProto>(
      "getListing", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(
            const std::optional<DirectoryListing> listing,
            ns->GetListing(CallerOf(call), in.src(), in.startafter(), in.needlocation()));
        if (listing.has_value()) ToProto(*listing, out->mutable_dirlist());
        return Status::Ok();
      });
  protocol->Register<GetContentSummaryRequestProto, GetContentSummaryResponseProto>(
      "getContentSummary",
      [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(const ContentSummary summary,
                         ns->GetContentSummary(CallerOf(call), in.path()));
        ToProto(summary, out->mutable_summary());
        return Status::Ok();
      },
      RpcRun::kSlow);
  protocol->Register<GetQuotaUsageRequestProto, GetQuotaUsageResponseProto>(
      "getQuotaUsage",
      [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(const QuotaUsage usage, ns->GetQuotaUsage(CallerOf(call), in.path()));
        ToProto(usage, out->mutable_usage());
        return Status::Ok();
      },
      RpcRun::kSlow);
  protocol->Register<IsFileClosedRequestProto, IsFileClosedResponseProto>(
      "isFileClosed", [ns](RpcCall& call, const auto& in, auto* out) {
        return PutResult(ns->IsFileClosed(CallerOf(call), in.src()), out);
      });
  protocol->Register<CheckAccessRequestProto, CheckAccessResponseProto>(
      "checkAccess", [ns](RpcCall& call, const auto& in, auto*) {
        return ns->CheckAccess(CallerOf(call), in.path(), static_cast<FsAction>(in.mode()));
      });
  protocol->Register<GetPreferredBlockSizeRequestProto, GetPreferredBlockSizeResponseProto>(
      "getPreferredBlockSize", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(const int64_t size,
                         ns->GetPreferredBlockSize(CallerOf(call), in.filename()));
        out->set_bsize(static_cast<uint64_t>(size));
        return Status::Ok();
      });
  protocol->Register<GetEnclosingRootRequestProto, GetEnclosingRootResponseProto>(
      "getEnclosingRoot", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(*out->mutable_enclosingrootpath(),
                         ns->GetEnclosingRoot(CallerOf(call), in.filename()));
        return Status::Ok();
      });
  protocol->Register<GetStoragePoliciesRequestProto, GetStoragePoliciesResponseProto>(
      "getStoragePolicies", [](RpcCall&, const auto&, auto* out) {
        for (const StoragePolicy& policy : BuiltInStoragePolicies()) {
          ToProto(policy, out->add_policies());
        }
        return Status::Ok();
      });
}

void AddChanges(Namesystem* ns, RpcProtocol* protocol) {
  protocol->Register<MkdirsRequestProto, MkdirsResponseProto>(
      "mkdirs", [ns](RpcCall& call, const auto& in, auto* out) {
        return PutResult(
            ns->Mkdirs(CallerOf(call), in.src(), Permission(in.masked()), in.createparent()), out);
      });
  protocol->Register<RenameRequestProto, RenameResponseProto>(
      "rename", [ns](RpcCall& call, const auto& in, auto* out) {
        return PutResult(ns->Rename(CallerOf(call), in.src(), in.dst()), out);
      });
  protocol->Register<Rename2RequestProto, Rename2ResponseProto>(
      "rename2", [ns](RpcCall& call, const auto& in, auto*) {
        return ns->Rename2(CallerOf(call), in.src(), in.dst(), in.overwritedest(),
                           in.movetotrash());
      });
  protocol->Register<DeleteRequestProto, DeleteResponseProto>(
      "delete", [ns](RpcCall& call, const auto& in, auto* out) {
        return PutResult(ns->Delete(CallerOf(call), in.src(), in.recursive()), out);
      });
  protocol->Register<SetReplicationRequestProto, SetReplicationResponseProto>(
      "setReplication", [ns](RpcCall& call, const auto& in, auto* out) {
        return PutResult(
            ns->SetReplication(CallerOf(call), in.src(), static_cast<int32_t>(in.replication())),
            out);
      });
  protocol->Register<SetPermissionRequestProto, SetPermissionResponseProto>(
      "setPermission", [ns](RpcCall& call, const auto& in, auto*) {
        return ns->SetPermission(CallerOf(call), in.src(), Permission(in.permission()));
      });
  protocol->Register<SetOwnerRequestProto, SetOwnerResponseProto>(
      "setOwner", [ns](RpcCall& call, const auto& in, auto*) {
        return ns->SetOwner(CallerOf(call), in.src(), in.username(), in.groupname());
      });
  protocol->Register<SetTimesRequestProto, SetTimesResponseProto>(
      "setTimes", [ns](RpcCall& call, const auto& in, auto*) {
        return ns->SetTimes(CallerOf(call), in.src(), static_cast<int64_t>(in.mtime()),
                            static_cast<int64_t>(in.atime()));
      });
}

}  // namespace

void AddNamespaceMethods(Namesystem* namesystem, RpcProtocol* protocol) {
  AddReads(namesystem, protocol);
  AddChanges(namesystem, protocol);
}

}  // namespace tusk::namenode
