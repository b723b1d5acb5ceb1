#include "tests/engine/local_engine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "client/file_system.h"
#include "common/config/configuration.h"
#include "mapreduce/engine/runner/task_runner.h"
#include "mapreduce/engine/shuffle/partition_server.h"
#include "mapreduce/engine/shuffle/shuffle_service.h"
#include "mapreduce/server/dfs_output_committer.h"

namespace tusk::mapreduce {
namespace {

// Delivers in order on a thread of its own, so that Send never waits. After Cut nothing arrives.
template <class Message>
class QueueOutlet final : public Outlet<Message> {
 public:
  QueueOutlet(Executor* executor, std::function<void(Message)> deliver)
      : executor_(executor), deliver_(std::move(deliver)) {}

  void Send(Message message) override {
    auto work = [this, message = std::make_shared<Message>(std::move(message))] {
      deliver_(std::move(*message));
    };
    MutexLock lock(mu_);
    if (!cut_) executor_->Post(guard_.Wrap(std::move(work)));
  }
  // The executor may go afterwards.
  void Cut() {
    {
      MutexLock lock(mu_);
      cut_ = true;
    }
    guard_.Stop();
  }

 private:
  Executor* const executor_;
  const std::function<void(Message)> deliver_;
  Mutex mu_;
  bool cut_ GUARDED_BY(mu_) = false;
  WorkGuard guard_;
};

}  // namespace

// Hands map outputs from runner to runner without sockets.
class LocalEngine::Fetcher final : public SegmentFetcher {
 public:
  void AddFiles(const std::string& host, const std::string& directory) {
    MutexLock lock(mu_);
    nodes_[host].directory = directory;
  }
  void AddStore(const std::string& host, const MapOutputStore* store) {
    MutexLock lock(mu_);
    nodes_[host].store = store;
  }
  // After it returns the store is not used any more.
  void Remove(const std::string& host, bool files_too) {
    MutexLock lock(mu_);
    nodes_[host].store = nullptr;
    if (files_too) nodes_.erase(host);
  }

  Status Fetch(const ShuffleSegment& segment, const HttpBodySink& sink) override {
    std::string bytes;
    {
      MutexLock lock(mu_);
      const auto it = nodes_.find(segment.server.host);
      if (it == nodes_.end()) return UnavailableError("nobody answers there");
      if (segment.server.in_runner && it->second.store == nullptr) {
        return UnavailableError("the runner is gone");
      }
      std::string file = it->second.directory + segment.path.substr(kFilesPrefix.size());
      if (segment.server.in_runner) {
        ASSIGN_OR_RETURN(const MapOutputStore::Stored stored, it->second.store->Find(segment.path));
        if (stored.bytes != nullptr) bytes = stored.bytes->substr(segment.offset, segment.length);
        file = stored.file;
      }
      if (!file.empty()) RETURN_IF_ERROR(ReadRange(file, segment, &bytes));
    }
    return sink(bytes);
  }

  static constexpr std::string_view kFilesPrefix = "/files/";

 private:
  struct Node {
    std::string directory;  // with a slash at its end
    const MapOutputStore* store = nullptr;
  };

  static Status ReadRange(const std::string& file, const ShuffleSegment& segment,
                          std::string* bytes) {
    std::ifstream in(file, std::ios::binary);
    bytes->resize(static_cast<size_t>(segment.length));
    if (!in.seekg(segment.offset) || !in.read(bytes->data(), segment.length)) {
      return NotFoundError(file + " has no such range");
    }
    return Status::Ok();
  }

  Mutex mu_;
  std::map<std::string, Node> nodes_ GUARDED_BY(mu_);
};

struct LocalEngine::Runner {
  explicit Runner(int slots, int64_t memory) : tasks("tasks", slots), ledger(memory) {}
  ~Runner() {
    if (to_runner != nullptr) to_runner->Cut();
    if (to_driver != nullptr) to_driver->Cut();
    task_runner.reset();
    tasks.Stop();
    inbox.Stop();
  }

  ThreadPool inbox{"runner-inbox", 1};
  ThreadPool tasks;
  RunnerLedger ledger;
  std::unique_ptr<LocalBlockStore> blocks;
  std::unique_ptr<MapOutputStore> store;
  std::unique_ptr<ShuffleService> shuffle;
  std::string host;
  std::string local;
  RunnerId id;
  std::shared_ptr<QueueOutlet<ToRunner>> to_runner;
  std::unique_ptr<QueueOutlet<ToDriver>> to_driver;
  std::unique_ptr<TaskRunner> task_runner;
};

LocalEngine::LocalEngine(LocalEngineOptions options)
    : options_(std::move(options)), fetcher_(std::make_unique<Fetcher>()) {}

LocalEngine::~LocalEngine() {
  if (driver_ != nullptr) driver_->Kill("the test ends");
  runners_.clear();
  driver_inbox_.Stop();
  driver_.reset();
}

Status LocalEngine::Start() {
  ASSIGN_OR_RETURN(file_system_, FileSystem::Connect(Configuration(), {.uri = "file:///"}));
  DriverOptions driver;
  driver.application_id = "application_1_0001";
  driver.name = options_.name;
  driver.user = "test";
  driver.mode = options_.mode;
  driver.options = options_.options;
  driver.dag.max_map_attempts = options_.map_attempts;
  driver.dag.max_reduce_attempts = options_.reduce_attempts;
  ASSIGN_OR_RETURN(driver.modules, RegisteredModules());
  committer_ =
      std::make_unique<DfsOutputCommitter>(file_system_, driver.application_id, 1, directory());
  driver_ = std::make_unique<Driver>(std::move(driver), file_system_, committer_.get(),
                                     Clock::Real(), &timer_);
  for (int i = 0; i < options_.runners; ++i) RETURN_IF_ERROR(AddRunner());
  return Status::Ok();
}

Status LocalEngine::StartShuffle(Runner& runner) {
  ShuffleServiceOptions shuffle;
  shuffle.mode = options_.mode;
  shuffle.server = {runner.host, 1, options_.mode == JobMode::kMemory};
  shuffle.local_directory = runner.local;
  shuffle.path_prefix = options_.mode == JobMode::kMemory ? PartitionServer::kPathPrefix
                                                          : std::string(Fetcher::kFilesPrefix);
  shuffle.sort_buffer_bytes = std::min<int64_t>(shuffle.sort_buffer_bytes, options_.memory_bytes);
  fetcher_->AddFiles(runner.host, runner.local + "/");
  if (options_.mode == JobMode::kMemory) {
    runner.store = std::make_unique<MapOutputStore>(runner.local + "/outputs", &runner.ledger);
    fetcher_->AddStore(runner.host, runner.store.get());
  }
  runner.shuffle = std::make_unique<RunnerShuffleService>(shuffle, &runner.ledger, fetcher_.get(),
                                                          runner.store.get());
  return Status::Ok();
}

Status LocalEngine::AddRunner() {
  const std::string name = "runner_" + std::to_string(runners_.size());
  auto runner = std::make_unique<Runner>(options_.slots, options_.memory_bytes);
  const std::string local = directory_.File(name);
  std::error_code error;
  std::filesystem::create_directories(local, error);
  runner->blocks = std::make_unique<LocalBlockStore>(local + "/blocks", &runner->ledger);
  runner->local = local;
  runner->host = "127.0.0." + std::to_string(runners_.size() + 1);
  RETURN_IF_ERROR(StartShuffle(*runner));
  Runner* const raw = runner.get();
  runner->to_driver = std::make_unique<QueueOutlet<ToDriver>>(
      &driver_inbox_,
      [this, raw](ToDriver message) { driver_->Receive(raw->id, std::move(message)); });
  TaskRunnerOptions options;
  options.application_id = driver_->application_id();
  options.local_directories = {local};
  options.work_directory = local;
  options.measure_memory = false;
  TaskRunnerParts parts;
  parts.file_system = file_system_;
  parts.shuffle = runner->shuffle.get();
  parts.ledger = &runner->ledger;
  parts.blocks = runner->blocks.get();
  parts.committer = committer_.get();
  parts.driver = runner->to_driver.get();
  parts.executor = &runner->tasks;
  parts.clock = Clock::Real();
  parts.timer = &timer_;
  runner->task_runner =
      std::make_unique<TaskRunner>(std::move(options), parts, [](const Status&) {});
  runner->to_runner = std::make_shared<QueueOutlet<ToRunner>>(
      &runner->inbox, [raw](ToRunner message) { raw->task_runner->Receive(std::move(message)); });
  RunnerHello hello;
  hello.container = name;
  hello.host = runner->host;
  hello.slots = options_.slots;
  hello.memory_bytes = options_.memory_bytes;
  ASSIGN_OR_RETURN(hello.modules, RegisteredModules());
  // The driver may hand out tasks at once; their news must find the runner's id.
  Status admitted;
  Notification done;
  driver_inbox_.Post([&] {
    auto id = driver_->Admit(hello, raw->to_runner);
    if (id.ok()) raw->id = *id;
    admitted = id.status();
    done.Notify();
  });
  done.Wait();
  RETURN_IF_ERROR(admitted);
  runners_.push_back(std::move(runner));
  return Status::Ok();
}

void LocalEngine::KillRunner(int index) {
  std::unique_ptr<Runner> dead = std::move(runners_[index]);
  fetcher_->Remove(dead->host, /*files_too=*/false);
  const RunnerId id = dead->id;
  dead.reset();
  driver_->Lose(id, "killed by the test", /*counts=*/true);
}

void LocalEngine::KillNode(int index) {
  fetcher_->Remove(runners_[index]->host, /*files_too=*/true);
  KillRunner(index);
}

std::string LocalEngine::Describe() const {
  return std::to_string(options_.runners) + " runners, " + JobModeName(options_.mode) + ", " +
         std::to_string(options_.memory_bytes >> 10) + " KB";
}

void ForEachTopology(const std::function<void(LocalEngine&)>& test,
                     const std::map<std::string, std::string>& options) {
  struct Shape {
    JobMode mode;
    int64_t memory;
  };
  const Shape shapes[] = {
      {JobMode::kDisk, 64LL << 20}, {JobMode::kMemory, 64LL << 20}, {JobMode::kMemory, 64LL << 10}};
  for (const int runners : {1, 2, 5}) {
    for (const Shape& shape : shapes) {
      LocalEngineOptions local;
      local.runners = runners;
      local.mode = shape.mode;
      local.memory_bytes = shape.memory;
      local.options = options;
      LocalEngine engine(std::move(local));
      SCOPED_TRACE(engine.Describe());
      const Status started = engine.Start();
      ASSERT_TRUE(started.ok()) << started.ToString();
      test(engine);
    }
  }
}

}  // namespace tusk::mapreduce
