// ProtocolMetaInfoPB: tells tools which versions of a protocol a server has.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/rpc/rpc_call.h"

namespace tusk {

// `protocols`: versions by name.
RpcProtocol MakeProtocolMetaInfo(std::map<std::string, uint64_t> protocols);

}  // namespace tusk
