// A driver and a few runners in one process, joined by queues instead of streams: whole programs of
// both interfaces run in a test without a cluster, on the host's own files.
//
//   LocalEngine engine({.runners = 2, .mode = JobMode::kMemory});
//   ASSERT_OK(engine.Start());
//   auto result = engine.engine().Run(request);
//
//   ForEachTopology([](LocalEngine& engine) { ... });   // 1, 2, 5 runners x disk, memory, tiny
//
// Each runner has a ledger, block store, shuffle service and threads of its own, so losing one
// loses what a process would lose. Threads: thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/concurrent/timer.h"
#include "common/testing/temp_dir.h"
#include "mapreduce/engine/driver/driver.h"
#include "mapreduce/engine/plan/engine.h"
#include "mapreduce/engine/plan/shuffle.h"

namespace tusk::mapreduce {

struct LocalEngineOptions {
  int runners = 1;
  int slots = 2;
  JobMode mode = JobMode::kDisk;
  int64_t memory_bytes = 256LL << 20;  // each runner's ledger
  int map_attempts = 4;
  int reduce_attempts = 4;
  std::string name = "local";
  std::map<std::string, std::string> options;  // the job's configuration
};

class LocalEngine {
 public:
  explicit LocalEngine(LocalEngineOptions options);
  ~LocalEngine();
  LocalEngine(const LocalEngine&) = delete;
  LocalEngine& operator=(const LocalEngine&) = delete;

  Status Start();

  Engine& engine() { return *driver_; }
  Driver& driver() { return *driver_; }
  const LocalEngineOptions& options() const { return options_; }
  // "2 runners, memory": for SCOPED_TRACE.
  std::string Describe() const;
  // For inputs and outputs of the test; "file://" paths below it.
  const std::string& directory() const { return directory_.path(); }

  // As kill -9 of the runner's process: its tasks, cached partitions and the outputs it serves go.
  void KillRunner(int index);
  // As the loss of its whole node: disk mode's outputs go too. The driver is not told: it finds out
  // when a fetch fails.
  void KillNode(int index);
  // Another runner, as a replacement container.
  Status AddRunner();

 private:
  struct Runner;
  class Fetcher;

  Status StartShuffle(Runner& runner);

  const LocalEngineOptions options_;
  TempDir directory_;
  std::shared_ptr<FileSystem> file_system_;
  std::unique_ptr<OutputCommitter> committer_;
  ThreadPool driver_inbox_{"driver-inbox", 1};
  RealTimer timer_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Fetcher> fetcher_;
  std::vector<std::unique_ptr<Runner>> runners_;
};

// Runs `test` on every shape: 1, 2 and 5 runners; disk, memory, and memory so small that all
// shuffles and caches spill.
void ForEachTopology(const std::function<void(LocalEngine&)>& test,
                     const std::map<std::string, std::string>& options = {});

}  // namespace tusk::mapreduce
