#include "yarnlite/client/app_master_client.h"

#include <deque>
#include <set>
#include <thread>
#include <utility>

#include "common/concurrent/mutex.h"
#include "common/config/configuration.h"
#include "common/config/yarn_keys.h"
#include "common/rpc/client.h"
#include "common/security/credentials.h"
#include "proto/hadoop/application_master.pb.h"
#include "yarnlite/client/ask_table.h"
#include "yarnlite/client/client_address.h"
#include "yarnlite/wire/convert_yarn.h"
#include "yarnlite/wire/tokens.h"

namespace tusk::yarnlite {
namespace {

using namespace proto::yarn;  // NOLINT: only messages of this protocol
using std::chrono::milliseconds;

constexpr const char* kProtocol = "org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB";
constexpr Duration kPause = milliseconds(100);

// One allocate call on its way. A later one of the same Poll replaces it at the server.
struct Turn {
  std::vector<ResourceRequest> asks;
  std::vector<ContainerId> releases;
  bool answered = false;
  Status status;
  AllocateResponseProto response;
};

class RpcAppMasterClient final : public AppMasterClient {
 public:
  RpcAppMasterClient(const AppMasterOptions& options, RpcAddress address)
      : options_(options),
        address_(std::move(address)),
        rpc_({.call_timeout = options.call_timeout, .local_address = options.local_address}) {}

  ~RpcAppMasterClient() override { rpc_.Stop(); }

  StatusOr<RegisterAnswer> Register(const std::string& host, int rpc_port,
                                    const std::string& tracking_url) override {
    RegisterApplicationMasterRequestProto in;
    in.set_host(host);
    in.set_rpc_port(rpc_port);
    in.set_tracking_url(tracking_url);
    RegisterApplicationMasterResponseProto out;
    RETURN_IF_ERROR(Call("registerApplicationMaster", in, &out));
    return RegisterAnswer{FromProto(out.maximumcapability()), out.queue()};
  }

  void AddNeed(const ContainerNeed& need) override {
    MutexLock lock(mu_);
    asks_.Add(need);
    WakeLocked();
  }

  int RemoveNeed(const ContainerNeed& need) override {
    MutexLock lock(mu_);
    const int removed = asks_.Remove(need);
    if (removed > 0) WakeLocked();
    return removed;
  }

  void Release(const ContainerId& id) override {
    MutexLock lock(mu_);
    releases_.push_back(id);
    WakeLocked();
  }

  void SetProgress(float progress) override {
    MutexLock lock(mu_);
    progress_ = progress;
  }

  StatusOr<AllocateNews> Poll() override;

  void Interrupt() override {
    MutexLock lock(mu_);
    interrupted_ = true;
    wake_.NotifyAll();
  }

  Status Unregister(FinalStatus status, const std::string& diagnostics,
                    const std::string& tracking_url) override {
    FinishApplicationMasterRequestProto in;
    in.set_diagnostics(diagnostics);
    in.set_tracking_url(tracking_url);
    in.set_final_application_status(static_cast<FinalApplicationStatusProto>(status));
    for (;;) {
      FinishApplicationMasterResponseProto out;
      RETURN_IF_ERROR(Call("finishApplicationMaster", in, &out));
      if (out.isunregistered()) return Status::Ok();
      std::this_thread::sleep_for(kPause);
    }
  }

 private:
  Status Call(const char* method, const google::protobuf::MessageLite& in,
              google::protobuf::MessageLite* out) {
    return rpc_.Call(address_, Identity(), kProtocol, method, in, out);
  }
  RpcIdentity Identity() const { return {.token = options_.amrm_token}; }

  void WakeLocked() REQUIRES(mu_) {
    changed_ = true;
    wake_.NotifyAll();
  }
  AllocateRequestProto NextRequestLocked(Turn* turn) REQUIRES(mu_);
  void SendTurn(const std::shared_ptr<Turn>& turn, const AllocateRequestProto& request);
  // The turn's words may not have been heard: they are said again.
  void TakeBackLocked(const Turn& turn) REQUIRES(mu_);
  // The turn that carries the answer of this Poll, or nullptr while none does.
  std::shared_ptr<Turn> DecidedLocked(const std::deque<std::shared_ptr<Turn>>& turns) REQUIRES(mu_);
  StatusOr<AllocateNews> NewsLocked(const AllocateResponseProto& response) REQUIRES(mu_);

  // Constant after construction.
  const AppMasterOptions options_;
  const RpcAddress address_;

  Mutex mu_;
  CondVar wake_;
  AskTable asks_ GUARDED_BY(mu_);
  std::vector<ContainerId> releases_ GUARDED_BY(mu_);
  bool changed_ GUARDED_BY(mu_) = false;  // something to tell while a call is held
  bool interrupted_ GUARDED_BY(mu_) = false;
  float progress_ GUARDED_BY(mu_) = 0;
  int32_t response_id_ GUARDED_BY(mu_) = 0;
  std::map<NodeId, Token> nm_tokens_ GUARDED_BY(mu_);
  std::set<ContainerId> unwanted_
      GUARDED_BY(mu_);  // given back by ourselves: their end is ours too

  RpcClient rpc_;  // last: no callback runs once it is gone
};

AllocateRequestProto RpcAppMasterClient::NextRequestLocked(Turn* turn) {
  changed_ = false;
  turn->asks = asks_.TakeChanges();
  turn->releases = std::exchange(releases_, {});
  AllocateRequestProto request;
  request.set_response_id(response_id_);
  request.set_progress(progress_);
  for (const ResourceRequest& ask : turn->asks) ToProto(ask, request.add_ask());
  for (const ContainerId& id : turn->releases) ToProto(id, request.add_release());
  return request;
}

void RpcAppMasterClient::SendTurn(const std::shared_ptr<Turn>& turn,
                                  const AllocateRequestProto& request) {
  auto body = SerializeRequest("allocate", request);
  RpcRequest call;
  call.protocol = kProtocol;
  call.method = "allocate";
  call.body = std::make_shared<const std::string>(body.ok() ? *std::move(body) : "");
  call.call_id = rpc_.NextCallId();
  rpc_.Start(address_, Identity(), call, [this, turn](StatusOr<std::string> answer) {
    MutexLock lock(mu_);
    turn->answered = true;
    turn->status = answer.status();
    if (answer.ok()) turn->status = ParseResponse("allocate", *answer, &turn->response);
    wake_.NotifyAll();
  });
}

void RpcAppMasterClient::TakeBackLocked(const Turn& turn) {
  asks_.Unsent(turn.asks);
  releases_.insert(releases_.end(), turn.releases.begin(), turn.releases.end());
}

std::shared_ptr<Turn> RpcAppMasterClient::DecidedLocked(
    const std::deque<std::shared_ptr<Turn>>& turns) {
  for (const auto& turn : turns) {
    if (!turn->answered) return nullptr;
    const bool replaced = turn->status.ok() && turn->response.response_id() == response_id_;
    if (!replaced) return turn;  // an answer of its own, or an error
  }
  return nullptr;
}

StatusOr<AllocateNews> RpcAppMasterClient::Poll() {
  std::deque<std::shared_ptr<Turn>> turns;
  std::shared_ptr<Turn> decided;
  for (;;) {
    auto turn = std::make_shared<Turn>();
    AllocateRequestProto request;
    {
      MutexLock lock(mu_);
      if (interrupted_) return CancelledError("the master wants no more news");
      request = NextRequestLocked(turn.get());
    }
    turns.push_back(turn);
    SendTurn(turn, request);
    MutexLock lock(mu_);
    for (;;) {
      decided = DecidedLocked(turns);
      if (decided != nullptr || changed_) break;
      if (interrupted_) return CancelledError("the master wants no more news");
      // All were replaced and none is left: as a stranger's call with our token would do.
      if (turns.back()->answered) break;
      wake_.Wait(mu_);
    }
    if (decided == nullptr) continue;  // tell the news; the held call ends empty
    // What was said after the decided turn was not heard: its answer is a repetition.
    bool after = false;
    for (const auto& sent : turns) {
      if (after || (sent == decided && !decided->status.ok())) TakeBackLocked(*sent);
      after = after || sent == decided;
    }
    if (!decided->status.ok()) return decided->status;
    return NewsLocked(decided->response);
  }
}

StatusOr<AllocateNews> RpcAppMasterClient::NewsLocked(const AllocateResponseProto& response) {
  response_id_ = response.response_id();
  AllocateNews news;
  for (const auto& proto : response.nm_tokens()) {
    ASSIGN_OR_RETURN(const NodeId node, FromProto(proto.nodeid()));
    nm_tokens_[node] = FromProto(proto.token());
  }
  for (const auto& proto : response.allocated_containers()) {
    ASSIGN_OR_RETURN(Container container, FromProto(proto));
    if (!asks_.Satisfy(container)) {
      releases_.push_back(container.id);
      unwanted_.insert(container.id);
      continue;
    }
    const Token nm_token = nm_tokens_[container.node];
    news.granted.push_back({std::move(container), nm_token});
  }
  for (const auto& proto : response.completed_container_statuses()) {
    ASSIGN_OR_RETURN(ContainerStatus status, FromProto(proto));
    if (unwanted_.erase(status.id) == 0) news.completed.push_back(std::move(status));
  }
  for (const auto& proto : response.updated_nodes()) {
    ASSIGN_OR_RETURN(NodeReport report, FromProto(proto));
    news.updated_nodes.push_back(std::move(report));
  }
  news.command = static_cast<AmCommand>(response.a_m_command());
  if (!response.has_a_m_command()) news.command = AmCommand::kNone;
  news.headroom = FromProto(response.limit());
  news.cluster_nodes = response.num_cluster_nodes();
  return news;
}

}  // namespace

StatusOr<AppMasterOptions> AppMasterOptions::FromEnvironment(const Configuration& configuration) {
  AppMasterOptions options;
  ASSIGN_OR_RETURN(options.scheduler, configuration.Get(keys::kResourceManagerSchedulerAddress));
  ASSIGN_OR_RETURN(options.local_address, LocalAddress(configuration));
  ASSIGN_OR_RETURN(const Credentials credentials, ProcessCredentials());
  const Token* token = credentials.FindKind(kAmRmTokenKind);
  if (token == nullptr) {
    return NotFoundError(
        "no YARN_AM_RM_TOKEN in the file that HADOOP_TOKEN_FILE_LOCATION names: an application "
        "master runs in a container of its application");
  }
  options.amrm_token = *token;
  return options;
}

StatusOr<std::unique_ptr<AppMasterClient>> AppMasterClient::Create(
    const AppMasterOptions& options) {
  ASSIGN_OR_RETURN(RpcAddress address,
                   ParseAddress("yarn.resourcemanager.scheduler.address", options.scheduler));
  return std::unique_ptr<AppMasterClient>(new RpcAppMasterClient(options, std::move(address)));
}

}  // namespace tusk::yarnlite
