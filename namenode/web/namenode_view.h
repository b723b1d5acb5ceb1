// What the NameNode's pages and metrics look at. Borrowed; all of it outlives the HTTP server.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/protocol/datanode_protocol.h"

namespace tusk {
class RpcServer;
}

namespace tusk::namenode {

class BlockManager;
class DatanodeManager;
class Namesystem;

struct NamenodeView {
  const Clock* clock = nullptr;
  Namesystem* namesystem = nullptr;
  BlockManager* blocks = nullptr;
  DatanodeManager* datanodes = nullptr;
  const RpcServer* rpc = nullptr;
  NamespaceInfo namespace_info;
  std::string name_dir;
  std::string rpc_address;  // "host:port" as clients know it
  int64_t started_ms = 0;
  int64_t load_ms = 0;  // image and edits
};

}  // namespace tusk::namenode
