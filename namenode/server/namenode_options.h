// What a NameNode is configured to be: Hadoop's keys (and ours) as the components' options.
#pragma once

#include <string>

#include "common/config/configuration.h"
#include "common/net/host_port.h"
#include "namenode/blocks/block_manager.h"
#include "namenode/blocks/datanode_manager.h"
#include "namenode/link/datanode_link.h"
#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {

struct NamenodeOptions {
  std::string name_dir;  // dfs.namenode.name.dir, without file://
  HostPort rpc_address;  // as clients know it
  HostPort rpc_bind;     // addresses as text from here on
  HostPort http_bind;
  HostPort link_bind;
  std::string cluster_secret_file;
  int slow_threads = 10;         // dfs.namenode.handler.count
  int64_t max_frame_bytes = 0;   // ipc.maximum.data.length
  NamesystemOptions namesystem;  // without what the storage directory says
  BlockManagerOptions blocks;    // likewise
  DatanodeManagerOptions datanodes;
  DatanodeLinkOptions link;  // likewise

  // kInvalidArgument names the key and what is wrong with its value.
  static StatusOr<NamenodeOptions> FromConfiguration(const Configuration& conf);
};

}  // namespace tusk::namenode
