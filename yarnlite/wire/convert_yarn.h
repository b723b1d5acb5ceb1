// YARN's messages to and from the plain types of yarnlite/api.
//
// FromProto of a message that lacks what the type needs is kInvalidArgument naming the field: the
// bytes came from a network. ToProto fills what stock clients expect.
#pragma once

#include <map>
#include <string>

#include "common/base/status.h"
#include "common/protocol/token.h"
#include "yarnlite/api/application.h"
#include "yarnlite/api/container.h"
#include "yarnlite/api/ids.h"
#include "yarnlite/api/queue.h"
#include "yarnlite/api/resource.h"

namespace tusk::proto::common {
class TokenProto;
}
namespace tusk::proto::yarn {
class ApplicationAttemptIdProto;
class ApplicationAttemptReportProto;
class ApplicationIdProto;
class ApplicationReportProto;
class ApplicationSubmissionContextProto;
class ContainerIdProto;
class ContainerLaunchContextProto;
class ContainerProto;
class ContainerReportProto;
class ContainerStatusProto;
class NodeIdProto;
class NodeReportProto;
class QueueInfoProto;
class ResourceProto;
class ResourceRequestProto;
class SerializedExceptionProto;
class URLProto;
class YarnClusterMetricsProto;
}  // namespace tusk::proto::yarn

namespace tusk::yarnlite {

void ToProto(const ApplicationId& id, proto::yarn::ApplicationIdProto* out);
void ToProto(const ApplicationAttemptId& id, proto::yarn::ApplicationAttemptIdProto* out);
void ToProto(const ContainerId& id, proto::yarn::ContainerIdProto* out);
void ToProto(const NodeId& id, proto::yarn::NodeIdProto* out);
StatusOr<ApplicationId> FromProto(const proto::yarn::ApplicationIdProto& in);
StatusOr<ApplicationAttemptId> FromProto(const proto::yarn::ApplicationAttemptIdProto& in);
StatusOr<ContainerId> FromProto(const proto::yarn::ContainerIdProto& in);
StatusOr<NodeId> FromProto(const proto::yarn::NodeIdProto& in);

// Both the old fields and the map of resource types, which newer clients read.
void ToProto(const Resource& resource, proto::yarn::ResourceProto* out);
Resource FromProto(const proto::yarn::ResourceProto& in);

void ToProto(const Token& token, proto::common::TokenProto* out);
Token FromProto(const proto::common::TokenProto& in);

void ToProto(const ContainerLaunchContext& context, proto::yarn::ContainerLaunchContextProto* out);
StatusOr<ContainerLaunchContext> FromProto(const proto::yarn::ContainerLaunchContextProto& in);

void ToProto(const Container& container, proto::yarn::ContainerProto* out);
StatusOr<Container> FromProto(const proto::yarn::ContainerProto& in);
void ToProto(const ContainerStatus& status, proto::yarn::ContainerStatusProto* out);
StatusOr<ContainerStatus> FromProto(const proto::yarn::ContainerStatusProto& in);

void ToProto(const ResourceRequest& request, proto::yarn::ResourceRequestProto* out);
StatusOr<ResourceRequest> FromProto(const proto::yarn::ResourceRequestProto& in);

void ToProto(const ApplicationSubmission& submission,
             proto::yarn::ApplicationSubmissionContextProto* out);
StatusOr<ApplicationSubmission> FromProto(const proto::yarn::ApplicationSubmissionContextProto& in);

void ToProto(const ApplicationReport& report, proto::yarn::ApplicationReportProto* out);
StatusOr<ApplicationReport> FromProto(const proto::yarn::ApplicationReportProto& in);
void ToProto(const AttemptReport& report, proto::yarn::ApplicationAttemptReportProto* out);
StatusOr<AttemptReport> FromProto(const proto::yarn::ApplicationAttemptReportProto& in);
void ToProto(const ContainerReport& report, proto::yarn::ContainerReportProto* out);
StatusOr<ContainerReport> FromProto(const proto::yarn::ContainerReportProto& in);
void ToProto(const NodeReport& report, proto::yarn::NodeReportProto* out);
StatusOr<NodeReport> FromProto(const proto::yarn::NodeReportProto& in);
void ToProto(const ClusterMetrics& metrics, proto::yarn::YarnClusterMetricsProto* out);
ClusterMetrics FromProto(const proto::yarn::YarnClusterMetricsProto& in);
void ToProto(const QueueInfo& queue, proto::yarn::QueueInfoProto* out);
StatusOr<QueueInfo> FromProto(const proto::yarn::QueueInfoProto& in);

// "hdfs://host:8020/a/b", as YARN takes it apart. A path without scheme keeps none.
void ToProto(const std::string& uri, proto::yarn::URLProto* out);
std::string FromProto(const proto::yarn::URLProto& in);

// An error inside an answer (failed containers of startContainers).
void ToProto(const Status& error, const std::string& exception_class,
             proto::yarn::SerializedExceptionProto* out);

}  // namespace tusk::yarnlite
