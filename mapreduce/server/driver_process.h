// The driver as a process of its own: the engine behind the program's Open, in a master container.
//
//   Open -> (jobs) -> exit of the program -> Finish
// Finish runs at the process's exit, whatever way it takes: state and output to the report in the
// staging directory, to the submitter that follows (up to 5 s), then the application is
// unregistered and nothing but the report stays in its staging directory. A driver that is taken
// away (SIGTERM, or the ResourceManager gives it up) removes its unfinished outputs and exits.
//
// Owns:    the driver, its servers (task protocol, TuskJobProtocol), the runners' containers.
// Threads: Open and Finish on the program's main thread.
// Life:    one per process, never destroyed.
// Fails:   Open ends the process with one line on stderr when the container cannot be a driver.
#pragma once

#include <atomic>
#include <memory>

#include "common/concurrent/notification.h"
#include "common/concurrent/thread_pool.h"
#include "common/concurrent/timer.h"
#include "common/grpc/server.h"
#include "common/rpc/server.h"
#include "mapreduce/client/staging.h"
#include "mapreduce/engine/driver/driver.h"
#include "mapreduce/rpc/job_service.h"
#include "mapreduce/server/container_environment.h"
#include "mapreduce/server/dfs_output_committer.h"
#include "mapreduce/server/output_tap.h"
#include "mapreduce/server/runner_pool.h"

namespace tusk::mapreduce {

class DriverProcess {
 public:
  DriverProcess(ContainerEnvironment environment, int argc, char** argv);

  // Everything up and the application registered.
  Status Start();
  // Tells everybody that this driver could not start, instead of dying without a word.
  void Abandon(const Status& why);
  // Lives as long as the process.
  std::shared_ptr<Engine> engine();

  // The program has ended. Once; later calls return at once.
  void Finish(int exit_code) EXCLUDES(mu_);

 private:
  StatusOr<DriverOptions> MakeDriverOptions() const;
  Status WatchTermination();
  Status StartServers();
  Status Register();
  Status StartRunners();
  void Killed(const std::string& reason) EXCLUDES(mu_);
  void GivenUp(const std::string& why, int exit_code);
  ProgramStatus LastStatus(const std::string& killed, int exit_code) const;
  void Report(const ProgramStatus& last);
  Status Unregister(const ProgramStatus& last);
  void CleanStaging();

  ContainerEnvironment environment_;
  const std::vector<std::string> args_;
  std::shared_ptr<FileSystem> file_system_;
  std::unique_ptr<Staging> staging_;
  std::unique_ptr<DfsOutputCommitter> committer_;
  ThreadPool threads_{"driver", 2};
  RealTimer timer_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<OutputTap> tap_;
  std::unique_ptr<GrpcServer> task_server_;
  std::unique_ptr<GroupMapping> groups_;
  std::unique_ptr<JobService> job_service_;
  std::unique_ptr<RpcServer> rpc_server_;
  std::unique_ptr<yarnlite::AppMasterClient> master_;
  std::unique_ptr<yarnlite::NodeManagerClient> node_managers_;
  std::unique_ptr<yarnlite::YarnClient> yarn_;
  std::unique_ptr<RunnerPool> runners_;
  Notification acknowledged_;
  Notification finished_;

  bool registered_ = false;

  std::atomic_flag given_up_;
  Mutex mu_;
  bool finishing_ GUARDED_BY(mu_) = false;
  std::string killed_ GUARDED_BY(mu_);  // why, once it was asked for
  std::thread undertaker_;              // ends a program that does not end by itself
};

}  // namespace tusk::mapreduce
