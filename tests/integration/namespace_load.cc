// Creates, renames and deletes files and folders from several threads, remembers what was
// acknowledged, and compares with what the NameNode says at the end. Exit code 1 on any difference.
//
//   namespace_load --conf DIR --threads N --seconds S
//
// The NameNode may be killed meanwhile. An operation that ended in an error may or may not have
// happened: both states are right for it; an acknowledged one has happened.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/file_system.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/config/configuration.h"
#include "common/testing/slowdown.h"

namespace {

using tusk::FileSystem;

enum class State { kAbsent, kFile, kDirectory, kUnknown };

// One thread's folder and what should be in it.
class Worker {
 public:
  Worker(std::shared_ptr<FileSystem> fs, int number)
      : fs_(std::move(fs)), home_("/load/" + std::to_string(number)), random_(number + 1) {}

  void Run(double seconds) {
    const auto deadline = tusk::Clock::Real()->Now() +
                          std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
    while (tusk::Clock::Real()->Now() < deadline) {
      switch (random_.Below(4)) {
        case 0:
          Create();
          break;
        case 1:
          MakeFolder();
          break;
        case 2:
          Rename();
          break;
        default:
          Delete();
      }
    }
  }

  // How many paths differ from what was acknowledged.
  int Verify() {
    int wrong = 0;
    for (const auto& [path, state] : expected_) {
      const auto status = fs_->FindStatus(path);
      if (!status.ok()) {
        std::printf("%s: %s\n", path.c_str(), status.status().ToString().c_str());
        ++wrong;
        continue;
      }
      const State found = !status->has_value()        ? State::kAbsent
                          : (*status)->is_directory() ? State::kDirectory
                                                      : State::kFile;
      if (state == State::kUnknown || state == found) continue;
      std::printf("%s: expected %d, found %d\n", path.c_str(), static_cast<int>(state),
                  static_cast<int>(found));
      ++wrong;
    }
    return wrong;
  }

  int64_t acknowledged() const { return acknowledged_; }
  int64_t unknown() const { return unknown_; }

 private:
  std::string NewPath() { return home_ + "/" + std::to_string(next_++); }

  // A path in that state, if there is one.
  std::optional<std::string> Pick(State state) {
    std::vector<std::string> paths;
    for (auto it = expected_.rbegin(); it != expected_.rend() && paths.size() < 50; ++it) {
      if (it->second == state) paths.push_back(it->first);
    }
    if (paths.empty()) return std::nullopt;
    return paths[random_.Below(paths.size())];
  }

  void Expect(const tusk::Status& outcome, const std::string& path, State state) {
    ++(outcome.ok() ? acknowledged_ : unknown_);
    expected_[path] = outcome.ok() ? state : State::kUnknown;
  }

  void Create() {
    const std::string path = NewPath();
    Expect(fs_->WriteFile(path, ""), path, State::kFile);
  }
  void MakeFolder() {
    const std::string path = NewPath();
    Expect(fs_->Mkdirs(path), path, State::kDirectory);
  }
  void Rename() {
    const auto from = Pick(State::kFile);
    if (!from.has_value()) return;
    const std::string to = NewPath();
    const tusk::Status outcome = fs_->Rename2(*from, to);
    Expect(outcome, to, State::kFile);
    expected_[*from] = outcome.ok() ? State::kAbsent : State::kUnknown;
  }
  void Delete() {
    const auto path = Pick(random_.OneIn(2) ? State::kFile : State::kDirectory);
    if (!path.has_value()) return;
    const auto deleted = fs_->Delete(*path, true);
    Expect(deleted.ok() ? tusk::Status::Ok() : deleted.status(), *path, State::kAbsent);
  }

  const std::shared_ptr<FileSystem> fs_;
  const std::string home_;
  tusk::Random random_;
  int next_ = 0;
  int64_t acknowledged_ = 0;
  int64_t unknown_ = 0;
  std::map<std::string, State> expected_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string conf;
  int threads = 4;
  double seconds = 5;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--conf") == 0) conf = argv[i + 1];
    if (std::strcmp(argv[i], "--threads") == 0) threads = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--seconds") == 0) seconds = std::atof(argv[i + 1]);
  }
  const auto configuration = tusk::Configuration::Load(conf);
  if (!configuration.ok()) {
    std::printf("%s\n", configuration.status().ToString().c_str());
    return 2;
  }
  std::vector<Worker> workers;
  for (int i = 0; i < threads; ++i) {
    auto fs = FileSystem::Connect(*configuration);
    if (!fs.ok()) {
      std::printf("%s\n", fs.status().ToString().c_str());
      return 2;
    }
    workers.emplace_back(*fs, i);
  }
  std::vector<std::thread> running;
  for (Worker& worker : workers) running.emplace_back([&worker, seconds] { worker.Run(seconds); });
  for (std::thread& thread : running) thread.join();
  int wrong = 0;
  int64_t acknowledged = 0;
  int64_t unknown = 0;
  for (Worker& worker : workers) {
    wrong += worker.Verify();
    acknowledged += worker.acknowledged();
    unknown += worker.unknown();
  }
  std::printf("%lld operations acknowledged, %lld ended in an error, %d paths are wrong\n",
              static_cast<long long>(acknowledged), static_cast<long long>(unknown), wrong);
  const int64_t enough = tusk::Slowdown() == 1 ? 100 : 0;
  return wrong == 0 && acknowledged > enough ? 0 : 1;
}
