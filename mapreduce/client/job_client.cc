#include "mapreduce/client/job_client.h"

#include <filesystem>
#include <thread>
#include <variant>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/config/mapred_keys.h"
#include "mapreduce/client/container_launch.h"
#include "mapreduce/client/program_check.h"
#include "proto/tusk/job.pb.h"

namespace tusk::mapreduce {
namespace {

using yarnlite::ApplicationReport;
using yarnlite::ApplicationState;

constexpr size_t kSecretBytes = 32;
constexpr Duration kCallTimeout = std::chrono::seconds(10);
constexpr Duration kKillPatience = std::chrono::seconds(5);

RpcClientOptions RpcOptions() {
  RpcClientOptions options;
  options.connect_timeout = std::chrono::seconds(3);
  options.call_timeout = kCallTimeout;
  return options;
}

bool HasDriver(const ApplicationReport& report) {
  return report.state == ApplicationState::kRunning && report.rpc_port > 0 && report.host != "N/A";
}

}  // namespace

StatusOr<std::unique_ptr<JobClient>> JobClient::Create(const Configuration& configuration) {
  ASSIGN_OR_RETURN(auto file_system, FileSystem::Connect(configuration));
  ASSIGN_OR_RETURN(auto yarn_options,
                   yarnlite::YarnClientOptions::FromConfiguration(configuration));
  ASSIGN_OR_RETURN(auto yarn, yarnlite::YarnClient::Create(yarn_options));
  ASSIGN_OR_RETURN(Staging staging, Staging::Create(configuration, file_system));
  return std::unique_ptr<JobClient>(
      new JobClient(std::move(file_system), std::move(yarn), std::move(staging)));
}

JobClient::JobClient(std::shared_ptr<FileSystem> file_system,
                     std::unique_ptr<yarnlite::YarnClient> yarn, Staging staging)
    : file_system_(std::move(file_system)),
      yarn_(std::move(yarn)),
      staging_(std::move(staging)),
      rpc_(RpcOptions()) {}

JobClient::~JobClient() {
  rpc_.Stop();
}

Status JobClient::CheckRunnerSize(const Configuration& configuration,
                                  const yarnlite::Resource& maximum) const {
  ASSIGN_OR_RETURN(const int64_t memory_mb, configuration.Get(keys::kRunnerMemoryMb));
  if (memory_mb > maximum.memory_mb) {
    return InvalidArgumentError("tusk.runner.memory-mb is " + std::to_string(memory_mb) +
                                ", but no node has more than " + std::to_string(maximum.memory_mb) +
                                " MB: lower it");
  }
  ASSIGN_OR_RETURN(const int64_t vcores, configuration.Get(keys::kRunnerVcores));
  if (vcores > maximum.vcores) {
    return InvalidArgumentError("tusk.runner.vcores is " + std::to_string(vcores) +
                                ", but no node has more than " + std::to_string(maximum.vcores) +
                                ": lower it");
  }
  return Status::Ok();
}

// What cannot be read would only be noticed by the driver or the runners.
Status JobClient::CheckValues(const Configuration& configuration) const {
  for (const KeyRef& ref : keys::kMapredKeys) {
    RETURN_IF_ERROR(
        std::visit([&](const auto* key) { return configuration.Get(*key).status(); }, ref));
  }
  return Status::Ok();
}

StatusOr<yarnlite::ApplicationId> JobClient::Submit(const JobSubmission& submission) {
  const Configuration& configuration = submission.configuration;
  RETURN_IF_ERROR(CheckProgram(submission.program));
  RETURN_IF_ERROR(CheckValues(configuration));
  ASSIGN_OR_RETURN(const std::string mode, configuration.Get(keys::kJobMode));
  if (mode != "disk" && mode != "memory") {
    return InvalidArgumentError("tusk.job.mode is '" + mode + "': it is either disk or memory");
  }
  ASSIGN_OR_RETURN(const yarnlite::NewApplication application, yarn_->CreateApplication());
  RETURN_IF_ERROR(CheckRunnerSize(configuration, application.maximum));

  ProgramLaunch launch;
  launch.role = kDriverRole;
  launch.program = std::filesystem::path(submission.program).filename().string();
  launch.args = submission.args;
  launch.user = file_system_->user();
  launch.secret = SecureRandomBytes(kSecretBytes);
  const std::string directory = staging_.ApplicationDirectory(launch.user, application.id);
  RETURN_IF_ERROR(staging_.Prepare(directory));
  const Status submitted = StageAndSubmit(submission, application.id, directory, &launch);
  if (submitted.ok()) {
    const Status cleaned = staging_.RemoveOld(launch.user, Clock::Real()->WallMillis());
    if (!cleaned.ok()) LOG_WARN("old programs and reports stay in {}: {}", directory, cleaned);
    return application.id;
  }
  IgnoreError(staging_.Remove(directory), "what the user hears is why the submission failed");
  return submitted;
}

Status JobClient::StageAndSubmit(const JobSubmission& submission, const yarnlite::ApplicationId& id,
                                 const std::string& directory, ProgramLaunch* to_launch) {
  const Configuration& configuration = submission.configuration;
  ProgramLaunch& launch = *to_launch;
  ASSIGN_OR_RETURN(launch.resources[launch.program], staging_.PutProgram(submission.program));
  ASSIGN_OR_RETURN(launch.resources[kJobConfiguration],
                   staging_.PutBytes(directory, kJobConfiguration, configuration.ToXml()));
  for (const auto& [name, path] : submission.files) {
    ASSIGN_OR_RETURN(launch.resources[name], staging_.PutFile(directory, name, path));
  }

  yarnlite::ApplicationSubmission out;
  out.id = id;
  out.name = submission.name;
  if (out.name.empty()) {
    ASSIGN_OR_RETURN(out.name, configuration.Get(keys::kJobName));
  }
  if (out.name.empty()) out.name = launch.program;
  out.type = std::string(yarnlite::kTuskApplicationType);
  ASSIGN_OR_RETURN(out.queue, configuration.Get(keys::kJobQueue));
  ASSIGN_OR_RETURN(out.master_resource.memory_mb, configuration.Get(keys::kAmMemoryMb));
  ASSIGN_OR_RETURN(const int64_t vcores, configuration.Get(keys::kAmVcores));
  out.master_resource.vcores = static_cast<int32_t>(vcores);
  ASSIGN_OR_RETURN(const int64_t attempts, configuration.Get(keys::kJobMasterMaxAttempts));
  out.max_attempts = static_cast<int>(attempts);
  launch.environment[kStagingVariable] = directory;
  launch.environment[kJobNameVariable] = out.name;
  out.master = MakeLaunchContext(launch);
  return yarn_->Submit(out);
}

StatusOr<ProgramNews> JobClient::CallFollow(const ApplicationReport& report, int64_t seen,
                                            int64_t output_from) {
  proto::FollowRequestProto request;
  request.set_seen(seen);
  request.set_output_from(output_from);
  proto::FollowResponseProto response;
  RETURN_IF_ERROR(rpc_.Call({report.host, static_cast<uint16_t>(report.rpc_port)}, {.user = user()},
                            kJobProtocolName, "follow", request, &response));
  return FromProto(response);
}

bool JobClient::FollowDriver(const ApplicationReport& report, const FollowSinks& sinks,
                             ProgramReport* last) {
  int64_t seen = 0;
  int64_t output_from = 0;
  for (;;) {
    const auto news = CallFollow(report, seen, output_from);
    if (!news.ok()) return false;
    seen = news->version;
    output_from = news->output_from + static_cast<int64_t>(news->output.size());
    last->status = news->status;
    last->output_tail += news->output;
    if (sinks.news) sinks.news(*news);
    if (news->status.state <= ProgramState::kRunning || !news->output.empty()) continue;
    const proto::AcknowledgeRequestProto request;
    proto::AcknowledgeResponseProto response;
    IgnoreError(rpc_.Call({report.host, static_cast<uint16_t>(report.rpc_port)}, {.user = user()},
                          kJobProtocolName, "acknowledge", request, &response),
                "the driver only waits for it a little");
    return true;
  }
}

StatusOr<ProgramReport> JobClient::Follow(const yarnlite::ApplicationId& id,
                                          const FollowSinks& sinks) {
  ProgramReport last;
  std::string driver;  // the one that was lost
  for (;;) {
    ASSIGN_OR_RETURN(const ApplicationReport report, yarn_->GetReport(id));
    if (yarnlite::IsFinal(report.state)) {
      CleanStaging(report);
      return FinalReport(report, last);
    }
    if (!HasDriver(report)) {
      if (sinks.waiting) sinks.waiting(report);
      continue;
    }
    const std::string address = report.host + ":" + std::to_string(report.rpc_port);
    if (address == driver) {
      // It did not answer; the ResourceManager has not noticed yet.
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    if (FollowDriver(report, sinks, &last)) return last;
    driver = address;
  }
}

// A driver that was killed could not do it.
void JobClient::CleanStaging(const ApplicationReport& report) {
  if (report.user != user()) return;
  const std::string directory = staging_.ApplicationDirectory(report.user, report.id);
  // While an output may be left, so is the record of it, for who asks next.
  Status cleaned = staging_.RemoveUnfinishedOutputs(directory);
  if (cleaned.ok()) cleaned = staging_.KeepOnlyReport(directory);
  IgnoreError(cleaned, "the user asked how the program ended");
}

StatusOr<ProgramReport> JobClient::FinalReport(const ApplicationReport& report,
                                               const ProgramReport& last) {
  auto stored = staging_.ReadReport(staging_.ApplicationDirectory(report.user, report.id));
  if (stored.ok() && stored->has_value()) return **stored;
  ProgramReport made = last;
  made.status.application_id = report.id.ToString();
  made.status.name = report.name;
  made.status.user = report.user;
  made.status.start_ms = report.start_time_ms;
  made.status.finish_ms = report.finish_time_ms;
  made.status.diagnostics = report.diagnostics;
  made.status.state = report.state == ApplicationState::kKilled ? ProgramState::kKilled
                      : report.final_status == yarnlite::FinalStatus::kSucceeded
                          ? ProgramState::kSucceeded
                          : ProgramState::kFailed;
  made.status.exit_code = made.status.state == ProgramState::kSucceeded ? 0 : 1;
  if (report.diagnostics.find("exitCode: 0\n") != std::string::npos) {
    made.status.diagnostics +=
        " (Program::Open or Session::Open must be the first statement of main.)";
  }
  return made;
}

StatusOr<ProgramReport> JobClient::GetReport(const yarnlite::ApplicationId& id) {
  ASSIGN_OR_RETURN(const ApplicationReport report, yarn_->GetReport(id));
  if (HasDriver(report)) {
    if (auto news = CallFollow(report, 0, 0); news.ok()) {
      return ProgramReport{std::move(news->status), std::move(news->output)};
    }
  }
  if (yarnlite::IsFinal(report.state)) return FinalReport(report, {});
  ProgramReport waiting;
  waiting.status.application_id = id.ToString();
  waiting.status.name = report.name;
  waiting.status.user = report.user;
  waiting.status.start_ms = report.start_time_ms;
  waiting.status.diagnostics = report.diagnostics;
  return waiting;
}

Status JobClient::Kill(const yarnlite::ApplicationId& id, const std::string& reason) {
  ASSIGN_OR_RETURN(const ApplicationReport report, yarn_->GetReport(id));
  if (yarnlite::IsFinal(report.state)) return Status::Ok();
  if (HasDriver(report)) {
    proto::KillRequestProto request;
    request.set_reason(reason);
    proto::KillResponseProto response;
    const Status asked = rpc_.Call({report.host, static_cast<uint16_t>(report.rpc_port)},
                                   {.user = user()}, kJobProtocolName, "kill", request, &response);
    if (asked.code() == Code::kPermissionDenied) return asked;
    const TimePoint deadline = Clock::Real()->Now() + kKillPatience;
    while (asked.ok() && Clock::Real()->Now() < deadline) {
      ASSIGN_OR_RETURN(const ApplicationReport now, yarn_->GetReport(id));
      if (yarnlite::IsFinal(now.state)) return Status::Ok();
    }
  }
  return yarn_->Kill(id, reason);
}

StatusOr<std::vector<ApplicationReport>> JobClient::List() {
  yarnlite::ApplicationFilter filter;
  filter.types.insert(std::string(yarnlite::kTuskApplicationType));
  return yarn_->List(filter);
}

}  // namespace tusk::mapreduce
