#include "yarnlite/nodemanager/server/node_manager_server.h"

#include <unistd.h>

#include <filesystem>
#include <thread>
#include <utility>

#include "common/base/log.h"
#include "common/concurrent/thread_pool.h"
#include "common/concurrent/timer.h"
#include "common/config/core_keys.h"
#include "common/config/yarn_keys.h"
#include "common/http/http_server.h"
#include "common/net/socket.h"
#include "common/rpc/server.h"
#include "common/security/group_mapping.h"
#include "yarnlite/nodemanager/link/resource_manager_link.h"
#include "yarnlite/nodemanager/logs.h"
#include "yarnlite/nodemanager/rpc/container_management_service.h"
#include "yarnlite/nodemanager/server/dfs_resource_source.h"
#include "yarnlite/nodemanager/web/node_pages.h"

namespace tusk::yarnlite {
namespace {

namespace fs = std::filesystem;

constexpr Duration kTick = std::chrono::milliseconds(50);
constexpr Duration kLogSweep = std::chrono::hours(1);
constexpr Duration kStopLimit = std::chrono::seconds(3);
constexpr int kWorkers = 8;  // localizing blocks: as many containers start at once
constexpr const char* kVersion = "0.1.0";

StatusOr<HostPort> Address(const Configuration& conf, const StringKey& key) {
  ASSIGN_OR_RETURN(const std::string text, conf.Get(key));
  auto address = ParseHostPort(text);
  if (!address.ok()) return address.status().WithContext(key.name);
  return address;
}

// "file:///a" and "/a" are the same; a missing directory is made.
StatusOr<std::vector<std::string>> Directories(const Configuration& conf, const ListKey& key) {
  ASSIGN_OR_RETURN(std::vector<std::string> paths, conf.Get(key));
  if (paths.empty()) return InvalidArgumentError(std::string(key.name) + " names no directory");
  for (std::string& path : paths) {
    ASSIGN_OR_RETURN(const UriParts parts, ParseUri(path));
    std::error_code error;
    path = fs::absolute(parts.path, error).string();
    fs::create_directories(path, error);
    if (error) return ErrnoError(std::string(key.name) + ": " + path, error.value());
    if (::access(path.c_str(), W_OK) != 0) {
      return ErrnoError(std::string(key.name) + ": " + path, errno);
    }
  }
  return paths;
}

int64_t MachineMemoryMb() {
  return (static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGE_SIZE)) >> 20;
}

StatusOr<Resource> Capability(const Configuration& conf) {
  ASSIGN_OR_RETURN(int64_t memory_mb, conf.Get(keys::kNodeMemoryMb));
  ASSIGN_OR_RETURN(int64_t vcores, conf.Get(keys::kNodeVcores));
  if (memory_mb <= 0) memory_mb = MachineMemoryMb() * 3 / 4;
  if (vcores <= 0) vcores = std::max(1u, std::thread::hardware_concurrency());
  return Resource{memory_mb, static_cast<int32_t>(vcores)};
}

bool IsAnyAddress(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

bool IsAddress(const std::string& host) {
  return !IsAnyAddress(host) && SocketAddress::Parse(host, 0).ok();
}

// Ports stand in tokens and registrations, so they are known before the servers start.
Status ChoosePort(HostPort* address) {
  if (address->port != 0) return Status::Ok();
  ASSIGN_OR_RETURN(auto listener, Listener::Listen(*address));
  address->port = listener.port();
  return Status::Ok();
}

std::string OwnDirectory() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().string();
}

}  // namespace

StatusOr<NodeManagerServerOptions> NodeManagerServerOptions::FromConfiguration(
    const Configuration& conf) {
  RETURN_IF_ERROR(CheckDaemonSecurity(conf));
  NodeManagerServerOptions options;
  options.conf = conf;
  ASSIGN_OR_RETURN(options.address, Address(conf, keys::kNodeManagerAddress));
  ASSIGN_OR_RETURN(options.web_address, Address(conf, keys::kNodeManagerWebAddress));
  ASSIGN_OR_RETURN(options.file_service_address, Address(conf, keys::kLocalFileServiceAddress));
  ASSIGN_OR_RETURN(options.resource_manager, Address(conf, keys::kResourceManagerLinkAddress));
  ASSIGN_OR_RETURN(options.cluster_secret_file, conf.Get(keys::kClusterSecretFile));
  ASSIGN_OR_RETURN(options.log_retain, conf.Get(keys::kLogRetain));
  ASSIGN_OR_RETURN(options.cache_target_bytes, conf.Get(keys::kLocalizerCacheTarget));
  options.cache_target_bytes <<= 20;
  options.launcher = OwnDirectory() + "/tusk-container-launcher";

  NodeManagerOptions& core = options.core;
  core.version = kVersion;
  ASSIGN_OR_RETURN(core.id.host, conf.Get(keys::kNodeManagerHost));
  if (core.id.host.empty()) {
    core.id.host = IsAnyAddress(options.address.host) ? LocalHostName() : options.address.host;
  }
  ASSIGN_OR_RETURN(core.capability, Capability(conf));
  ASSIGN_OR_RETURN(core.local_dirs, Directories(conf, keys::kNodeLocalDirs));
  ASSIGN_OR_RETURN(core.log_dirs, Directories(conf, keys::kNodeLogDirs));
  ASSIGN_OR_RETURN(core.memory_check, conf.Get(keys::kPmemCheck));
  ASSIGN_OR_RETURN(core.kill_delay, conf.Get(keys::kKillDelay));
  ASSIGN_OR_RETURN(core.max_disk_utilization, conf.Get(keys::kMaxDiskUtilization));
  ASSIGN_OR_RETURN(const std::vector<std::string> inherited, conf.Get(keys::kEnvWhitelist));
  for (const std::string& name : inherited) {
    if (const char* value = ::getenv(name.c_str())) core.inherited.emplace_back(name, value);
  }
  return options;
}

// In the order of construction; what refers to others stands behind them.
struct NodeManagerServer::Parts {
  Parts(const NodeManagerServerOptions& options, ClusterSecret secret)
      : workers("nm-worker", kWorkers),
        streams("nm-stream", 1),
        monitor("nm-monitor", 1),
        timer(&monitor),
        groups({}, &workers, Clock::Real()),
        source(options.conf),
        localizer(options.core.local_dirs, options.cache_target_bytes, Clock::Real(), &source),
        files(Clock::Real()),
        core(options.core, Clock::Real(), &workers, &localizer, &files),
        link({.target = options.resource_manager.ToString(),
              .local_address = IsAddress(options.core.id.host) ? options.core.id.host : "",
              .caller = "nodemanager " + options.core.id.ToString()},
             std::move(secret), Clock::Real(), &streams, &timer, &core) {}

  ThreadPool workers;
  ThreadPool streams;
  ThreadPool monitor;
  RealTimer timer;
  GroupMapping groups;
  DfsResourceSource source;
  Localizer localizer;
  LocalFileService files;
  NodeManager core;
  std::unique_ptr<ContainerRunner> runner;
  MetricsRegistry registry;
  std::vector<MetricsBean> beans;
  std::unique_ptr<RpcServer> masters;
  std::unique_ptr<HttpServer> web;
  std::unique_ptr<HttpServer> file_server;
  ResourceManagerLink link;
  TimerHandle tick;
  TimerHandle log_sweep;
};

NodeManagerServer::NodeManagerServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

NodeManagerServer::~NodeManagerServer() {
  Stop();
}

StatusOr<std::unique_ptr<NodeManagerServer>> NodeManagerServer::Start(
    const NodeManagerServerOptions& given) {
  NodeManagerServerOptions options = given;
  if (options.cluster_secret_file.empty()) {
    return InvalidArgumentError(
        "tusk.cluster.secret.file is not set: the ResourceManager knows us by it");
  }
  ASSIGN_OR_RETURN(ClusterSecret secret, ClusterSecret::Load(options.cluster_secret_file));
  RETURN_IF_ERROR(ChoosePort(&options.address));
  RETURN_IF_ERROR(ChoosePort(&options.web_address));
  RETURN_IF_ERROR(ChoosePort(&options.file_service_address));
  options.core.id.port = options.address.port;
  options.core.http_port = options.web_address.port;
  options.core.file_service_port = options.file_service_address.port;
  // Our reads should be seen to come from where we stand.
  if (IsAddress(options.core.id.host) && !options.conf.IsSet("dfs.client.local.interfaces")) {
    options.conf.Set("dfs.client.local.interfaces", options.core.id.host);
  }

  std::unique_ptr<NodeManagerServer> server(
      new NodeManagerServer(std::make_unique<Parts>(options, std::move(secret))));
  Parts& parts = *server->parts_;
  NodeManager* core = &parts.core;
  ASSIGN_OR_RETURN(parts.runner, ContainerRunner::Create(options.launcher,
                                                         [core](const ContainerId& id, int code) {
                                                           core->Ended(id, code);
                                                         }));
  core->Attach(parts.runner.get(), &parts.link);

  RpcServerOptions rpc;
  rpc.host = options.address.host;
  rpc.port = options.address.port;
  rpc.io_threads = 1;
  rpc.token_verifier = MakeNmVerifier(core);
  parts.masters = std::make_unique<RpcServer>(std::move(rpc), &parts.groups, &parts.workers);
  parts.masters->Add(MakeContainerManagementProtocol(core));
  RETURN_IF_ERROR(parts.masters->Start());

  parts.beans.push_back(AddNodeBean(&parts.registry, core, &parts.localizer, &parts.files));
  parts.beans.push_back(AddProcessBean(&parts.registry, "NodeManager"));
  parts.web =
      std::make_unique<HttpServer>(HttpServerOptions{.bind = options.web_address, .threads = 2});
  AddMetricsRoutes(parts.web.get(), &parts.registry);
  AddNodePages(parts.web.get(), core);
  RETURN_IF_ERROR(parts.web->Start());
  parts.file_server = std::make_unique<HttpServer>(
      HttpServerOptions{.bind = options.file_service_address, .threads = 8});
  parts.files.AddTo(parts.file_server.get());
  RETURN_IF_ERROR(parts.file_server->Start());

  parts.tick = parts.timer.Every(kTick, [core] { core->Tick(); });
  parts.log_sweep = parts.timer.Every(
      kLogSweep, [dirs = options.core.log_dirs, retain = ToMillis(options.log_retain)] {
        RemoveLogsOlderThan(dirs, Clock::Real()->WallMillis() - retain);
      });
  parts.link.Start();
  LOG_INFO("NodeManager is up id={} web={} files={} capability={} resource_manager={}",
           options.core.id.ToString(), options.web_address.port, options.file_service_address.port,
           options.core.capability.ToString(), options.resource_manager.ToString());
  return server;
}

void NodeManagerServer::Stop() {
  if (parts_ == nullptr) return;
  Parts& parts = *parts_;
  if (parts.masters != nullptr) parts.masters->Stop();
  if (parts.runner != nullptr) parts.core.Stop(kStopLimit);  // with the tick, for SIGKILL
  parts.tick.Cancel();
  parts.log_sweep.Cancel();
  parts.link.Stop();
  if (parts.web != nullptr) parts.web->Stop();
  if (parts.file_server != nullptr) parts.file_server->Stop();
  parts.runner.reset();
  parts.workers.Stop();  // what containers' ends left to do
  parts.streams.Stop();
  parts.beans.clear();
  parts_.reset();
}

const NodeId& NodeManagerServer::id() const {
  return parts_->core.options().id;
}

bool NodeManagerServer::connected() const {
  return parts_->link.connected();
}

}  // namespace tusk::yarnlite
