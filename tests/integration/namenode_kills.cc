// Kills a NameNode with kill -9 again and again under the load of many clients (load_client.h),
// each of which compares the restarted state with the history of its calls. Exit 1 on any loss.
//
//   namenode_kills --namenode PROGRAM --conf DIR --log FILE --kills N [--clients N]
//
// A third of the kills comes inside a checkpoint, some inside a write of the log: a fault point
// ends the process there, as kill -9 does. The rest comes at random moments. TUSK_TEST_SEED decides
// all.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "common/base/clock.h"
#include "common/config/configuration.h"
#include "common/config/core_keys.h"
#include "common/net/host_port.h"
#include "common/process/child_process.h"
#include "common/security/user.h"
#include "common/testing/slowdown.h"
#include "tests/integration/load_client.h"

extern char** environ;

namespace tusk {
namespace {

using std::chrono::milliseconds;

struct Settings {
  std::string namenode;
  std::string conf;
  std::string log;
  int kills = 6;
  int clients = 16;
};

enum class Where { kCheckpoint, kLog, kAnywhere };

class KillTest {
 public:
  KillTest(Settings settings, uint64_t seed) : settings_(std::move(settings)), random_(seed) {
    for (int i = 0; i < settings_.kills; ++i) {
      plan_.push_back(3 * i < settings_.kills        ? Where::kCheckpoint
                      : 20 * i < 9 * settings_.kills ? Where::kLog
                                                     : Where::kAnywhere);
    }
    for (size_t i = plan_.size(); i > 1; --i) std::swap(plan_[i - 1], plan_[random_.Below(i)]);
  }

  Status Run() {
    RETURN_IF_ERROR(MakeClients());
    std::vector<std::thread> threads;
    for (const auto& client : clients_) threads.emplace_back([&client] { client->Run(); });
    Status outcome;
    for (size_t i = 0; outcome.ok() && i < plan_.size() && !AnyLoss(); ++i) {
      outcome = OneLife(plan_[i]);
    }
    if (outcome.ok()) outcome = StartNamenode({});
    for (const auto& client : clients_) client->Stop();
    for (std::thread& thread : threads) thread.join();
    if (namenode_ != nullptr) {
      IgnoreError(namenode_->Signal(SIGTERM), "it ends one way or the other");
      if (!namenode_->WaitFor(std::chrono::seconds(5) * Slowdown()).has_value()) {
        outcome = UnknownError("the NameNode does not stop");
      }
    }
    Report();
    if (outcome.ok() && AnyLoss()) outcome = DataLossError("see above");
    return outcome;
  }

 private:
  Status MakeClients() {
    ASSIGN_OR_RETURN(Configuration conf, Configuration::Load(settings_.conf));
    ASSIGN_OR_RETURN(const std::string default_fs, conf.Get(keys::kDefaultFs));
    ASSIGN_OR_RETURN(const UriParts uri, ParseUri(default_fs));
    ASSIGN_OR_RETURN(const HostPort namenode, ParseHostPort(uri.authority));
    ASSIGN_OR_RETURN(const std::string user, CurrentUserName());
    conf.Set("ipc.client.connect.max.retries", "60");
    const uint64_t seed = random_.Next();
    for (int i = 0; i < settings_.clients; ++i) {
      ASSIGN_OR_RETURN(auto files, FileSystem::Connect(conf));
      clients_.push_back(
          std::make_unique<LoadClient>(i, namenode, user, std::move(files), seed, &lives_));
    }
    return Status::Ok();
  }

  Status StartNamenode(const std::string& faults) {
    SpawnOptions options;
    options.argv = {settings_.namenode, "--config", settings_.conf};
    options.environment.emplace();
    for (char** one = environ; *one != nullptr; ++one) options.environment->emplace_back(*one);
    if (!faults.empty()) options.environment->push_back("TUSK_FAULTS=" + faults);
    options.stdout_to = Stdio::File(settings_.log);
    options.stderr_to = Stdio::File(settings_.log);
    ASSIGN_OR_RETURN(namenode_, ChildProcess::Spawn(std::move(options)));
    ++lives_;
    return Status::Ok();
  }

  std::string FaultsFor(Where where) {
    if (where == Where::kCheckpoint) {
      static constexpr const char* kPoints[] = {"batch", "before_tag", "before_purge"};
      return std::string("namenode.checkpoint.") + kPoints[random_.Below(3)] + "=crash@" +
             std::to_string(1 + random_.Below(2));
    }
    if (where == Where::kLog) {
      static constexpr const char* kPoints[] = {"before_write", "before_sync", "after_sync"};
      return std::string("namenode.edits.") + kPoints[random_.Below(3)] + "=crash@" +
             std::to_string(50 + random_.Below(500));
    }
    return {};
  }

  // From a start to a kill.
  Status OneLife(Where where) {
    RETURN_IF_ERROR(StartNamenode(FaultsFor(where)));
    const TimePoint begin = Clock::Real()->Now();
    const TimePoint latest = begin + std::chrono::seconds(8) * Slowdown();
    const auto checked = [this] {
      return std::all_of(clients_.begin(), clients_.end(),
                         [this](const auto& client) { return client->checked_life() == lives_; });
    };
    // A client that writes a file may need a second to come back.
    while (!checked() && Clock::Real()->Now() < latest && !namenode_->Poll().has_value() &&
           !AnyLoss()) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    if (checked()) {
      ++lives_checked_;
      until_checked_ += Clock::Real()->Now() - begin;
    }
    if (where == Where::kAnywhere) {
      std::this_thread::sleep_for(milliseconds(random_.Below(1200)));
      RETURN_IF_ERROR(namenode_->Signal(SIGKILL));
    }
    auto end = namenode_->WaitFor(std::chrono::seconds(8));
    const bool by_fault = where != Where::kAnywhere && end.has_value();
    if (!end.has_value()) {  // the fault was not reached
      RETURN_IF_ERROR(namenode_->Signal(SIGKILL));
      end = namenode_->Wait();
    }
    if (end->signal() != SIGKILL) {
      return UnknownError("the NameNode ended by itself: " + end->ToString());
    }
    ++kills_;
    if (by_fault && where == Where::kCheckpoint) ++in_checkpoint_;
    if (by_fault && where == Where::kLog) ++in_log_;
    return Status::Ok();
  }

  bool AnyLoss() const {
    return std::any_of(clients_.begin(), clients_.end(),
                       [](const auto& client) { return !client->losses().empty(); });
  }

  void Report() const {
    LoadCounts sum;
    for (const auto& client : clients_) {
      const LoadCounts& counts = client->counts();
      sum.acknowledged += counts.acknowledged;
      sum.unanswered += counts.unanswered;
      sum.had_happened += counts.had_happened;
      sum.repeated += counts.repeated;
      sum.checks += counts.checks;
      sum.bytes_written += counts.bytes_written;
      sum.files_read += counts.files_read;
      for (const std::string& loss : client->losses()) std::printf("LOSS %s\n", loss.c_str());
    }
    const auto number = [](int64_t value) { return static_cast<long long>(value); };
    std::printf(
        "%d kills (%d inside a checkpoint, %d inside a write of the log), %zu clients, %lld "
        "operations acknowledged, %lld bytes written, %lld calls lost their answer (%lld of them "
        "had happened), %lld answered calls repeated, %lld checks of a folder, %lld files read "
        "back, %.0f ms "
        "from a start to the last client's check, %.0f s\n",
        kills_, in_checkpoint_, in_log_, clients_.size(), number(sum.acknowledged),
        number(sum.bytes_written), number(sum.unanswered), number(sum.had_happened),
        number(sum.repeated), number(sum.checks), number(sum.files_read),
        1000 * ToSeconds(until_checked_) / std::max(1, lives_checked_),
        ToSeconds(Clock::Real()->Now() - begin_));
  }

  const Settings settings_;
  const TimePoint begin_ = Clock::Real()->Now();
  Random random_;
  std::vector<Where> plan_;
  std::atomic<int> lives_{0};
  std::vector<std::unique_ptr<LoadClient>> clients_;
  std::unique_ptr<ChildProcess> namenode_;
  int kills_ = 0;
  int in_checkpoint_ = 0;
  int in_log_ = 0;
  int lives_checked_ = 0;
  Duration until_checked_{0};
};

int Main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--namenode") settings.namenode = value;
    if (name == "--conf") settings.conf = value;
    if (name == "--log") settings.log = value;
    if (name == "--kills") settings.kills = std::atoi(value);
    if (name == "--clients") settings.clients = std::atoi(value);
  }
  spdlog::set_level(spdlog::level::err);  // of every call that is tried again
  const char* const given = std::getenv("TUSK_TEST_SEED");
  const uint64_t seed = given == nullptr ? SecureRandomSeed() : std::strtoull(given, nullptr, 10);
  std::printf("TUSK_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  const Status outcome = KillTest(std::move(settings), seed).Run();
  if (!outcome.ok()) std::printf("FAILED: %s\n", outcome.ToString().c_str());
  return outcome.ok() ? 0 : 1;
}

}  // namespace
}  // namespace tusk

int main(int argc, char** argv) {
  return tusk::Main(argc, argv);
}
