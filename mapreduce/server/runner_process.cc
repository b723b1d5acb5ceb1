#include "mapreduce/server/runner_process.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <thread>

#include "client/file_system.h"
#include "common/base/exit.h"
#include "common/base/log.h"
#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/config/mapred_keys.h"
#include "mapreduce/client/container_launch.h"
#include "mapreduce/engine/runner/task_runner.h"
#include "mapreduce/engine/shuffle/partition_server.h"
#include "mapreduce/engine/shuffle/shuffle_service.h"
#include "mapreduce/server/dfs_output_committer.h"
#include "mapreduce/server/link/task_link.h"

namespace tusk::mapreduce {
namespace {

constexpr Duration kLastWords = std::chrono::seconds(2);
constexpr char kStreamingMark[] = "tusk.streaming.job";

// The parts of one runner; nothing here is ever destroyed: the process ends by ExitAtOnce.
class RunnerProcess {
 public:
  explicit RunnerProcess(ContainerEnvironment environment) : environment_(std::move(environment)) {}

  Status Start();
  // Until the runner may go.
  Status Wait() {
    gone_.Wait();
    return why_;
  }
  void Leave();

 private:
  Status ReadSizes();
  Status StartShuffle();
  RunnerHello Hello() const;

  ContainerEnvironment environment_;
  int slots_ = 1;
  int64_t budget_bytes_ = 0;
  std::string own_directory_;
  std::shared_ptr<FileSystem> file_system_;
  std::unique_ptr<RunnerLedger> ledger_;
  std::unique_ptr<LocalBlockStore> blocks_;
  std::unique_ptr<DfsOutputCommitter> committer_;
  std::unique_ptr<HttpSegmentFetcher> fetcher_;
  std::unique_ptr<MapOutputStore> store_;
  std::unique_ptr<PartitionServer> partitions_;
  std::unique_ptr<ShuffleService> shuffle_;
  std::unique_ptr<ThreadPool> tasks_;
  std::unique_ptr<ThreadPool> link_threads_;
  std::unique_ptr<RealTimer> timer_;
  std::unique_ptr<DriverLink> link_;
  std::unique_ptr<TaskRunner> runner_;
  std::vector<CodeModule> modules_;
  Notification gone_;
  Status why_;
};

Status RunnerProcess::ReadSizes() {
  ASSIGN_OR_RETURN(const int64_t slots, RequiredNumber(kSlotsVariable));
  ASSIGN_OR_RETURN(const int64_t memory_mb, RequiredNumber(kMemoryVariable));
  slots_ = static_cast<int>(std::max<int64_t>(1, slots));
  ASSIGN_OR_RETURN(const int64_t child_mb,
                   environment_.configuration.Get(keys::kStreamingChildMemoryMb));
  const int children = environment_.configuration.IsSet(kStreamingMark) ? slots_ : 0;
  budget_bytes_ = PlannedBudget(memory_mb << 20, children, child_mb << 20);
  return Status::Ok();
}

Status RunnerProcess::StartShuffle() {
  const Configuration& configuration = environment_.configuration;
  ASSIGN_OR_RETURN(const std::string mode, configuration.Get(keys::kJobMode));
  ASSIGN_OR_RETURN(const int64_t sort_mb, configuration.Get(keys::kSortMb));
  ASSIGN_OR_RETURN(const int64_t factor, configuration.Get(keys::kSortFactor));
  ASSIGN_OR_RETURN(const bool compress, configuration.Get(keys::kMapOutputCompress));
  ShuffleServiceOptions options;
  options.mode = mode == "memory" ? JobMode::kMemory : JobMode::kDisk;
  // Every slot may sort at the same time, and something has to be left for the rest.
  options.sort_buffer_bytes = std::min<int64_t>(sort_mb << 20, budget_bytes_ / (slots_ + 1));
  options.merge_factor = static_cast<int>(factor);
  options.codec = compress ? SpillCodec::kLz4 : SpillCodec::kNone;
  HttpFetcherOptions fetcher;
  fetcher.secret = environment_.secret;
  fetcher.source_address = environment_.local_address();
  fetcher_ = std::make_unique<HttpSegmentFetcher>(fetcher);
  if (options.mode == JobMode::kMemory) {
    store_ = std::make_unique<MapOutputStore>(own_directory_ + "/outputs", ledger_.get());
    partitions_ = std::make_unique<PartitionServer>(
        PartitionServer::Options{environment_.host, 0, environment_.secret}, store_.get());
    RETURN_IF_ERROR(partitions_->Start());
    options.local_directory = own_directory_ + "/outputs";
    options.path_prefix = PartitionServer::kPathPrefix;
    options.server = {environment_.host, partitions_->port(), /*in_runner=*/true};
  } else {
    if (environment_.file_service_port == 0) {
      return FailedPreconditionError("the NodeManager on " + environment_.host +
                                     " has no local file service: disk mode needs it");
    }
    options.local_directory = environment_.local_directories.front();
    options.path_prefix = "/files/" + environment_.application().ToString() + "/";
    options.server = {environment_.host, environment_.file_service_port, /*in_runner=*/false};
  }
  std::error_code error;
  std::filesystem::create_directories(options.local_directory, error);
  shuffle_ =
      std::make_unique<RunnerShuffleService>(options, ledger_.get(), fetcher_.get(), store_.get());
  return Status::Ok();
}

RunnerHello RunnerProcess::Hello() const {
  RunnerHello hello;
  hello.container = environment_.container.ToString();
  hello.host = environment_.host;
  const auto rack = RequiredVariable(kRackVariable);
  if (rack.ok() && !rack->empty()) hello.rack = *rack;
  hello.slots = slots_;
  hello.memory_bytes = budget_bytes_;
  hello.modules = modules_;
  hello.pid = ::getpid();
  return hello;
}

Status RunnerProcess::Start() {
  RETURN_IF_ERROR(ReadSizes());
  ASSIGN_OR_RETURN(modules_, RegisteredModules());
  ASSIGN_OR_RETURN(file_system_, FileSystem::Connect(environment_.configuration));
  ledger_ = std::make_unique<RunnerLedger>(budget_bytes_);
  const std::string name = "runner_" + environment_.container.ToString();
  own_directory_ = environment_.local_directories.front() + "/" + name;
  blocks_ = std::make_unique<LocalBlockStore>(own_directory_ + "/blocks", ledger_.get());
  committer_ = std::make_unique<DfsOutputCommitter>(
      file_system_, environment_.application().ToString(), environment_.attempt(), "");
  RETURN_IF_ERROR(StartShuffle());
  tasks_ = std::make_unique<ThreadPool>("task", slots_);
  link_threads_ = std::make_unique<ThreadPool>("driver-link", 1);
  timer_ = std::make_unique<RealTimer>();
  DriverLink::Options link;
  ASSIGN_OR_RETURN(link.driver, RequiredVariable(kDriverVariable));
  link.local_address = environment_.local_address();
  link.caller = name;
  link.secret = environment_.secret;
  ASSIGN_OR_RETURN(link_, DriverLink::Create(link, Clock::Real(), link_threads_.get()));

  TaskRunnerOptions options;
  options.application_id = environment_.application().ToString();
  options.work_directory = std::filesystem::current_path().string();
  for (const std::string& local : environment_.local_directories) {
    options.local_directories.push_back(local + "/" + name);
  }
  TaskRunnerParts parts;
  parts.file_system = file_system_;
  parts.shuffle = shuffle_.get();
  parts.ledger = ledger_.get();
  parts.blocks = blocks_.get();
  parts.committer = committer_.get();
  parts.driver = link_.get();
  parts.executor = tasks_.get();
  parts.clock = Clock::Real();
  parts.timer = timer_.get();
  runner_ = std::make_unique<TaskRunner>(std::move(options), parts, [this](const Status& why) {
    why_ = why;
    gone_.Notify();
  });
  link_->Open(
      Hello(), [this](ToRunner message) { runner_->Receive(std::move(message)); },
      [this](const Status& status) {
        runner_->Stop(UnavailableError("the driver's connection ended: " + status.message()));
      });
  return Status::Ok();
}

void RunnerProcess::Leave() {
  link_->Close(timer_.get(), kLastWords);
  for (const std::string& local : environment_.local_directories) {
    std::error_code ignored;
    std::filesystem::remove_all(local + "/runner_" + environment_.container.ToString(), ignored);
  }
}

// When its application is over a runner is ended by SIGTERM, like as not. In a build with
// LeakSanitizer that is turned into ExitAtOnce, else hardly a runner would be looked at.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TUSK_LEAK_CHECK 1
#endif
#endif
void CheckLeaksAtTermination() {
#ifdef TUSK_LEAK_CHECK
  sigset_t termination;
  sigemptyset(&termination);
  sigaddset(&termination, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &termination, nullptr);  // the threads to come inherit it
  std::thread([termination] {
    int received = 0;
    ::sigwait(&termination, &received);
    ExitAtOnce(128 + received);
  }).detach();
#endif
}

}  // namespace

void RunRunner(ContainerEnvironment environment) {
  CheckLeaksAtTermination();
  RunnerProcess process(std::move(environment));
  Status status = process.Start();
  if (status.ok()) {
    status = process.Wait();
    process.Leave();
  }
  if (!status.ok()) {
    LOG_ERROR("the runner ends: {}", status);
    std::fprintf(stderr, "runner: %s\n", status.message().c_str());
  }
  std::cout.flush();
  std::fflush(nullptr);
  FlushLogs();
  ExitAtOnce(status.ok() ? 0 : 1);
}

}  // namespace tusk::mapreduce
