#include "yarnlite/client/yarn_client.h"

#include <thread>
#include <utility>

#include "common/config/configuration.h"
#include "common/config/hdfs_keys.h"
#include "common/config/yarn_keys.h"
#include "common/rpc/client.h"
#include "common/security/user.h"
#include "proto/hadoop/application_client.pb.h"
#include "proto/hadoop/yarn_reports.pb.h"
#include "yarnlite/client/client_address.h"
#include "yarnlite/wire/convert_yarn.h"

namespace tusk::yarnlite {
namespace {

using namespace proto::yarn;  // NOLINT: only messages of this protocol
using std::chrono::milliseconds;

constexpr const char* kProtocol = "org.apache.hadoop.yarn.api.ApplicationClientProtocolPB";
constexpr Duration kRetryPause = milliseconds(100);
constexpr Duration kKillPause = milliseconds(50);

class RpcYarnClient final : public YarnClient {
 public:
  RpcYarnClient(const YarnClientOptions& options, RpcAddress address)
      : options_(options),
        address_(std::move(address)),
        rpc_({.call_timeout = options.call_timeout, .local_address = options.local_address}) {}

  StatusOr<NewApplication> CreateApplication() override {
    GetNewApplicationResponseProto out;
    RETURN_IF_ERROR(Call("getNewApplication", GetNewApplicationRequestProto(), &out));
    NewApplication answer;
    ASSIGN_OR_RETURN(answer.id, FromProto(out.application_id()));
    answer.maximum = FromProto(out.maximumcapability());
    return answer;
  }

  Status Submit(const ApplicationSubmission& submission) override {
    SubmitApplicationRequestProto in;
    ToProto(submission, in.mutable_application_submission_context());
    SubmitApplicationResponseProto out;
    return Call("submitApplication", in, &out);
  }

  StatusOr<ApplicationReport> GetReport(const ApplicationId& id) override {
    GetApplicationReportRequestProto in;
    ToProto(id, in.mutable_application_id());
    GetApplicationReportResponseProto out;
    RETURN_IF_ERROR(Call("getApplicationReport", in, &out));
    return FromProto(out.application_report());
  }

  Status Kill(const ApplicationId& id, const std::string& diagnostics) override {
    KillApplicationRequestProto in;
    ToProto(id, in.mutable_application_id());
    if (!diagnostics.empty()) in.set_diagnostics(diagnostics);
    for (;;) {
      KillApplicationResponseProto out;
      RETURN_IF_ERROR(Call("forceKillApplication", in, &out));
      if (out.is_kill_completed()) return Status::Ok();
      std::this_thread::sleep_for(kKillPause);
    }
  }

  StatusOr<std::vector<ApplicationReport>> List(const ApplicationFilter& filter) override {
    GetApplicationsRequestProto in;
    for (const std::string& type : filter.types) in.add_application_types(type);
    for (const std::string& user : filter.users) in.add_users(user);
    for (const std::string& tag : filter.tags) in.add_applicationtags(tag);
    for (const ApplicationState state : filter.states) {
      in.add_application_states(static_cast<YarnApplicationStateProto>(state));
    }
    GetApplicationsResponseProto out;
    RETURN_IF_ERROR(Call("getApplications", in, &out));
    return All<ApplicationReport>(out.applications());
  }

  StatusOr<std::vector<NodeReport>> Nodes(const std::set<NodeState>& states) override {
    GetClusterNodesRequestProto in;
    for (const NodeState state : states) in.add_nodestates(static_cast<NodeStateProto>(state));
    GetClusterNodesResponseProto out;
    RETURN_IF_ERROR(Call("getClusterNodes", in, &out));
    return All<NodeReport>(out.nodereports());
  }

  StatusOr<ClusterMetrics> Metrics() override {
    GetClusterMetricsResponseProto out;
    RETURN_IF_ERROR(Call("getClusterMetrics", GetClusterMetricsRequestProto(), &out));
    return FromProto(out.cluster_metrics());
  }

  StatusOr<QueueInfo> Queue(const std::string& name, bool with_applications) override {
    GetQueueInfoRequestProto in;
    in.set_queuename(name);
    in.set_includeapplications(with_applications);
    GetQueueInfoResponseProto out;
    RETURN_IF_ERROR(Call("getQueueInfo", in, &out));
    return FromProto(out.queueinfo());
  }

  StatusOr<std::vector<AttemptReport>> Attempts(const ApplicationId& id) override {
    GetApplicationAttemptsRequestProto in;
    ToProto(id, in.mutable_application_id());
    GetApplicationAttemptsResponseProto out;
    RETURN_IF_ERROR(Call("getApplicationAttempts", in, &out));
    return All<AttemptReport>(out.application_attempts());
  }

  StatusOr<std::vector<ContainerReport>> Containers(const ApplicationAttemptId& id) override {
    GetContainersRequestProto in;
    ToProto(id, in.mutable_application_attempt_id());
    GetContainersResponseProto out;
    RETURN_IF_ERROR(Call("getContainers", in, &out));
    return All<ContainerReport>(out.containers());
  }

 private:
  template <class T, class Protos>
  static StatusOr<std::vector<T>> All(const Protos& protos) {
    std::vector<T> all;
    for (const auto& proto : protos) {
      ASSIGN_OR_RETURN(T one, FromProto(proto));
      all.push_back(std::move(one));
    }
    return all;
  }

  // Every call of this protocol may be made twice, so a lost one is.
  Status Call(const char* method, const google::protobuf::MessageLite& in,
              google::protobuf::MessageLite* out) {
    const TimePoint give_up = Clock::Real()->Now() + options_.retry_for;
    for (;;) {
      const Status status =
          rpc_.Call(address_, {.user = options_.user}, kProtocol, method, in, out);
      if (status.code() != Code::kUnavailable || Clock::Real()->Now() >= give_up) return status;
      std::this_thread::sleep_for(kRetryPause);
    }
  }

  const YarnClientOptions options_;
  const RpcAddress address_;
  RpcClient rpc_;
};

}  // namespace

StatusOr<YarnClientOptions> YarnClientOptions::FromConfiguration(
    const Configuration& configuration) {
  YarnClientOptions options;
  ASSIGN_OR_RETURN(options.resource_manager, configuration.Get(keys::kResourceManagerAddress));
  ASSIGN_OR_RETURN(options.user, CurrentUserName());
  ASSIGN_OR_RETURN(options.local_address, LocalAddress(configuration));
  return options;
}

StatusOr<std::unique_ptr<YarnClient>> YarnClient::Create(const YarnClientOptions& options) {
  ASSIGN_OR_RETURN(RpcAddress address,
                   ParseAddress("yarn.resourcemanager.address", options.resource_manager));
  return std::unique_ptr<YarnClient>(new RpcYarnClient(options, std::move(address)));
}

}  // namespace tusk::yarnlite
