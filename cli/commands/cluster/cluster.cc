#include "cli/commands/cluster/cluster.h"

#include <algorithm>
#include <functional>
#include <set>
#include <thread>

#include "cli/commands/cluster/readiness.h"
#include "cli/commands/cluster/site_files.h"
#include "common/base/random.h"
#include "common/io/env.h"
#include "common/net/socket.h"

namespace tusk::cli {

namespace {

using Daemons = std::vector<std::unique_ptr<LocalDaemon>>;

constexpr Duration kReadyTimeout = std::chrono::seconds(60);
constexpr Duration kStopGrace = std::chrono::seconds(10);
constexpr Duration kPollPeriod = std::chrono::milliseconds(5);

bool HasYarn() {
  return FindDaemonProgram("tusk-resourcemanager").has_value() &&
         FindDaemonProgram("tusk-nodemanager").has_value();
}

Daemons MakeDaemons(const ClusterOptions& options) {
  Daemons daemons;
  for (DaemonSpec& spec : ClusterDaemons(options, HasYarn())) {
    daemons.push_back(std::make_unique<LocalDaemon>(options, std::move(spec)));
  }
  return daemons;
}

Status CheckDir(const std::string& dir) {
  if (dir.find(',') != std::string::npos || dir.find('$') != std::string::npos) {
    return InvalidArgumentError(dir + ": a cluster's folder must have no ',' or '$' in its path");
  }
  std::string socket = ClusterPaths(dir).domain_socket;
  socket.replace(socket.find("_HOST"), 5, WorkerAddress(kMaxWorkers - 1));
  if (socket.size() > kMaxUnixPath) {
    return InvalidArgumentError(dir + " is too long for the socket in it (" + socket + ": " +
                                std::to_string(socket.size()) + " bytes, at most " +
                                std::to_string(kMaxUnixPath) + "); choose a shorter --dir");
  }
  return Status::Ok();
}

// What may change between two starts: more workers always, the rest only while nothing runs.
Status CheckAgainstFormer(const ClusterOptions& options, const ClusterOptions& former,
                          bool running) {
  if (options.workers < former.workers) {
    return InvalidArgumentError("the cluster has " + std::to_string(former.workers) +
                                " workers, and they hold data: taking some away is not supported "
                                "yet");
  }
  const bool same = options.racks == former.racks && options.base_port == former.base_port &&
                    options.overrides == former.overrides;
  if (running && !same) {
    return FailedPreconditionError(
        "the cluster runs with other options: stop it first (tusk cluster stop --dir " +
        options.dir + ")");
  }
  return Status::Ok();
}

Status FormatNameNode(const ClusterOptions& options) {
  const std::string name_dir = ClusterPaths(options.dir).name_dir;
  const auto entries = Env::Posix()->List(name_dir);
  if (entries.ok() && !entries->empty()) return Status::Ok();
  SpawnOptions spawn;
  spawn.argv = {FindDaemonProgram("tusk-namenode").value_or("tusk-namenode"),
                "--config",
                ClusterPaths(options.dir).conf,
                "-format",
                "-clusterid",
                "CID-" + NewUuid()};
  ASSIGN_OR_RETURN(const CommandResult result, RunCommand(std::move(spawn), "", kReadyTimeout));
  if (result.status.ok()) return Status::Ok();
  return FailedPreconditionError("formatting the NameNode failed (" + result.status.ToString() +
                                 "): " + result.errors + result.output);
}

// Starts the daemons of a cluster that do not run.
class Starter {
 public:
  explicit Starter(const ClusterOptions& options) : options_(options), probe_(options) {
    for (auto& daemon : MakeDaemons(options_)) {
      if (!daemon->Running().has_value()) starting_.push_back(std::move(daemon));
    }
  }

  // Before anything is written: all programs are there, all ports are free.
  Status Check() const {
    for (const auto& daemon : starting_) {
      if (!FindDaemonProgram(daemon->spec().program).has_value()) {
        return NotFoundError(daemon->spec().program + " is not built");
      }
      RETURN_IF_ERROR(daemon->CheckPorts());
    }
    return Status::Ok();
  }

  Status Run() {
    RETURN_IF_ERROR(FormatNameNode(options_));
    started_ms_ = Clock::Real()->WallMillis();
    Status status;
    for (size_t i = 0; i < starting_.size() && status.ok(); ++i) status = starting_[i]->Start();
    if (status.ok()) status = WaitUntilReady();
    if (!status.ok()) {
      StopStarted();
      return status;
    }
    for (const auto& daemon : starting_) daemon->Release();
    return Status::Ok();
  }

 private:
  std::set<std::string> StartedAddresses(const std::string& kind) const {
    std::set<std::string> addresses;
    for (const auto& daemon : starting_) {
      if (daemon->spec().kind == kind) addresses.insert(daemon->spec().address);
    }
    return addresses;
  }

  Status WaitUntilReady() {
    const TimePoint deadline = Clock::Real()->Now() + kReadyTimeout;
    const auto datanodes = StartedAddresses("datanode");
    const auto nodemanagers = StartedAddresses("nodemanager");
    RETURN_IF_ERROR(
        WaitFor(deadline, [&] { return probe_.CheckDataNodes(datanodes, started_ms_); }));
    RETURN_IF_ERROR(WaitFor(deadline, [&] { return probe_.CheckWrite(); }));
    if (!HasYarn()) return Status::Ok();
    return WaitFor(deadline, [&] { return probe_.CheckNodeManagers(nodemanagers, started_ms_); });
  }

  Status WaitFor(TimePoint deadline, const std::function<Status()>& check) {
    while (true) {
      const Status status = check();
      if (status.ok()) return status;
      for (const auto& daemon : starting_) RETURN_IF_ERROR(daemon->CheckStarted());
      if (Clock::Real()->Now() >= deadline) {
        return DeadlineExceededError("the cluster is not ready after " +
                                     std::to_string(kReadyTimeout / std::chrono::seconds(1)) +
                                     " s: " + status.message());
      }
      std::this_thread::sleep_for(kPollPeriod);
    }
  }

  void StopStarted() {
    for (const auto& daemon : starting_) daemon->RequestStop();
    for (const auto& daemon : starting_) {
      IgnoreError(daemon->WaitStopped(kStopGrace), "the reason for the stop is the one to tell");
    }
  }

  const ClusterOptions options_;
  ClusterProbe probe_;
  Daemons starting_;
  int64_t started_ms_ = 0;
};

StatusOr<ClusterOptions> OptionsOf(const std::string& dir) {
  ASSIGN_OR_RETURN(const auto options, LoadOptions(dir));
  if (!options.has_value()) return NotFoundError("there is no cluster in " + dir);
  return *options;
}

}  // namespace

bool ClusterStatus::all_running() const {
  return std::all_of(daemons.begin(), daemons.end(),
                     [](const DaemonStatus& daemon) { return daemon.process.has_value(); });
}

Status LocalCluster::Start(const ClusterOptions& options) {
  RETURN_IF_ERROR(CheckDir(options.dir));
  RETURN_IF_ERROR(CheckOverrides(options));
  Env* const env = Env::Posix();
  const ClusterPaths paths(options.dir);
  ASSIGN_OR_RETURN(const auto former, LoadOptions(options.dir));
  if (!former.has_value()) RETURN_IF_ERROR(Starter(options).Check());  // leaves nothing behind
  RETURN_IF_ERROR(env->MakeDirs(paths.run));
  RETURN_IF_ERROR(env->MakeDirs(paths.logs));
  ASSIGN_OR_RETURN(const auto lock, env->Lock(paths.run + "/cluster.lock"));
  if (former.has_value()) {
    const Daemons daemons = MakeDaemons(*former);
    const bool running = std::any_of(daemons.begin(), daemons.end(), [](const auto& daemon) {
      return daemon->Running().has_value();
    });
    RETURN_IF_ERROR(CheckAgainstFormer(options, *former, running));
  }
  Starter starter(options);
  RETURN_IF_ERROR(starter.Check());
  RETURN_IF_ERROR(WriteConfFolder(options));
  RETURN_IF_ERROR(SaveOptions(options));
  return starter.Run();
}

Status LocalCluster::Stop(const std::string& dir) {
  ASSIGN_OR_RETURN(const ClusterOptions options, OptionsOf(dir));
  ASSIGN_OR_RETURN(const auto lock, Env::Posix()->Lock(ClusterPaths(dir).run + "/cluster.lock"));
  const Daemons daemons = MakeDaemons(options);
  Status first_error;
  // Containers end with their NodeManagers, writers before what they write to.
  for (const char* kind : {"nodemanager", "resourcemanager", "datanode", "namenode"}) {
    for (const auto& daemon : daemons) {
      if (daemon->spec().kind == kind) daemon->RequestStop();
    }
    for (const auto& daemon : daemons) {
      if (daemon->spec().kind != kind) continue;
      const Status stopped = daemon->WaitStopped(kStopGrace);
      if (first_error.ok()) first_error = stopped;
    }
  }
  return first_error;
}

StatusOr<ClusterStatus> LocalCluster::GetStatus(const std::string& dir) {
  ClusterStatus status;
  ASSIGN_OR_RETURN(status.options, OptionsOf(dir));
  bool masters_run = false;
  for (const auto& daemon : MakeDaemons(status.options)) {
    status.daemons.push_back({daemon->spec(), daemon->log_file(), daemon->Running()});
    masters_run = masters_run || (daemon->spec().address == kMasterAddress &&
                                  status.daemons.back().process.has_value());
  }
  if (!masters_run) return status;
  ClusterProbe probe(status.options);
  if (const auto dfs = probe.AskDfs(); dfs.ok()) status.dfs = *dfs;
  if (!HasYarn()) return status;
  if (const auto nodes = probe.CountNodeManagers(); nodes.ok()) status.live_nodemanagers = *nodes;
  return status;
}

}  // namespace tusk::cli
