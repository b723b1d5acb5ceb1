#include "proto/hadoop/security.pb.h"
#include "proto/hadoop/yarn_protos.pb.h"
#include "yarnlite/wire/convert_yarn.h"

namespace tusk::yarnlite {
namespace {

Status Missing(const char* what) {
  return InvalidArgumentError(std::string(what) + " is missing", Reason::kIllegalArgument);
}

constexpr const char* kMemoryKey = "memory-mb";
constexpr const char* kVcoresKey = "vcores";

void AddResourceValue(const char* key, int64_t value, const char* units,
                      proto::yarn::ResourceProto* out) {
  auto* entry = out->add_resource_value_map();
  entry->set_key(key);
  entry->set_value(value);
  entry->set_units(units);
  entry->set_type(proto::yarn::COUNTABLE);
}

// In MB; clients may send other binary units.
int64_t MemoryOf(const proto::yarn::ResourceInformationProto& entry) {
  const std::string& units = entry.units();
  if (units == "Gi") return entry.value() * 1024;
  if (units == "G") return entry.value() * 1000;
  if (units == "Ki") return entry.value() / 1024;
  if (units.empty() && entry.has_units()) return entry.value() / (1024 * 1024);  // bytes
  return entry.value();
}

}  // namespace

void ToProto(const ApplicationId& id, proto::yarn::ApplicationIdProto* out) {
  out->set_id(id.id);
  out->set_cluster_timestamp(id.cluster_timestamp);
}

void ToProto(const ApplicationAttemptId& id, proto::yarn::ApplicationAttemptIdProto* out) {
  ToProto(id.application, out->mutable_application_id());
  out->set_attemptid(id.attempt);
}

void ToProto(const ContainerId& id, proto::yarn::ContainerIdProto* out) {
  ToProto(id.attempt.application, out->mutable_app_id());
  ToProto(id.attempt, out->mutable_app_attempt_id());
  out->set_id(id.id);
}

void ToProto(const NodeId& id, proto::yarn::NodeIdProto* out) {
  out->set_host(id.host);
  out->set_port(id.port);
}

StatusOr<ApplicationId> FromProto(const proto::yarn::ApplicationIdProto& in) {
  if (!in.has_id() || !in.has_cluster_timestamp()) return Missing("application id");
  return ApplicationId{in.cluster_timestamp(), in.id()};
}

StatusOr<ApplicationAttemptId> FromProto(const proto::yarn::ApplicationAttemptIdProto& in) {
  if (!in.has_attemptid()) return Missing("application attempt id");
  ASSIGN_OR_RETURN(const ApplicationId application, FromProto(in.application_id()));
  return ApplicationAttemptId{application, in.attemptid()};
}

StatusOr<ContainerId> FromProto(const proto::yarn::ContainerIdProto& in) {
  if (!in.has_id()) return Missing("container id");
  ASSIGN_OR_RETURN(const ApplicationAttemptId attempt, FromProto(in.app_attempt_id()));
  return ContainerId{attempt, in.id()};
}

StatusOr<NodeId> FromProto(const proto::yarn::NodeIdProto& in) {
  if (in.host().empty()) return Missing("host of a node id");
  return NodeId{in.host(), in.port()};
}

void ToProto(const Resource& resource, proto::yarn::ResourceProto* out) {
  out->set_memory(resource.memory_mb);
  out->set_virtual_cores(resource.vcores);
  out->clear_resource_value_map();
  AddResourceValue(kMemoryKey, resource.memory_mb, "Mi", out);
  AddResourceValue(kVcoresKey, resource.vcores, "", out);
}

Resource FromProto(const proto::yarn::ResourceProto& in) {
  Resource resource{in.memory(), in.virtual_cores()};
  for (const auto& entry : in.resource_value_map()) {
    if (entry.key() == kMemoryKey && !in.has_memory()) resource.memory_mb = MemoryOf(entry);
    if (entry.key() == kVcoresKey && !in.has_virtual_cores()) {
      resource.vcores = static_cast<int32_t>(entry.value());
    }
  }
  return resource;
}

void ToProto(const Token& token, proto::common::TokenProto* out) {
  out->set_identifier(token.identifier);
  out->set_password(token.password);
  out->set_kind(token.kind);
  out->set_service(token.service);
}

Token FromProto(const proto::common::TokenProto& in) {
  return {in.identifier(), in.password(), in.kind(), in.service()};
}

void ToProto(const std::string& uri, proto::yarn::URLProto* out) {
  std::string_view rest = uri;
  if (const size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    out->set_scheme(std::string(rest.substr(0, scheme)));
    rest.remove_prefix(scheme + 3);
    const size_t slash = std::min(rest.find('/'), rest.size());
    std::string_view authority = rest.substr(0, slash);
    rest.remove_prefix(slash);
    if (const size_t at = authority.find('@'); at != std::string_view::npos) {
      out->set_userinfo(std::string(authority.substr(0, at)));
      authority.remove_prefix(at + 1);
    }
    const auto node = NodeId::Parse(authority);
    out->set_host(node.ok() ? node->host : std::string(authority));
    out->set_port(node.ok() ? node->port : -1);
  } else if (rest.starts_with("file:")) {
    out->set_scheme("file");
    rest.remove_prefix(5);
  }
  out->set_file(std::string(rest));
}

std::string FromProto(const proto::yarn::URLProto& in) {
  std::string uri;
  if (!in.scheme().empty()) {
    uri = in.scheme() + "://";
    if (!in.userinfo().empty()) uri += in.userinfo() + "@";
    uri += in.host();
    if (in.has_port() && in.port() > 0) uri += ":" + std::to_string(in.port());
  }
  return uri + in.file();
}

void ToProto(const Status& error, const std::string& exception_class,
             proto::yarn::SerializedExceptionProto* out) {
  out->set_message(error.message());
  out->set_class_name(exception_class);
}

}  // namespace tusk::yarnlite
