#include "mapreduce/server/runner_pool.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "common/base/log.h"

namespace tusk::mapreduce {
namespace {

constexpr int kFailuresPerNode = 3;
constexpr int kRunnerPriority = 1;
constexpr const char* kOpenFirst =
    ". (Program::Open or Session::Open must be the first statement of main.)";
constexpr Duration kPollAgain = std::chrono::milliseconds(500);

// Ended by somebody's decision, not by what the runner did.
bool TakenAway(int exit_status) {
  using namespace yarnlite::exit_status;
  return exit_status == kAborted || exit_status == kPreempted ||
         exit_status == kKilledByAppMaster || exit_status == kKilledByResourceManager ||
         exit_status == kKilledAfterAppCompletion;
}

// In one line: what a runner's container died of, and where to read on.
std::string HowItEnded(const yarnlite::ContainerStatus& status) {
  constexpr std::string_view kStderr = " bytes of stderr :\n";
  const std::string& told = status.diagnostics;
  const int code = status.exit_status;
  std::string text = "it ended with exit code " + std::to_string(code);
  if (code < 0 && !told.empty()) {  // YARN's decision, and its words
    text = told.substr(0, told.find('\n'));
  } else if (code > 128 && code < 128 + NSIG) {
    text = "it was killed by signal " + std::to_string(code - 128) + " (" +
           ::strsignal(code - 128) + ")";
  }
  if (const size_t at = told.find(kStderr); code >= 0 && at != std::string::npos) {
    std::string tail = told.substr(at + kStderr.size());
    tail.erase(tail.find_last_not_of('\n') + 1);
    text += "; the last line of its stderr: " + tail.substr(tail.rfind('\n') + 1);
  }
  return text + "; see yarn logs -containerId " + status.id.ToString();
}

}  // namespace

RunnerPool::RunnerPool(RunnerPoolOptions options, Driver* driver, yarnlite::AppMasterClient* master,
                       yarnlite::NodeManagerClient* nodes, yarnlite::YarnClient* yarn,
                       std::function<void(const std::string&)> over)
    : options_(std::move(options)),
      driver_(driver),
      master_(master),
      node_managers_(nodes),
      yarn_(yarn),
      over_(std::move(over)) {}

RunnerPool::~RunnerPool() {
  Stop();
}

yarnlite::Resource RunnerPool::RunnerSize(const yarnlite::Resource& node) const {
  yarnlite::Resource size;
  size.memory_mb = options_.memory_mb > 0 ? options_.memory_mb : node.memory_mb / 2;
  size.vcores = options_.vcores > 0 ? options_.vcores : std::max(1, node.vcores - 1);
  return size;
}

bool RunnerPool::AddNodeLocked(const yarnlite::NodeReport& report) {
  const yarnlite::Resource size = RunnerSize(report.capability);
  if (size.memory_mb > report.capability.memory_mb || size.vcores > report.capability.vcores) {
    return false;
  }
  Node& node = nodes_[report.id.host];
  node.rack = report.rack.empty() ? "/default-rack" : report.rack;
  node.runner = size;
  return true;
}

Status RunnerPool::Start() {
  ASSIGN_OR_RETURN(const auto reports, yarn_->Nodes({yarnlite::NodeState::kRunning}));
  if (reports.empty()) return FailedPreconditionError("no NodeManager is running");
  {
    MutexLock lock(mu_);
    for (const auto& report : reports) AddNodeLocked(report);
    if (nodes_.empty()) {
      const yarnlite::Resource size = RunnerSize(reports.front().capability);
      return FailedPreconditionError("no node is large enough for a runner of " +
                                     std::to_string(size.memory_mb) + " MB and " +
                                     std::to_string(size.vcores) +
                                     " vcores: lower tusk.runner.memory-mb or tusk.runner.vcores");
    }
    AskForMissingLocked();
  }
  poller_ = std::thread([this] { Poll(); });
  return Status::Ok();
}

void RunnerPool::Stop() {
  {
    MutexLock lock(mu_);
    if (stopping_) return;
    stopping_ = true;
  }
  if (poller_.joinable()) {
    master_->Interrupt();
    poller_.join();
  }
  starter_.Stop();
}

yarnlite::ContainerNeed RunnerPool::NeedOn(const std::string& host, const Node& node) const {
  yarnlite::ContainerNeed need;
  need.priority = kRunnerPriority;
  need.resource = node.runner;
  need.hosts = {host};
  need.racks = {node.rack};
  need.relax_locality = false;
  return need;
}

void RunnerPool::AskLocked(const std::string& host) {
  Node& node = nodes_.at(host);
  ++node.wanted;
  master_->AddNeed(NeedOn(host, node));
}

// Spreads what is missing over the nodes, those with the fewest runners first.
void RunnerPool::AskForMissingLocked() {
  int there = 0;
  std::vector<std::pair<int, std::string>> usable;
  for (const auto& [host, node] : nodes_) {
    there += node.wanted + node.running;
    if (node.failures < kFailuresPerNode) usable.emplace_back(node.wanted + node.running, host);
  }
  if (options_.count < 0) {
    for (const auto& [count, host] : usable) {
      if (count == 0) AskLocked(host);
    }
    return;
  }
  while (there < options_.count && !usable.empty()) {
    const auto least = std::ranges::min_element(usable);
    AskLocked(least->second);
    ++least->first;
    ++there;
  }
}

void RunnerPool::Poll() {
  for (;;) {
    {
      MutexLock lock(mu_);
      if (stopping_) return;
    }
    const auto news = master_->Poll();
    if (news.ok()) {
      if (news->command != yarnlite::AmCommand::kNone) {
        return over_("the ResourceManager has given this driver up");
      }
      Take(*news);
      continue;
    }
    if (news.status().code() == Code::kCancelled) return;
    if (news.status().code() == Code::kNotFound) {
      return over_("the ResourceManager does not know this driver any more: " +
                   news.status().message());
    }
    LOG_WARN("the ResourceManager does not answer: {}", news.status());
    std::this_thread::sleep_for(kPollAgain);
  }
}

void RunnerPool::Take(const yarnlite::AllocateNews& news) {
  for (const auto& granted : news.granted) Granted(granted);
  for (const auto& status : news.completed) Completed(status);
  for (const auto& report : news.updated_nodes) NodeChanged(report);
}

void RunnerPool::Granted(const yarnlite::GrantedContainer& granted) {
  const std::string& host = granted.container.node.host;
  const std::string id = granted.container.id.ToString();
  yarnlite::Resource size;
  std::string rack;
  bool release = false;
  {
    MutexLock lock(mu_);
    const auto it = nodes_.find(host);
    release = stopping_ || it == nodes_.end();
    if (!release) {
      Node& node = it->second;
      if (node.wanted > 0) --node.wanted;
      ++node.running;
      containers_[id] = host;
      size = node.runner;
      rack = node.rack;
    }
  }
  if (release) return master_->Release(granted.container.id);
  driver_->ExpectRunner(id, host);
  starter_.Post([this, granted, size, rack] { Launch(granted, size, rack); });
}

void RunnerPool::Launch(const yarnlite::GrantedContainer& granted, const yarnlite::Resource& size,
                        const std::string& rack) {
  ProgramLaunch launch = options_.launch;
  launch.role = kRunnerRole;
  launch.environment[kSlotsVariable] = std::to_string(size.vcores);
  launch.environment[kMemoryVariable] = std::to_string(size.memory_mb);
  launch.environment[kRackVariable] = rack;
  const auto started = node_managers_->StartContainer(granted.container, granted.nm_token,
                                                      MakeLaunchContext(launch));
  if (started.ok()) return;
  LOG_WARN("cannot start a runner container={} node={}: {}", granted.container.id.ToString(),
           granted.container.node.ToString(), started.status());
  master_->Release(granted.container.id);
  yarnlite::ContainerStatus ended;
  ended.id = granted.container.id;
  ended.exit_status = 1;
  ended.diagnostics = "it could not be started: " + started.status().message();
  Completed(ended);
}

void RunnerPool::Completed(const yarnlite::ContainerStatus& status) {
  const std::string id = status.id.ToString();
  const bool taken = TakenAway(status.exit_status);
  std::string host;
  bool hopeless = false;
  {
    MutexLock lock(mu_);
    const auto it = containers_.find(id);
    if (it == containers_.end()) return;
    host = it->second;
    containers_.erase(it);
    if (const auto node = nodes_.find(host); node != nodes_.end()) {
      --node->second.running;
      if (!taken) ++node->second.failures;
    }
    if (!taken) ++failures_;
    if (stopping_) return;
    AskForMissingLocked();
    hopeless = std::ranges::all_of(
        nodes_, [](const auto& node) { return node.second.failures >= kFailuresPerNode; });
    for (const auto& [other, node] : nodes_) hopeless &= node.running + node.wanted == 0;
  }
  const std::string why = HowItEnded(status);
  LOG_WARN("runner's container ended id={} host={} status={}: {}", id, host, status.exit_status,
           status.diagnostics);
  driver_->LoseContainer(id, why, !taken);
  if (hopeless) {
    driver_->Kill("no runner stays up on any node; of the last one, on " + host + ": " + why +
                  (status.exit_status == 0 ? kOpenFirst : ""));
  }
}

void RunnerPool::NodeChanged(const yarnlite::NodeReport& report) {
  const std::string& host = report.id.host;
  if (report.state == yarnlite::NodeState::kRunning) {
    MutexLock lock(mu_);
    if (!stopping_ && AddNodeLocked(report)) AskForMissingLocked();
    return;
  }
  {
    MutexLock lock(mu_);
    const auto it = nodes_.find(host);
    if (it == nodes_.end()) return;
    while (it->second.wanted > 0 && master_->RemoveNeed(NeedOn(host, it->second)) > 0) {
      --it->second.wanted;
    }
    nodes_.erase(it);
    if (!stopping_) AskForMissingLocked();
  }
  driver_->LoseHost(host);
}

}  // namespace tusk::mapreduce
