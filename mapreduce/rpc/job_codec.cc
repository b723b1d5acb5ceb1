#include "mapreduce/rpc/job_codec.h"

#include "proto/tusk/job.pb.h"

namespace tusk::mapreduce {
namespace {

void StageToProto(const StageStatus& in, proto::StageStatusProto* out) {
  out->set_id(in.id.value());
  out->set_job(in.job.value());
  out->set_name(in.name);
  out->set_shuffle_map(in.shuffle_map);
  out->set_tasks(in.tasks);
  out->set_done(in.done);
  out->set_running(in.running);
  out->set_failed_attempts(in.failed_attempts);
  out->set_start_ms(in.start_ms);
  out->set_finish_ms(in.finish_ms);
  out->set_shuffle_bytes(in.shuffle_bytes);
  out->mutable_shuffle_partition_bytes()->Assign(in.shuffle_partition_bytes.begin(),
                                                 in.shuffle_partition_bytes.end());
}

StageStatus StageFromProto(const proto::StageStatusProto& in) {
  StageStatus out;
  out.id = StageId(in.id());
  out.job = JobNumber(in.job());
  out.name = in.name();
  out.shuffle_map = in.shuffle_map();
  out.tasks = in.tasks();
  out.done = in.done();
  out.running = in.running();
  out.failed_attempts = in.failed_attempts();
  out.start_ms = in.start_ms();
  out.finish_ms = in.finish_ms();
  out.shuffle_bytes = in.shuffle_bytes();
  out.shuffle_partition_bytes.assign(in.shuffle_partition_bytes().begin(),
                                     in.shuffle_partition_bytes().end());
  return out;
}

void RunnerToProto(const RunnerStatus& in, proto::RunnerStatusProto* out) {
  out->set_id(in.id.value());
  out->set_container(in.container);
  out->set_host(in.host);
  out->set_slots(in.slots);
  out->set_running(in.running);
  out->set_memory_used_bytes(in.memory_used_bytes);
  out->set_memory_budget_bytes(in.memory_budget_bytes);
  out->set_memory_peak_bytes(in.memory_peak_bytes);
}

RunnerStatus RunnerFromProto(const proto::RunnerStatusProto& in) {
  RunnerStatus out;
  out.id = RunnerId(in.id());
  out.container = in.container();
  out.host = in.host();
  out.slots = in.slots();
  out.running = in.running();
  out.memory_used_bytes = in.memory_used_bytes();
  out.memory_budget_bytes = in.memory_budget_bytes();
  out.memory_peak_bytes = in.memory_peak_bytes();
  return out;
}

void WorkerToProto(const WorkerStatus& in, proto::WorkerStatusProto* out) {
  out->set_host(in.host);
  out->set_tasks(in.tasks);
  out->set_failed_attempts(in.failed_attempts);
  out->set_busy_ms(in.busy_ms);
}

void StatusToProto(const ProgramStatus& in, proto::ProgramStatusProto* out) {
  out->set_application_id(in.application_id);
  out->set_name(in.name);
  out->set_user(in.user);
  out->set_mode(static_cast<int>(in.mode));
  out->set_state(static_cast<int>(in.state));
  out->set_diagnostics(in.diagnostics);
  out->set_driver_attempt(in.driver_attempt);
  out->set_exit_code(in.exit_code);
  out->set_start_ms(in.start_ms);
  out->set_finish_ms(in.finish_ms);
  out->set_progress(in.progress);
  for (const StageStatus& stage : in.stages) StageToProto(stage, out->add_stages());
  for (const RunnerStatus& runner : in.runners) RunnerToProto(runner, out->add_runners());
  for (const WorkerStatus& worker : in.workers) WorkerToProto(worker, out->add_workers());
  for (const auto& [group, counters] : in.counters.groups()) {
    for (const auto& [name, value] : counters) {
      auto* counter = out->add_counters();
      counter->set_group(group);
      counter->set_name(name);
      counter->set_value(value);
    }
  }
}

StatusOr<ProgramStatus> StatusFromProto(const proto::ProgramStatusProto& in) {
  if (in.state() < 0 || in.state() > 4 || in.mode() < 0 || in.mode() > 1) {
    return InvalidArgumentError("a program's status with an unknown state or mode");
  }
  ProgramStatus out;
  out.application_id = in.application_id();
  out.name = in.name();
  out.user = in.user();
  out.mode = static_cast<JobMode>(in.mode());
  out.state = static_cast<ProgramState>(in.state());
  out.diagnostics = in.diagnostics();
  out.driver_attempt = in.driver_attempt();
  out.exit_code = in.exit_code();
  out.start_ms = in.start_ms();
  out.finish_ms = in.finish_ms();
  out.progress = in.progress();
  for (const auto& stage : in.stages()) out.stages.push_back(StageFromProto(stage));
  for (const auto& runner : in.runners()) out.runners.push_back(RunnerFromProto(runner));
  for (const auto& worker : in.workers()) {
    out.workers.push_back(
        {worker.host(), worker.tasks(), worker.failed_attempts(), worker.busy_ms()});
  }
  for (const auto& counter : in.counters()) {
    out.counters.Add(counter.group(), counter.name(), counter.value());
  }
  return out;
}

}  // namespace

void ToProto(const ProgramNews& news, proto::FollowResponseProto* out) {
  out->set_version(news.version);
  StatusToProto(news.status, out->mutable_status());
  out->set_output_from(news.output_from);
  out->set_output(news.output);
}

StatusOr<ProgramNews> FromProto(const proto::FollowResponseProto& in) {
  ProgramNews news;
  news.version = in.version();
  ASSIGN_OR_RETURN(news.status, StatusFromProto(in.status()));
  news.output_from = in.output_from();
  news.output = in.output();
  return news;
}

std::string EncodeReport(const ProgramReport& report) {
  proto::ProgramReportProto out;
  StatusToProto(report.status, out.mutable_status());
  out.set_output_tail(report.output_tail);
  return out.SerializeAsString();
}

StatusOr<ProgramReport> DecodeReport(std::string_view bytes) {
  proto::ProgramReportProto in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return DataLossError("the job's report is damaged");
  }
  ProgramReport report;
  ASSIGN_OR_RETURN(report.status, StatusFromProto(in.status()));
  report.output_tail = in.output_tail();
  return report;
}

}  // namespace tusk::mapreduce
