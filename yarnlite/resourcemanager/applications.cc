#include "yarnlite/resourcemanager/applications.h"

#include "common/base/check.h"

namespace tusk::yarnlite {

Application* ApplicationTable::Find(const ApplicationId& id) {
  const auto it = applications_.find(id);
  return it == applications_.end() ? nullptr : &it->second;
}

const Application* ApplicationTable::Find(const ApplicationId& id) const {
  const auto it = applications_.find(id);
  return it == applications_.end() ? nullptr : &it->second;
}

Attempt* ApplicationTable::FindAttempt(const ApplicationAttemptId& id) {
  Application* application = Find(id.application);
  if (application == nullptr) return nullptr;
  const auto it = application->attempts.find(id.attempt);
  return it == application->attempts.end() ? nullptr : &it->second;
}

const Attempt* ApplicationTable::FindAttempt(const ApplicationAttemptId& id) const {
  return const_cast<ApplicationTable*>(this)->FindAttempt(id);
}

Application* ApplicationTable::Add(Application application) {
  const ApplicationId id = application.id();
  const auto [it, added] = applications_.emplace(id, std::move(application));
  CHECK(added) << id;
  return &it->second;
}

void ApplicationTable::Ended(const ApplicationId& id) {
  ended_.push_back(id);
  if (ended_.size() <= max_completed_) return;
  applications_.erase(ended_.front());
  ended_.erase(ended_.begin());
}

ApplicationReport MakeReport(const Application& application, int64_t now_ms) {
  ApplicationReport report;
  report.id = application.id();
  report.user = application.user;
  report.queue = application.submission.queue;
  report.name = application.submission.name;
  report.type = application.submission.type;
  report.tags = application.submission.tags;
  report.state = application.state;
  report.final_status = application.final_status;
  report.diagnostics = application.diagnostics;
  report.progress = application.progress;
  report.submit_time_ms = application.submit_ms;
  report.start_time_ms = application.submit_ms;
  report.launch_time_ms = application.launch_ms;
  report.finish_time_ms = application.finish_ms;
  report.priority = application.submission.priority;
  report.unmanaged = application.submission.unmanaged;
  int64_t memory_millis = application.memory_millis;
  int64_t vcore_millis = application.vcore_millis;
  if (const Attempt* attempt = application.current()) {
    report.current_attempt = attempt->id;
    report.host = attempt->host;
    report.rpc_port = attempt->rpc_port;
    report.original_tracking_url = attempt->tracking_url;
    report.tracking_url = attempt->tracking_url;
    for (const auto& [id, container] : attempt->containers) {
      ++report.used_containers;
      report.used += container.resource;
      memory_millis += container.resource.memory_mb * (now_ms - container.granted_ms);
      vcore_millis += container.resource.vcores * (now_ms - container.granted_ms);
    }
  }
  report.memory_seconds = memory_millis / 1000;
  report.vcore_seconds = vcore_millis / 1000;
  return report;
}

AttemptReport MakeReport(const Attempt& attempt) {
  AttemptReport report;
  report.id = attempt.id;
  report.state = attempt.state;
  report.host = attempt.host;
  report.rpc_port = attempt.rpc_port;
  report.tracking_url = attempt.tracking_url;
  report.diagnostics = attempt.diagnostics;
  if (attempt.master) report.master_container = *attempt.master;
  report.start_time_ms = attempt.start_ms;
  report.finish_time_ms = attempt.finish_ms;
  return report;
}

ContainerReport MakeReport(const ContainerId& id, const LiveContainer& container) {
  ContainerReport report;
  report.id = id;
  report.node = container.node;
  report.node_http_address = container.node_http_address;
  report.resource = container.resource;
  report.priority = container.priority;
  report.state = container.phase == LiveContainer::Phase::kRunning ? ContainerState::kRunning
                                                                   : ContainerState::kNew;
  report.creation_time_ms = container.granted_ms;
  return report;
}

}  // namespace tusk::yarnlite
