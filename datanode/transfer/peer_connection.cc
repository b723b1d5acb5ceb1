#include "datanode/transfer/peer_connection.h"

namespace tusk::datanode {

PeerConnection::PeerConnection(Socket socket, bool local, Duration read_timeout,
                               Duration write_timeout)
    : socket_(std::move(socket)),
      local_(local),
      read_timeout_(read_timeout),
      write_timeout_(write_timeout),
      in_(this) {}

StatusOr<size_t> PeerConnection::ReadSome(char* out, size_t max) {
  return socket_.ReceiveSome(out, max, Deadline::After(read_timeout_));
}

Status PeerConnection::Send(std::string_view bytes) {
  return socket_.SendAll(bytes, Deadline::After(write_timeout_));
}

Status PeerConnection::SendParts(std::span<const std::string_view> parts) {
  return socket_.SendParts(parts, Deadline::After(write_timeout_));
}

}  // namespace tusk::datanode
