#include "mapreduce/server/output_tap.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>

#include "common/base/check.h"

namespace tusk::mapreduce {
namespace {

Status Failed(const std::string& what) {
  return InternalError("cannot " + what + ": " + std::strerror(errno));
}

}  // namespace

StatusOr<std::unique_ptr<OutputTap>> OutputTap::Start(std::function<void(std::string_view)> take) {
  std::unique_ptr<OutputTap> tap(new OutputTap(std::move(take)));
  RETURN_IF_ERROR(tap->Open());
  // Lines appear as they are written, not when four kilobytes are full.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  tap->follower_ = std::thread([tap = tap.get()] { tap->Follow(); });
  return tap;
}

OutputTap::~OutputTap() {
  Stop();
  for (const int fd : {logs_[0], logs_[1], changes_, stop_}) {
    if (fd >= 0) ::close(fd);
  }
}

Status OutputTap::Open() {
  changes_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  if (changes_ < 0 || stop_ < 0) return Failed("watch the program's output");
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat info{};
    if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
      return FailedPreconditionError("descriptor " + std::to_string(descriptor) + " is no file");
    }
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    const int log = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (log < 0) return Failed("read " + path);
    logs_[descriptor - 1] = log;
    // What the container's start-up wrote before is not the program's.
    if (::lseek(log, info.st_size, SEEK_SET) < 0) return Failed("seek in " + path);
    if (::inotify_add_watch(changes_, path.c_str(), IN_MODIFY) < 0) return Failed("watch " + path);
  }
  return Status::Ok();
}

void OutputTap::Follow() {
  for (;;) {
    pollfd watched[] = {{changes_, POLLIN, 0}, {stop_, POLLIN, 0}};
    if (::poll(watched, 2, -1) < 0 && errno != EINTR) return;
    char events[4096];
    while (::read(changes_, events, sizeof(events)) > 0) {
    }
    ReadOn();
    if (watched[1].revents != 0) return;
  }
}

void OutputTap::ReadOn() {
  char buffer[16384];
  for (const int log : logs_) {
    for (;;) {
      const ssize_t got = ::read(log, buffer, sizeof(buffer));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      take_({buffer, static_cast<size_t>(got)});
    }
  }
}

void OutputTap::Stop() {
  if (!follower_.joinable()) return;
  std::cout.flush();
  std::fflush(nullptr);
  const uint64_t one = 1;
  CHECK(::write(stop_, &one, sizeof(one)) == sizeof(one));
  follower_.join();
}

}  // namespace tusk::mapreduce
