#include "yarnlite/client/node_manager_client.h"

#include <utility>

#include "common/base/bytes.h"
#include "common/rpc/client.h"
#include "common/rpc/exceptions.h"
#include "proto/hadoop/container_management.pb.h"
#include "yarnlite/wire/convert_yarn.h"

namespace tusk::yarnlite {
namespace {

using namespace proto::yarn;  // NOLINT: only messages of this protocol

constexpr const char* kProtocol = "org.apache.hadoop.yarn.api.ContainerManagementProtocolPB";

// What the NodeManager said about one container of a call, or Ok.
template <class Failures>
Status FailureOf(const Failures& failures) {
  if (failures.empty()) return Status::Ok();
  const auto& exception = failures.Get(0).exception();
  return StatusFromException(exception.class_name(), exception.message());
}

class RpcNodeManagerClient final : public NodeManagerClient {
 public:
  explicit RpcNodeManagerClient(const NodeManagerClientOptions& options)
      : rpc_({.call_timeout = options.call_timeout, .local_address = options.local_address}) {}

  StatusOr<StartAnswer> StartContainer(const Container& container, const Token& nm_token,
                                       const ContainerLaunchContext& context) override {
    StartContainersRequestProto in;
    auto* start = in.add_start_container_request();
    ToProto(context, start->mutable_container_launch_context());
    ToProto(container.token, start->mutable_container_token());
    StartContainersResponseProto out;
    RETURN_IF_ERROR(Call(container.node, nm_token, "startContainers", in, &out));
    RETURN_IF_ERROR(FailureOf(out.failed_requests()));
    StartAnswer answer;
    for (const auto& service : out.services_meta_data()) {
      answer.services[service.key()] = service.value();
      if (service.key() == kFileServiceName && service.value().size() == sizeof(int32_t)) {
        answer.file_service_port = LoadBigEndian<int32_t>(service.value().data());
      }
    }
    return answer;
  }

  Status StopContainer(const NodeId& node, const ContainerId& id, const Token& nm_token) override {
    StopContainersRequestProto in;
    ToProto(id, in.add_container_id());
    StopContainersResponseProto out;
    RETURN_IF_ERROR(Call(node, nm_token, "stopContainers", in, &out));
    return FailureOf(out.failed_requests());
  }

  StatusOr<ContainerStatus> GetStatus(const NodeId& node, const ContainerId& id,
                                      const Token& nm_token) override {
    GetContainerStatusesRequestProto in;
    ToProto(id, in.add_container_id());
    GetContainerStatusesResponseProto out;
    RETURN_IF_ERROR(Call(node, nm_token, "getContainerStatuses", in, &out));
    RETURN_IF_ERROR(FailureOf(out.failed_requests()));
    if (out.status_size() == 0) {
      return InternalError("the NodeManager " + node.ToString() + " answered no status");
    }
    return FromProto(out.status(0));
  }

 private:
  Status Call(const NodeId& node, const Token& token, const char* method,
              const google::protobuf::MessageLite& in, google::protobuf::MessageLite* out) {
    return rpc_.Call({node.host, node.port}, {.token = token}, kProtocol, method, in, out);
  }

  RpcClient rpc_;
};

}  // namespace

StatusOr<std::unique_ptr<NodeManagerClient>> NodeManagerClient::Create(
    const NodeManagerClientOptions& options) {
  return std::unique_ptr<NodeManagerClient>(new RpcNodeManagerClient(options));
}

}  // namespace tusk::yarnlite
