#include <cstdio>
#include <set>

#include "cli/commands/job/job_command.h"
#include "mapreduce/client/job_client.h"

namespace tusk::cli {
namespace {

using mapreduce::JobClient;
using mapreduce::ProgramReport;
using mapreduce::ProgramStatus;

constexpr const char* kUsage =
    "Usage: job <command> <args>\n"
    "\t[-status <job-id>]\n"
    "\t[-counter <job-id> <group-name> <counter-name>]\n"
    "\t[-kill <job-id>]\n"
    "\t[-list [all]]\n";

// MapReduce's name of an application, and back.
std::string JobName(const std::string& application) {
  return "job" + application.substr(std::string("application").size());
}

StatusOr<yarnlite::ApplicationId> ParseJob(const std::string& text) {
  const std::string application = text.starts_with("job_") ? "application" + text.substr(3) : text;
  auto id = yarnlite::ApplicationId::Parse(application);
  if (id.ok()) return id;
  return InvalidArgumentError("JobId string : " + text + " is not properly formed");
}

int Fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.message().c_str());
  return kExitUsage;  // Hadoop's job command says -1
}

// Hadoop's words for the states of YARN's applications.
const char* JobState(const yarnlite::ApplicationReport& report) {
  using yarnlite::ApplicationState;
  switch (report.state) {
    case ApplicationState::kRunning:
      return "RUNNING";
    case ApplicationState::kFinished:
      return report.final_status == yarnlite::FinalStatus::kSucceeded ? "SUCCEEDED" : "FAILED";
    case ApplicationState::kFailed:
      return "FAILED";
    case ApplicationState::kKilled:
      return "KILLED";
    default:
      return "PREP";
  }
}

int List(JobClient& client, bool all) {
  auto reports = client.List();
  if (!reports.ok()) return Fail(reports.status());
  if (!all) {
    std::erase_if(*reports, [](const auto& report) { return yarnlite::IsFinal(report.state); });
  }
  std::printf("Total jobs:%zu\n", reports->size());
  std::printf("%23s\t%20s\t%10s\t%14s\t%12s\t%12s\t%10s\t%15s\t%8s\t%10s\n", "JobId", "JobName",
              "State", "StartTime", "UserName", "Queue", "Priority", "UsedContainers", "UsedMem",
              "AM info");
  for (const auto& report : *reports) {
    std::printf("%23s\t%20s\t%10s\t%14lld\t%12s\t%12s\t%10s\t%15d\t%7lldM\t%10s\n",
                JobName(report.id.ToString()).c_str(), report.name.substr(0, 20).c_str(),
                JobState(report), static_cast<long long>(report.start_time_ms), report.user.c_str(),
                report.queue.c_str(), "DEFAULT", report.used_containers,
                static_cast<long long>(report.used.memory_mb), report.tracking_url.c_str());
  }
  return kExitOk;
}

void PrintCounters(const mapreduce::Counters& counters) {
  size_t count = 0;
  for (const auto& [group, names] : counters.groups()) count += names.size();
  std::printf("Counters: %zu\n", count);
  for (const auto& [group, names] : counters.groups()) {
    std::printf("\t%s\n", group.c_str());
    for (const auto& [name, value] : names) {
      std::printf("\t\t%s=%lld\n", name.c_str(), static_cast<long long>(value));
    }
  }
}

int ShowStatus(JobClient& client, const yarnlite::ApplicationId& id) {
  const auto report = client.GetReport(id);
  if (!report.ok()) return Fail(report.status());
  const ProgramStatus& status = report->status;
  std::printf("\nJob: %s\n", JobName(id.ToString()).c_str());
  std::printf("Job name: %s\n", status.name.c_str());
  std::printf("Mode: %s\n", mapreduce::JobModeName(status.mode));
  for (const auto& stage : status.stages) {
    std::printf("Stage %d (%s): %d of %d tasks, %d running, %d failed attempts\n", stage.id.value(),
                stage.name.c_str(), stage.finish_ms != 0 ? stage.tasks : stage.done, stage.tasks,
                stage.running, stage.failed_attempts);
  }
  for (const auto& worker : status.workers) {
    std::printf("Worker %s: %lld tasks, %lld failed attempts, %.1f s of task time\n",
                worker.host.c_str(), static_cast<long long>(worker.tasks),
                static_cast<long long>(worker.failed_attempts),
                static_cast<double>(worker.busy_ms) / 1000);
  }
  std::printf("Completion: %.2f\n", status.progress);
  std::printf("Job state: %s\n", mapreduce::ProgramStateName(status.state));
  std::printf("reason for failure: %s\n", status.state == mapreduce::ProgramState::kSucceeded
                                              ? ""
                                              : status.diagnostics.c_str());
  PrintCounters(status.counters);
  return kExitOk;
}

int ShowCounter(JobClient& client, const yarnlite::ApplicationId& id, const std::string& group,
                const std::string& name) {
  const auto report = client.GetReport(id);
  if (!report.ok()) return Fail(report.status());
  std::printf("%lld\n", static_cast<long long>(report->status.counters.Get(group, name)));
  return kExitOk;
}

int Kill(JobClient& client, const yarnlite::ApplicationId& id) {
  const Status killed = client.Kill(id, "killed by " + client.user());
  if (!killed.ok()) return Fail(killed);
  std::printf("Killed job %s\n", JobName(id.ToString()).c_str());
  return kExitOk;
}

bool NotYet(const std::string& option) {
  static const std::set<std::string> known = {"-history",
                                              "-logs",
                                              "-events",
                                              "-submit",
                                              "-set-priority",
                                              "-config",
                                              "-list-active-trackers",
                                              "-list-blacklisted-trackers",
                                              "-list-attempt-ids",
                                              "-kill-task",
                                              "-fail-task"};
  return known.contains(option);
}

}  // namespace

int RunMapredJob(Invocation& invocation) {
  const std::vector<std::string>& args = invocation.args;
  const std::string option = args.empty() ? "" : args[0];
  if (NotYet(option)) {
    std::fprintf(stderr, "%s: %s is not supported yet\n", invocation.program.c_str(),
                 option.c_str());
    return kExitError;
  }
  const bool list =
      option == "-list" && (args.size() == 1 || (args.size() == 2 && args[1] == "all"));
  const bool one = (option == "-status" || option == "-kill") && args.size() == 2;
  const bool counter = option == "-counter" && args.size() == 4;
  if (!list && !one && !counter) {
    std::fputs(kUsage, stderr);
    return kExitUsage;
  }
  yarnlite::ApplicationId id;
  if (!list) {
    const auto parsed = ParseJob(args[1]);
    if (!parsed.ok()) return Fail(parsed.status());
    id = *parsed;
  }
  auto client = JobClient::Create(invocation.conf);
  if (!client.ok()) return Fail(client.status());
  if (list) return List(**client, args.size() == 2);
  if (counter) return ShowCounter(**client, id, args[2], args[3]);
  return option == "-kill" ? Kill(**client, id) : ShowStatus(**client, id);
}

}  // namespace tusk::cli
