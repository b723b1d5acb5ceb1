// One client of the NameNode's kill test: asks through real RPC, remembers every call and answer,
// and compares them with what the NameNode says after each of its restarts.
//
// Its folder is its own, so what should be there follows from its own calls. A call without an
// answer has happened whole or not at all; it is repeated under its call id until an answer comes.
// Threads: Run on one thread; the rest is thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/file_system.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/rpc/client.h"

namespace tusk {

struct LoadCounts {
  int64_t acknowledged = 0;  // operations
  int64_t unanswered = 0;    // calls that lost their answer to a kill
  int64_t had_happened = 0;  // of those: found whole after the restart
  int64_t repeated = 0;      // answered calls that were repeated after a restart
  int64_t checks = 0;        // of a whole folder after a restart
  int64_t bytes_written = 0;
  int64_t files_read = 0;  // back at the end, and compared
};

class LoadClient {
 public:
  // `lives`: how often the NameNode has been started; the client checks after each.
  LoadClient(int number, HostPort namenode, std::string user, std::shared_ptr<FileSystem> files,
             uint64_t seed, const std::atomic<int>* lives);

  // Until Stop; then checks once more, with the content of all files.
  void Run();
  void Stop() { stopping_ = true; }

  // The last life whose state was checked.
  int checked_life() const { return checked_life_; }
  // Once Run has returned.
  const LoadCounts& counts() const { return counts_; }
  // What was lost, with the calls before it; empty: nothing.
  std::vector<std::string> losses() const EXCLUDES(mu_);

 private:
  struct Entry {
    bool directory = false;
    int64_t file_id = 0;  // 0: not known yet
    int64_t length = 0;
    int permission = -1;  // -1: not known
  };
  using Tree = std::map<std::string, Entry>;  // by path

  struct Call {
    std::string method;
    std::shared_ptr<const std::string> body;
    int32_t call_id = 0;
    int tries = 0;
    bool at_most_once = false;
    std::string answer;
    std::string text;  // for people
  };

  // ---- operations ----
  void OneOperation();
  void MakeFolders();
  void CreateFile();
  void WriteFile();
  void Rename(const std::string& from);
  void Delete(const std::string& path);
  void SetPermission(const std::string& path);

  // ---- calls ----
  Call MakeCall(std::string method, const google::protobuf::MessageLite& request, bool at_most_once,
                std::string text);
  StatusOr<std::string> Try(Call* call);
  // Until there is an answer; kCancelled when the NameNode is gone for good.
  StatusOr<std::string> TryUntilAnswered(Call* call);
  // A change of the tree: `after` is what it leads to. Empty: refused or given up.
  std::optional<std::string> Change(Call call, Tree after);

  // ---- checking ----
  StatusOr<Tree> Look();
  void CheckAfterRestart();
  // The tree as it is must be one of these; says which.
  const Tree* Match(const Tree& found, const Tree& before, const Tree* after);
  static std::string Difference(const Tree& found, const Tree& expected);
  void RepeatAnsweredCalls();
  void CheckContents();
  void Lost(const std::string& what) EXCLUDES(mu_);

  std::string NewPath() { return home_ + "/" + std::to_string(next_name_++); }
  std::optional<std::string> Pick(
      const std::function<bool(const std::string&, const Entry&)>& fits);

  const std::string home_;
  const std::string name_;
  const HostPort namenode_;
  const std::string user_;
  const std::shared_ptr<FileSystem> files_;
  const std::atomic<int>* const lives_;
  RpcClient rpc_;
  Random random_;
  int next_name_ = 0;
  Tree tree_;                                    // as acknowledged
  std::deque<Call> answered_;                    // at-most-once calls, newest last
  std::deque<std::string> recent_;               // what was asked and answered
  std::map<std::string, std::string> contents_;  // of files written with bytes
  LoadCounts counts_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> checked_life_{0};

  mutable Mutex mu_;
  std::vector<std::string> losses_ GUARDED_BY(mu_);
};

}  // namespace tusk
