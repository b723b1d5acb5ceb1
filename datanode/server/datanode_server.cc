#include "datanode/server/datanode_server.h"

#include <atomic>

#include "common/base/log.h"
#include "common/base/random.h"
#include "common/concurrent/thread_pool.h"
#include "common/grpc/channel.h"
#include "common/grpc/datanode_link_codec.h"
#include "common/grpc/server.h"
#include "common/http/http_server.h"
#include "common/kv/leveldb_store.h"
#include "common/rpc/server.h"
#include "datanode/link/command_runner.h"
#include "datanode/link/event_log.h"
#include "datanode/link/inter_datanode.h"
#include "datanode/link/namenode_link.h"
#include "datanode/recovery/local_replica_recovery.h"
#include "datanode/rpc/client_datanode_service.h"
#include "datanode/transfer/xceiver_server.h"
#include "datanode/web/status_pages.h"

namespace tusk::datanode {
namespace {

// As in Hadoop's own version line: dashboards and `dfsadmin -report` show it.
constexpr char kSoftwareVersion[] = "3.4.2";
constexpr int kCopyThreads = 4;
constexpr int kRecoveryThreads = 4;
constexpr Duration kRecoveryCallLimit = std::chrono::seconds(70);  // above a writer's stop time
constexpr Duration kReconcileInterval = std::chrono::hours(6);
constexpr Duration kDiskCheckInterval = std::chrono::minutes(1);

StatusOr<std::string> ReadBootId() {
  ASSIGN_OR_RETURN(std::string id, Env::Posix()->ReadFile("/proc/sys/kernel/random/boot_id"));
  while (!id.empty() && (id.back() == '\n' || id.back() == ' ')) id.pop_back();
  return id;
}

StatusOr<std::unique_ptr<KvStore>> OpenIndexStore(const std::string& dir, bool discard) {
  if (discard) RETURN_IF_ERROR(DestroyLevelDb(dir));
  return OpenLevelDb(dir, {});
}

StatusOr<ClusterSecret> LoadSecret(const std::string& path) {
  if (path.empty()) {
    return InvalidArgumentError(
        "tusk.cluster.secret.file is not set: the daemons of a cluster need a common secret");
  }
  return ClusterSecret::Load(path);
}

}  // namespace

// Members in order of construction: what stands below uses what stands above.
class DatanodeServer::Impl {
 public:
  Impl(const DatanodeOptions& options, ClusterSecret secret,
       std::function<void(const std::string&)> on_fatal)
      : options_(options), secret_(std::move(secret)), on_fatal_(std::move(on_fatal)) {}
  ~Impl() { Stop(); }

  Status Start();
  void Stop();

  const DatanodeOptions options_;
  const ClusterSecret secret_;
  const std::function<void(const std::string&)> on_fatal_;
  const Clock* const clock_ = Clock::Real();
  const uint64_t incarnation_ = SecureRandomSeed();
  std::atomic<bool> fatal_{false};
  bool stopped_ = false;

  MetricsRegistry metrics_;
  ThreadPool work_{"dn-work", 4};         // streams' handlers, messages to the NameNode
  ThreadPool deletions_{"dn-delete", 1};  // files of invalidated replicas
  ThreadPool copies_{"dn-copy", kCopyThreads};
  ThreadPool recoveries_{"dn-recover", kRecoveryThreads};  // wait for other DataNodes
  ThreadPool answers_{"dn-answer", kRecoveryThreads};      // answer other DataNodes' recoveries
  ThreadPool upkeep_{"dn-upkeep", 1};
  RealTimer timer_;

  EventLog events_;
  std::unique_ptr<ReplicaStore> store_;
  std::unique_ptr<LocalReplicaRecovery> local_recovery_;
  MetricsBean activity_;
  std::unique_ptr<TransferMetrics> transfer_metrics_;
  TransferContext transfer_;
  std::unique_ptr<XceiverServer> xceivers_;
  std::string domain_socket_;
  std::unique_ptr<GrpcServer> recovery_server_;
  std::unique_ptr<GroupMapping> groups_;
  std::unique_ptr<ClientDatanodeService> rpc_service_;
  std::unique_ptr<RpcServer> rpc_;
  std::unique_ptr<HttpServer> http_;
  std::vector<MetricsBean> beans_;
  std::unique_ptr<BlockCopy> block_copy_;
  std::unique_ptr<ReplicaRecovery> replica_recovery_;
  std::unique_ptr<CommandRunner> commands_;
  std::unique_ptr<GrpcChannel> namenode_channel_;
  std::unique_ptr<NamenodeLink> link_;
  TimerHandle reconcile_;
  TimerHandle disk_check_;

 private:
  Status OpenStore();
  Status OpenDataPort();
  Status OpenRecoveryPort();
  Status OpenRpc();
  Status OpenHttp();
  void MakeCommands();
  void MakeLink();
  void StartUpkeep();

  void Fatal(const std::string& why) {
    if (!fatal_.exchange(true)) on_fatal_(why);
  }
  std::string DataAddress() const {
    return options_.ip_addr + ":" + std::to_string(xceivers_->port());
  }
  std::string ActivityBeanName() const {
    return "DataNodeActivity-" + options_.host_name + "-" + std::to_string(xceivers_->port());
  }
  DatanodeId OwnId() const;
  DatanodeRegistration Registration() const;
  Heartbeat MakeHeartbeat();
  StatusOr<std::shared_ptr<InterDatanodeProtocol>> ConnectForRecovery(const DatanodeInfo& location,
                                                                      int32_t port);
};

Status DatanodeServer::Impl::Start() {
  RETURN_IF_ERROR(OpenStore());
  RETURN_IF_ERROR(OpenDataPort());
  RETURN_IF_ERROR(OpenRecoveryPort());
  MakeCommands();
  MakeLink();
  RETURN_IF_ERROR(OpenRpc());
  RETURN_IF_ERROR(OpenHttp());
  transfer_.self.id = OwnId();
  xceivers_->Serve();
  StartUpkeep();
  link_->Start();
  LOG_INFO("datanode started address={} ipc={} http={} recovery={} uuid={} namenode={} socket={}",
           DataAddress(), rpc_->port(), http_->port(), recovery_server_->port(),
           store_->identity().datanode_uuid, options_.namenode.ToString(), domain_socket_);
  return Status::Ok();
}

void DatanodeServer::Impl::Stop() {
  if (std::exchange(stopped_, true)) return;
  reconcile_.Cancel();
  disk_check_.Cancel();
  if (link_ != nullptr) link_->Stop();
  if (http_ != nullptr) http_->Stop();
  if (rpc_ != nullptr) rpc_->Stop();
  if (xceivers_ != nullptr) xceivers_->Stop();
  if (recovery_server_ != nullptr) recovery_server_->Stop(std::chrono::milliseconds(200));
  if (commands_ != nullptr) commands_->Stop();
  if (block_copy_ != nullptr) block_copy_->Stop();
  namenode_channel_.reset();
  recoveries_.Stop();
  answers_.Stop();
  copies_.Stop();
  upkeep_.Stop();
  if (store_ != nullptr) store_->Close();
  deletions_.Stop();
}

Status DatanodeServer::Impl::OpenStore() {
  ReplicaStoreOptions options;
  options.volumes = options_.volumes;
  options.reserved_bytes = options_.reserved_bytes;
  options.failed_volumes_tolerated = options_.failed_volumes_tolerated;
  options.sync_on_close = options_.sync_on_close;
  ASSIGN_OR_RETURN(options.boot_id, ReadBootId());
  ReplicaStoreDeps deps;
  deps.env = Env::Posix();
  deps.deletions = &deletions_;
  deps.listener = &events_;
  deps.open_index = OpenIndexStore;
  deps.on_fatal = [this](const std::string& why) { Fatal(why); };
  ASSIGN_OR_RETURN(store_, ReplicaStore::Open(std::move(options), std::move(deps)));
  local_recovery_ = std::make_unique<LocalReplicaRecovery>(store_.get());
  return Status::Ok();
}

Status DatanodeServer::Impl::OpenDataPort() {
  transfer_.store = store_.get();
  transfer_.clock = clock_;
  transfer_.options = options_.transfer;
  transfer_.report_bad = [this](const BadReplica& bad) { events_.AddBad(bad); };
  XceiverServer::Options options;
  options.address = options_.data;
  ASSIGN_OR_RETURN(xceivers_, XceiverServer::Listen(options, &transfer_));
  activity_ = metrics_.AddBean("DataNode", ActivityBeanName(), {}, "DataNodeActivity");
  transfer_metrics_ = std::make_unique<TransferMetrics>(&activity_);
  transfer_.metrics = transfer_metrics_.get();
  if (options_.domain_socket.empty()) return Status::Ok();
  domain_socket_ = DomainSocketPath(options_.domain_socket, options_.ip_addr, xceivers_->port());
  return xceivers_->ListenUnix(domain_socket_);
}

Status DatanodeServer::Impl::OpenRecoveryPort() {
  GrpcServices services;
  AddInterDatanodeService(&services, local_recovery_.get(), &answers_);
  GrpcServer::Options options;
  ASSIGN_OR_RETURN(const std::vector<SocketAddress> addresses, Resolve(options_.recovery));
  options.host = addresses.front().host();
  options.port = options_.recovery.port;
  ASSIGN_OR_RETURN(recovery_server_,
                   GrpcServer::Start(options, std::move(services), secret_, clock_, &work_));
  return Status::Ok();
}

Status DatanodeServer::Impl::OpenRpc() {
  GroupMappingOptions group_options;
  if (!options_.group_overrides.empty()) group_options.static_overrides = options_.group_overrides;
  groups_ = std::make_unique<GroupMapping>(group_options, &work_, clock_);
  RpcServerOptions options;
  options.host = options_.ipc.host;
  options.port = options_.ipc.port;
  options.io_threads = 1;
  rpc_ = std::make_unique<RpcServer>(options, groups_.get(), &upkeep_);
  ClientDatanodeOptions service;
  service.software_version = kSoftwareVersion;
  service.config_version = "core-3.0.0,hdfs-1";
  service.balancer_bandwidth = options_.balancer_bandwidth;
  rpc_service_ = std::make_unique<ClientDatanodeService>(store_.get(), clock_, service,
                                                         [this] { link_->SendFullReport(); });
  rpc_->Add(rpc_service_->Protocol());
  return rpc_->Start();
}

Status DatanodeServer::Impl::OpenHttp() {
  HttpServerOptions options;
  options.bind = options_.http;
  options.threads = 2;
  http_ = std::make_unique<HttpServer>(options);
  StatusPageFacts facts;
  facts.name = DataAddress();
  facts.software_version = kSoftwareVersion;
  facts.namenode = options_.namenode.ToString();
  facts.registered = [this] { return link_->registered(); };
  facts.streams = [this] { return transfer_.active_streams.load(); };
  beans_ = AddStorageBeans(&metrics_, store_.get(), facts);
  beans_.push_back(AddProcessBean(&metrics_, "DataNode"));
  AddStatusPage(http_.get(), store_.get(), facts);
  AddMetricsRoutes(http_.get(), &metrics_);
  return http_->Start();
}

void DatanodeServer::Impl::MakeCommands() {
  block_copy_ = std::make_unique<BlockCopy>(
      &transfer_, &copies_, [this](const TransferFailed& failed) { link_->Send(failed); });
  replica_recovery_ =
      std::make_unique<ReplicaRecovery>([this](const DatanodeInfo& location, int32_t port) {
        return ConnectForRecovery(location, port);
      });
  CommandRunner::Deps deps;
  deps.store = store_.get();
  deps.copies = block_copy_.get();
  deps.recovery = replica_recovery_.get();
  deps.recovery_executor = &recoveries_;
  deps.recovered = [this](const BlockSynchronization& result) { link_->Send(result); };
  deps.send_full_report = [this] { link_->SendFullReport(); };
  commands_ = std::make_unique<CommandRunner>(std::move(deps));
}

void DatanodeServer::Impl::MakeLink() {
  GrpcChannel::Options channel;
  channel.target = options_.namenode.ToString();
  channel.local_address = options_.transfer.source_address;
  channel.caller = "datanode " + DataAddress();
  namenode_channel_ = std::make_unique<GrpcChannel>(std::move(channel), secret_, clock_, &work_);
  NamenodeLink::Deps deps;
  deps.open = [this](StreamHandler handler) {
    return namenode_channel_->OpenStream(kDatanodeLinkMethod, std::move(handler));
  };
  deps.events = &events_;
  deps.store = store_.get();
  deps.commands = commands_.get();
  deps.executor = &work_;
  deps.timer = &timer_;
  deps.registration = [this] { return Registration(); };
  deps.heartbeat = [this] { return MakeHeartbeat(); };
  deps.on_accepted = [](const RegistrationAccepted&) {};
  deps.on_refused = [this](const std::string& why) { Fatal(why); };
  link_ = std::make_unique<NamenodeLink>(options_.namenode.ToString(), std::move(deps));
}

void DatanodeServer::Impl::StartUpkeep() {
  reconcile_ = timer_.Every(kReconcileInterval, [this] {
    upkeep_.Post([this] {
      const StatusOr<int64_t> differences = store_->Reconcile();
      LOG_INFO("disk and replica map compared differences={}",
               differences.ok() ? std::to_string(*differences) : differences.status().message());
    });
  });
  disk_check_ = timer_.Every(kDiskCheckInterval,
                             [this] { upkeep_.Post([this] { store_->CheckVolumes(); }); });
}

DatanodeId DatanodeServer::Impl::OwnId() const {
  DatanodeId id;
  id.ip_addr = options_.ip_addr;
  id.host_name = options_.host_name;
  id.uuid = store_->identity().datanode_uuid;
  id.xfer_port = xceivers_->port();
  id.info_port = http_->port();
  id.ipc_port = rpc_->port();
  return id;
}

DatanodeRegistration DatanodeServer::Impl::Registration() const {
  const StorageIdentity identity = store_->identity();
  DatanodeRegistration registration;
  registration.id = OwnId();
  registration.software_version = kSoftwareVersion;
  registration.cluster_id = identity.cluster_id;
  registration.block_pool_id = identity.block_pool_id;
  registration.namespace_id = identity.namespace_id;
  registration.layout_version = kDatanodeLayoutVersion;
  registration.recovery_port = recovery_server_->port();
  registration.domain_socket_path = domain_socket_;
  registration.incarnation = incarnation_;
  return registration;
}

Heartbeat DatanodeServer::Impl::MakeHeartbeat() {
  Heartbeat heartbeat;
  heartbeat.storages = store_->StorageReports();
  heartbeat.xceiver_count = transfer_.active_streams.load();
  heartbeat.transfers_in_progress = block_copy_->in_progress();
  heartbeat.failed_volumes = store_->failed_volumes();
  return heartbeat;
}

StatusOr<std::shared_ptr<InterDatanodeProtocol>> DatanodeServer::Impl::ConnectForRecovery(
    const DatanodeInfo& location, int32_t port) {
  if (location.id.uuid == store_->identity().datanode_uuid) {
    return std::shared_ptr<InterDatanodeProtocol>(local_recovery_.get(),
                                                  [](InterDatanodeProtocol*) {});
  }
  if (port <= 0) {
    return UnavailableError("the recovery port of " + location.id.XferAddr() + " is not known");
  }
  GrpcChannel::Options channel;
  channel.target = HostPort{location.id.ip_addr, port}.ToString();
  channel.local_address = options_.transfer.source_address;
  channel.caller = "datanode " + DataAddress();
  return std::shared_ptr<InterDatanodeProtocol>(std::make_shared<InterDatanodeStub>(
      std::make_unique<GrpcChannel>(std::move(channel), secret_, clock_, &work_),
      kRecoveryCallLimit));
}

// ---- the face
// ------------------------------------------------------------------------------------

StatusOr<std::unique_ptr<DatanodeServer>> DatanodeServer::Start(
    const DatanodeOptions& options, std::function<void(const std::string&)> on_fatal) {
  ASSIGN_OR_RETURN(ClusterSecret secret, LoadSecret(options.cluster_secret_file));
  auto impl = std::make_unique<Impl>(options, std::move(secret), std::move(on_fatal));
  RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<DatanodeServer>(new DatanodeServer(std::move(impl)));
}

DatanodeServer::DatanodeServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DatanodeServer::~DatanodeServer() = default;

void DatanodeServer::Stop() {
  impl_->Stop();
}
int DatanodeServer::data_port() const {
  return impl_->xceivers_->port();
}
int DatanodeServer::ipc_port() const {
  return impl_->rpc_->port();
}
int DatanodeServer::http_port() const {
  return impl_->http_->port();
}

}  // namespace tusk::datanode
