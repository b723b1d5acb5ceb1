// Passing the descriptors of a replica to a reader on this host, over the unix socket.
//
// Threads: on the thread of the operation (xceiver.h).
// Fails:   a replica that is missing or still written gets an error answer and the connection lives
//          on; a status means that the connection is of no more use.
#pragma once

#include "common/datatransfer/op_header.h"
#include "datanode/transfer/peer_connection.h"
#include "datanode/transfer/transfer_context.h"

namespace tusk::datanode {

// Answers op 87: the descriptors of block file and checksum file of a finalized replica, or an
// error answer. The connection can be used again when Ok. Without shared-memory slots: a descriptor
// once given stays readable.
Status PassDescriptors(TransferContext* context, const ShortCircuitFdsRequest& request,
                       PeerConnection* connection);

}  // namespace tusk::datanode
