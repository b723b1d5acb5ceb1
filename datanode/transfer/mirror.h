// The connection to the next DataNode of a pipeline.
#pragma once

#include <memory>
#include <string>

#include "common/datatransfer/op_header.h"
#include "datanode/transfer/peer_connection.h"
#include "datanode/transfer/transfer_context.h"

namespace tusk::datanode {

// `request` as the next node has to see it: one target less, its storage first.
WriteBlockRequest ForNextNode(const WriteBlockRequest& request);

struct MirrorSetup {
  std::shared_ptr<PeerConnection> connection;  // null: not reached, or it refused
  BlockOpResponse response;  // what it answered; where it did not, ERROR with its ip:port
};

// Connects to the first target of `request` and hands the request on. Waits for its answer where
// the writer is a client; a copy between DataNodes has no answers.
MirrorSetup ConnectMirror(const TransferContext& context, const WriteBlockRequest& request);

// An outgoing connection to a DataNode's data port, with the time-outs for `targets` more nodes.
StatusOr<std::shared_ptr<PeerConnection>> ConnectDatanode(const TransferContext& context,
                                                          const DatanodeId& node, size_t targets);

}  // namespace tusk::datanode
