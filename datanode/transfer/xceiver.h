// Serves the operations of one connection, one after the other: checks a request, answers it, moves
// the bytes.
//
// Threads: one thread per operation; the connection may wait between two without one.
// Fails:   a request that is no request, or is cut short, closes the connection with one log line
//          (a few per second at most); so does any operation that does not end well.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/datatransfer/op_header.h"
#include "datanode/transfer/peer_connection.h"
#include "datanode/transfer/transfer_context.h"

namespace tusk::datanode {

class Xceiver {
 public:
  Xceiver(TransferContext* context, std::shared_ptr<PeerConnection> connection)
      : context_(context), connection_(std::move(connection)) {}

  // One operation. True when another may follow on this connection.
  bool ServeOne();

 private:
  // Whether the connection can be used again; a status where it cannot, for the log.
  StatusOr<bool> Dispatch();

  StatusOr<bool> ReadBlock(std::string_view message);
  StatusOr<bool> WriteBlock(std::string_view message);
  StatusOr<bool> BlockChecksum(std::string_view message);
  StatusOr<bool> TransferReplica(std::string_view message);
  StatusOr<bool> ShortCircuitFds(std::string_view message);

  StatusOr<std::unique_ptr<ReplicaWriter>> OpenWriter(const WriteBlockRequest& request,
                                                      std::shared_ptr<WriterSession> session);
  Status RunPipeline(const WriteBlockRequest& request);

  TransferContext* const context_;
  const std::shared_ptr<PeerConnection> connection_;
};

}  // namespace tusk::datanode
