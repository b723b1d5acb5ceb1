#include "namenode/server/namenode_server.h"

#include <cstdlib>
#include <utility>

#include "common/base/log.h"
#include "common/concurrent/thread_pool.h"
#include "common/grpc/cluster_secret.h"
#include "common/grpc/server.h"
#include "common/http/http_server.h"
#include "common/metrics/registry.h"
#include "common/rpc/server.h"
#include "common/security/group_mapping.h"
#include "namenode/blocks/heartbeat_monitor.h"
#include "namenode/edits/storage_dir.h"
#include "namenode/rpc/client_namenode_service.h"
#include "namenode/web/namenode_beans.h"
#include "namenode/web/namenode_pages.h"

namespace tusk::namenode {
namespace {

constexpr Duration kLinkStopLimit = std::chrono::milliseconds(200);
constexpr int kBackgroundThreads = 2;
constexpr int kLinkThreads = 2;

// What was acknowledged is on disk, what is not was not answered: ending here loses nothing.
void EndProcess(const Status& why) {
  LOG_ERROR("the edit log cannot be written, the NameNode ends: {}", why);
  FlushLogs();
  std::_Exit(1);
}

}  // namespace

// In the order of construction; destroyed in reverse, after Stop.
class NamenodeServer::Parts final : public LogGate {
 public:
  explicit Parts(NamenodeOptions options)
      : options_(std::move(options)),
        journal_pool_("nn-journal", 1),
        background_("nn-background", kBackgroundThreads),
        replies_("nn-replies", 1),
        slow_("nn-slow", options_.slow_threads),
        link_pool_("nn-link", kLinkThreads),
        timer_(),
        groups_({}, &slow_, clock_),
        datanodes_(options_.datanodes, clock_, Random(SecureRandomSeed())) {}
  ~Parts() override { Stop(); }

  Status Start() {
    started_ms_ = clock_->WallMillis();
    ASSIGN_OR_RETURN(ClusterSecret secret, ClusterSecret::Load(options_.cluster_secret_file));
    ASSIGN_OR_RETURN(storage_, StorageDir::Open(Env::Posix(), options_.name_dir));
    MakeCores();
    RETURN_IF_ERROR(Load());
    RETURN_IF_ERROR(StartRpc());
    RETURN_IF_ERROR(StartLink(std::move(secret)));
    return StartWeb();
  }

  void Stop() {
    if (std::exchange(stopped_, true)) return;
    if (http_ != nullptr) http_->Stop();
    if (rpc_ != nullptr) rpc_->Stop();
    if (link_server_ != nullptr) link_server_->Stop(kLinkStopLimit);
    if (monitor_ != nullptr) monitor_->Stop();
    if (blocks_ != nullptr) blocks_->Stop();
    if (namesystem_ != nullptr) namesystem_->Stop();
  }

  int rpc_port() const { return rpc_->port(); }
  int http_port() const { return http_->port(); }
  int link_port() const { return link_server_->port(); }

 private:
  void WhenSynced(std::function<void()> work) override { namesystem_->WhenSynced(std::move(work)); }

  void MakeCores() {
    const NamespaceInfo& info = storage_->info();
    options_.link.namespace_info = info;
    options_.link.name_dir = options_.name_dir;
    options_.blocks.block_pool_id = info.block_pool_id;
    options_.namesystem.block_pool_id = info.block_pool_id;
    options_.namesystem.creation_time_ms = info.creation_time_ms;
    const auto apply = [this](const BlockEffects& effects) { namesystem_->ApplyEffects(effects); };
    link_ = std::make_unique<DatanodeLink>(options_.link);
    blocks_ = std::make_unique<BlockManager>(options_.blocks, &datanodes_, clock_, &timer_,
                                             &background_, link_.get(), this, apply);
    link_->Attach(blocks_.get(), apply);
    monitor_ =
        std::make_unique<HeartbeatMonitor>(&datanodes_, blocks_.get(), &timer_, &background_);
  }

  Status Load() {
    ASSIGN_OR_RETURN(auto image, Image::Open(storage_->image_dir()));
    auto journal = std::make_unique<LocalJournal>(LocalJournalOptions{.dir = storage_->edits_dir()},
                                                  Env::Posix(), &journal_pool_);
    namesystem_ = std::make_unique<Namesystem>(
        options_.namesystem, Namesystem::Dependencies{.clock = clock_,
                                                      .timer = &timer_,
                                                      .executor = &background_,
                                                      .reply_executor = &replies_,
                                                      .blocks = blocks_.get(),
                                                      .datanodes = &datanodes_,
                                                      .journal = std::move(journal),
                                                      .image = std::move(image),
                                                      .on_fatal = EndProcess});
    RETURN_IF_ERROR(namesystem_->Load().WithContext(options_.name_dir));
    loaded_ms_ = clock_->WallMillis();
    blocks_->Activate();
    namesystem_->Start();
    monitor_->Start();
    const NamesystemCounts counts = namesystem_->Counts();
    LOG_INFO("namespace loaded dir={} cluster={} pool={} inodes={} blocks={} txid={} ms={}",
             options_.name_dir, storage_->info().cluster_id, storage_->info().block_pool_id,
             counts.inodes, counts.blocks, counts.last_txid, loaded_ms_ - started_ms_);
    return Status::Ok();
  }

  Status StartRpc() {
    RpcServerOptions options;
    options.host = options_.rpc_bind.host;
    options.port = options_.rpc_bind.port;
    options.max_frame_bytes = options_.max_frame_bytes;
    options.reply_gate = [this](std::function<void(Status)> release) {
      namesystem_->WakeWhenSynced([release = std::move(release)] { release(Status::Ok()); });
    };
    rpc_ = std::make_unique<RpcServer>(std::move(options), &groups_, &slow_);
    rpc_->Add(ClientNamenodeProtocol(namesystem_.get()));
    rpc_->Add(UserMappingsProtocol(&groups_));
    return rpc_->Start();
  }

  Status StartLink(ClusterSecret secret) {
    GrpcServices services;
    link_->AddTo(&services);
    ASSIGN_OR_RETURN(
        link_server_,
        GrpcServer::Start({.host = options_.link_bind.host, .port = options_.link_bind.port},
                          std::move(services), std::move(secret), clock_, &link_pool_));
    return Status::Ok();
  }

  Status StartWeb() {
    HttpServerOptions options;
    options.bind = options_.http_bind;
    options.threads = 4;
    http_ = std::make_unique<HttpServer>(options);
    const NamenodeView view{.clock = clock_,
                            .namesystem = namesystem_.get(),
                            .blocks = blocks_.get(),
                            .datanodes = &datanodes_,
                            .rpc = rpc_.get(),
                            .namespace_info = storage_->info(),
                            .name_dir = options_.name_dir,
                            .rpc_address = options_.rpc_address.ToString(),
                            .started_ms = started_ms_,
                            .load_ms = loaded_ms_ - started_ms_};
    beans_ = std::make_unique<NamenodeBeans>(view, &registry_);
    AddMetricsRoutes(http_.get(), &registry_);
    AddNamenodePages(http_.get(), view);
    return http_->Start();
  }

  NamenodeOptions options_;
  const Clock* const clock_ = Clock::Real();
  bool stopped_ = false;
  int64_t started_ms_ = 0;
  int64_t loaded_ms_ = 0;

  ThreadPool journal_pool_;
  ThreadPool background_;
  ThreadPool replies_;
  ThreadPool slow_;
  ThreadPool link_pool_;
  RealTimer timer_;
  GroupMapping groups_;
  MetricsRegistry registry_;
  std::unique_ptr<StorageDir> storage_;
  DatanodeManager datanodes_;
  std::unique_ptr<DatanodeLink> link_;
  std::unique_ptr<BlockManager> blocks_;
  std::unique_ptr<HeartbeatMonitor> monitor_;
  std::unique_ptr<Namesystem> namesystem_;
  std::unique_ptr<RpcServer> rpc_;
  std::unique_ptr<GrpcServer> link_server_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<NamenodeBeans> beans_;
};

StatusOr<std::unique_ptr<NamenodeServer>> NamenodeServer::Start(const NamenodeOptions& options) {
  auto parts = std::make_unique<Parts>(options);
  RETURN_IF_ERROR(parts->Start());
  return std::unique_ptr<NamenodeServer>(new NamenodeServer(std::move(parts)));
}

NamenodeServer::NamenodeServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
NamenodeServer::~NamenodeServer() = default;

void NamenodeServer::Stop() {
  parts_->Stop();
}
int NamenodeServer::rpc_port() const {
  return parts_->rpc_port();
}
int NamenodeServer::http_port() const {
  return parts_->http_port();
}
int NamenodeServer::link_port() const {
  return parts_->link_port();
}

}  // namespace tusk::namenode
