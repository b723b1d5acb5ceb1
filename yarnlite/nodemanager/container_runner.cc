#include "yarnlite/nodemanager/container_runner.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/concurrent/thread_pool.h"

namespace tusk::yarnlite {
namespace {

constexpr int kStopEvent = 0;  // no process has this id

bool Watch(int epoll, int fd, int data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = data;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

StatusOr<std::unique_ptr<ContainerRunner>> ContainerRunner::Create(std::string launcher,
                                                                   Ended ended) {
  if (::access(launcher.c_str(), X_OK) != 0) return ErrnoError("run " + launcher, errno);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const int wake = ::eventfd(0, EFD_CLOEXEC);
  if (epoll < 0 || wake < 0 || !Watch(epoll, wake, kStopEvent)) {
    return ErrnoError("watch containers", errno);
  }
  return std::unique_ptr<ContainerRunner>(
      new ContainerRunner(std::move(launcher), std::move(ended), epoll, wake));
}

ContainerRunner::ContainerRunner(std::string launcher, Ended ended, int epoll, int wake)
    : launcher_(std::move(launcher)), ended_(std::move(ended)), epoll_(epoll), wake_(wake) {
  thread_ = std::thread([this] {
    SetThreadName("nm-reaper");
    WaitForEnds();
  });
}

ContainerRunner::~ContainerRunner() {
  const uint64_t one = 1;
  CHECK(::write(wake_, &one, sizeof(one)) == sizeof(one));
  thread_.join();
  std::map<int, Running> left;
  {
    MutexLock lock(mu_);
    left.swap(running_);
  }
  for (auto& [pid, running] : left) running.launcher->CloseStdin();
  for (auto& [pid, running] : left) {
    running.launcher->Wait();
    ::close(running.pidfd);
  }
  ::close(epoll_);
  ::close(wake_);
}

StatusOr<int> ContainerRunner::Start(const RunRequest& request) {
  SpawnOptions options;
  options.argv = {launcher_};
  options.argv.insert(options.argv.end(), request.command.begin(), request.command.end());
  options.directory = request.work_dir;
  options.stdin_from = Stdio::Pipe();
  options.stdout_to = Stdio::File(request.stdout_file);
  options.stderr_to = Stdio::File(request.stderr_file);
  ASSIGN_OR_RETURN(auto child, ChildProcess::Spawn(std::move(options)));
  const int pid = child->pid();
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) return ErrnoError("pidfd_open", errno);
  // Entered before it is watched: its end may come at once.
  MutexLock lock(mu_);
  running_[pid] = {request.id, std::move(child), pidfd};
  if (!Watch(epoll_, pidfd, pid)) {
    const Status failed = ErrnoError("watch a container", errno);
    running_.erase(pid);  // kills it
    ::close(pidfd);
    return failed;
  }
  return pid;
}

void ContainerRunner::Order(const ContainerId& id, char order) {
  MutexLock lock(mu_);
  for (auto& [pid, running] : running_) {
    if (running.id != id) continue;
    // A pipe of one-byte orders does not fill; a launcher that has ended gives EPIPE.
    if (::write(running.launcher->stdin_pipe(), &order, 1) != 1) {
      LOG_DEBUG("container has ended already id={}", id.ToString());
    }
    return;
  }
}

void ContainerRunner::WaitForEnds() {
  for (;;) {
    epoll_event events[16];
    const int count = ::epoll_wait(epoll_, events, 16, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == kStopEvent) return;
      Reap(events[i].data.fd);
    }
  }
}

void ContainerRunner::Reap(int pid) {
  Running running;
  {
    MutexLock lock(mu_);
    const auto it = running_.find(pid);
    if (it == running_.end()) return;
    running = std::move(it->second);
    running_.erase(it);
  }
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, running.pidfd, nullptr);
  ::close(running.pidfd);
  ended_(running.id, running.launcher->Wait().ShellCode());
}

}  // namespace tusk::yarnlite
