// Starts containers' commands through tusk-container-launcher, and hears when they end.
//
// Every command runs below a launcher of its own, which dies with this process: the pipe between
// them breaks. Nothing of a container outlives its launcher.
//
// Owns:    the launchers and one thread that waits for their ends.
// Threads: thread-safe. `ended` is called on that thread; it must not block, nor call Start.
//          SIGPIPE has to be ignored, as every daemon does: an order may meet a launcher's end.
// Life:    the destructor kills whatever still runs and waits for it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/process/child_process.h"
#include "yarnlite/api/ids.h"

namespace tusk::yarnlite {

struct RunRequest {
  ContainerId id;
  std::vector<std::string> command;
  std::string work_dir;
  std::string stdout_file;
  std::string stderr_file;
};

class ContainerRunner {
 public:
  using Ended = std::function<void(const ContainerId& id, int exit_code)>;

  // `launcher`: the path of tusk-container-launcher.
  static StatusOr<std::unique_ptr<ContainerRunner>> Create(std::string launcher, Ended ended);
  ~ContainerRunner();

  // Returns the launcher's process id: the container's processes are its descendants.
  StatusOr<int> Start(const RunRequest& request) EXCLUDES(mu_);

  // SIGTERM to the command's process group, SIGKILL to all of the container. Nothing happens when
  // it has ended.
  void Terminate(const ContainerId& id) { Order(id, 'T'); }
  void Kill(const ContainerId& id) { Order(id, 'K'); }

 private:
  ContainerRunner(std::string launcher, Ended ended, int epoll, int wake);

  void Order(const ContainerId& id, char order) EXCLUDES(mu_);
  void WaitForEnds() EXCLUDES(mu_);
  void Reap(int pid) EXCLUDES(mu_);

  struct Running {
    ContainerId id;
    std::unique_ptr<ChildProcess> launcher;
    int pidfd = -1;
  };

  // Constant after construction.
  const std::string launcher_;
  const Ended ended_;
  const int epoll_;
  const int wake_;  // an eventfd: stop

  Mutex mu_;
  std::map<int, Running> running_ GUARDED_BY(mu_);  // by the launcher's process id
  std::thread thread_;
};

}  // namespace tusk::yarnlite
