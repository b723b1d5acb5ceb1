// The NodeManager's stream to the ResourceManager: registers, tells news, obeys commands.
//
//   dial -> registration sent -> accepted -> news and commands -> broken: dial again
// A broken stream is opened again after 100 ms to 1 s; the registration then tells what was missed.
//
// Owns:    the channel and its timers. Borrows the core; Start comes after the core is attached.
// Threads: thread-safe. Commands are obeyed in order, on the executor.
// Life:    Start -> Stop. Stop says goodbye, so that the ResourceManager does not wait for us.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/concurrent/mutex.h"
#include "common/concurrent/timer.h"
#include "common/grpc/channel.h"
#include "yarnlite/nodemanager/node_manager.h"

namespace tusk::yarnlite {

class ResourceManagerLink final : public NodeReporter {
 public:
  struct Options {
    std::string target;         // "host:port"
    std::string local_address;  // of our socket
    std::string caller;         // who we are, for the other side's log
  };

  ResourceManagerLink(const Options& options, ClusterSecret secret, const Clock* clock,
                      Executor* executor, Timer* timer, NodeManager* core);
  ~ResourceManagerLink() override;

  void Start();
  void Stop() EXCLUDES(mu_);

  void Tell(const NodeMessage& message) override EXCLUDES(mu_);
  bool connected() const EXCLUDES(mu_);

 private:
  void Dial() EXCLUDES(mu_);
  void Heard(const std::string& bytes) EXCLUDES(mu_);
  void Closed(const Status& why) EXCLUDES(mu_);
  // Dials again when it is time, and tells that we live.
  void Tick() EXCLUDES(mu_);

  const Clock* const clock_;
  Timer* const timer_;
  NodeManager* const core_;
  GrpcChannel channel_;

  mutable Mutex mu_;
  GrpcStreamPtr stream_ GUARDED_BY(mu_);  // null while there is none
  bool accepted_ GUARDED_BY(mu_) = false;
  bool stopped_ GUARDED_BY(mu_) = false;
  Duration heartbeat_interval_ GUARDED_BY(mu_) = std::chrono::seconds(1);
  Duration back_off_ GUARDED_BY(mu_){};
  TimePoint next_dial_ GUARDED_BY(mu_){};
  TimePoint next_heartbeat_ GUARDED_BY(mu_){};
  CondVar gone_;
  TimerHandle tick_;
};

}  // namespace tusk::yarnlite
