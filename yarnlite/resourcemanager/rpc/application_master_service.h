// ApplicationMasterProtocol (port 8030): masters ask for containers.
//
// The caller's identity is the attempt of its AMRM token; the messages themselves name none. The
// server this is added to must have MakeAmRmVerifier as its token verifier.
#pragma once

#include "common/rpc/rpc_call.h"
#include "common/rpc/server.h"
#include "yarnlite/resourcemanager/resource_manager.h"

namespace tusk::yarnlite {

// `core` outlives the server.
RpcProtocol MakeApplicationMasterProtocol(ResourceManager* core);
TokenVerifier MakeAmRmVerifier(const ResourceManager* core);

}  // namespace tusk::yarnlite
