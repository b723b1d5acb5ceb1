#include "mapreduce/streaming/streaming_child.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace tusk::mapreduce {
namespace {

constexpr size_t kPipeBytes = 64 << 10;
constexpr size_t kPendingBytes = 256 << 10;
constexpr auto kCheckInterval = std::chrono::milliseconds(500);

Status SetNonBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    return ErrnoError("make a pipe non-blocking", errno);
  }
  return Status::Ok();
}

// A field of /proc/<pid>/status, in bytes.
int64_t StatusBytes(const std::string& text, std::string_view field) {
  const size_t at = text.find(field);
  return at == std::string::npos
             ? 0
             : std::strtoll(text.c_str() + at + field.size(), nullptr, 10) * 1024;
}

// Anonymous and shared memory of all processes of a group.
int64_t GroupMemory(int group) {
  int64_t bytes = 0;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return 0;
  while (const dirent* entry = ::readdir(proc)) {
    const int pid = std::atoi(entry->d_name);
    if (pid <= 0 || ::getpgid(pid) != group) continue;
    std::ifstream in(std::string("/proc/") + entry->d_name + "/status");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    bytes += StatusBytes(text, "RssAnon:") + StatusBytes(text, "RssShmem:");
  }
  ::closedir(proc);
  return bytes;
}

}  // namespace

StatusOr<std::unique_ptr<StreamingChild>> StreamingChild::Start(StreamingChildOptions options) {
  // A child that stops reading must show as EPIPE, not end this process.
  ::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<StreamingChild> child(new StreamingChild(std::move(options)));
  SpawnOptions spawn;
  spawn.argv = child->options_.argv;
  spawn.environment = child->options_.environment;
  spawn.directory = child->options_.directory;
  spawn.stdin_from = Stdio::Pipe();
  spawn.stdout_to = Stdio::Pipe();
  spawn.stderr_to = Stdio::Pipe();
  auto process = ChildProcess::Spawn(std::move(spawn));
  if (!process.ok()) {
    return process.status().WithContext("Cannot run program \"" + child->options_.argv[0] + "\"");
  }
  child->process_ = std::move(process).value();
  for (const int fd : {child->process_->stdin_pipe(), child->process_->stdout_pipe(),
                       child->process_->stderr_pipe()}) {
    RETURN_IF_ERROR(SetNonBlocking(fd));
  }
  child->next_check_ = Clock::Real()->Now() + kCheckInterval;
  return child;
}

Status StreamingChild::Feed(std::string_view bytes) {
  pending_.append(bytes);
  if (pending_.size() - written_ < kPipeBytes) return Status::Ok();
  RETURN_IF_ERROR(Pump(kPendingBytes, /*to_end=*/false));
  // Hadoop fails the attempt too: what the program did not read would be lost without a word.
  if (input_broken_) {
    RETURN_IF_ERROR(Finish());
    return AbortedError("the program \"" + options_.argv[0] +
                        "\" stopped reading before the end of its input (Broken pipe)");
  }
  return Status::Ok();
}

Status StreamingChild::Finish() {
  RETURN_IF_ERROR(Pump(0, /*to_end=*/true));
  const ExitStatus status = process_->Wait();
  if (status.ok() || (status.exited() && !options_.non_zero_exit_is_failure)) return Status::Ok();
  return AbortedError("PipeMapRed.waitOutputThreads(): subprocess failed with code " +
                      std::to_string(status.ShellCode()) + " (" + status.ToString() + ": " +
                      options_.argv[0] + ")");
}

Status StreamingChild::Pump(size_t leave, bool to_end) {
  while (true) {
    const size_t waiting = input_broken_ ? 0 : pending_.size() - written_;
    if (to_end && waiting == 0 && process_->stdin_pipe() >= 0) process_->CloseStdin();
    if (!to_end && waiting <= leave) {
      // One look at what came back, without waiting: output must not pile up in the pipes.
      if (waiting == 0 || waiting <= kPipeBytes) return Status::Ok();
    }
    if (to_end && waiting == 0 && output_ended_ && error_ended_) return Status::Ok();
    pollfd fds[3] = {
        {waiting > 0 ? process_->stdin_pipe() : -1, POLLOUT, 0},
        {output_ended_ ? -1 : process_->stdout_pipe(), POLLIN, 0},
        {error_ended_ ? -1 : process_->stderr_pipe(), POLLIN, 0},
    };
    const bool may_leave = !to_end && waiting <= leave;
    const int ready = ::poll(fds, 3, may_leave ? 0 : static_cast<int>(kCheckInterval.count()));
    if (ready < 0 && errno != EINTR) return ErrnoError("poll a streaming program's pipes", errno);
    if (Clock::Real()->Now() >= next_check_) RETURN_IF_ERROR(CheckNow());
    if (ready <= 0) {
      if (may_leave) return Status::Ok();
      continue;
    }
    if (fds[0].revents != 0) RETURN_IF_ERROR(WriteSome());
    if (fds[1].revents != 0) {
      RETURN_IF_ERROR(ReadSome(fds[1].fd, &partial_output_, &output_ended_, /*is_output=*/true));
    }
    if (fds[2].revents != 0) {
      RETURN_IF_ERROR(ReadSome(fds[2].fd, &partial_error_, &error_ended_, /*is_output=*/false));
    }
  }
}

Status StreamingChild::WriteSome() {
  const ssize_t n =
      ::write(process_->stdin_pipe(), pending_.data() + written_, pending_.size() - written_);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Status::Ok();
  if (n < 0 && errno == EPIPE) {
    input_broken_ = true;
    process_->CloseStdin();
    return Status::Ok();
  }
  if (n < 0) return ErrnoError("write to " + options_.argv[0], errno);
  written_ += static_cast<size_t>(n);
  if (written_ == pending_.size() || written_ > kPendingBytes) {
    pending_.erase(0, written_);
    written_ = 0;
  }
  return Status::Ok();
}

Status StreamingChild::ReadSome(int fd, std::string* partial, bool* ended, bool is_output) {
  char buffer[kPipeBytes];
  const ssize_t n = ::read(fd, buffer, sizeof(buffer));
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Status::Ok();
  if (n < 0) return ErrnoError("read from " + options_.argv[0], errno);
  if (n == 0) {
    *ended = true;
    if (partial->empty()) return Status::Ok();
    return Deliver(std::exchange(*partial, std::string()), is_output);
  }
  std::string_view rest(buffer, static_cast<size_t>(n));
  while (!rest.empty()) {
    const size_t line_end = rest.find('\n');
    if (line_end == std::string_view::npos) {
      partial->append(rest);
      break;
    }
    if (partial->empty()) {
      RETURN_IF_ERROR(Deliver(rest.substr(0, line_end), is_output));
    } else {
      partial->append(rest.substr(0, line_end));
      RETURN_IF_ERROR(Deliver(*partial, is_output));
      partial->clear();
    }
    rest.remove_prefix(line_end + 1);
  }
  return Status::Ok();
}

Status StreamingChild::Deliver(std::string_view line, bool is_output) {
  if (is_output) return options_.on_output(line);
  options_.on_error(line);
  return Status::Ok();
}

Status StreamingChild::CheckNow() {
  next_check_ = Clock::Real()->Now() + kCheckInterval;
  RETURN_IF_ERROR(options_.check());
  if (options_.memory_limit_bytes == 0) return Status::Ok();
  const int64_t used = GroupMemory(process_->pid());
  if (used <= options_.memory_limit_bytes) return Status::Ok();
  IgnoreError(process_->SignalGroup(SIGKILL), "it may have ended by itself");
  return ResourceExhaustedError("the program \"" + options_.argv[0] + "\" used " +
                                std::to_string(used >> 20) + " MB, more than its share of " +
                                std::to_string(options_.memory_limit_bytes >> 20) +
                                " MB; raise tusk.streaming.child.memory-mb");
}

}  // namespace tusk::mapreduce
