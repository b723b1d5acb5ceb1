// Parallel writers while DataNodes are killed (kill -9) and restarted at random moments.
//
//   datanode_kill_load --conf DIR --cluster DIR --writers N --kills K --megabytes MAX
//
// One DataNode at a time is down. Files of 1 to MAX megabytes; some are flushed and synced in the
// middle, some are closed and appended to. Afterwards, within 60 s: every block has exactly
// dfs.replication replicas on the disks and nothing else is there. Then every file that was closed
// is read from every replica. A writer may fail only when less than two nodes of its pipeline were
// alive. Exit code 1 with one line per wrong thing. Random choices come from TUSK_TEST_SEED.
#include <signal.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/concurrent/mutex.h"
#include "common/config/configuration.h"
#include "common/process/child_process.h"
#include "common/testing/slowdown.h"
#include "common/testing/test_seed.h"
#include "tests/integration/replica_check.h"

namespace {

using namespace std::chrono_literals;
using tusk::Clock;
using tusk::Duration;
using tusk::Random;
using tusk::Status;
using tusk::StatusOr;
using tusk::TimePoint;
using tusk::integration::Client;
using tusk::integration::FileBytes;

constexpr int kWorkers = 4;
constexpr int64_t kMegabyte = 1'000'000;
const Duration kSettleLimit = 60s * tusk::Slowdown();

struct Options {
  std::string conf;
  std::string cluster;
  int writers = 8;
  int kills = 4;
  int64_t megabytes = 20;
};

// Who was killed when. Threads: thread-safe.
class KillLog {
 public:
  void Add(const std::string& address) {
    tusk::MutexLock lock(mu_);
    kills_.emplace_back(Clock::Real()->Now(), address);
  }
  bool KilledSince(const std::string& address, TimePoint since) const {
    tusk::MutexLock lock(mu_);
    for (const auto& [when, killed] : kills_) {
      if (killed == address && when >= since) return true;
    }
    return false;
  }
  bool over() const {
    tusk::MutexLock lock(mu_);
    return over_;
  }
  void End() {
    tusk::MutexLock lock(mu_);
    over_ = true;
  }

 private:
  mutable tusk::Mutex mu_;
  std::vector<std::pair<TimePoint, std::string>> kills_ GUARDED_BY(mu_);
  bool over_ GUARDED_BY(mu_) = false;
};

// One thread's files, one after the other until the kills are over.
class Writer {
 public:
  Writer(Client client, const KillLog* kills, uint64_t seed, int number, int64_t megabytes)
      : client_(std::move(client)),
        kills_(kills),
        random_(seed + static_cast<uint64_t>(number)),
        home_("/load/" + std::to_string(number) + "/"),
        megabytes_(megabytes) {}

  void Run() {
    while (!kills_->over()) {
      File file;
      file.path = home_ + std::to_string(files_.size() + failures_);
      file.seed = random_.Next();
      const Status status = WriteOne(&file);
      if (status.ok()) {
        files_.push_back(file);
        bytes_ += file.length;
      } else {
        Failed(file, status);
      }
    }
  }

  // Reads all replicas of all that was closed.
  void Verify(size_t replication, TimePoint until) {
    for (const File& file : files_) {
      const Status status = tusk::integration::WaitForReplicas(client_, file.path, file.seed,
                                                               file.length, replication, until);
      if (status.ok()) continue;
      std::printf("%s\n", status.ToString().c_str());
      ++wrong_;
    }
  }

  int64_t files() const { return static_cast<int64_t>(files_.size()); }
  int64_t bytes() const { return bytes_; }
  int64_t blocks() const {
    int64_t blocks = 0;
    for (const File& file : files_) {
      blocks += (file.length + client_.fs->DefaultBlockSize() - 1) / client_.fs->DefaultBlockSize();
    }
    return blocks;
  }
  int failures() const { return failures_; }
  int wrong() const { return wrong_; }

 private:
  struct File {
    std::string path;
    uint64_t seed = 0;
    int64_t length = 0;
  };

  Status WriteOne(File* file) {
    const double most = std::log(static_cast<double>(megabytes_));
    const auto size = static_cast<int64_t>(std::exp(random_.UnitInterval() * most) * kMegabyte);
    // A block must not live so long that all its nodes are killed one after the other.
    const double bytes_per_second =
        std::max<double>(0.6 * kMegabyte, static_cast<double>(size) / 90);
    const int flush_every = random_.OneIn(3) ? 20 : 0;
    ASSIGN_OR_RETURN(auto out, client_.fs->Create(file->path));
    RETURN_IF_ERROR(Fill(out.get(), file, size, bytes_per_second, flush_every));
    if (!random_.OneIn(4) || kills_->over()) return Status::Ok();
    ASSIGN_OR_RETURN(out, client_.fs->Append(file->path));
    const auto more = static_cast<int64_t>(random_.Below(2 * kMegabyte)) + 1;
    return Fill(out.get(), file, file->length + more, bytes_per_second, flush_every);
  }

  // Writes up to `size` bytes in all, or what there is when the kills are over, and closes.
  Status Fill(tusk::FileWriter* out, File* file, int64_t size, double bytes_per_second,
              int flush_every) {
    const TimePoint began = Clock::Real()->Now();
    const int64_t from = file->length;
    int64_t at = from;
    const auto keep = [&](Status status) {
      NotePipeline(out, at);
      return status;
    };
    block_began_ = began;
    block_number_ = -1;
    pipeline_.clear();
    while (at < size && !kills_->over()) {
      const int64_t piece = std::min<int64_t>(size - at, 1 + random_.Below(200'000));
      RETURN_IF_ERROR(keep(out->Write(FileBytes(file->seed, at, static_cast<size_t>(piece)))));
      at += piece;
      if (flush_every > 0 && random_.OneIn(static_cast<uint64_t>(flush_every))) {
        RETURN_IF_ERROR(keep(random_.OneIn(2) ? out->Hflush() : out->Hsync()));
      }
      std::this_thread::sleep_until(
          began + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
                      static_cast<double>(at - from) / bytes_per_second)));
    }
    RETURN_IF_ERROR(keep(out->Close()));
    file->length = at;
    return Status::Ok();
  }

  void NotePipeline(const tusk::FileWriter* out, int64_t at) {
    const int64_t number = at / client_.fs->DefaultBlockSize();
    const std::vector<tusk::DatanodeInfo> now = out->pipeline();
    if (number != block_number_) {
      block_number_ = number;
      block_began_ = last_look_;
    }
    if (!now.empty()) pipeline_ = now;
    last_look_ = Clock::Real()->Now();
  }

  void Failed(const File& file, const Status& status) {
    int alive = 0;
    std::string nodes;
    for (const tusk::DatanodeInfo& node : pipeline_) {
      const bool killed = kills_->KilledSince(node.id.ip_addr, block_began_);
      alive += killed ? 0 : 1;
      nodes += " " + node.id.ip_addr + (killed ? " (killed)" : "");
    }
    const bool allowed = !pipeline_.empty() && alive < 2;
    std::printf("%s: %s, pipeline:%s%s\n", file.path.c_str(), status.ToString().c_str(),
                nodes.c_str(), allowed ? "" : ": a writer must not fail then");
    ++failures_;
    if (!allowed) ++wrong_;
    if (const auto gone = client_.fs->Delete(file.path, false); !gone.ok()) {
      std::printf("%s: %s\n", file.path.c_str(), gone.status().ToString().c_str());
      ++wrong_;
    }
  }

  const Client client_;
  const KillLog* const kills_;
  Random random_;
  const std::string home_;
  const int64_t megabytes_;
  std::vector<File> files_;
  int64_t bytes_ = 0;
  int failures_ = 0;
  int wrong_ = 0;
  // Of the file being written.
  int64_t block_number_ = -1;
  TimePoint block_began_;
  TimePoint last_look_ = Clock::Real()->Now();
  std::vector<tusk::DatanodeInfo> pipeline_;
};

// ---- the DataNodes
// -------------------------------------------------------------------------------

// Runs, or has ended and only waits for its parent.
bool Alive(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(in, line)) return false;
  const size_t state = line.rfind(") ");
  return state != std::string::npos && line[state + 2] != 'Z';
}

Status Kill(const std::string& cluster, const std::string& address) {
  const std::string name = cluster + "/run/datanode-" + address + ".pid";
  std::ifstream in(name);
  int pid = 0;
  if (!(in >> pid) || pid <= 1) return tusk::InternalError("no process id in " + name);
  if (::kill(pid, SIGKILL) != 0) return tusk::ErrnoError("kill", errno);
  while (Alive(pid)) std::this_thread::sleep_for(1ms);
  return Status::Ok();
}

Status Restart(const std::string& cluster) {
  tusk::SpawnOptions start{.argv = {"tusk", "cluster", "start", "--dir", cluster}};
  ASSIGN_OR_RETURN(const tusk::CommandResult result,
                   tusk::RunCommand(std::move(start), "", 60s * tusk::Slowdown()));
  if (result.status.ok()) return Status::Ok();
  return tusk::InternalError("cluster start: " + result.output + result.errors);
}

Status KillAll(const Options& options, KillLog* log) {
  Random random(tusk::TestSeed());
  for (int i = 0; i < options.kills; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random.Below(1500)));
    const std::string victim = "127.0.10." + std::to_string(1 + random.Below(kWorkers));
    log->Add(victim);
    RETURN_IF_ERROR(Kill(options.cluster, victim));
    // Now and then long enough for the NameNode to declare it dead and copy what it held.
    const bool dead = options.kills >= 10 && random.OneIn(8);
    std::this_thread::sleep_for(std::chrono::milliseconds(dead ? 9000 : random.Below(300)));
    RETURN_IF_ERROR(Restart(options.cluster));
  }
  return Status::Ok();
}

// ---- afterwards
// ----------------------------------------------------------------------------------

Status Run(const Options& options) {
  ASSIGN_OR_RETURN(const tusk::Configuration conf, tusk::Configuration::Load(options.conf));
  KillLog kills;
  std::vector<std::unique_ptr<Writer>> writers;
  size_t replication = 0;
  for (int i = 0; i < options.writers; ++i) {
    ASSIGN_OR_RETURN(Client client, tusk::integration::ConnectClient(conf));
    replication = static_cast<size_t>(client.fs->DefaultReplication());
    writers.push_back(std::make_unique<Writer>(std::move(client), &kills, tusk::TestSeed(), i,
                                               options.megabytes));
  }
  std::vector<std::thread> running;
  for (const auto& writer : writers) running.emplace_back([&writer] { writer->Run(); });
  const Status killed = KillAll(options, &kills);
  kills.End();
  for (std::thread& thread : running) thread.join();
  running.clear();
  RETURN_IF_ERROR(killed);

  int64_t blocks = 0;
  for (const auto& writer : writers) blocks += writer->blocks();
  const TimePoint stopped = Clock::Real()->Now();
  const Status settled = tusk::integration::WaitForDisks(
      options.cluster, blocks, static_cast<int>(replication), stopped + kSettleLimit);
  const int64_t settle_millis = tusk::ToMillis(Clock::Real()->Now() - stopped);
  if (!settled.ok()) std::printf("%s\n", settled.ToString().c_str());

  for (const auto& writer : writers) {
    running.emplace_back(
        [&writer, replication, stopped] { writer->Verify(replication, stopped + kSettleLimit); });
  }
  for (std::thread& thread : running) thread.join();
  int64_t files = 0;
  int64_t bytes = 0;
  int failures = 0;
  int wrong = settled.ok() ? 0 : 1;
  for (const auto& writer : writers) {
    files += writer->files();
    bytes += writer->bytes();
    failures += writer->failures();
    wrong += writer->wrong();
  }
  std::printf(
      "%d kills, %d writers: %lld files of %lld bytes in %lld blocks complete, %d writes lost "
      "their pipelines, all settled after %lld ms, %d things are wrong\n",
      options.kills, options.writers, static_cast<long long>(files), static_cast<long long>(bytes),
      static_cast<long long>(blocks), failures, static_cast<long long>(settle_millis), wrong);
  if (files < options.writers) return tusk::InternalError("hardly a file was written");
  return wrong == 0 ? Status::Ok() : tusk::DataLossError("see above");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--conf") == 0) options.conf = argv[i + 1];
    if (std::strcmp(argv[i], "--cluster") == 0) options.cluster = argv[i + 1];
    if (std::strcmp(argv[i], "--writers") == 0) options.writers = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--kills") == 0) options.kills = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--megabytes") == 0) options.megabytes = std::atoll(argv[i + 1]);
  }
  tusk::IgnoreError(tusk::InitLogging({.program = "datanode_kill_load"}), "only for the reader");
  const Status status = Run(options);
  if (status.ok()) return 0;
  std::printf("%s\n", status.ToString().c_str());
  return 1;
}
