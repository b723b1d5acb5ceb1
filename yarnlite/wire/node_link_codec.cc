#include "yarnlite/wire/node_link_codec.h"

#include <utility>

#include "common/base/check.h"
#include "proto/hadoop/container_management.pb.h"
#include "proto/hadoop/yarn_protos.pb.h"
#include "proto/tusk/node_link.pb.h"
#include "yarnlite/wire/convert_yarn.h"

namespace tusk::yarnlite {
namespace {

namespace wire = proto::node_link;

template <class Proto>
std::string Bytes(const Proto& proto) {
  std::string bytes;
  CHECK(proto.SerializeToString(&bytes));
  return bytes;
}

Status NotOne(const char* from) {
  return InvalidArgumentError(std::string("a message from ") + from + " that says nothing known");
}

template <class Protos>
StatusOr<std::vector<ContainerStatus>> Statuses(const Protos& protos) {
  std::vector<ContainerStatus> statuses;
  for (const auto& proto : protos) {
    ASSIGN_OR_RETURN(ContainerStatus status, FromProto(proto));
    statuses.push_back(std::move(status));
  }
  return statuses;
}

void Put(const NodeRegistration& in, wire::FromNodeProto* out) {
  auto* registration = out->mutable_registration();
  ToProto(in.id, registration->mutable_node_id());
  registration->set_http_port(in.http_port);
  ToProto(in.capability, registration->mutable_capability());
  registration->set_version(in.version);
  registration->set_incarnation(in.incarnation);
  registration->set_resource_manager(in.resource_manager);
  for (const auto& status : in.containers) ToProto(status, registration->add_containers());
}

void Put(const NodeMessage& in, wire::FromNodeProto* out) {
  auto* news = out->mutable_news();
  if (in.has_heartbeat) {
    auto* heartbeat = news->mutable_heartbeat();
    heartbeat->set_used_memory_mb(in.heartbeat.used_memory_mb);
    heartbeat->set_running_containers(in.heartbeat.running_containers);
    heartbeat->set_health_report(in.heartbeat.health_report);
  }
  for (const auto& status : in.started) ToProto(status, news->add_started());
  for (const auto& status : in.completed) ToProto(status, news->add_completed());
}

void Put(const NodeLeaving&, wire::FromNodeProto* out) {
  out->set_leaving(true);
}

void Put(const MasterKey& in, wire::MasterKeyProto* out) {
  out->set_id(in.id);
  out->set_bytes(in.bytes);
}

void Put(const NodeAccepted& in, wire::ToNodeProto* out) {
  auto* accepted = out->mutable_accepted();
  accepted->set_resource_manager(in.resource_manager);
  Put(in.container_key, accepted->mutable_container_key());
  Put(in.nm_token_key, accepted->mutable_nm_token_key());
  accepted->set_heartbeat_interval_ms(ToMillis(in.heartbeat_interval));
}

void Put(const NodeCommand& in, wire::ToNodeProto* out) {
  auto* command = out->mutable_command();
  for (const LaunchMaster& launch : in.launches) {
    auto* proto = command->add_launches();
    ToProto(launch.context, proto->mutable_container_launch_context());
    ToProto(launch.container_token, proto->mutable_container_token());
  }
  for (const KillContainer& kill : in.kills) {
    auto* proto = command->add_kills();
    ToProto(kill.id, proto->mutable_container_id());
    proto->set_exit_status(kill.exit_status);
    proto->set_diagnostics(kill.diagnostics);
  }
  for (const ContainerId& id : in.forget) ToProto(id, command->add_forget());
  for (const auto& id : in.ended_applications) ToProto(id, command->add_ended_applications());
}

StatusOr<NodeRegistration> Take(const wire::RegistrationProto& in) {
  NodeRegistration registration;
  ASSIGN_OR_RETURN(registration.id, FromProto(in.node_id()));
  registration.http_port = in.http_port();
  registration.capability = FromProto(in.capability());
  registration.version = in.version();
  registration.incarnation = in.incarnation();
  registration.resource_manager = in.resource_manager();
  ASSIGN_OR_RETURN(registration.containers, Statuses(in.containers()));
  return registration;
}

StatusOr<NodeMessage> Take(const wire::NewsProto& in) {
  NodeMessage message;
  message.has_heartbeat = in.has_heartbeat();
  message.heartbeat.used_memory_mb = in.heartbeat().used_memory_mb();
  message.heartbeat.running_containers = in.heartbeat().running_containers();
  message.heartbeat.health_report = in.heartbeat().health_report();
  ASSIGN_OR_RETURN(message.started, Statuses(in.started()));
  ASSIGN_OR_RETURN(message.completed, Statuses(in.completed()));
  return message;
}

StatusOr<NodeAccepted> Take(const wire::AcceptedProto& in) {
  if (in.container_key().bytes().empty() || in.nm_token_key().bytes().empty()) {
    return InvalidArgumentError("the ResourceManager sent no keys");
  }
  NodeAccepted accepted;
  accepted.resource_manager = in.resource_manager();
  accepted.container_key = {in.container_key().id(), in.container_key().bytes()};
  accepted.nm_token_key = {in.nm_token_key().id(), in.nm_token_key().bytes()};
  accepted.heartbeat_interval = std::chrono::milliseconds(in.heartbeat_interval_ms());
  return accepted;
}

StatusOr<NodeCommand> Take(const wire::CommandProto& in) {
  NodeCommand command;
  for (const auto& proto : in.launches()) {
    LaunchMaster launch;
    ASSIGN_OR_RETURN(launch.context, FromProto(proto.container_launch_context()));
    launch.container_token = FromProto(proto.container_token());
    command.launches.push_back(std::move(launch));
  }
  for (const auto& proto : in.kills()) {
    ASSIGN_OR_RETURN(const ContainerId id, FromProto(proto.container_id()));
    command.kills.push_back({id, proto.exit_status(), proto.diagnostics()});
  }
  for (const auto& proto : in.forget()) {
    ASSIGN_OR_RETURN(const ContainerId id, FromProto(proto));
    command.forget.push_back(id);
  }
  for (const auto& proto : in.ended_applications()) {
    ASSIGN_OR_RETURN(const ApplicationId id, FromProto(proto));
    command.ended_applications.push_back(id);
  }
  return command;
}

}  // namespace

std::string Encode(const FromNode& message) {
  wire::FromNodeProto proto;
  std::visit([&](const auto& body) { Put(body, &proto); }, message);
  return Bytes(proto);
}

std::string Encode(const ToNode& message) {
  wire::ToNodeProto proto;
  std::visit([&](const auto& body) { Put(body, &proto); }, message);
  return Bytes(proto);
}

StatusOr<FromNode> DecodeFromNode(std::string_view bytes) {
  wire::FromNodeProto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidArgumentError("malformed message from a NodeManager");
  }
  if (proto.has_registration()) {
    ASSIGN_OR_RETURN(NodeRegistration registration, Take(proto.registration()));
    return FromNode(std::move(registration));
  }
  if (proto.has_news()) {
    ASSIGN_OR_RETURN(NodeMessage message, Take(proto.news()));
    return FromNode(std::move(message));
  }
  if (proto.leaving()) return FromNode(NodeLeaving{});
  return NotOne("a NodeManager");
}

StatusOr<ToNode> DecodeToNode(std::string_view bytes) {
  wire::ToNodeProto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidArgumentError("malformed message from the ResourceManager");
  }
  if (proto.has_accepted()) {
    ASSIGN_OR_RETURN(NodeAccepted accepted, Take(proto.accepted()));
    return ToNode(std::move(accepted));
  }
  if (proto.has_command()) {
    ASSIGN_OR_RETURN(NodeCommand command, Take(proto.command()));
    return ToNode(std::move(command));
  }
  return NotOne("the ResourceManager");
}

}  // namespace tusk::yarnlite
