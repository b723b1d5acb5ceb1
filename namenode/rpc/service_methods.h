// The parts of ClientProtocol's table, one file each: the messages are heavy to compile.
#pragma once

#include "common/rpc/rpc_call.h"
#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {

inline Caller CallerOf(const RpcCall& call) {
  return {call.user(), call.peer().host, call.client_id(), call.call_id()};
}

void AddNamespaceMethods(Namesystem* namesystem, RpcProtocol* protocol);
void AddBlockMethods(Namesystem* namesystem, RpcProtocol* protocol);
void AddAdminMethods(Namesystem* namesystem, RpcProtocol* protocol);

}  // namespace tusk::namenode
