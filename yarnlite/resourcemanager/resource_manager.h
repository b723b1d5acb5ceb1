// The ResourceManager's core: applications, their masters, the nodes, and what is granted to whom.
//
// Submitters, masters and NodeManagers come in through the edges (rpc/, link/, web/); commands for
// nodes leave through NodeLink, in the order in which they were decided. Tick moves time.
//
// Owns:    applications, nodes, the scheduler's state, token keys. Borrows clock and link.
// Threads: thread-safe; one lock, never held while a reply or a command leaves.
// Life:    soft state only: a new one knows nothing, and NodeManagers end what the old one granted.
// Fails:   every refusal is a Status with YARN's reason; texts are Hadoop's where it has one.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/security/token_secrets.h"
#include "common/security/user.h"
#include "yarnlite/api/application.h"
#include "yarnlite/api/node_protocol.h"
#include "yarnlite/api/queue.h"
#include "yarnlite/resourcemanager/applications.h"
#include "yarnlite/resourcemanager/attempts.h"
#include "yarnlite/resourcemanager/nodes.h"
#include "yarnlite/scheduler/scheduler.h"

namespace tusk::yarnlite {

struct ResourceManagerOptions {
  int64_t start_ms = 0;   // stands in every application id
  std::string superuser;  // may kill any application
  int max_attempts = 2;
  Duration node_expiry = std::chrono::seconds(10);
  Duration heartbeat_interval = std::chrono::seconds(1);
  Duration master_expiry = std::chrono::seconds(60);
  Duration finishing_grace = std::chrono::seconds(15);   // from unregistering to being killed
  Duration hold = std::chrono::seconds(1);               // of calls without news (design 5)
  Duration container_expiry = std::chrono::minutes(10);  // from its grant to its start
  size_t max_completed = 1000;                           // ended applications still shown
  std::string web_address;                               // "host:port", for tracking URLs
  std::function<std::string(const std::string& host)> rack_of;
};

// How commands reach a node. Called without locks, one caller at a time, must not block.
class NodeLink {
 public:
  virtual ~NodeLink() = default;
  // Dropped when the session is no longer there: its next registration tells what it missed.
  virtual void Send(NodeSession session, NodeCommand command) = 0;
};

struct MasterAddress {
  std::string host;
  int rpc_port = -1;
  std::string tracking_url;
};
struct MasterRegistered {
  Resource maximum;
  std::string queue;
};

class ResourceManager {
 public:
  ResourceManager(ResourceManagerOptions options, std::unique_ptr<Scheduler> scheduler,
                  const Clock* clock, NodeLink* link);

  // ---- submitters
  ApplicationId NewApplication() EXCLUDES(mu_);
  Resource Maximum() const EXCLUDES(mu_);
  Status Submit(const User& user, ApplicationSubmission submission) EXCLUDES(mu_);
  // kApplicationNotFound; says so when the id is of an earlier ResourceManager.
  StatusOr<VersionedReport> Report(const User& user, const ApplicationId& id) const EXCLUDES(mu_);
  // Answers when the report's version is no longer `seen`, or when it was held long enough. Only
  // applications of type TUSK are held.
  void ReportWhenChanged(const User& user, const ApplicationId& id, uint64_t seen, ReportDone done)
      EXCLUDES(mu_);
  // True once it has ended. kPermissionDenied for anybody but the owner and the superuser.
  StatusOr<bool> Kill(const User& user, const ApplicationId& id, const std::string& diagnostics,
                      const std::string& from) EXCLUDES(mu_);
  std::vector<ApplicationReport> Applications() const EXCLUDES(mu_);
  StatusOr<std::vector<AttemptReport>> Attempts(const ApplicationId& id) const EXCLUDES(mu_);
  StatusOr<std::vector<ContainerReport>> Containers(const ApplicationAttemptId& id) const
      EXCLUDES(mu_);
  std::vector<NodeReport> Nodes() const EXCLUDES(mu_);
  ClusterMetrics Metrics() const EXCLUDES(mu_);
  StatusOr<QueueInfo> Queue(const std::string& name, bool with_applications) const EXCLUDES(mu_);
  std::pair<Resource, Resource> UsedAndTotal() const EXCLUDES(mu_);

  // ---- masters: `attempt` is who the AMRM token says is calling
  StatusOr<MasterRegistered> RegisterMaster(const ApplicationAttemptId& attempt,
                                            const MasterAddress& address) EXCLUDES(mu_);
  void Allocate(const ApplicationAttemptId& attempt, AllocateRequest request, AllocateDone done)
      EXCLUDES(mu_);
  StatusOr<bool> FinishMaster(const ApplicationAttemptId& attempt, FinalStatus status,
                              const std::string& diagnostics, const std::string& tracking_url)
      EXCLUDES(mu_);

  // ---- NodeManagers: `session` is the stream the words came on
  // The answer comes before any command for that session.
  void RegisterNode(const NodeRegistration& registration, NodeSession session,
                    std::function<void(StatusOr<NodeAccepted>)> done) EXCLUDES(mu_);
  // False: the session does not count (any more): the node has to register again.
  bool NodeSays(const NodeId& id, NodeSession session, const NodeMessage& message) EXCLUDES(mu_);
  // The stream broke. `leaving`: the NodeManager said that it stops.
  void NodeGone(const NodeId& id, NodeSession session, bool leaving) EXCLUDES(mu_);

  // Expiries, delay scheduling, held calls whose time is over. Cheap when nothing is due.
  void Tick() EXCLUDES(mu_);
  // Answers all held calls; nothing is held afterwards.
  void Stop() EXCLUDES(mu_);

  const TokenSecrets& amrm_secrets() const { return amrm_secrets_; }
  const ResourceManagerOptions& options() const { return options_; }

 private:
  // Runs what was decided, in order, without the lock. Every public method ends with it.
  void Drain() EXCLUDES(mu_);
  void SendLocked(const NodeId& id, NodeCommand command) REQUIRES(mu_);
  void ReplyLocked(std::function<void()> reply) REQUIRES(mu_) {
    outbox_.push_back(std::move(reply));
  }

  Status UnknownApplication(const ApplicationId& id) const;
  ApplicationReport ReportLocked(const Application& application, const User* user) const
      REQUIRES(mu_);
  void ChangedLocked(Application* application) REQUIRES(mu_);

  void StartAttemptLocked(Application* application) REQUIRES(mu_);
  // Frees what the attempt holds, kills its containers, ends its held call.
  void EndAttemptLocked(Application* application, Attempt* attempt, Attempt::State state,
                        const std::string& diagnostics, int exit_code, bool spare_master)
      REQUIRES(mu_);
  // Its master died: another attempt, or the end of the application.
  void AttemptFailedLocked(Application* application, Attempt* attempt,
                           const std::string& diagnostics) REQUIRES(mu_);
  void EndApplicationLocked(Application* application, ApplicationState state, FinalStatus status,
                            const std::string& diagnostics) REQUIRES(mu_);
  // Tells the nodes to end what is left of it and to remove its files.
  void CleanUpLocked(Application* application) REQUIRES(mu_);

  void AssignLocked() REQUIRES(mu_);
  void AssignIfRoomChangedLocked() REQUIRES(mu_) {
    if (room_changed_) AssignLocked();
  }
  void GrantLocked(const Grant& grant) REQUIRES(mu_);
  LaunchMaster MakeLaunchLocked(const Application& application, const Attempt& attempt,
                                const Token& token) const REQUIRES(mu_);
  void FeedLocked(Attempt* attempt) REQUIRES(mu_);
  AllocateAnswer AnswerLocked(Attempt* attempt) REQUIRES(mu_);
  // Nothing: the call is to be held.
  std::optional<StatusOr<AllocateAnswer>> AllocateLocked(const ApplicationAttemptId& id,
                                                         const AllocateRequest& request)
      REQUIRES(mu_);
  void ReleaseLocked(Attempt* attempt, const ContainerId& container) REQUIRES(mu_);
  StatusOr<Attempt*> CallerLocked(const ApplicationAttemptId& attempt) REQUIRES(mu_);

  // A container ended, by whoever's word. Tells its master; a master's own end fails its attempt.
  void CompletedLocked(const ContainerStatus& status) REQUIRES(mu_);
  void MasterEndedLocked(Application* application, Attempt* attempt, const ContainerStatus& status)
      REQUIRES(mu_);
  void AccountLocked(Application* application, const LiveContainer& container) REQUIRES(mu_);
  // Has the node end what nobody counts on: a container, and what it keeps of an ended application.
  void DisownLocked(const ContainerId& id, bool runs, NodeCommand* command) REQUIRES(mu_);
  void StartedLocked(const ContainerId& id) REQUIRES(mu_);
  void LoseNodeLocked(Node* node, NodeState state, const std::string& why) REQUIRES(mu_);
  // A stream came back: what it says it runs against what we think it runs.
  void ReconcileLocked(Node* node) REQUIRES(mu_);
  NodeReport NodeReportLocked(const Node& node) const REQUIRES(mu_);
  void TellMastersLocked(const Node& node) REQUIRES(mu_);

  void TickApplicationLocked(Application* application, TimePoint now) REQUIRES(mu_);

  // Constant after construction.
  const ResourceManagerOptions options_;
  const Clock* const clock_;
  NodeLink* const link_;
  TokenSecrets amrm_secrets_;
  TokenSecrets nm_secrets_;
  TokenSecrets container_secrets_;

  mutable Mutex mu_;
  const std::unique_ptr<Scheduler> scheduler_ PT_GUARDED_BY(mu_);
  ApplicationTable applications_ GUARDED_BY(mu_);
  NodeTable nodes_ GUARDED_BY(mu_);
  int32_t last_application_ GUARDED_BY(mu_) = 0;
  std::deque<std::function<void()>> outbox_ GUARDED_BY(mu_);
  bool draining_ GUARDED_BY(mu_) = false;
  bool room_changed_ GUARDED_BY(mu_) = false;  // since the last AssignLocked
  bool stopped_ GUARDED_BY(mu_) = false;
};

}  // namespace tusk::yarnlite
