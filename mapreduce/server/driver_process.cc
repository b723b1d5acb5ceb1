#include "mapreduce/server/driver_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "common/base/exit.h"
#include "common/base/log.h"
#include "common/config/mapred_keys.h"
#include "common/security/user.h"
#include "mapreduce/client/container_launch.h"
#include "mapreduce/server/link/task_link.h"

namespace tusk::mapreduce {
namespace {

constexpr Duration kSubmitterPatience = std::chrono::seconds(5);
constexpr Duration kKillPatience = std::chrono::seconds(5);
constexpr int64_t kReportOutput = 64 << 10;

constexpr int kTerminatedExitCode = 128 + SIGTERM;

int termination_pipe[2] = {-1, -1};

extern "C" void NoteTermination(int) {
  const char byte = 0;
  (void)!::write(termination_pipe[1], &byte, 1);
}

std::vector<std::string> Arguments(int argc, char** argv) {
  return {argv + std::min(argc, 1), argv + argc};
}

std::string LastLine(std::string text) {
  text.erase(text.find_last_not_of("\r\n") + 1);
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

DriverProcess::DriverProcess(ContainerEnvironment environment, int argc, char** argv)
    : environment_(std::move(environment)), args_(Arguments(argc, argv)) {}

StatusOr<DriverOptions> DriverProcess::MakeDriverOptions() const {
  const Configuration& configuration = environment_.configuration;
  DriverOptions options;
  options.application_id = environment_.application().ToString();
  options.name = environment_.job_name;
  options.user = environment_.user;
  options.driver_attempt = environment_.attempt();
  ASSIGN_OR_RETURN(const std::string mode, configuration.Get(keys::kJobMode));
  options.mode = mode == "memory" ? JobMode::kMemory : JobMode::kDisk;
  ASSIGN_OR_RETURN(const int64_t map_attempts, configuration.Get(keys::kMapMaxAttempts));
  options.dag.max_map_attempts = static_cast<int>(map_attempts);
  ASSIGN_OR_RETURN(const int64_t reduce_attempts, configuration.Get(keys::kReduceMaxAttempts));
  options.dag.max_reduce_attempts = static_cast<int>(reduce_attempts);
  options.options = configuration.All();
  ASSIGN_OR_RETURN(options.modules, RegisteredModules());
  return options;
}

Status DriverProcess::Start() {
  ASSIGN_OR_RETURN(file_system_, FileSystem::Connect(environment_.configuration));
  ASSIGN_OR_RETURN(Staging staging, Staging::Create(environment_.configuration, file_system_));
  staging_ = std::make_unique<Staging>(std::move(staging));
  if (environment_.attempt() > 1) {
    const Status removed = staging_->RemoveUnfinishedOutputs(environment_.staging);
    if (!removed.ok()) LOG_WARN("outputs of an earlier attempt may stay: {}", removed);
  }
  committer_ =
      std::make_unique<DfsOutputCommitter>(file_system_, environment_.application().ToString(),
                                           environment_.attempt(), environment_.staging);
  RETURN_IF_ERROR(WatchTermination());
  ASSIGN_OR_RETURN(DriverOptions options, MakeDriverOptions());
  driver_ = std::make_unique<Driver>(std::move(options), file_system_, committer_.get(),
                                     Clock::Real(), &timer_);
  RETURN_IF_ERROR(StartServers());
  RETURN_IF_ERROR(Register());
  RETURN_IF_ERROR(StartRunners());
  ASSIGN_OR_RETURN(
      tap_, OutputTap::Start([this](std::string_view bytes) { driver_->log().Append(bytes); }));
  return Status::Ok();
}

Status DriverProcess::StartServers() {
  ASSIGN_OR_RETURN(task_server_, StartTaskServer(environment_.host, driver_.get(),
                                                 environment_.secret, Clock::Real(), &threads_));
  groups_ = std::make_unique<GroupMapping>(GroupMappingOptions{}, &threads_, Clock::Real());
  JobServiceOptions service;
  service.owner = environment_.user;
  if (auto superuser = ProcessUserName(); superuser.ok()) service.superuser = *superuser;
  job_service_ = std::make_unique<JobService>(
      service, driver_.get(), Clock::Real(), &timer_, &threads_,
      [this](const std::string& why) { Killed(why); }, [this] { acknowledged_.Notify(); });
  RpcServerOptions rpc;
  rpc.host = environment_.host;
  rpc.io_threads = 1;
  rpc_server_ = std::make_unique<RpcServer>(rpc, groups_.get(), &threads_);
  rpc_server_->Add(job_service_->Protocol());
  return rpc_server_->Start();
}

Status DriverProcess::Register() {
  ASSIGN_OR_RETURN(auto options,
                   yarnlite::AppMasterOptions::FromEnvironment(environment_.configuration));
  options.local_address = environment_.local_address();
  ASSIGN_OR_RETURN(master_, yarnlite::AppMasterClient::Create(options));
  yarnlite::NodeManagerClientOptions nodes;
  nodes.local_address = environment_.local_address();
  ASSIGN_OR_RETURN(node_managers_, yarnlite::NodeManagerClient::Create(nodes));
  ASSIGN_OR_RETURN(auto yarn,
                   yarnlite::YarnClientOptions::FromConfiguration(environment_.configuration));
  yarn.local_address = environment_.local_address();
  ASSIGN_OR_RETURN(yarn_, yarnlite::YarnClient::Create(yarn));
  RETURN_IF_ERROR(master_->Register(environment_.host, rpc_server_->port(), "").status());
  registered_ = true;
  return Status::Ok();
}

// A handler and not a blocked signal: what the program starts would inherit the mask.
Status DriverProcess::WatchTermination() {
  if (::pipe2(termination_pipe, O_CLOEXEC) != 0) return ErrnoError("make a pipe", errno);
  std::thread([this] {
    char byte = 0;
    while (::read(termination_pipe[0], &byte, 1) < 0 && errno == EINTR) {
    }
    GivenUp("it was told to terminate", kTerminatedExitCode);
  }).detach();
  struct sigaction action{};
  action.sa_handler = &NoteTermination;
  action.sa_flags = SA_RESTART;
  return ::sigaction(SIGTERM, &action, nullptr) == 0 ? Status::Ok()
                                                     : ErrnoError("watch SIGTERM", errno);
}

void DriverProcess::Abandon(const Status& why) {
  if (!registered_) return;  // the ResourceManager tries once more
  ProgramStatus last = driver_->Snapshot();
  last.state = ProgramState::kFailed;
  last.diagnostics = why.message();
  last.exit_code = 1;
  last.finish_ms = Clock::Real()->WallMillis();
  Report(last);
  driver_->SetEnd(last);
  IgnoreError(Unregister(last), "the ResourceManager sees the process end");
  CleanStaging();
}

Status DriverProcess::StartRunners() {
  const Configuration& configuration = environment_.configuration;
  RunnerPoolOptions options;
  ASSIGN_OR_RETURN(const int64_t count, configuration.Get(keys::kRunnerCount));
  ASSIGN_OR_RETURN(options.memory_mb, configuration.Get(keys::kRunnerMemoryMb));
  ASSIGN_OR_RETURN(const int64_t vcores, configuration.Get(keys::kRunnerVcores));
  options.count = static_cast<int>(count);
  options.vcores = static_cast<int>(vcores);
  options.launch.args = args_;
  options.launch.user = environment_.user;
  options.launch.secret = environment_.secret;
  options.launch.resources = environment_.resources;
  options.launch.environment[kStagingVariable] = environment_.staging;
  options.launch.environment[kJobNameVariable] = environment_.job_name;
  options.launch.environment[kDriverVariable] =
      environment_.host + ":" + std::to_string(task_server_->port());
  for (const auto& [name, resource] : environment_.resources) {
    // The program is the one file that the user's staging shares between jobs.
    if (resource.visibility == yarnlite::LocalResource::Visibility::kPrivate) {
      options.launch.program = name;
    }
  }
  runners_ = std::make_unique<RunnerPool>(std::move(options), driver_.get(), master_.get(),
                                          node_managers_.get(), yarn_.get(),
                                          [this](const std::string& why) { GivenUp(why, 1); });
  return runners_->Start();
}

std::shared_ptr<Engine> DriverProcess::engine() {
  return {driver_.get(), [](Engine*) {}};  // the process owns it
}

void DriverProcess::Killed(const std::string& reason) {
  {
    MutexLock lock(mu_);
    if (!killed_.empty() || finishing_) return;
    killed_ = reason;
    // Its jobs end with kCancelled, so most programs end by themselves.
    undertaker_ = std::thread([this, reason] {
      driver_->Kill(reason);
      if (finished_.WaitFor(kKillPatience)) return;
      Finish(1);
      ExitAtOnce(1);
    });
    undertaker_.detach();
  }
}

void DriverProcess::GivenUp(const std::string& why, int exit_code) {
  // A kill is SIGTERM and the ResourceManager's word at once: the second must not end the process
  // while the first still removes what is unfinished.
  if (given_up_.test_and_set()) {
    for (;;) ::pause();
  }
  LOG_ERROR("the driver ends: {}", why);
  committer_->AbortAll();
  FlushLogs();
  ExitAtOnce(exit_code);
}

void DriverProcess::Report(const ProgramStatus& last) {
  const Status written =
      staging_->WriteReport(environment_.staging, {last, driver_->log().Tail(kReportOutput)});
  if (!written.ok()) LOG_WARN("the job's report is not written: {}", written);
}

Status DriverProcess::Unregister(const ProgramStatus& last) {
  const yarnlite::FinalStatus status =
      last.state == ProgramState::kSucceeded ? yarnlite::FinalStatus::kSucceeded
      : last.state == ProgramState::kKilled  ? yarnlite::FinalStatus::kKilled
                                             : yarnlite::FinalStatus::kFailed;
  return master_->Unregister(status, last.diagnostics, "");
}

// Only now: as long as the application is registered, a second attempt may need the files.
void DriverProcess::CleanStaging() {
  const Status cleaned = staging_->KeepOnlyReport(environment_.staging);
  if (!cleaned.ok()) LOG_WARN("files stay in {}: {}", environment_.staging, cleaned);
}

ProgramStatus DriverProcess::LastStatus(const std::string& killed, int exit_code) const {
  ProgramStatus last = driver_->Snapshot();
  last.exit_code = exit_code;
  last.finish_ms = Clock::Real()->WallMillis();
  last.diagnostics = killed;
  last.state = !killed.empty()  ? ProgramState::kKilled
               : exit_code == 0 ? ProgramState::kSucceeded
                                : ProgramState::kFailed;
  if (last.state == ProgramState::kFailed) {
    last.diagnostics = driver_->last_failure();
    if (last.diagnostics.empty()) {
      last.diagnostics = "the program ended with exit code " + std::to_string(exit_code);
      const std::string words = LastLine(driver_->log().Tail(kReportOutput));
      if (!words.empty()) last.diagnostics += "; its last words: " + words;
    }
  }
  return last;
}

void DriverProcess::Finish(int exit_code) {
  std::string killed;
  {
    MutexLock lock(mu_);
    if (finishing_) return;
    finishing_ = true;
    killed = killed_;
  }
  tap_->Stop();
  const ProgramStatus last = LastStatus(killed, exit_code);
  // First the report, then the news of the end: who hears of it finds it.
  Report(last);
  driver_->SetEnd(last);
  job_service_->ProgramOver();
  runners_->Stop();
  driver_->Stop();
  const bool followed = job_service_->followed();
  if (followed && !acknowledged_.WaitFor(kSubmitterPatience)) {
    LOG_WARN("nobody took the final answer");
  }
  const Status unregistered = Unregister(last);
  if (!unregistered.ok()) LOG_WARN("cannot unregister: {}", unregistered);
  if (unregistered.ok()) CleanStaging();
  job_service_->Stop();
  rpc_server_->Stop();
  task_server_->Stop(std::chrono::milliseconds(500));
  FlushLogs();
  finished_.Notify();
}

}  // namespace tusk::mapreduce
