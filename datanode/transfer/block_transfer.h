// Sends a replica of ours to other DataNodes: for a NameNode that wants more replicas, and for a
// client that repairs its pipeline.
//
// Owns:    the connection to the first target, for one copy.
// Threads: thread-safe; waits for the network on the caller's thread.
// Fails:   kDataLoss when our own replica's bytes are wrong (it is reported), else with what the
//          target or the network said.
#pragma once

#include <string>
#include <vector>

#include "common/datatransfer/op_header.h"
#include "datanode/transfer/transfer_context.h"

namespace tusk::datanode {

struct BlockTransfer {
  ExtendedBlock block;
  std::vector<DatanodeInfo> targets;
  std::vector<StorageType> target_storage_types;
  std::vector<std::string> target_storage_ids;
  std::string client_name;  // empty: replication on the NameNode's behalf
};

// Waits until all of it is sent, and for a client until the first target says that it has it. Data
// is verified on the way: kDataLoss after the bad replica was reported. kReplicaNotFound when we
// have no such replica.
Status SendReplica(TransferContext* context, const BlockTransfer& transfer);

}  // namespace tusk::datanode
