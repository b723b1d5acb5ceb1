#include "mapreduce/server/output_tap.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace tusk::mapreduce {
namespace {

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;  // the log file's disk is full: the followers still get it
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
}

Status Failed(const char* what) {
  return InternalError(std::string("cannot ") + what + ": " + std::strerror(errno));
}

}  // namespace

StatusOr<std::unique_ptr<OutputTap>> OutputTap::Start(std::function<void(std::string_view)> take) {
  std::unique_ptr<OutputTap> tap(new OutputTap(std::move(take)));
  RETURN_IF_ERROR(tap->Tap(STDOUT_FILENO));
  RETURN_IF_ERROR(tap->Tap(STDERR_FILENO));
  return tap;
}

OutputTap::~OutputTap() {
  Stop();
}

Status OutputTap::Tap(int descriptor) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Failed("make a pipe");
  const int original = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (original < 0 || ::dup2(ends[1], descriptor) < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return Failed("redirect the program's output");
  }
  ::close(ends[1]);
  Tapped tapped{descriptor, original, {}};
  tapped.copier = std::thread([this, from = ends[0], original] {
    char buffer[16384];
    for (;;) {
      const ssize_t got = ::read(from, buffer, sizeof(buffer));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      const std::string_view bytes(buffer, static_cast<size_t>(got));
      WriteAll(original, bytes);
      take_(bytes);
    }
    ::close(from);
  });
  tapped_.push_back(std::move(tapped));
  // Lines appear as they are written, not when four kilobytes are full.
  if (descriptor == STDOUT_FILENO) std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return Status::Ok();
}

void OutputTap::Stop() {
  if (tapped_.empty()) return;
  std::cout.flush();
  std::fflush(nullptr);
  for (Tapped& tapped : tapped_) {
    ::dup2(tapped.original, tapped.descriptor);  // closes the pipe's last writing end
    tapped.copier.join();
    ::close(tapped.original);
  }
  tapped_.clear();
}

}  // namespace tusk::mapreduce
