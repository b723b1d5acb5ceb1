#include "proto/hadoop/security.pb.h"
#include "proto/hadoop/yarn_protos.pb.h"
#include "yarnlite/wire/convert_yarn.h"

namespace tusk::yarnlite {
namespace {

void LocalToProto(const LocalResource& resource, proto::yarn::LocalResourceProto* out) {
  ToProto(resource.uri, out->mutable_resource());
  out->set_size(resource.size_bytes);
  out->set_timestamp(resource.timestamp_ms);
  out->set_type(static_cast<proto::yarn::LocalResourceTypeProto>(resource.type));
  out->set_visibility(static_cast<proto::yarn::LocalResourceVisibilityProto>(resource.visibility));
  if (!resource.pattern.empty()) out->set_pattern(resource.pattern);
}

LocalResource LocalFromProto(const proto::yarn::LocalResourceProto& in) {
  LocalResource resource;
  resource.uri = FromProto(in.resource());
  resource.size_bytes = in.size();
  resource.timestamp_ms = in.timestamp();
  resource.type = static_cast<LocalResource::Type>(in.type());
  resource.visibility = static_cast<LocalResource::Visibility>(in.visibility());
  resource.pattern = in.pattern();
  return resource;
}

}  // namespace

void ToProto(const ContainerLaunchContext& context, proto::yarn::ContainerLaunchContextProto* out) {
  for (const auto& [name, resource] : context.local_resources) {
    auto* entry = out->add_localresources();
    entry->set_key(name);
    LocalToProto(resource, entry->mutable_value());
  }
  if (!context.tokens.empty()) out->set_tokens(context.tokens);
  for (const auto& [service, data] : context.service_data) {
    auto* entry = out->add_service_data();
    entry->set_key(service);
    entry->set_value(data);
  }
  for (const auto& [name, value] : context.environment) {
    auto* entry = out->add_environment();
    entry->set_key(name);
    entry->set_value(value);
  }
  for (const std::string& command : context.commands) out->add_command(command);
}

StatusOr<ContainerLaunchContext> FromProto(const proto::yarn::ContainerLaunchContextProto& in) {
  ContainerLaunchContext context;
  for (const auto& entry : in.localresources()) {
    if (entry.key().empty() || !entry.value().has_resource()) {
      return InvalidArgumentError("a local resource without name or location",
                                  Reason::kIllegalArgument);
    }
    context.local_resources[entry.key()] = LocalFromProto(entry.value());
  }
  context.tokens = in.tokens();
  for (const auto& entry : in.service_data()) context.service_data[entry.key()] = entry.value();
  for (const auto& entry : in.environment()) context.environment[entry.key()] = entry.value();
  for (const std::string& command : in.command()) context.commands.push_back(command);
  return context;
}

void ToProto(const Container& container, proto::yarn::ContainerProto* out) {
  ToProto(container.id, out->mutable_id());
  ToProto(container.node, out->mutable_nodeid());
  out->set_node_http_address(container.node_http_address);
  ToProto(container.resource, out->mutable_resource());
  out->mutable_priority()->set_priority(container.priority);
  ToProto(container.token, out->mutable_container_token());
  out->set_execution_type(proto::yarn::GUARANTEED);
  out->set_allocation_request_id(container.allocation_request_id);
  out->set_version(0);
}

StatusOr<Container> FromProto(const proto::yarn::ContainerProto& in) {
  Container container;
  ASSIGN_OR_RETURN(container.id, FromProto(in.id()));
  ASSIGN_OR_RETURN(container.node, FromProto(in.nodeid()));
  container.node_http_address = in.node_http_address();
  container.resource = FromProto(in.resource());
  container.priority = in.priority().priority();
  container.allocation_request_id = in.allocation_request_id();
  container.token = FromProto(in.container_token());
  return container;
}

void ToProto(const ContainerStatus& status, proto::yarn::ContainerStatusProto* out) {
  ToProto(status.id, out->mutable_container_id());
  out->set_state(static_cast<proto::yarn::ContainerStateProto>(status.state));
  out->set_diagnostics(status.diagnostics);
  out->set_exit_status(status.exit_status);
  ToProto(status.resource, out->mutable_capability());
  out->set_executiontype(proto::yarn::GUARANTEED);
}

StatusOr<ContainerStatus> FromProto(const proto::yarn::ContainerStatusProto& in) {
  ContainerStatus status;
  ASSIGN_OR_RETURN(status.id, FromProto(in.container_id()));
  status.state = static_cast<ContainerState>(in.state());
  status.diagnostics = in.diagnostics();
  status.exit_status = in.exit_status();
  status.resource = FromProto(in.capability());
  return status;
}

void ToProto(const ResourceRequest& request, proto::yarn::ResourceRequestProto* out) {
  out->mutable_priority()->set_priority(request.priority);
  out->set_resource_name(request.name);
  ToProto(request.capability, out->mutable_capability());
  out->set_num_containers(request.containers);
  out->set_relax_locality(request.relax_locality);
  if (request.allocation_request_id != -1) {
    out->set_allocation_request_id(request.allocation_request_id);
  }
}

StatusOr<ResourceRequest> FromProto(const proto::yarn::ResourceRequestProto& in) {
  if (!in.node_label_expression().empty()) {
    return InvalidArgumentError(
        "Invalid resource request, node label expressions are not supported yet: " +
            in.node_label_expression(),
        Reason::kInvalidResourceRequest);
  }
  ResourceRequest request;
  request.priority = in.priority().priority();
  request.name = in.resource_name().empty() ? kAnyNode : in.resource_name();
  request.capability = FromProto(in.capability());
  request.containers = in.num_containers();
  request.relax_locality = in.relax_locality();
  request.allocation_request_id = in.allocation_request_id();
  return request;
}

}  // namespace tusk::yarnlite
