// One connection of DataTransferProtocol, from a client or to another DataNode: the socket and what
// was read ahead from it.
//
// Threads: one thread uses it; Shutdown may come from any and makes that thread's calls fail.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/datatransfer/packet_stream.h"
#include "common/net/socket.h"

namespace tusk::datanode {

class PeerConnection final : public ByteSource {
 public:
  // `local`: over the unix socket, where descriptors may be passed.
  PeerConnection(Socket socket, bool local, Duration read_timeout, Duration write_timeout);

  StatusOr<size_t> ReadSome(char* out, size_t max) override;

  Socket& socket() { return socket_; }
  StreamInput* in() { return &in_; }
  const std::string& peer() const { return socket_.peer(); }
  bool local() const { return local_; }
  Duration write_timeout() const { return write_timeout_; }

  void set_read_timeout(Duration timeout) { read_timeout_ = timeout; }
  Status Send(std::string_view bytes);
  Status SendParts(std::span<const std::string_view> parts);
  void Shutdown() { socket_.Shutdown(); }

 private:
  Socket socket_;
  const bool local_;
  Duration read_timeout_;
  const Duration write_timeout_;
  StreamInput in_;
};

}  // namespace tusk::datanode
