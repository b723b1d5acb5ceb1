// Writers that are killed (kill -9) at random bytes, and what lease recovery makes of their files.
//
//   writer_kill_load --conf DIR --cluster DIR --writers N --parallel P
//
// Each writer is a process that writes up to its byte, flushing and syncing on the way, and is then
// gone at once, in the middle of a flush, or in the middle of closing. Its file is closed because
// somebody asks (recoverLease), because another writer wants it after the soft limit, or by itself
// after the hard limit. Then the file is closed, has at least what was flushed and at most what was
// written, and all its replicas have one length and the right bytes. In the end the disks hold
// these replicas and nothing else. Exit code 1 with one line per wrong thing. Random choices come
// from TUSK_TEST_SEED.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/config/configuration.h"
#include "common/process/child_process.h"
#include "common/testing/slowdown.h"
#include "common/testing/test_seed.h"
#include "tests/integration/replica_check.h"

namespace {

using namespace std::chrono_literals;
using tusk::Clock;
using tusk::Random;
using tusk::Status;
using tusk::StatusOr;
using tusk::TimePoint;
using tusk::integration::Client;
using tusk::integration::FileBytes;

const tusk::Duration kLimit = 60s * tusk::Slowdown();
constexpr size_t kReplication = 3;

// ---- the one that is killed
// ----------------------------------------------------------------------

[[noreturn]] void Die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

// Prints "created", and the length after each flush.
Status WriteAndDie(const Client& client, const std::string& path, uint64_t seed,
                   int64_t last_byte) {
  Random random(seed);
  ASSIGN_OR_RETURN(auto out, client.fs->Create(path));
  std::printf("created\n");
  std::fflush(stdout);
  for (int64_t at = 0; at < last_byte;) {
    const auto most = static_cast<uint64_t>(std::min<int64_t>(last_byte / 3 + 1, 100'000));
    const auto piece = std::min<int64_t>(last_byte - at, 1 + random.Below(most));
    RETURN_IF_ERROR(out->Write(FileBytes(seed, at, static_cast<size_t>(piece))));
    at += piece;
    if (!random.OneIn(4)) continue;
    RETURN_IF_ERROR(random.OneIn(2) ? out->Hflush() : out->Hsync());
    std::printf("%lld\n", static_cast<long long>(at));
    std::fflush(stdout);
  }
  const uint64_t how = random.Below(3);
  if (how == 0) Die();
  const auto wait = std::chrono::microseconds(random.Below(8000));
  std::thread last([&] {
    const Status status = how == 1 ? out->Hflush() : out->Close();
    if (!status.ok()) return;
    std::printf("%lld\n", static_cast<long long>(last_byte));
    std::fflush(stdout);
  });
  std::this_thread::sleep_for(wait);
  Die();
}

// ---- those who come after it
// ---------------------------------------------------------------------

enum class Closing { kAsked, kSoftLimit, kHardLimit };
const char* const kClosingNames[] = {"recoverLease", "the soft limit", "the hard limit"};

struct Victim {
  std::string path;
  uint64_t seed = 0;
  int64_t last_byte = 0;
  Closing closing = Closing::kAsked;
  int64_t flushed = 0;  // by its own word
  int64_t length = 0;   // after the recovery
  int64_t blocks = 0;
};

Status RunVictim(const std::string& conf, Victim* victim) {
  tusk::SpawnOptions child{.argv = {"/proc/self/exe", "--conf", conf, "--path", victim->path,
                                    "--seed", std::to_string(victim->seed), "--byte",
                                    std::to_string(victim->last_byte)}};
  ASSIGN_OR_RETURN(const tusk::CommandResult result,
                   tusk::RunCommand(std::move(child), "", kLimit));
  if (!result.status.signaled()) return tusk::InternalError("writer: " + result.output);
  std::istringstream lines(result.output);
  std::string line;
  if (!std::getline(lines, line) || line != "created") {
    return tusk::InternalError("writer died before it began: " + result.output);
  }
  while (std::getline(lines, line)) victim->flushed = std::stoll(line);
  return Status::Ok();
}

// One step towards the end of the lease: true when the file is closed.
StatusOr<bool> StepToClose(const Client& client, const Victim& victim) {
  if (victim.closing == Closing::kAsked) {
    return client.fs->protocol()->RecoverLease(victim.path, client.context->client_name);
  }
  if (victim.closing == Closing::kSoftLimit) {
    auto wanted = client.fs->Append(victim.path);  // refused until the file is closed
    if (wanted.ok()) RETURN_IF_ERROR((*wanted)->Close());
    return wanted.ok();
  }
  ASSIGN_OR_RETURN(const auto located, client.fs->GetBlockLocations(victim.path, 0, 1));
  return !located.under_construction;
}

Status WaitClosed(const Client& client, const Victim& victim) {
  const TimePoint until = Clock::Real()->Now() + kLimit;
  for (;;) {
    const StatusOr<bool> closed = StepToClose(client, victim);
    if (closed.ok() && *closed) return Status::Ok();
    if (Clock::Real()->Now() > until) {
      return tusk::DeadlineExceededError("not closed after 60 s" +
                                         (closed.ok() ? "" : ": " + closed.status().ToString()));
    }
    std::this_thread::sleep_for(50ms);
  }
}

Status KillAndRecover(const std::string& conf_dir, const tusk::Configuration& conf,
                      Victim* victim) {
  RETURN_IF_ERROR(RunVictim(conf_dir, victim));
  ASSIGN_OR_RETURN(const Client client, tusk::integration::ConnectClient(conf));
  RETURN_IF_ERROR(WaitClosed(client, *victim));
  ASSIGN_OR_RETURN(const tusk::FileStatus status, client.fs->GetStatus(victim->path));
  victim->length = status.length;
  if (status.length < victim->flushed || status.length > victim->last_byte) {
    return tusk::DataLossError("the file has " + std::to_string(status.length) + " bytes");
  }
  RETURN_IF_ERROR(tusk::integration::WaitForReplicas(client, victim->path, victim->seed,
                                                     status.length, kReplication,
                                                     Clock::Real()->Now() + kLimit));
  ASSIGN_OR_RETURN(const auto located, client.fs->GetBlockLocations(
                                           victim->path, 0, std::max<int64_t>(1, status.length)));
  victim->blocks = static_cast<int64_t>(located.blocks.size());
  return Status::Ok();
}

// Anywhere in four blocks; often around a block's edge, and in the first chunks.
int64_t RandomByte(Random* random, int64_t block_size) {
  switch (random->Below(4)) {
    case 0:
      return static_cast<int64_t>(random->Below(1500));
    case 1:
      return block_size * static_cast<int64_t>(1 + random->Below(3)) - 600 +
             static_cast<int64_t>(random->Below(1200));
    default:
      return static_cast<int64_t>(random->Below(static_cast<uint64_t>(4 * block_size)));
  }
}

struct Options {
  std::string conf;
  std::string cluster;
  int writers = 5;
  int parallel = 5;
  // Of a process that is to die.
  std::string path;
  uint64_t seed = 0;
  int64_t byte = 0;
};

Status Run(const Options& options, const tusk::Configuration& conf) {
  Random random(tusk::TestSeed());
  std::vector<Victim> victims(static_cast<size_t>(options.writers));
  for (size_t i = 0; i < victims.size(); ++i) {
    victims[i].path = "/killed/" + std::to_string(i);
    victims[i].seed = random.Next();
    victims[i].last_byte = RandomByte(&random, 1 << 20);
    victims[i].closing = static_cast<Closing>(i % 3);
  }
  std::atomic<size_t> next{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < options.parallel; ++i) {
    threads.emplace_back([&] {
      for (size_t at = next++; at < victims.size(); at = next++) {
        Victim& victim = victims[at];
        const Status status = KillAndRecover(options.conf, conf, &victim);
        std::printf("%s killed at byte %lld, %lld flushed, closed by %s: %lld bytes%s%s\n",
                    victim.path.c_str(), static_cast<long long>(victim.last_byte),
                    static_cast<long long>(victim.flushed),
                    kClosingNames[static_cast<int>(victim.closing)],
                    static_cast<long long>(victim.length),
                    status.ok() ? "" : ": WRONG: ", status.ok() ? "" : status.ToString().c_str());
        if (!status.ok()) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int64_t blocks = 0;
  for (const Victim& victim : victims) blocks += victim.blocks;
  const Status settled = tusk::integration::WaitForDisks(
      options.cluster, blocks, static_cast<int>(kReplication), Clock::Real()->Now() + kLimit);
  if (!settled.ok()) ++wrong;
  std::printf("%d writers killed, %d things are wrong\n", options.writers, wrong.load());
  RETURN_IF_ERROR(settled);
  return wrong == 0 ? Status::Ok() : tusk::DataLossError("see above");
}

Status RunEither(const Options& options) {
  ASSIGN_OR_RETURN(const tusk::Configuration conf, tusk::Configuration::Load(options.conf));
  if (options.path.empty()) return Run(options, conf);
  ASSIGN_OR_RETURN(const Client client, tusk::integration::ConnectClient(conf));
  return WriteAndDie(client, options.path, options.seed, options.byte);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--conf") == 0) options.conf = argv[i + 1];
    if (std::strcmp(argv[i], "--cluster") == 0) options.cluster = argv[i + 1];
    if (std::strcmp(argv[i], "--writers") == 0) options.writers = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--parallel") == 0) options.parallel = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--path") == 0) options.path = argv[i + 1];
    if (std::strcmp(argv[i], "--seed") == 0) options.seed = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--byte") == 0) options.byte = std::atoll(argv[i + 1]);
  }
  tusk::IgnoreError(tusk::InitLogging({.program = "writer_kill_load"}), "only for the reader");
  const Status status = RunEither(options);
  if (status.ok()) return 0;
  std::printf("%s\n", status.ToString().c_str());
  return 1;
}
