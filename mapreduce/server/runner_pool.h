// The containers of a driver's runners: one per NodeManager unless told otherwise, each replaced
// when it is lost.
//
// Owns:    a thread that polls the ResourceManager (which holds the call until there is news) and
//          one that starts containers. Borrows the driver, which hears of every runner's fate.
// Threads: thread-safe.
// Life:    Start -> Stop; afterwards the driver hears nothing more from here.
// Fails:   a node where three runners ended by themselves gets no more; when runners end everywhere
//          before they have said hello, the program is killed with what their containers said.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "common/concurrent/mutex.h"
#include "common/concurrent/thread_pool.h"
#include "mapreduce/client/container_launch.h"
#include "mapreduce/engine/driver/driver.h"
#include "yarnlite/client/app_master_client.h"
#include "yarnlite/client/node_manager_client.h"
#include "yarnlite/client/yarn_client.h"

namespace tusk::mapreduce {

struct RunnerPoolOptions {
  int count = -1;          // runners; -1: one per node
  int64_t memory_mb = -1;  // of each; -1: half its node
  int vcores = -1;         // of each; -1: its node's less one
  ProgramLaunch launch;    // role and per-runner variables are added
};

class RunnerPool {
 public:
  // `over`: the ResourceManager wants this driver gone; from any thread, once.
  RunnerPool(RunnerPoolOptions options, Driver* driver, yarnlite::AppMasterClient* master,
             yarnlite::NodeManagerClient* nodes, yarnlite::YarnClient* yarn,
             std::function<void(const std::string&)> over);
  ~RunnerPool();

  // Asks for the first runners. kFailedPrecondition when no node is there or none is large enough.
  Status Start();
  void Stop();

 private:
  struct Node {
    std::string rack;
    yarnlite::Resource runner;  // what a runner there gets
    int wanted = 0;             // needs outstanding at the ResourceManager
    int running = 0;
    int failures = 0;
  };

  bool AddNodeLocked(const yarnlite::NodeReport& report) REQUIRES(mu_);
  yarnlite::Resource RunnerSize(const yarnlite::Resource& node) const;
  yarnlite::ContainerNeed NeedOn(const std::string& host, const Node& node) const;
  void AskLocked(const std::string& host) REQUIRES(mu_);
  void AskForMissingLocked() REQUIRES(mu_);
  void Poll();
  void Take(const yarnlite::AllocateNews& news) EXCLUDES(mu_);
  void Granted(const yarnlite::GrantedContainer& granted) EXCLUDES(mu_);
  void Launch(const yarnlite::GrantedContainer& granted, const yarnlite::Resource& size,
              const std::string& rack);
  void Completed(const yarnlite::ContainerStatus& status) EXCLUDES(mu_);
  void NodeChanged(const yarnlite::NodeReport& report) EXCLUDES(mu_);

  const RunnerPoolOptions options_;
  Driver* const driver_;
  yarnlite::AppMasterClient* const master_;
  yarnlite::NodeManagerClient* const node_managers_;
  yarnlite::YarnClient* const yarn_;
  const std::function<void(const std::string&)> over_;

  Mutex mu_;
  std::map<std::string, Node> nodes_ GUARDED_BY(mu_);              // by host
  std::map<std::string, std::string> containers_ GUARDED_BY(mu_);  // id -> host
  int failures_ GUARDED_BY(mu_) = 0;
  bool stopping_ GUARDED_BY(mu_) = false;

  ThreadPool starter_{"runner-start", 2};
  std::thread poller_;
};

}  // namespace tusk::mapreduce
