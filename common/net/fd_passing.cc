#include "common/net/fd_passing.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace tusk {

namespace {

constexpr size_t kControlSize = CMSG_SPACE(sizeof(int) * kMaxPassedFds);

Status WaitFor(const Socket& socket, short events, const Deadline& deadline) {
  pollfd entry{socket.fd(), events, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, deadline.PollMillis());
    if (ready > 0) return Status::Ok();
    if (ready == 0) return DeadlineExceededError(socket.peer() + ": timed out");
    if (errno != EINTR) return ErrnoError(socket.peer(), errno);
  }
}

}  // namespace

Status SendWithFds(Socket& socket, std::string_view bytes, std::span<const int> fds,
                   const Deadline& deadline) {
  if (bytes.empty()) return InvalidArgumentError("descriptors need a byte to travel with");
  if (fds.size() > kMaxPassedFds) return InvalidArgumentError("too many descriptors at once");
  iovec vector{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[kControlSize] = {};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  while (true) {
    const ssize_t sent = ::sendmsg(socket.fd(), &message, MSG_NOSIGNAL);
    if (sent > 0) return socket.SendAll(bytes.substr(static_cast<size_t>(sent)), deadline);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      return UnavailableError("send to " + socket.peer() + ": " + std::strerror(errno));
    }
    RETURN_IF_ERROR(WaitFor(socket, POLLOUT, deadline));
  }
}

StatusOr<ReceivedFds> ReceiveWithFds(Socket& socket, char* to, size_t size,
                                     const Deadline& deadline) {
  iovec vector{to, size};
  alignas(cmsghdr) char control[kControlSize];
  while (true) {
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = ::recvmsg(socket.fd(), &message, MSG_CMSG_CLOEXEC);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) {
        return UnavailableError("receive from " + socket.peer() + ": " + std::strerror(errno));
      }
      RETURN_IF_ERROR(WaitFor(socket, POLLIN, deadline));
      continue;
    }
    ReceivedFds received;
    received.bytes = static_cast<size_t>(got);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
        received.fds.emplace_back(fd);
      }
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0) {
      return ResourceExhaustedError("descriptors from " + socket.peer() +
                                    " were lost: too many, or too many open files");
    }
    return received;
  }
}

StatusOr<UnixPeer> UnixPeerOf(const Socket& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return ErrnoError("peer of " + socket.peer(), errno);
  }
  return UnixPeer{credentials.pid, credentials.uid};
}

}  // namespace tusk
