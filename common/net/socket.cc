#include "common/net/socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/fault/fault_point.h"

namespace tusk {

namespace {

FAULT_POINT(kConnectFault, "net.socket.connect");

Status ConnectionError(const std::string& what, int error) {
  if (error == EACCES || error == EPERM) return ErrnoError(what, error);
  return UnavailableError(what + ": " + ErrnoError("", error).message().substr(2));
}

// Waits until `events` are there. kDeadlineExceeded when the deadline passes first.
Status WaitUntilReady(int fd, short events, const Deadline& deadline, const char* doing,
                      const std::string& peer) {
  pollfd entry{fd, events, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, deadline.PollMillis());
    if (ready > 0) return Status::Ok();
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return ErrnoError(std::string(doing) + " " + peer, errno);
    return DeadlineExceededError(std::string(doing) + " " + peer + ": timed out");
  }
}

StatusOr<Fd> NewSocket(int family) {
  Fd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoError("socket", errno);
  return fd;
}

void SetOption(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

Status FinishConnect(const Fd& fd, const sockaddr* address, socklen_t size,
                     const Deadline& deadline, const std::string& peer) {
  if (::connect(fd.get(), address, size) == 0) return Status::Ok();
  if (errno != EINPROGRESS && errno != EAGAIN) return ConnectionError("connect to " + peer, errno);
  RETURN_IF_ERROR(WaitUntilReady(fd.get(), POLLOUT, deadline, "connect to", peer));
  int error = 0;
  socklen_t error_size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &error_size);
  return error == 0 ? Status::Ok() : ConnectionError("connect to " + peer, error);
}

StatusOr<Socket> ConnectTo(const SocketAddress& address, const ConnectOptions& options,
                           const Deadline& deadline) {
  const std::string peer = address.ToString();
  ASSIGN_OR_RETURN(Fd fd, NewSocket(address.family()));
  if (options.no_delay) SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.send_buffer_bytes > 0) {
    SetOption(fd.get(), SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes);
  }
  if (options.receive_buffer_bytes > 0) {
    SetOption(fd.get(), SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes);
  }
  if (!options.source_address.empty()) {
    ASSIGN_OR_RETURN(const auto source, SocketAddress::Parse(options.source_address, 0));
    // The port is chosen at connect, so that many connections to different peers may share one.
    SetOption(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (::bind(fd.get(), source.raw(), source.size()) != 0) {
      return ErrnoError("bind to " + options.source_address, errno);
    }
  }
  RETURN_IF_ERROR(FinishConnect(fd, address.raw(), address.size(), deadline, peer));
  return Socket(std::move(fd), peer);
}

StatusOr<sockaddr_un> UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() > kMaxUnixPath) {
    return InvalidArgumentError("socket path " + path + " has " + std::to_string(path.size()) +
                                " bytes: at most " + std::to_string(kMaxUnixPath) +
                                " are possible");
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

StatusOr<SocketAddress> NameOf(int fd, int (*get)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (get(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return ErrnoError("socket address", errno);
  }
  return SocketAddress(reinterpret_cast<const sockaddr*>(&storage), size);
}

}  // namespace

void Fd::Reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

int Deadline::PollMillis() const {
  if (never_) return -1;
  const Duration left = at_ - Clock::Real()->Now();
  if (left <= Duration(0)) return 0;
  const int64_t millis = (left.count() + 999'999) / 1'000'000;
  return static_cast<int>(std::min<int64_t>(millis, 1'000'000'000));
}

Socket::Socket(Fd fd, std::string peer) : fd_(std::move(fd)), peer_(std::move(peer)) {
  const int flags = ::fcntl(fd_.get(), F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0) ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK);
  if (peer_.empty()) {
    const auto address = PeerAddress();
    peer_ = address.ok() ? address->ToString() : "peer";
  }
}

StatusOr<Socket> Socket::Connect(const HostPort& where, const ConnectOptions& options) {
  RETURN_IF_ERROR(kConnectFault.Hit());
  const Deadline deadline = Deadline::After(options.timeout);
  ASSIGN_OR_RETURN(const std::vector<SocketAddress> addresses, Resolve(where));
  Status last;
  for (const SocketAddress& address : addresses) {
    auto socket = ConnectTo(address, options, deadline);
    if (socket.ok()) return socket;
    last = std::move(socket).status();
  }
  return last;
}

StatusOr<Socket> Socket::ConnectUnix(const std::string& path, Duration timeout) {
  ASSIGN_OR_RETURN(const sockaddr_un address, UnixAddress(path));
  ASSIGN_OR_RETURN(Fd fd, NewSocket(AF_UNIX));
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
  RETURN_IF_ERROR(FinishConnect(fd, raw, sizeof address, Deadline::After(timeout), path));
  return Socket(std::move(fd), path);
}

StatusOr<std::pair<Socket, Socket>> Socket::Pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
    return ErrnoError("socketpair", errno);
  }
  return std::make_pair(Socket(Fd(fds[0]), "pair"), Socket(Fd(fds[1]), "pair"));
}

StatusOr<SocketAddress> Socket::LocalAddress() const {
  return NameOf(fd(), &::getsockname);
}

StatusOr<SocketAddress> Socket::PeerAddress() const {
  return NameOf(fd(), &::getpeername);
}

Status Socket::SendAll(std::string_view bytes, const Deadline& deadline) {
  return SendParts(std::span(&bytes, 1), deadline);
}

Status Socket::SendParts(std::span<const std::string_view> parts, const Deadline& deadline) {
  constexpr size_t kMaxParts = 64;
  size_t part = 0;    // the first not yet sent whole
  size_t offset = 0;  // in it
  while (part < parts.size()) {
    if (offset == parts[part].size()) {
      ++part;
      offset = 0;
      continue;
    }
    std::array<iovec, kMaxParts> vectors;
    size_t count = 0;
    for (size_t i = part; i < parts.size() && count < kMaxParts; ++i, ++count) {
      const std::string_view rest = i == part ? parts[i].substr(offset) : parts[i];
      vectors[count] = {const_cast<char*>(rest.data()), rest.size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return ConnectionError("send to " + peer_, errno);
      RETURN_IF_ERROR(WaitUntilReady(fd(), POLLOUT, deadline, "send to", peer_));
      continue;
    }
    for (auto left = static_cast<size_t>(sent); left > 0;) {
      const size_t take = std::min(left, parts[part].size() - offset);
      offset += take;
      left -= take;
      if (offset == parts[part].size()) {
        ++part;
        offset = 0;
      }
    }
  }
  return Status::Ok();
}

StatusOr<size_t> Socket::ReceiveSome(char* to, size_t size, const Deadline& deadline) {
  while (true) {
    const ssize_t got = ::recv(fd(), to, size, 0);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return ConnectionError("receive from " + peer_, errno);
    RETURN_IF_ERROR(WaitUntilReady(fd(), POLLIN, deadline, "receive from", peer_));
  }
}

Status Socket::ReceiveAll(char* to, size_t size, const Deadline& deadline) {
  size_t done = 0;
  while (done < size) {
    ASSIGN_OR_RETURN(const size_t got, ReceiveSome(to + done, size - done, deadline));
    if (got == 0) {
      return UnavailableError("receive from " + peer_ + ": closed after " + std::to_string(done) +
                              " of " + std::to_string(size) + " bytes");
    }
    done += got;
  }
  return Status::Ok();
}

StatusOr<size_t> Socket::Peek(char* to, size_t size, const Deadline& deadline) {
  while (true) {
    const ssize_t got = ::recv(fd(), to, size, MSG_PEEK);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return ConnectionError("receive from " + peer_, errno);
    RETURN_IF_ERROR(WaitUntilReady(fd(), POLLIN, deadline, "receive from", peer_));
  }
}

Status Socket::SendFile(int file, int64_t offset, int64_t length, const Deadline& deadline) {
  constexpr int64_t kPiece = 256 << 10;
  const std::unique_ptr<char[]> buffer(
      new char[static_cast<size_t>(std::clamp<int64_t>(length, 1, kPiece))]);
  while (length > 0) {
    const auto want = static_cast<size_t>(std::min(length, kPiece));
    const ssize_t got = ::pread(file, buffer.get(), want, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError("read of a file to send", errno);
    if (got == 0) return DataLossError("the file is shorter than what was to be sent");
    RETURN_IF_ERROR(SendAll({buffer.get(), static_cast<size_t>(got)}, deadline));
    offset += got;
    length -= got;
  }
  return Status::Ok();
}

bool Socket::IsIdleAndOpen() const {
  char byte;
  return ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Socket::ShutdownWrite() {
  ::shutdown(fd(), SHUT_WR);
}

void Socket::Shutdown() {
  ::shutdown(fd(), SHUT_RDWR);
}

Listener::Listener(Fd fd, int port, std::string path)
    : fd_(std::move(fd)),
      port_(port),
      unix_path_(std::move(path)),
      closed_(std::make_unique<std::atomic<bool>>(false)) {}

Listener::~Listener() {
  if (fd_.valid() && !unix_path_.empty()) ::unlink(unix_path_.c_str());
}

StatusOr<Listener> Listener::Listen(const HostPort& where, const ListenOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<SocketAddress> addresses, Resolve(where));
  const SocketAddress& address = addresses.front();
  ASSIGN_OR_RETURN(Fd fd, NewSocket(address.family()));
  if (options.reuse_address) SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(fd.get(), address.raw(), address.size()) != 0 ||
      ::listen(fd.get(), options.backlog) != 0) {
    if (errno == EADDRINUSE) return AlreadyExistsError(DescribePortHolder(where.host, where.port));
    return ErrnoError("listen on " + where.ToString(), errno);
  }
  ASSIGN_OR_RETURN(const SocketAddress bound, NameOf(fd.get(), &::getsockname));
  return Listener(std::move(fd), bound.port(), {});
}

StatusOr<Listener> Listener::ListenUnix(const std::string& path, const ListenOptions& options) {
  ASSIGN_OR_RETURN(const sockaddr_un address, UnixAddress(path));
  if (::access(path.c_str(), F_OK) == 0) {
    const auto other = Socket::ConnectUnix(path, std::chrono::seconds(1));
    if (other.ok()) return AlreadyExistsError("another process listens on " + path);
    ::unlink(path.c_str());
  }
  ASSIGN_OR_RETURN(Fd fd, NewSocket(AF_UNIX));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), options.backlog) != 0) {
    return ErrnoError("listen on " + path, errno);
  }
  return Listener(std::move(fd), 0, path);
}

StatusOr<Socket> Listener::Accept(const Deadline& deadline) {
  while (!closed_->load()) {
    Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.valid()) {
      if (unix_path_.empty()) SetOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
      return Socket(std::move(fd), unix_path_);
    }
    const int error = errno;
    if (closed_->load()) break;
    // What happened to one connection before we took it says nothing about the listener.
    if (error == EINTR || error == ECONNABORTED || error == EPROTO) continue;
    if (error != EAGAIN) return ErrnoError("accept", error);
    RETURN_IF_ERROR(WaitUntilReady(fd_.get(), POLLIN, deadline, "accept on", "listener"));
  }
  return CancelledError("the listener is closed");
}

void Listener::Close() {
  closed_->store(true);
  ::shutdown(fd_.get(), SHUT_RDWR);  // wakes a waiting Accept
}

}  // namespace tusk
