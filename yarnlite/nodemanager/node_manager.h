// The NodeManager's core: containers from the order to start them until their end is told.
//
//   Start -> localizing -> running -> done      (a kill is remembered and meets it wherever it is)
//
// Masters come in through rpc/, the ResourceManager through link/. Every start is vouched for by a
// container token with the ResourceManager's signature, whoever brings it.
//
// Owns:    the containers' records and directories. Borrows the rest; it outlives this.
// Threads: thread-safe; one lock, never held while files, processes or messages are handled.
// Life:    Stop ends all containers; afterwards nothing is started.
// On disk: <local>/usercache/<user>/appcache/<application>/<container> while it runs; what the
//          application keeps beside it stays until the application has ended.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/concurrent/executor.h"
#include "common/concurrent/mutex.h"
#include "common/security/token_secrets.h"
#include "yarnlite/api/container.h"
#include "yarnlite/api/node_protocol.h"
#include "yarnlite/nodemanager/container_runner.h"
#include "yarnlite/nodemanager/local_file_service.h"
#include "yarnlite/nodemanager/localizer.h"
#include "yarnlite/wire/tokens.h"

namespace tusk::yarnlite {

struct NodeManagerOptions {
  NodeId id;
  int http_port = 0;
  int file_service_port = 0;
  Resource capability;
  std::string version;
  std::vector<std::string> local_dirs;
  std::vector<std::string> log_dirs;
  bool memory_check = true;
  Duration kill_delay = std::chrono::milliseconds(250);  // from SIGTERM to SIGKILL
  double max_disk_utilization = 90;                      // percent; fuller: unhealthy
  // Variables that containers inherit unless they set them.
  std::vector<std::pair<std::string, std::string>> inherited;
};

// Hears what the ResourceManager should know. Called without locks; may drop it when there is no
// stream: the next registration tells it again.
class NodeReporter {
 public:
  virtual ~NodeReporter() = default;
  virtual void Tell(const NodeMessage& message) = 0;
};

class NodeManager {
 public:
  NodeManager(NodeManagerOptions options, const Clock* clock, Executor* executor,
              Localizer* localizer, LocalFileService* files);
  // Before the first container.
  void Attach(ContainerRunner* runner, NodeReporter* reporter);

  // ---- masters: `caller` is whom the NM token vouches for
  Status Start(const ApplicationAttemptId& caller, const Token& container_token,
               const ContainerLaunchContext& context, ContainerId* id) EXCLUDES(mu_);
  Status StopContainer(const ApplicationAttemptId& caller, const ContainerId& id) EXCLUDES(mu_);
  StatusOr<ContainerStatus> GetStatus(const ApplicationAttemptId& caller,
                                      const ContainerId& id) const EXCLUDES(mu_);

  // ---- the ResourceManager
  NodeRegistration Registration() const EXCLUDES(mu_);
  // Another ResourceManager than before: all containers of the old one are ended.
  void Accepted(const NodeAccepted& accepted) EXCLUDES(mu_);
  void Obey(const NodeCommand& command) EXCLUDES(mu_);
  NodeHeartbeat Heartbeat() const EXCLUDES(mu_);

  // ---- the runner and the timer
  void Ended(const ContainerId& id, int exit_code) EXCLUDES(mu_);
  // SIGKILL where SIGTERM was not enough; memory against grants. On a thread that may block.
  void Tick() EXCLUDES(mu_);

  // Kills all and waits until they have ended, at most `limit`.
  void Stop(Duration limit) EXCLUDES(mu_);

  const TokenSecrets& nm_secrets() const { return nm_secrets_; }
  const NodeManagerOptions& options() const { return options_; }
  int running() const EXCLUDES(mu_);
  int64_t used_bytes() const EXCLUDES(mu_);
  int64_t started() const EXCLUDES(mu_);

 private:
  struct Record {
    enum class Phase : uint8_t { kLocalizing, kRunning, kDone };
    ContainerClaims claims;
    ContainerLaunchContext context;
    Phase phase = Phase::kLocalizing;
    std::optional<KillContainer> kill;
    std::optional<TimePoint> kill_at;  // when SIGKILL follows
    ContainerStatus status;
    int launcher_pid = 0;  // once it runs
    int64_t used_bytes = 0;
    std::string work_dir;
    std::string log_dir;
    std::vector<LocalizedFile> files;
    bool told = false;      // its end was taken note of
    bool removing = false;  // done, and its work directory is on its way out
  };

  Status CheckStart(const ApplicationAttemptId& caller, const ContainerClaims& claims) const
      REQUIRES(mu_);
  StatusOr<Record*> Own(const ApplicationAttemptId& caller, const ContainerId& id) REQUIRES(mu_);
  // On a worker: directories, files, script, process.
  void Prepare(const ContainerId& id) EXCLUDES(mu_);
  StatusOr<int> Launch(Record* copy);
  void Kill(const KillContainer& kill) EXCLUDES(mu_);
  // Its processes are gone, or never were.
  void Finish(const ContainerId& id, int exit_code, std::string diagnostics) EXCLUDES(mu_);
  void EndApplication(const ApplicationId& id) EXCLUDES(mu_);
  // Removes what is left of an ended application once none of its containers lives.
  void CleanUp(const ApplicationId& id) EXCLUDES(mu_);
  std::vector<std::string> ApplicationDirs(const std::string& user, const ApplicationId& id) const;
  void WatchMemory() EXCLUDES(mu_);

  // Constant after construction.
  const NodeManagerOptions options_;
  const int64_t incarnation_;
  const Clock* const clock_;
  Executor* const executor_;
  Localizer* const localizer_;
  LocalFileService* const files_;
  ContainerRunner* runner_ = nullptr;
  NodeReporter* reporter_ = nullptr;
  TokenSecrets nm_secrets_;
  TokenSecrets container_secrets_;

  mutable Mutex mu_;
  CondVar all_done_;
  int64_t resource_manager_ GUARDED_BY(mu_) = 0;
  std::map<ContainerId, Record> containers_ GUARDED_BY(mu_);
  std::map<ApplicationId, std::string> users_ GUARDED_BY(mu_);  // of applications seen here
  std::set<ApplicationId> ended_ GUARDED_BY(mu_);
  TimePoint next_memory_check_ GUARDED_BY(mu_){};
  int64_t started_ GUARDED_BY(mu_) = 0;
  bool stopping_ GUARDED_BY(mu_) = false;
};

}  // namespace tusk::yarnlite
