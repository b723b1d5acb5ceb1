// Sockets for code that may hold a thread while bytes move: connect, listen, send and receive with
// a deadline. TCP and unix.
//
// All sockets are non-blocking underneath and close-on-exec; every call polls up to its timeout.
// Errors name the peer. kDeadlineExceeded for a timeout, kUnavailable for refused, reset, closed.
#pragma once

#include <sys/uio.h>

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/net/host_port.h"

namespace tusk {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { Reset(); }
  Fd(Fd&& other) noexcept : fd_(other.Release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

// The time by which something has to be done. Default: never.
class Deadline {
 public:
  Deadline() = default;
  static Deadline After(Duration d) { return Deadline(Clock::Real()->Now() + d); }
  static Deadline Never() { return {}; }

  // For poll(2): milliseconds left, rounded up; -1 for never, 0 when passed.
  int PollMillis() const;
  bool passed() const { return PollMillis() == 0; }

 private:
  explicit Deadline(TimePoint at) : at_(at), never_(false) {}

  TimePoint at_{};
  bool never_ = true;
};

struct ConnectOptions {
  Duration timeout = std::chrono::seconds(60);
  // Outgoing address to bind to ("127.0.10.2"), so that the peer sees where we stand; "" for any.
  std::string source_address;
  bool no_delay = true;
  int send_buffer_bytes = 0;     // 0: the system's
  int receive_buffer_bytes = 0;  // 0: the system's
};

// A connected socket.
//
// Threads: one sender and one receiver at a time; Shutdown from any thread ends both with
//          kCancelled-like kUnavailable. The descriptor is closed by the destructor only.
class Socket {
 public:
  Socket() = default;
  explicit Socket(Fd fd, std::string peer = {});

  // Tries the addresses of the name in turn. Blocks in the resolver for names.
  static StatusOr<Socket> Connect(const HostPort& where, const ConnectOptions& options);
  static StatusOr<Socket> ConnectUnix(const std::string& path, Duration timeout);
  // Two connected ends (unix), for tests and children.
  static StatusOr<std::pair<Socket, Socket>> Pair();

  bool valid() const { return fd_.valid(); }
  int fd() const { return fd_.get(); }
  Fd Release() { return std::move(fd_); }
  const std::string& peer() const { return peer_; }
  StatusOr<SocketAddress> LocalAddress() const;
  StatusOr<SocketAddress> PeerAddress() const;

  Status SendAll(std::string_view bytes, const Deadline& deadline);
  // All parts with as few system calls as possible.
  Status SendParts(std::span<const std::string_view> parts, const Deadline& deadline);
  // At least one byte, at most `size`; 0 when the peer has closed.
  StatusOr<size_t> ReceiveSome(char* to, size_t size, const Deadline& deadline);
  // Exactly `size` bytes; kUnavailable when the peer closes before.
  Status ReceiveAll(char* to, size_t size, const Deadline& deadline);
  // The first bytes without taking them.
  StatusOr<size_t> Peek(char* to, size_t size, const Deadline& deadline);
  // `length` bytes of a file from `offset` on, by pread and send (on loopback faster than
  // sendfile).
  Status SendFile(int file, int64_t offset, int64_t length, const Deadline& deadline);

  // False also when bytes or an end of stream wait: an idle kept-alive connection has neither.
  bool IsIdleAndOpen() const;
  void ShutdownWrite();
  void Shutdown();

 private:
  Fd fd_;
  std::string peer_;
};

struct ListenOptions {
  int backlog = 256;
  bool reuse_address = true;
};

// A listening socket.
//
// Threads: Accept by one thread; Close from any ends it.
// Fails:   a port in use is kAlreadyExists and names the process that holds it, where /proc says.
class Listener {
 public:
  // Port 0: the system chooses, see port(). Blocks in the resolver for names.
  static StatusOr<Listener> Listen(const HostPort& where, const ListenOptions& options = {});
  // Replaces a dead socket file at `path`, not one that somebody listens on. A path longer than the
  // system takes (107 bytes) is kInvalidArgument.
  static StatusOr<Listener> ListenUnix(const std::string& path, const ListenOptions& options = {});

  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = default;
  ~Listener();

  // kCancelled after Close.
  StatusOr<Socket> Accept(const Deadline& deadline = Deadline::Never());
  void Close();
  int port() const { return port_; }
  int fd() const { return fd_.get(); }

 private:
  Listener(Fd fd, int port, std::string path);

  Fd fd_;
  int port_ = 0;
  std::string unix_path_;
  std::unique_ptr<std::atomic<bool>> closed_;
};

inline constexpr size_t kMaxUnixPath = 107;

// "port 8020 on 127.0.0.1 is in use by process 4711 (tusk-namenode)", as far as /proc tells.
std::string DescribePortHolder(const std::string& host, int port);
// The process that listens on the port (of this address or any), 0 when unknown.
int FindPortHolder(const std::string& host, int port);

}  // namespace tusk
