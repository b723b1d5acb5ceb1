// ContainerManagementProtocol (the NodeManager's port): masters start, stop and look at containers.
//
// The caller is the attempt of its NM token. The server this is added to must have MakeNmVerifier
// as its token verifier.
#pragma once

#include "common/rpc/rpc_call.h"
#include "common/rpc/server.h"
#include "yarnlite/nodemanager/node_manager.h"

namespace tusk::yarnlite {

// `core` outlives the server.
RpcProtocol MakeContainerManagementProtocol(NodeManager* core);
TokenVerifier MakeNmVerifier(const NodeManager* core);

}  // namespace tusk::yarnlite
