#include "proto/hadoop/security.pb.h"
#include "proto/hadoop/yarn_protos.pb.h"
#include "proto/hadoop/yarn_reports.pb.h"
#include "yarnlite/wire/convert_yarn.h"

namespace tusk::yarnlite {

void ToProto(const ApplicationSubmission& submission,
             proto::yarn::ApplicationSubmissionContextProto* out) {
  ToProto(submission.id, out->mutable_application_id());
  out->set_application_name(submission.name);
  out->set_queue(submission.queue);
  out->mutable_priority()->set_priority(submission.priority);
  ToProto(submission.master, out->mutable_am_container_spec());
  out->set_unmanaged_am(submission.unmanaged);
  out->set_maxappattempts(submission.max_attempts);
  ToProto(submission.master_resource, out->mutable_resource());
  out->set_applicationtype(submission.type);
  out->set_keep_containers_across_application_attempts(submission.keep_containers);
  for (const std::string& tag : submission.tags) out->add_applicationtags(tag);
}

StatusOr<ApplicationSubmission> FromProto(
    const proto::yarn::ApplicationSubmissionContextProto& in) {
  ApplicationSubmission submission;
  ASSIGN_OR_RETURN(submission.id, FromProto(in.application_id()));
  submission.name = in.application_name();
  submission.queue = in.queue();
  submission.type = in.applicationtype();
  submission.priority = in.priority().priority();
  submission.unmanaged = in.unmanaged_am();
  submission.max_attempts = in.maxappattempts();
  submission.keep_containers = in.keep_containers_across_application_attempts();
  submission.tags = {in.applicationtags().begin(), in.applicationtags().end()};
  ASSIGN_OR_RETURN(submission.master, FromProto(in.am_container_spec()));
  submission.master_resource = FromProto(in.resource());
  // Newer clients describe the master's container as an ask; the one for "*" says its size.
  for (const auto& request : in.am_container_resource_request()) {
    ASSIGN_OR_RETURN(const ResourceRequest ask, FromProto(request));
    if (ask.name == kAnyNode) submission.master_resource = ask.capability;
  }
  return submission;
}

void ToProto(const ApplicationReport& report, proto::yarn::ApplicationReportProto* out) {
  ToProto(report.id, out->mutable_applicationid());
  ToProto(report.current_attempt, out->mutable_currentapplicationattemptid());
  out->set_user(report.user);
  out->set_queue(report.queue);
  out->set_name(report.name);
  out->set_host(report.host);
  out->set_rpc_port(report.rpc_port);
  out->set_yarn_application_state(
      static_cast<proto::yarn::YarnApplicationStateProto>(report.state));
  out->set_trackingurl(report.tracking_url);
  out->set_originaltrackingurl(report.original_tracking_url);
  out->set_diagnostics(report.diagnostics);
  out->set_starttime(report.start_time_ms);
  out->set_submittime(report.submit_time_ms);
  out->set_launchtime(report.launch_time_ms);
  out->set_finishtime(report.finish_time_ms);
  out->set_final_application_status(
      static_cast<proto::yarn::FinalApplicationStatusProto>(report.final_status));
  out->set_progress(report.progress);
  out->set_applicationtype(report.type);
  for (const std::string& tag : report.tags) out->add_applicationtags(tag);
  out->set_log_aggregation_status(proto::yarn::LOG_DISABLED);
  out->set_unmanaged_application(report.unmanaged);
  out->mutable_priority()->set_priority(report.priority);
  if (!report.amrm_token.kind.empty()) ToProto(report.amrm_token, out->mutable_am_rm_token());

  auto* usage = out->mutable_app_resource_usage();
  usage->set_num_used_containers(report.used_containers);
  usage->set_num_reserved_containers(0);
  ToProto(report.used, usage->mutable_used_resources());
  ToProto(Resource{}, usage->mutable_reserved_resources());
  ToProto(report.used, usage->mutable_needed_resources());
  usage->set_memory_seconds(report.memory_seconds);
  usage->set_vcore_seconds(report.vcore_seconds);
}

StatusOr<ApplicationReport> FromProto(const proto::yarn::ApplicationReportProto& in) {
  ApplicationReport report;
  ASSIGN_OR_RETURN(report.id, FromProto(in.applicationid()));
  if (in.has_currentapplicationattemptid()) {
    ASSIGN_OR_RETURN(report.current_attempt, FromProto(in.currentapplicationattemptid()));
  }
  report.user = in.user();
  report.queue = in.queue();
  report.name = in.name();
  report.type = in.applicationtype();
  report.tags = {in.applicationtags().begin(), in.applicationtags().end()};
  report.host = in.host();
  report.rpc_port = in.rpc_port();
  report.tracking_url = in.trackingurl();
  report.original_tracking_url = in.originaltrackingurl();
  report.state = static_cast<ApplicationState>(in.yarn_application_state());
  report.final_status = static_cast<FinalStatus>(in.final_application_status());
  report.diagnostics = in.diagnostics();
  report.progress = in.progress();
  report.submit_time_ms = in.submittime();
  report.start_time_ms = in.starttime();
  report.launch_time_ms = in.launchtime();
  report.finish_time_ms = in.finishtime();
  report.priority = in.priority().priority();
  report.unmanaged = in.unmanaged_application();
  report.used_containers = in.app_resource_usage().num_used_containers();
  report.used = FromProto(in.app_resource_usage().used_resources());
  report.memory_seconds = in.app_resource_usage().memory_seconds();
  report.vcore_seconds = in.app_resource_usage().vcore_seconds();
  if (in.has_am_rm_token()) report.amrm_token = FromProto(in.am_rm_token());
  return report;
}

void ToProto(const AttemptReport& report, proto::yarn::ApplicationAttemptReportProto* out) {
  ToProto(report.id, out->mutable_application_attempt_id());
  out->set_host(report.host);
  out->set_rpc_port(report.rpc_port);
  out->set_tracking_url(report.tracking_url);
  out->set_original_tracking_url(report.tracking_url);
  out->set_diagnostics(report.diagnostics);
  out->set_yarn_application_attempt_state(
      static_cast<proto::yarn::YarnApplicationAttemptStateProto>(report.state));
  ToProto(report.master_container, out->mutable_am_container_id());
  out->set_starttime(report.start_time_ms);
  out->set_finishtime(report.finish_time_ms);
}

StatusOr<AttemptReport> FromProto(const proto::yarn::ApplicationAttemptReportProto& in) {
  AttemptReport report;
  ASSIGN_OR_RETURN(report.id, FromProto(in.application_attempt_id()));
  report.state = static_cast<AttemptReport::State>(in.yarn_application_attempt_state());
  report.host = in.host();
  report.rpc_port = in.rpc_port();
  report.tracking_url = in.tracking_url();
  report.diagnostics = in.diagnostics();
  if (in.has_am_container_id()) {
    ASSIGN_OR_RETURN(report.master_container, FromProto(in.am_container_id()));
  }
  report.start_time_ms = in.starttime();
  report.finish_time_ms = in.finishtime();
  return report;
}

void ToProto(const ContainerReport& report, proto::yarn::ContainerReportProto* out) {
  ToProto(report.id, out->mutable_container_id());
  ToProto(report.resource, out->mutable_resource());
  ToProto(report.node, out->mutable_node_id());
  out->mutable_priority()->set_priority(report.priority);
  out->set_creation_time(report.creation_time_ms);
  out->set_finish_time(report.finish_time_ms);
  out->set_diagnostics_info(report.diagnostics);
  out->set_log_url("http://" + report.node_http_address + "/node/containerlogs/" +
                   report.id.ToString());
  out->set_container_exit_status(report.exit_status);
  out->set_container_state(static_cast<proto::yarn::ContainerStateProto>(report.state));
  out->set_node_http_address("http://" + report.node_http_address);
  out->set_executiontype(proto::yarn::GUARANTEED);
}

StatusOr<ContainerReport> FromProto(const proto::yarn::ContainerReportProto& in) {
  ContainerReport report;
  ASSIGN_OR_RETURN(report.id, FromProto(in.container_id()));
  ASSIGN_OR_RETURN(report.node, FromProto(in.node_id()));
  report.node_http_address = in.node_http_address();
  if (report.node_http_address.starts_with("http://")) report.node_http_address.erase(0, 7);
  report.resource = FromProto(in.resource());
  report.priority = in.priority().priority();
  report.state = static_cast<ContainerState>(in.container_state());
  report.exit_status = in.container_exit_status();
  report.diagnostics = in.diagnostics_info();
  report.creation_time_ms = in.creation_time();
  report.finish_time_ms = in.finish_time();
  return report;
}

void ToProto(const NodeReport& report, proto::yarn::NodeReportProto* out) {
  ToProto(report.id, out->mutable_nodeid());
  out->set_httpaddress(report.http_address);
  out->set_rackname(report.rack);
  ToProto(report.used, out->mutable_used());
  ToProto(report.capability, out->mutable_capability());
  out->set_numcontainers(report.containers);
  out->set_node_state(static_cast<proto::yarn::NodeStateProto>(report.state));
  out->set_health_report(report.health_report);
  out->set_last_health_report_time(report.last_health_report_ms);
}

StatusOr<NodeReport> FromProto(const proto::yarn::NodeReportProto& in) {
  NodeReport report;
  ASSIGN_OR_RETURN(report.id, FromProto(in.nodeid()));
  report.http_address = in.httpaddress();
  report.rack = in.rackname();
  report.state = static_cast<NodeState>(in.node_state());
  report.used = FromProto(in.used());
  report.capability = FromProto(in.capability());
  report.containers = in.numcontainers();
  report.health_report = in.health_report();
  report.last_health_report_ms = in.last_health_report_time();
  return report;
}

void ToProto(const ClusterMetrics& metrics, proto::yarn::YarnClusterMetricsProto* out) {
  out->set_num_node_managers(metrics.node_managers);
  out->set_num_active_nms(metrics.active);
  out->set_num_lost_nms(metrics.lost);
  out->set_num_unhealthy_nms(metrics.unhealthy);
  out->set_num_rebooted_nms(metrics.rebooted);
  out->set_num_shutdown_nms(metrics.shut_down);
  out->set_num_decommissioned_nms(0);
  out->set_num_decommissioning_nms(0);
}

ClusterMetrics FromProto(const proto::yarn::YarnClusterMetricsProto& in) {
  ClusterMetrics metrics;
  metrics.node_managers = in.num_node_managers();
  metrics.active = in.num_active_nms();
  metrics.lost = in.num_lost_nms();
  metrics.unhealthy = in.num_unhealthy_nms();
  metrics.rebooted = in.num_rebooted_nms();
  metrics.shut_down = in.num_shutdown_nms();
  return metrics;
}

void ToProto(const QueueInfo& queue, proto::yarn::QueueInfoProto* out) {
  out->set_queuename(queue.name);
  out->set_queuepath("root." + queue.name);
  out->set_capacity(queue.capacity);
  out->set_maximumcapacity(queue.maximum_capacity);
  out->set_currentcapacity(queue.current_capacity);
  out->set_state(proto::yarn::Q_RUNNING);
  out->set_schedulertype("FifoScheduler");
  for (const ApplicationReport& report : queue.applications) {
    ToProto(report, out->add_applications());
  }
  auto* statistics = out->mutable_queuestatistics();
  statistics->set_numappsrunning(queue.running_applications);
  statistics->set_numappspending(queue.pending_applications);
}

StatusOr<QueueInfo> FromProto(const proto::yarn::QueueInfoProto& in) {
  QueueInfo queue;
  queue.name = in.queuename();
  queue.capacity = in.capacity();
  queue.maximum_capacity = in.maximumcapacity();
  queue.current_capacity = in.currentcapacity();
  queue.running_applications = static_cast<int>(in.queuestatistics().numappsrunning());
  queue.pending_applications = static_cast<int>(in.queuestatistics().numappspending());
  for (const auto& report : in.applications()) {
    ASSIGN_OR_RETURN(auto application, FromProto(report));
    queue.applications.push_back(std::move(application));
  }
  return queue;
}

}  // namespace tusk::yarnlite
