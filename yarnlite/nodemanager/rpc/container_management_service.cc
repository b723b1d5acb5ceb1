#include "yarnlite/nodemanager/rpc/container_management_service.h"

#include <string>
#include <utility>

#include "common/base/bytes.h"
#include "common/rpc/exceptions.h"
#include "proto/hadoop/container_management.pb.h"
#include "yarnlite/wire/convert_yarn.h"

namespace tusk::yarnlite {
namespace {

using namespace proto::yarn;  // NOLINT: only messages of this protocol

constexpr const char* kProtocol = "org.apache.hadoop.yarn.api.ContainerManagementProtocolPB";

StatusOr<ApplicationAttemptId> CallerOf(const RpcCall& call) {
  if (!call.peer().token_authenticated) {
    return UnauthenticatedError("No NMToken found for user " + call.user().name, Reason::kYarn);
  }
  return ApplicationAttemptId::Parse(call.user().name);
}

template <class Response>
void AddFailure(const ContainerIdProto& id, const Status& error, Response* out) {
  auto* failure = out->add_failed_requests();
  *failure->mutable_container_id() = id;
  ToProto(error, std::string(ExceptionClassOf(error)), failure->mutable_exception());
}

Status StartContainers(NodeManager* core, RpcCall& call, const StartContainersRequestProto& in,
                       StartContainersResponseProto* out) {
  ASSIGN_OR_RETURN(const ApplicationAttemptId caller, CallerOf(call));
  if (const int port = core->options().file_service_port; port > 0) {
    auto* service = out->add_services_meta_data();
    service->set_key(kFileServiceName);
    AppendBigEndian<int32_t>(service->mutable_value(), port);
  }
  for (const auto& request : in.start_container_request()) {
    ContainerId id;
    ContainerIdProto id_proto;
    auto context = FromProto(request.container_launch_context());
    Status started = context.status();
    if (context.ok()) {
      started = core->Start(caller, FromProto(request.container_token()), *context, &id);
    }
    ToProto(id, &id_proto);
    if (started.ok()) {
      *out->add_succeeded_requests() = id_proto;
    } else {
      AddFailure(id_proto, started, out);
    }
  }
  return Status::Ok();
}

Status StopContainers(NodeManager* core, RpcCall& call, const StopContainersRequestProto& in,
                      StopContainersResponseProto* out) {
  ASSIGN_OR_RETURN(const ApplicationAttemptId caller, CallerOf(call));
  for (const auto& id_proto : in.container_id()) {
    const auto id = FromProto(id_proto);
    const Status stopped = id.ok() ? core->StopContainer(caller, *id) : id.status();
    if (stopped.ok()) {
      *out->add_succeeded_requests() = id_proto;
    } else {
      AddFailure(id_proto, stopped, out);
    }
  }
  return Status::Ok();
}

Status GetContainerStatuses(NodeManager* core, RpcCall& call,
                            const GetContainerStatusesRequestProto& in,
                            GetContainerStatusesResponseProto* out) {
  ASSIGN_OR_RETURN(const ApplicationAttemptId caller, CallerOf(call));
  for (const auto& id_proto : in.container_id()) {
    const auto id = FromProto(id_proto);
    const StatusOr<ContainerStatus> status =
        id.ok() ? core->GetStatus(caller, *id) : StatusOr<ContainerStatus>(id.status());
    if (status.ok()) {
      ToProto(*status, out->add_status());
    } else {
      AddFailure(id_proto, status.status(), out);
    }
  }
  return Status::Ok();
}

}  // namespace

RpcProtocol MakeContainerManagementProtocol(NodeManager* core) {
  RpcProtocol protocol(kProtocol);
  const auto on = [&]<class In, class Out>(
                      const char* name,
                      Status (*handler)(NodeManager*, RpcCall&, const In&, Out*)) {
    protocol.Register<In, Out>(name, [core, handler](RpcCall& call, const In& in, Out* out) {
      return handler(core, call, in, out);
    });
  };
  on("startContainers", &StartContainers);
  on("stopContainers", &StopContainers);
  on("getContainerStatuses", &GetContainerStatuses);
  return protocol;
}

TokenVerifier MakeNmVerifier(const NodeManager* core) {
  return [core](std::string_view identifier) -> StatusOr<TokenIdentity> {
    ASSIGN_OR_RETURN(auto verified,
                     VerifyNmIdentifier(core->nm_secrets(), core->options().id, identifier));
    return TokenIdentity{verified.attempt.ToString(), std::move(verified.password)};
  };
}

}  // namespace tusk::yarnlite
