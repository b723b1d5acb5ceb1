// ClientProtocol and ClientDatanodeProtocol over Hadoop RPC: the calling side of a NameNode or
// DataNode, Tusk's or Hadoop's own.
//
// Retries and failover are RpcService's: every method says whether it is idempotent or answered by
// the server's retry cache, and a retry keeps its call id.
// Owns:    the choice of the server. Borrows the client, which outlives the stub.
// Threads: thread-safe; calls block. Not to be called on the client's own thread.
#pragma once

#include <memory>

#include "common/protocol/client_datanode_protocol.h"
#include "common/protocol/client_protocol.h"
#include "common/rpc/failover.h"

namespace tusk {

// `options.protocol` is set here.
std::unique_ptr<ClientProtocol> MakeClientProtocolStub(RpcClient* client,
                                                       RpcServiceOptions options);

std::unique_ptr<ClientDatanodeProtocol> MakeClientDatanodeStub(RpcClient* client,
                                                               const RpcAddress& datanode,
                                                               const RpcIdentity& identity);

}  // namespace tusk
