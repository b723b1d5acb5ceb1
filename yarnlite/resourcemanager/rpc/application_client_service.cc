#include "yarnlite/resourcemanager/rpc/application_client_service.h"

#include <memory>
#include <set>
#include <string>

#include "proto/hadoop/application_client.pb.h"
#include "proto/hadoop/yarn_reports.pb.h"
#include "yarnlite/wire/convert_yarn.h"

namespace tusk::yarnlite {

std::optional<uint64_t> SeenReports::Find(uint64_t connection, const ApplicationId& id) const {
  MutexLock lock(mu_);
  const auto it = versions_.find({connection, id});
  if (it == versions_.end()) return std::nullopt;
  return it->second;
}

void SeenReports::Put(uint64_t connection, const ApplicationId& id, uint64_t version) {
  MutexLock lock(mu_);
  const Key key{connection, id};
  if (!versions_.insert_or_assign(key, version).second) return;
  order_.push_back(key);
  if (order_.size() <= kMaxEntries) return;
  versions_.erase(order_.front());
  order_.pop_front();
}

namespace {

using namespace proto::yarn;  // NOLINT: only messages of this protocol

constexpr const char* kProtocol = "org.apache.hadoop.yarn.api.ApplicationClientProtocolPB";

class ApplicationClientService {
 public:
  explicit ApplicationClientService(ResourceManager* core) : core_(core) {}

  Status GetNewApplication(RpcCall&, const GetNewApplicationRequestProto&,
                           GetNewApplicationResponseProto* out) {
    ToProto(core_->NewApplication(), out->mutable_application_id());
    ToProto(core_->Maximum(), out->mutable_maximumcapability());
    return Status::Ok();
  }

  Status SubmitApplication(RpcCall& call, const SubmitApplicationRequestProto& in,
                           SubmitApplicationResponseProto*) {
    ASSIGN_OR_RETURN(ApplicationSubmission submission,
                     FromProto(in.application_submission_context()));
    return core_->Submit(call.user(), std::move(submission));
  }

  void GetApplicationReport(
      AsyncCall<GetApplicationReportRequestProto, GetApplicationReportResponseProto> call) {
    const auto id = FromProto(call.request().application_id());
    if (!id.ok()) {
      call.Finish(id.status());
      return;
    }
    const uint64_t connection = call.call().peer().connection_id;
    const auto answer = [this, call, connection, id = *id](StatusOr<VersionedReport> report) {
      if (report.ok()) {
        ToProto(report->report, call.response()->mutable_application_report());
        seen_.Put(connection, id, report->version);
      }
      call.Finish(report.status());
    };
    const auto seen = seen_.Find(connection, *id);
    if (seen && call.call().TryHold()) {
      core_->ReportWhenChanged(call.call().user(), *id, *seen, answer);
    } else {
      answer(core_->Report(call.call().user(), *id));
    }
  }

  Status ForceKillApplication(RpcCall& call, const KillApplicationRequestProto& in,
                              KillApplicationResponseProto* out) {
    ASSIGN_OR_RETURN(const ApplicationId id, FromProto(in.application_id()));
    ASSIGN_OR_RETURN(const bool done,
                     core_->Kill(call.user(), id, in.diagnostics(), call.peer().host));
    out->set_is_kill_completed(done);
    return Status::Ok();
  }

  Status GetApplications(RpcCall&, const GetApplicationsRequestProto& in,
                         GetApplicationsResponseProto* out) {
    for (const ApplicationReport& report : core_->Applications()) {
      if (in.limit() > 0 && out->applications_size() >= in.limit()) break;
      if (Matches(in, report)) ToProto(report, out->add_applications());
    }
    return Status::Ok();
  }

  Status GetClusterMetrics(RpcCall&, const GetClusterMetricsRequestProto&,
                           GetClusterMetricsResponseProto* out) {
    ToProto(core_->Metrics(), out->mutable_cluster_metrics());
    return Status::Ok();
  }

  Status GetClusterNodes(RpcCall&, const GetClusterNodesRequestProto& in,
                         GetClusterNodesResponseProto* out) {
    const std::set<int> states(in.nodestates().begin(), in.nodestates().end());
    for (const NodeReport& report : core_->Nodes()) {
      if (states.empty() || states.contains(static_cast<int>(report.state))) {
        ToProto(report, out->add_nodereports());
      }
    }
    return Status::Ok();
  }

  Status GetQueueInfo(RpcCall&, const GetQueueInfoRequestProto& in,
                      GetQueueInfoResponseProto* out) {
    ASSIGN_OR_RETURN(const QueueInfo queue, core_->Queue(in.queuename(), in.includeapplications()));
    auto* proto = out->mutable_queueinfo();
    ToProto(queue, proto);
    if (in.queuename() == "root" && (in.includechildqueues() || in.recursive())) {
      ASSIGN_OR_RETURN(const QueueInfo child, core_->Queue("default", in.includeapplications()));
      ToProto(child, proto->add_childqueues());
    }
    return Status::Ok();
  }

  Status GetQueueUserAcls(RpcCall&, const GetQueueUserAclsInfoRequestProto&,
                          GetQueueUserAclsInfoResponseProto* out) {
    auto* queue = out->add_queueuseracls();
    queue->set_queuename("default");
    queue->add_useracls(QACL_SUBMIT_APPLICATIONS);
    return Status::Ok();
  }

  Status GetApplicationAttempts(RpcCall&, const GetApplicationAttemptsRequestProto& in,
                                GetApplicationAttemptsResponseProto* out) {
    ASSIGN_OR_RETURN(const ApplicationId id, FromProto(in.application_id()));
    ASSIGN_OR_RETURN(const auto attempts, core_->Attempts(id));
    for (const AttemptReport& report : attempts) ToProto(report, out->add_application_attempts());
    return Status::Ok();
  }

  Status GetApplicationAttemptReport(RpcCall&, const GetApplicationAttemptReportRequestProto& in,
                                     GetApplicationAttemptReportResponseProto* out) {
    ASSIGN_OR_RETURN(const ApplicationAttemptId id, FromProto(in.application_attempt_id()));
    ASSIGN_OR_RETURN(const auto attempts, core_->Attempts(id.application));
    for (const AttemptReport& report : attempts) {
      if (report.id != id) continue;
      ToProto(report, out->mutable_application_attempt_report());
      return Status::Ok();
    }
    return NotFoundError("ApplicationAttempt with id '" + id.ToString() + "' doesn't exist in RM.",
                         Reason::kApplicationAttemptNotFound);
  }

  Status GetContainers(RpcCall&, const GetContainersRequestProto& in,
                       GetContainersResponseProto* out) {
    ASSIGN_OR_RETURN(const ApplicationAttemptId id, FromProto(in.application_attempt_id()));
    ASSIGN_OR_RETURN(const auto containers, core_->Containers(id));
    for (const ContainerReport& report : containers) ToProto(report, out->add_containers());
    return Status::Ok();
  }

  Status GetContainerReport(RpcCall&, const GetContainerReportRequestProto& in,
                            GetContainerReportResponseProto* out) {
    ASSIGN_OR_RETURN(const ContainerId id, FromProto(in.container_id()));
    ASSIGN_OR_RETURN(const auto containers, core_->Containers(id.attempt));
    for (const ContainerReport& report : containers) {
      if (report.id != id) continue;
      ToProto(report, out->mutable_container_report());
      return Status::Ok();
    }
    return NotFoundError("Container with id '" + id.ToString() + "' doesn't exist in RM.",
                         Reason::kContainerNotFound);
  }

  // There are no labels: empty answers, which is what a cluster without them gives.
  Status GetClusterNodeLabels(RpcCall&, const GetClusterNodeLabelsRequestProto&,
                              GetClusterNodeLabelsResponseProto*) {
    return Status::Ok();
  }
  Status GetNodesToLabels(RpcCall&, const GetNodesToLabelsRequestProto&,
                          GetNodesToLabelsResponseProto*) {
    return Status::Ok();
  }

  Status GetResourceTypeInfo(RpcCall&, const GetAllResourceTypeInfoRequestProto&,
                             GetAllResourceTypeInfoResponseProto* out) {
    auto* memory = out->add_resource_type_info();
    memory->set_name("memory-mb");
    memory->set_units("Mi");
    memory->set_type(COUNTABLE);
    auto* vcores = out->add_resource_type_info();
    vcores->set_name("vcores");
    vcores->set_units("");
    vcores->set_type(COUNTABLE);
    return Status::Ok();
  }

 private:
  template <class Values>
  static bool IsIn(const Values& values, const std::string& value) {
    if (values.empty()) return true;
    for (const auto& v : values) {
      if (v == value) return true;
    }
    return false;
  }

  static bool Matches(const GetApplicationsRequestProto& in, const ApplicationReport& report) {
    bool state = in.application_states().empty();
    for (const int wanted : in.application_states())
      state |= wanted == static_cast<int>(report.state);
    bool tag = in.applicationtags().empty();
    for (const std::string& wanted : in.applicationtags()) tag |= report.tags.contains(wanted);
    const auto within = [](bool has_from, int64_t from, bool has_to, int64_t to, int64_t t) {
      return (!has_from || t >= from) && (!has_to || t <= to);
    };
    return state && tag && IsIn(in.application_types(), report.type) &&
           IsIn(in.users(), report.user) && IsIn(in.queues(), report.queue) &&
           (!in.has_name() || in.name() == report.name) &&
           within(in.has_start_begin(), in.start_begin(), in.has_start_end(), in.start_end(),
                  report.start_time_ms) &&
           within(in.has_finish_begin(), in.finish_begin(), in.has_finish_end(), in.finish_end(),
                  report.finish_time_ms);
  }

  ResourceManager* const core_;
  SeenReports seen_;
};

}  // namespace

RpcProtocol MakeApplicationClientProtocol(ResourceManager* core) {
  using Service = ApplicationClientService;
  auto service = std::make_shared<Service>(core);
  RpcProtocol protocol(kProtocol);
  // Each handler keeps the service alive.
  const auto on = [&]<class In, class Out>(const char* name,
                                           Status (Service::*handler)(RpcCall&, const In&, Out*)) {
    protocol.Register<In, Out>(name, [service, handler](RpcCall& call, const In& in, Out* out) {
      return (service.get()->*handler)(call, in, out);
    });
  };
  on("getNewApplication", &Service::GetNewApplication);
  on("submitApplication", &Service::SubmitApplication);
  on("forceKillApplication", &Service::ForceKillApplication);
  on("getApplications", &Service::GetApplications);
  on("getClusterMetrics", &Service::GetClusterMetrics);
  on("getClusterNodes", &Service::GetClusterNodes);
  on("getQueueInfo", &Service::GetQueueInfo);
  on("getQueueUserAcls", &Service::GetQueueUserAcls);
  on("getApplicationAttempts", &Service::GetApplicationAttempts);
  on("getApplicationAttemptReport", &Service::GetApplicationAttemptReport);
  on("getContainers", &Service::GetContainers);
  on("getContainerReport", &Service::GetContainerReport);
  on("getClusterNodeLabels", &Service::GetClusterNodeLabels);
  on("getNodeToLabels", &Service::GetNodesToLabels);
  on("getResourceTypeInfo", &Service::GetResourceTypeInfo);
  protocol.RegisterAsync<GetApplicationReportRequestProto, GetApplicationReportResponseProto>(
      "getApplicationReport", [service](auto call) { service->GetApplicationReport(call); });
  return protocol;
}

}  // namespace tusk::yarnlite
