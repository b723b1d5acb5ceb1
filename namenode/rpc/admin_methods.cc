// The state of the cluster, administration, and what clients ask on the way.
#include "common/rpc/convert_hdfs.h"
#include "namenode/rpc/client_namenode_service.h"
#include "namenode/rpc/service_methods.h"
#include "proto/hadoop/client_namenode_admin.pb.h"
#include "proto/hadoop/refresh.pb.h"
#include "proto/hadoop/security.pb.h"

namespace tusk::namenode {
namespace {

using namespace proto::hdfs;  // NOLINT: the messages of this file

void AddStats(Namesystem* ns, RpcProtocol* protocol) {
  protocol->Register<GetFsStatusRequestProto, GetFsStatsResponseProto>(
      "getFsStats", [ns](RpcCall&, const auto&, auto* out) {
        ToProto(ns->GetFsStats(), out);
        return Status::Ok();
      });
  protocol->Register<GetFsReplicatedBlockStatsRequestProto, GetFsReplicatedBlockStatsResponseProto>(
      "getFsReplicatedBlockStats", [ns](RpcCall&, const auto&, auto* out) {
        ToProto(ns->GetFsStats(), out);
        return Status::Ok();
      });
  // There are no erasure-coded block groups.
  protocol->Register<GetFsECBlockGroupStatsRequestProto, GetFsECBlockGroupStatsResponseProto>(
      "getFsECBlockGroupStats", [](RpcCall&, const auto&, auto* out) {
        out->set_low_redundancy(0);
        out->set_corrupt_blocks(0);
        out->set_missing_blocks(0);
        out->set_blocks_in_future(0);
        out->set_pending_deletion_blocks(0);
        out->set_highest_prio_low_redundancy_blocks(0);
        return Status::Ok();
      });
  protocol->Register<GetDatanodeReportRequestProto, GetDatanodeReportResponseProto>(
      "getDatanodeReport", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(
            const auto nodes,
            ns->GetDatanodeReport(CallerOf(call), static_cast<DatanodeReportType>(in.type())));
        for (const DatanodeInfo& node : nodes) ToProto(node, out->add_di());
        return Status::Ok();
      });
  protocol->Register<GetDatanodeStorageReportRequestProto, GetDatanodeStorageReportResponseProto>(
      "getDatanodeStorageReport", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(const auto reports,
                         ns->GetDatanodeStorageReport(CallerOf(call),
                                                      static_cast<DatanodeReportType>(in.type())));
        for (const DatanodeStorageReport& report : reports) {
          ToProto(report, out->add_datanodestoragereports());
        }
        return Status::Ok();
      });
  // Peers' reports of slow nodes are not collected: none is known to be slow.
  protocol->Register<GetSlowDatanodeReportRequestProto, GetSlowDatanodeReportResponseProto>(
      "getSlowDatanodeReport", [ns](RpcCall& call, const auto&, auto*) {
        return ns->CheckSuperuser(CallerOf(call), "getSlowDatanodesReport");
      });
  protocol->Register<SetSafeModeRequestProto, SetSafeModeResponseProto>(
      "setSafeMode", [ns](RpcCall& call, const auto& in, auto* out) -> Status {
        ASSIGN_OR_RETURN(const bool on,
                         ns->SetSafeMode(CallerOf(call), static_cast<SafeModeAction>(in.action())));
        out->set_result(on);
        return Status::Ok();
      });
}

void AddOnTheWay(RpcProtocol* protocol) {
  protocol->Register<MsyncRequestProto, MsyncResponseProto>(
      "msync", [](RpcCall&, const auto&, auto*) { return Status::Ok(); });
  protocol->Register<HAServiceStateRequestProto, HAServiceStateResponseProto>(
      "getHAServiceState", [](RpcCall&, const auto&, auto*) {
        return FailedPreconditionError("HA for namenode is not enabled", Reason::kServiceFailed);
      });
  // Without security there are no delegation tokens: the answer carries none.
  protocol->Register<proto::common::GetDelegationTokenRequestProto,
                     proto::common::GetDelegationTokenResponseProto>(
      "getDelegationToken", [](RpcCall&, const auto&, auto*) { return Status::Ok(); });
  protocol->Register<GetDataEncryptionKeyRequestProto, GetDataEncryptionKeyResponseProto>(
      "getDataEncryptionKey", [](RpcCall&, const auto&, auto*) { return Status::Ok(); });
  // No encryption zones, no erasure coding.
  protocol->Register<ListEncryptionZonesRequestProto, ListEncryptionZonesResponseProto>(
      "listEncryptionZones", [](RpcCall&, const auto&, auto* out) {
        out->set_hasmore(false);
        return Status::Ok();
      });
  protocol->Register<GetEZForPathRequestProto, GetEZForPathResponseProto>(
      "getEZForPath", [](RpcCall&, const auto&, auto*) { return Status::Ok(); });
  protocol->Register<GetErasureCodingPoliciesRequestProto, GetErasureCodingPoliciesResponseProto>(
      "getErasureCodingPolicies", [](RpcCall&, const auto&, auto*) { return Status::Ok(); });
  protocol->Register<GetErasureCodingPolicyRequestProto, GetErasureCodingPolicyResponseProto>(
      "getErasureCodingPolicy", [](RpcCall&, const auto&, auto*) { return Status::Ok(); });
}

}  // namespace

void AddAdminMethods(Namesystem* namesystem, RpcProtocol* protocol) {
  AddStats(namesystem, protocol);
  AddOnTheWay(protocol);
}

RpcProtocol UserMappingsProtocol(GroupMapping* groups) {
  RpcProtocol protocol("org.apache.hadoop.tools.GetUserMappingsProtocol");
  protocol.RegisterAsync<proto::common::GetGroupsForUserRequestProto,
                         proto::common::GetGroupsForUserResponseProto>(
      "getGroupsForUser", [groups](auto call) {
        groups->Resolve(call.request().user(), [call](const GroupMapping::Groups& found) {
          for (const std::string& group : found) call.response()->add_groups(group);
          call.Finish(Status::Ok());
        });
      });
  return protocol;
}

}  // namespace tusk::namenode
