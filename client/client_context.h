// What readers and writers of one FileSystem share.
//
// Owns:    everything in it. Members are destroyed from the last to the first: what calls the
//          NameNode goes before the NameNode's stub, and that before the RPC client.
// Threads: the members say so themselves; the options and the name never change.
#pragma once

#include <memory>
#include <string>

#include "client/client_options.h"
#include "client/datanode_connector.h"
#include "client/lease_renewer.h"
#include "common/protocol/client_protocol.h"
#include "common/rpc/client.h"

namespace tusk::client {

struct ClientContext {
  ClientOptions options;
  std::string client_name;         // lease holder: "DFSClient_NONMAPREDUCE_<random>_<pid>"
  std::unique_ptr<RpcClient> rpc;  // null with an in-memory NameNode
  std::unique_ptr<ClientProtocol> namenode;
  std::unique_ptr<DatanodeConnector> datanodes;
  std::unique_ptr<ConnectionCache> connections;
  std::unique_ptr<LeaseRenewer> leases;
};

}  // namespace tusk::client
