// A connection to the first DataNode of a pipeline, set up by WRITE_BLOCK, and the copying of a
// replica onto a DataNode that joins one.
//
// A Pipeline knows nodes and bytes, not packets' fate: block_writer.h sends, counts
// acknowledgements and recovers.
//
// Owns:    nothing; the connection it opens is its caller's.
// Threads: thread-safe functions that wait for the network.
// Fails:   with PipelineFailure: what happened and which node is to blame.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/client_context.h"
#include "client/datanode_connector.h"
#include "common/base/status.h"
#include "common/datatransfer/op_header.h"
#include "common/protocol/located_block.h"

namespace tusk::client {

// The replicas being written. Three lists of one length.
struct PipelineNodes {
  std::vector<DatanodeInfo> nodes;
  std::vector<StorageType> storage_types;
  std::vector<std::string> storage_ids;

  size_t size() const { return nodes.size(); }
  bool empty() const { return nodes.empty(); }
  void Remove(size_t index);
  // "[127.0.10.1:9866, 127.0.10.2:9866]"
  std::string ToString() const;
};

PipelineNodes NodesOf(const LocatedBlock& block);

struct PipelineSetup {
  ExtendedBlock block;  // with the generation stamp the replicas have
  Token token;
  PipelineStage stage = PipelineStage::kSetupCreate;
  GenerationStamp new_generation_stamp;  // 0 on first creation
  int64_t block_size = 0;
  int64_t bytes_acked = 0;
  int64_t bytes_sent = 0;
  DataChecksum checksum;
  bool lazy_persist = false;
};

// What went wrong, and with which node: an index into the nodes, or -1 when nobody can tell.
struct PipelineFailure {
  Status status;
  int bad_node = -1;
};

// Connects to nodes[0] and waits until the whole pipeline stands. On failure null, and `failure`
// says why. Close recovery ends here: the answer is all, no packets follow.
std::unique_ptr<DatanodeConnection> OpenPipeline(const ClientContext& context,
                                                 const PipelineSetup& setup,
                                                 const PipelineNodes& nodes,
                                                 PipelineFailure* failure);

// Has `source` copy its replica of `block` to `target`, and waits until it is there.
Status TransferReplica(const ClientContext& context, const ExtendedBlock& block, const Token& token,
                       const DatanodeInfo& source, const DatanodeInfo& target,
                       StorageType storage_type, const std::string& storage_id);

// Timeouts grow with the nodes that still have to answer.
Duration ReadTimeout(const ClientOptions& options, size_t nodes);
Duration WriteTimeout(const ClientOptions& options, size_t nodes);

}  // namespace tusk::client
