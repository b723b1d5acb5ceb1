// The driver's side of TuskJobProtocol over Hadoop RPC: status, output and kill of its program.
//
// A call that brings the last version is held until there is news or a second has passed. News
// leave at once; those that come thick and fast every 50 ms, together.
// Threads: thread-safe; handlers run on the server's I/O threads and never block.
// Life:    Stop before the driver goes; held calls are answered then.
// Fails:   kill by somebody else than the owner or the superuser: kPermissionDenied.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/concurrent/mutex.h"
#include "common/concurrent/timer.h"
#include "common/rpc/rpc_call.h"
#include "mapreduce/engine/driver/driver.h"

namespace tusk::mapreduce {

struct JobServiceOptions {
  std::string owner;
  std::string superuser;  // who runs the cluster
  Duration hold = std::chrono::seconds(1);
  Duration pace = std::chrono::milliseconds(50);
};

class JobService {
 public:
  // `killed`: somebody asked for it, in words. `acknowledged`: a follower has seen the final state.
  // Followers are answered on `executor`; it and the timer outlive this.
  JobService(JobServiceOptions options, Driver* driver, const Clock* clock, Timer* timer,
             Executor* executor, std::function<void(const std::string&)> killed,
             std::function<void()> acknowledged);
  ~JobService();

  // For RpcServer::Add; the service outlives the server.
  RpcProtocol Protocol();
  // The program's last state stands and all its output is there: from now on nobody is held.
  void ProgramOver() EXCLUDES(mu_);
  void Stop() EXCLUDES(mu_);

  // Whether anybody ever asked: somebody may wait for the final answer.
  bool followed() const { return followed_.load(); }

 private:
  struct Held {
    std::shared_ptr<RpcCall> call;
    int64_t seen = 0;
    int64_t output_from = 0;
    TimePoint since;
  };

  void Follow(const std::shared_ptr<RpcCall>& call, int64_t seen, int64_t output_from)
      EXCLUDES(mu_);
  // The driver has news, and may hold its lock.
  void News() EXCLUDES(mu_);
  void Answer(const Held& held) const;
  bool HasNews(const Held& held) const;
  // Answers held calls: those with news, if the last ones were told a while ago, and those held
  // long enough.
  void Flush(bool all) EXCLUDES(mu_);

  const JobServiceOptions options_;
  Driver* const driver_;
  const Clock* const clock_;
  Executor* const executor_;
  const std::function<void(const std::string&)> killed_;
  const std::function<void()> acknowledged_;

  std::atomic<bool> followed_{false};
  Mutex mu_;
  std::vector<Held> held_ GUARDED_BY(mu_);
  TimePoint last_told_ GUARDED_BY(mu_){};
  bool flush_posted_ GUARDED_BY(mu_) = false;
  bool hold_no_more_ GUARDED_BY(mu_) = false;
  WorkGuard guard_;
  TimerHandle pace_;
};

}  // namespace tusk::mapreduce
