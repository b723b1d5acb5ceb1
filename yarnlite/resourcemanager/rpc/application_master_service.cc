#include "yarnlite/resourcemanager/rpc/application_master_service.h"

#include <string>
#include <utility>

#include "proto/hadoop/application_master.pb.h"
#include "yarnlite/wire/convert_yarn.h"
#include "yarnlite/wire/tokens.h"

namespace tusk::yarnlite {
namespace {

using namespace proto::yarn;  // NOLINT: only messages of this protocol

constexpr const char* kProtocol = "org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB";

StatusOr<ApplicationAttemptId> CallerOf(const RpcCall& call) {
  if (!call.peer().token_authenticated) {
    return UnauthenticatedError("No AMRMToken found for user " + call.user().name, Reason::kYarn);
  }
  return ApplicationAttemptId::Parse(call.user().name);
}

Status Register(ResourceManager* core, RpcCall& call,
                const RegisterApplicationMasterRequestProto& in,
                RegisterApplicationMasterResponseProto* out) {
  ASSIGN_OR_RETURN(const ApplicationAttemptId attempt, CallerOf(call));
  if (in.placement_constraints_size() > 0) {
    return UnimplementedError("placement constraints are not supported yet", Reason::kYarn);
  }
  ASSIGN_OR_RETURN(const MasterRegistered answer,
                   core->RegisterMaster(attempt, {in.host(), in.rpc_port(), in.tracking_url()}));
  ToProto(answer.maximum, out->mutable_maximumcapability());
  out->set_queue(answer.queue);
  out->add_scheduler_resource_types(MEMORY);
  out->add_scheduler_resource_types(CPU);
  auto* memory = out->add_resource_types();
  memory->set_name("memory-mb");
  memory->set_units("Mi");
  memory->set_type(COUNTABLE);
  auto* vcores = out->add_resource_types();
  vcores->set_name("vcores");
  vcores->set_units("");
  vcores->set_type(COUNTABLE);
  return Status::Ok();
}

StatusOr<AllocateRequest> RequestOf(const AllocateRequestProto& in) {
  if (in.update_requests_size() > 0 || in.scheduling_requests_size() > 0) {
    return UnimplementedError("updating containers and scheduling requests are not supported yet",
                              Reason::kYarn);
  }
  AllocateRequest request;
  request.response_id = in.response_id();
  request.progress = in.progress();
  for (const auto& proto : in.ask()) {
    ASSIGN_OR_RETURN(ResourceRequest ask, FromProto(proto));
    request.update.asks.push_back(std::move(ask));
  }
  for (const auto& proto : in.release()) {
    ASSIGN_OR_RETURN(const ContainerId id, FromProto(proto));
    request.release.push_back(id);
  }
  const auto& blacklist = in.blacklist_request();
  request.update.blacklist_additions = {blacklist.blacklist_additions().begin(),
                                        blacklist.blacklist_additions().end()};
  request.update.blacklist_removals = {blacklist.blacklist_removals().begin(),
                                       blacklist.blacklist_removals().end()};
  return request;
}

void Fill(const AllocateAnswer& answer, AllocateResponseProto* out) {
  out->set_response_id(answer.response_id);
  for (const Container& container : answer.news.granted) {
    ToProto(container, out->add_allocated_containers());
  }
  for (const auto& [node, token] : answer.news.nm_tokens) {
    auto* proto = out->add_nm_tokens();
    ToProto(node, proto->mutable_nodeid());
    ToProto(token, proto->mutable_token());
  }
  for (const ContainerStatus& status : answer.news.completed) {
    ToProto(status, out->add_completed_container_statuses());
  }
  for (const NodeReport& report : answer.news.updated_nodes) {
    ToProto(report, out->add_updated_nodes());
  }
  if (answer.news.command != AmCommand::kNone) {
    out->set_a_m_command(static_cast<AMCommandProto>(answer.news.command));
  }
  ToProto(answer.headroom, out->mutable_limit());
  out->set_num_cluster_nodes(answer.cluster_nodes);
}

void Allocate(ResourceManager* core, AsyncCall<AllocateRequestProto, AllocateResponseProto> call) {
  const auto attempt = CallerOf(call.call());
  auto request = RequestOf(call.request());
  if (!attempt.ok() || !request.ok()) {
    call.Finish(attempt.ok() ? request.status() : attempt.status());
    return;
  }
  request->may_hold = call.call().TryHold();
  core->Allocate(*attempt, std::move(*request), [call](StatusOr<AllocateAnswer> answer) {
    if (answer.ok()) Fill(*answer, call.response());
    call.Finish(answer.status());
  });
}

Status Finish(ResourceManager* core, RpcCall& call, const FinishApplicationMasterRequestProto& in,
              FinishApplicationMasterResponseProto* out) {
  ASSIGN_OR_RETURN(const ApplicationAttemptId attempt, CallerOf(call));
  ASSIGN_OR_RETURN(
      const bool done,
      core->FinishMaster(attempt, static_cast<FinalStatus>(in.final_application_status()),
                         in.diagnostics(), in.tracking_url()));
  out->set_isunregistered(done);
  return Status::Ok();
}

}  // namespace

RpcProtocol MakeApplicationMasterProtocol(ResourceManager* core) {
  RpcProtocol protocol(kProtocol);
  protocol.Register<RegisterApplicationMasterRequestProto, RegisterApplicationMasterResponseProto>(
      "registerApplicationMaster",
      [core](RpcCall& call, const auto& in, auto* out) { return Register(core, call, in, out); });
  protocol.RegisterAsync<AllocateRequestProto, AllocateResponseProto>(
      "allocate", [core](auto call) { Allocate(core, std::move(call)); });
  protocol.Register<FinishApplicationMasterRequestProto, FinishApplicationMasterResponseProto>(
      "finishApplicationMaster",
      [core](RpcCall& call, const auto& in, auto* out) { return Finish(core, call, in, out); });
  return protocol;
}

TokenVerifier MakeAmRmVerifier(const ResourceManager* core) {
  return [core](std::string_view identifier) -> StatusOr<TokenIdentity> {
    ASSIGN_OR_RETURN(auto verified, VerifyAmRmIdentifier(core->amrm_secrets(), identifier));
    return TokenIdentity{verified.attempt.ToString(), std::move(verified.password)};
  };
}

}  // namespace tusk::yarnlite
