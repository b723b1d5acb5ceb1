#include "yarnlite/resourcemanager/server/resource_manager_server.h"

#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/concurrent/thread_pool.h"
#include "common/concurrent/timer.h"
#include "common/config/core_keys.h"
#include "common/config/yarn_keys.h"
#include "common/grpc/server.h"
#include "common/http/http_server.h"
#include "common/net/topology.h"
#include "common/rpc/server.h"
#include "common/security/group_mapping.h"
#include "yarnlite/resourcemanager/link/node_link_service.h"
#include "yarnlite/resourcemanager/rpc/application_client_service.h"
#include "yarnlite/resourcemanager/rpc/application_master_service.h"
#include "yarnlite/resourcemanager/web/cluster_pages.h"
#include "yarnlite/scheduler/fifo.h"

namespace tusk::yarnlite {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(20);
constexpr Duration kLinkStopLimit = std::chrono::milliseconds(500);

StatusOr<HostPort> Address(const Configuration& conf, const StringKey& key) {
  ASSIGN_OR_RETURN(const std::string text, conf.Get(key));
  auto address = ParseHostPort(text);
  if (!address.ok()) return address.status().WithContext(key.name);
  return address;
}

StatusOr<std::unique_ptr<RpcServer>> StartRpc(const HostPort& address, RpcProtocol protocol,
                                              TokenVerifier verifier, GroupMapping* groups,
                                              Executor* executor) {
  RpcServerOptions options;
  options.host = address.host;
  options.port = address.port;
  options.io_threads = 1;
  options.token_verifier = std::move(verifier);
  auto server = std::make_unique<RpcServer>(std::move(options), groups, executor);
  server->Add(std::move(protocol));
  RETURN_IF_ERROR(server->Start());
  return server;
}

}  // namespace

StatusOr<ResourceManagerServerOptions> ResourceManagerServerOptions::FromConfiguration(
    const Configuration& conf) {
  RETURN_IF_ERROR(CheckDaemonSecurity(conf));
  ResourceManagerServerOptions options;
  ASSIGN_OR_RETURN(options.client_address, Address(conf, keys::kResourceManagerAddress));
  ASSIGN_OR_RETURN(options.scheduler_address,
                   Address(conf, keys::kResourceManagerSchedulerAddress));
  ASSIGN_OR_RETURN(options.link_address, Address(conf, keys::kResourceManagerLinkAddress));
  ASSIGN_OR_RETURN(options.web_address, Address(conf, keys::kResourceManagerWebAddress));
  ASSIGN_OR_RETURN(options.cluster_secret_file, conf.Get(keys::kClusterSecretFile));
  ASSIGN_OR_RETURN(options.rack_table_file, conf.Get(keys::kTopologyTableFile));

  ASSIGN_OR_RETURN(options.scheduler.minimum.memory_mb, conf.Get(keys::kMinimumAllocationMb));
  ASSIGN_OR_RETURN(options.scheduler.maximum.memory_mb, conf.Get(keys::kMaximumAllocationMb));
  ASSIGN_OR_RETURN(const int64_t min_vcores, conf.Get(keys::kMinimumAllocationVcores));
  ASSIGN_OR_RETURN(const int64_t max_vcores, conf.Get(keys::kMaximumAllocationVcores));
  options.scheduler.minimum.vcores = static_cast<int32_t>(min_vcores);
  options.scheduler.maximum.vcores = static_cast<int32_t>(max_vcores);
  ASSIGN_OR_RETURN(options.scheduler.master_share, conf.Get(keys::kMasterShare));
  ASSIGN_OR_RETURN(options.scheduler.delay.node, conf.Get(keys::kNodeLocalityDelay));
  ASSIGN_OR_RETURN(options.scheduler.delay.rack, conf.Get(keys::kRackLocalityDelay));

  ASSIGN_OR_RETURN(const int64_t attempts, conf.Get(keys::kAmMaxAttempts));
  ASSIGN_OR_RETURN(const int64_t completed, conf.Get(keys::kMaxCompletedApplications));
  options.core.max_attempts = static_cast<int>(attempts);
  options.core.max_completed = static_cast<size_t>(completed);
  ASSIGN_OR_RETURN(options.core.master_expiry, conf.Get(keys::kAmExpiry));
  ASSIGN_OR_RETURN(options.core.node_expiry, conf.Get(keys::kNodeExpiry));
  ASSIGN_OR_RETURN(options.core.heartbeat_interval, conf.Get(keys::kNodeHeartbeatInterval));
  ASSIGN_OR_RETURN(options.core.superuser, ProcessUserName());
  options.core.start_ms = Clock::Real()->WallMillis();
  return options;
}

// In the order of construction; what refers to others stands behind them.
struct ResourceManagerServer::Parts {
  explicit Parts(const ResourceManagerServerOptions& options)
      : pool("rm-worker", 2),
        groups({}, &pool, Clock::Real()),
        core(options.core, std::make_unique<FifoScheduler>(options.scheduler), Clock::Real(),
             &link) {
    link.Attach(&core);
  }

  ThreadPool pool;
  GroupMapping groups;
  NodeLinkService link;
  ResourceManager core;
  MetricsRegistry registry;
  std::vector<MetricsBean> beans;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<RpcServer> clients;
  std::unique_ptr<RpcServer> masters;
  std::unique_ptr<HttpServer> web;
  RealTimer timer;
  TimerHandle tick;
};

ResourceManagerServer::ResourceManagerServer(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}

ResourceManagerServer::~ResourceManagerServer() {
  Stop();
}

StatusOr<std::unique_ptr<ResourceManagerServer>> ResourceManagerServer::Start(
    const ResourceManagerServerOptions& given) {
  ResourceManagerServerOptions options = given;
  if (options.cluster_secret_file.empty()) {
    return InvalidArgumentError(
        "tusk.cluster.secret.file is not set: NodeManagers are known by it");
  }
  ASSIGN_OR_RETURN(ClusterSecret secret, ClusterSecret::Load(options.cluster_secret_file));
  auto racks = std::make_shared<RackTable>();
  if (!options.rack_table_file.empty()) {
    ASSIGN_OR_RETURN(*racks, RackTable::Load(options.rack_table_file));
  }
  options.core.rack_of = [racks](const std::string& host) { return racks->RackOf(host); };
  options.core.web_address = options.web_address.ToString();

  std::unique_ptr<ResourceManagerServer> server(
      new ResourceManagerServer(std::make_unique<Parts>(options)));
  Parts& parts = *server->parts_;
  ResourceManager* core = &parts.core;
  ASSIGN_OR_RETURN(parts.clients,
                   StartRpc(options.client_address, MakeApplicationClientProtocol(core), nullptr,
                            &parts.groups, &parts.pool));
  ASSIGN_OR_RETURN(parts.masters,
                   StartRpc(options.scheduler_address, MakeApplicationMasterProtocol(core),
                            MakeAmRmVerifier(core), &parts.groups, &parts.pool));
  GrpcServices services;
  parts.link.AddTo(&services);
  ASSIGN_OR_RETURN(parts.grpc, GrpcServer::Start({.host = options.link_address.host,
                                                  .port = options.link_address.port},
                                                 services, secret, Clock::Real(), &parts.pool));
  parts.beans = AddClusterBeans(&parts.registry, core);
  parts.beans.push_back(AddProcessBean(&parts.registry, "ResourceManager"));
  parts.web =
      std::make_unique<HttpServer>(HttpServerOptions{.bind = options.web_address, .threads = 2});
  AddMetricsRoutes(parts.web.get(), &parts.registry);
  AddClusterPages(parts.web.get(), core);
  RETURN_IF_ERROR(parts.web->Start());
  parts.tick = parts.timer.Every(kTick, [core] { core->Tick(); });
  LOG_INFO("ResourceManager is up clients={} masters={} nodes={} web={} start={}",
           parts.clients->port(), parts.masters->port(), parts.grpc->port(), parts.web->port(),
           options.core.start_ms);
  return server;
}

void ResourceManagerServer::Stop() {
  if (parts_ == nullptr) return;
  parts_->tick.Cancel();
  parts_->core.Stop();
  if (parts_->web != nullptr) parts_->web->Stop();
  if (parts_->clients != nullptr) parts_->clients->Stop();
  if (parts_->masters != nullptr) parts_->masters->Stop();
  if (parts_->grpc != nullptr) parts_->grpc->Stop(kLinkStopLimit);
  parts_->beans.clear();
  parts_.reset();
}

int ResourceManagerServer::client_port() const {
  return parts_->clients->port();
}
int ResourceManagerServer::scheduler_port() const {
  return parts_->masters->port();
}
int ResourceManagerServer::link_port() const {
  return parts_->grpc->port();
}
int ResourceManagerServer::web_port() const {
  return parts_->web->port();
}

}  // namespace tusk::yarnlite
