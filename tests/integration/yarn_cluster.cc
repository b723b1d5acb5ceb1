#include "tests/integration/yarn_cluster.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/base/check.h"
#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/net/socket.h"
#include "common/testing/eventually.h"
#include "common/testing/slowdown.h"
#include "common/testing/status_matchers.h"

namespace tusk::yarnlite {
namespace {

using std::chrono::seconds;

int FreePort(const std::string& host) {
  const auto listener = Listener::Listen({host, 0});
  CHECK(listener.ok()) << listener.status();
  return listener->port();
}

std::string Property(const std::string& name, const std::string& value) {
  return "<property><name>" + name + "</name><value>" + value + "</value></property>\n";
}

std::string Local(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

// What a sanitizer finds in a process that is started from now on, whoever starts it, goes into a
// file of its own in `directory` (as in tests/lib/cluster.sh).
void CollectSanitizerReports(const std::string& directory) {
  std::filesystem::create_directories(directory);
  for (const char* name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    const char* const before = std::getenv(name);
    std::string options = before == nullptr ? "" : before;
    // The last of several counts.
    options += ":log_path=" + directory + "/report:log_exe_name=1";
    CHECK_EQ(::setenv(name, options.c_str(), 1), 0);
  }
}

}  // namespace

YarnCluster::YarnCluster() {
  CollectSanitizerReports(dir_.File("sanitizer-reports"));
  client_port_ = FreePort("127.0.0.1");
  scheduler_port_ = FreePort("127.0.0.1");
  link_port_ = FreePort("127.0.0.1");
  web_port_ = FreePort("127.0.0.1");
  node_port_ = FreePort("127.0.20.1");
  node_web_port_ = FreePort("127.0.20.1");
  node_files_port_ = FreePort("127.0.20.1");
  std::filesystem::create_directories(config_dir());
  std::ofstream(dir_.File("secret")) << ToHex(SecureRandomBytes(32));
  ::chmod(dir_.File("secret").c_str(), 0600);
  std::ofstream(config_dir() + "/yarn-site.xml")
      << "<configuration>\n"
      << Property("yarn.resourcemanager.address", Local(client_port_))
      << Property("yarn.resourcemanager.scheduler.address", Local(scheduler_port_))
      << Property("tusk.resourcemanager.link.address", Local(link_port_))
      << Property("yarn.resourcemanager.webapp.address", Local(web_port_))
      << Property("yarn.nm.liveness-monitor.expiry-interval-ms", "1500")
      << Property("yarn.resourcemanager.nodemanagers.heartbeat-interval-ms", "100")
      << Property("yarn.nodemanager.resource.memory-mb", "1024")
      << Property("yarn.nodemanager.resource.cpu-vcores", "4")
      << Property("tusk.cluster.secret.file", dir_.File("secret")) << "</configuration>\n";

  const auto conf = Configuration::Load(config_dir());
  CHECK(conf.ok()) << conf.status();
  auto options = YarnClientOptions::FromConfiguration(*conf);
  CHECK(options.ok()) << options.status();
  options->user = "alice";
  options->retry_for = seconds(10) * Slowdown();
  client_ = *YarnClient::Create(*options);
  containers_ = *NodeManagerClient::Create({});
}

YarnCluster::~YarnCluster() {
  for (auto& node : nodes_) {
    if (node != nullptr) node->Terminate(seconds(5) * Slowdown());
  }
  if (resource_manager_ != nullptr) resource_manager_->Terminate(seconds(5) * Slowdown());
  for (const auto& entry : std::filesystem::directory_iterator(dir_.File("sanitizer-reports"))) {
    std::cerr << std::ifstream(entry.path()).rdbuf();
    ADD_FAILURE() << "a sanitizer reports something: " << entry.path().filename();
  }
  if (!testing::Test::HasFailure()) return;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    if (entry.path().extension() != ".log") continue;
    std::cerr << "---- " << entry.path().filename() << "\n"
              << std::ifstream(entry.path()).rdbuf() << "\n";
  }
}

std::unique_ptr<ChildProcess> YarnCluster::Spawn(const std::string& program,
                                                 const std::string& name,
                                                 const std::vector<std::string>& overrides) {
  SpawnOptions options;
  options.argv = {std::string(TUSK_BIN) + "/" + program, "--config", config_dir()};
  for (const std::string& assignment : overrides) {
    options.argv.push_back("-D");
    options.argv.push_back(assignment);
  }
  options.stdout_to = Stdio::File(log(name));
  options.stderr_to = Stdio::File(log(name));
  auto child = ChildProcess::Spawn(std::move(options));
  CHECK(child.ok()) << child.status();
  return *std::move(child);
}

void YarnCluster::StartResourceManager() {
  resource_manager_ = Spawn("tusk-resourcemanager", "rm", {});
}

int YarnCluster::StartNodeManager() {
  const int number = static_cast<int>(nodes_.size());
  const auto at = [&](int port) { return NodeHost(number) + ":" + std::to_string(port); };
  nodes_.push_back(Spawn("tusk-nodemanager", "nm" + std::to_string(number),
                         {"yarn.nodemanager.address=" + at(node_port_),
                          "yarn.nodemanager.webapp.address=" + at(node_web_port_),
                          "tusk.nodemanager.local-files.address=" + at(node_files_port_),
                          "yarn.nodemanager.local-dirs=" + NodeDir(number) + "/local",
                          "yarn.nodemanager.log-dirs=" + NodeDir(number) + "/logs"}));
  return number;
}

void YarnCluster::CrashResourceManager() {
  IgnoreError(resource_manager_->Signal(SIGKILL), "it may have ended");
  resource_manager_->Wait();
  resource_manager_.reset();
}

void YarnCluster::CrashNodeManager(int number) {
  auto& node = nodes_[static_cast<size_t>(number)];
  IgnoreError(node->Signal(SIGKILL), "it may have ended");
  node->Wait();
  node.reset();
}

bool YarnCluster::StopNodeManager(int number) {
  auto& node = nodes_[static_cast<size_t>(number)];
  IgnoreError(node->Signal(SIGTERM), "it may have ended");
  const bool well = node->Wait().ok();
  node.reset();
  return well;
}

bool YarnCluster::WaitForNodes(int count) {
  return Eventually(seconds(20), [&] {
    const auto nodes = client_->Nodes({NodeState::kRunning});
    return nodes.ok() && static_cast<int>(nodes->size()) == count;
  });
}

ApplicationReport YarnCluster::WaitForState(const ApplicationId& id,
                                            std::vector<ApplicationState> states) {
  ApplicationReport last;
  Eventually(seconds(30), [&] {
    const auto report = client_->GetReport(id);
    if (!report.ok()) return false;
    last = *report;
    return std::find(states.begin(), states.end(), last.state) != states.end();
  });
  return last;
}

StatusOr<std::unique_ptr<AppMasterClient>> YarnCluster::Master(const Token& amrm_token) {
  AppMasterOptions options;
  options.scheduler = Local(scheduler_port_);
  options.amrm_token = amrm_token;
  return AppMasterClient::Create(options);
}

Token YarnCluster::SubmitUnmanaged(ApplicationId* id) {
  const auto created = client_->CreateApplication();
  CHECK(created.ok()) << created.status();
  *id = created->id;
  ApplicationSubmission submission;
  submission.id = *id;
  submission.name = "test";
  submission.type = kTuskApplicationType;
  submission.unmanaged = true;
  const Status submitted = client_->Submit(submission);
  CHECK(submitted.ok()) << submitted;
  const auto report = client_->GetReport(*id);
  CHECK(report.ok()) << report.status();
  return report->amrm_token;
}

}  // namespace tusk::yarnlite
