// Open files handed to another process over a unix socket (SCM_RIGHTS).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/socket.h"

namespace tusk {

inline constexpr size_t kMaxPassedFds = 8;

// `bytes` must not be empty: descriptors travel with the first byte. All of `bytes` are sent.
Status SendWithFds(Socket& socket, std::string_view bytes, std::span<const int> fds,
                   const Deadline& deadline);

struct ReceivedFds {
  size_t bytes = 0;  // how many were put at `to`; 0: the peer has closed
  std::vector<Fd> fds;
};
// At least one byte and the descriptors that came with it. What comes is close-on-exec.
StatusOr<ReceivedFds> ReceiveWithFds(Socket& socket, char* to, size_t size,
                                     const Deadline& deadline);

// Who is at the other end of a unix socket.
struct UnixPeer {
  int pid = 0;
  unsigned uid = 0;
};
StatusOr<UnixPeer> UnixPeerOf(const Socket& socket);

}  // namespace tusk
