#include "client/pipeline.h"

#include <utility>

namespace tusk::client {
namespace {

constexpr Duration kTimeoutPerNode = std::chrono::seconds(5);
// A copy of a replica takes its time: a second per 10 MB on top of the usual wait.
constexpr int64_t kSlowestCopyBytesPerSecond = 10 << 20;

template <typename T>
std::vector<T> WithoutFirst(const std::vector<T>& all) {
  return std::vector<T>(all.begin() + 1, all.end());
}

std::string EncodeWrite(const ClientContext& context, const PipelineSetup& setup,
                        const PipelineNodes& nodes) {
  WriteBlockRequest request;
  request.block = setup.block;
  request.block.block.num_bytes = setup.block_size;  // a DataNode chooses a volume by it
  request.token = setup.token;
  request.client_name = context.client_name;
  request.targets = WithoutFirst(nodes.nodes);
  request.stage = setup.stage;
  request.pipeline_size = static_cast<uint32_t>(nodes.size());
  request.min_bytes_received = setup.bytes_acked;
  request.max_bytes_received = setup.bytes_sent;
  request.latest_generation_stamp = setup.new_generation_stamp;
  request.checksum = setup.checksum;
  request.storage_type = nodes.storage_types[0];
  request.target_storage_types = WithoutFirst(nodes.storage_types);
  request.allow_lazy_persist = setup.lazy_persist;
  request.target_pinnings.assign(nodes.size() - 1, false);
  request.storage_id = nodes.storage_ids[0];
  request.target_storage_ids = WithoutFirst(nodes.storage_ids);
  return EncodeOp(request);
}

int IndexOfAddress(const PipelineNodes& nodes, const std::string& xfer_address) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes.nodes[i].id.XferAddr() == xfer_address) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

void PipelineNodes::Remove(size_t index) {
  const auto at = static_cast<ptrdiff_t>(index);
  nodes.erase(nodes.begin() + at);
  storage_types.erase(storage_types.begin() + at);
  storage_ids.erase(storage_ids.begin() + at);
}

std::string PipelineNodes::ToString() const {
  std::string text = "[";
  for (const DatanodeInfo& node : nodes) {
    if (text.size() > 1) text += ", ";
    text += node.id.XferAddr();
  }
  return text + "]";
}

PipelineNodes NodesOf(const LocatedBlock& block) {
  return {block.locations, block.storage_types, block.storage_ids};
}

Duration ReadTimeout(const ClientOptions& options, size_t nodes) {
  return options.socket_timeout + kTimeoutPerNode * static_cast<int>(nodes);
}

Duration WriteTimeout(const ClientOptions& options, size_t nodes) {
  return options.write_timeout + kTimeoutPerNode * static_cast<int>(nodes);
}

std::unique_ptr<DatanodeConnection> OpenPipeline(const ClientContext& context,
                                                 const PipelineSetup& setup,
                                                 const PipelineNodes& nodes,
                                                 PipelineFailure* failure) {
  const ClientOptions& options = context.options;
  const Duration read_timeout = ReadTimeout(options, nodes.size());
  // Whatever goes wrong before an answer names nobody else is the first node's fault.
  failure->bad_node = 0;
  StatusOr<Socket> socket = context.datanodes->Dial(nodes.nodes[0].id, read_timeout);
  if (!socket.ok()) {
    failure->status = std::move(socket).status();
    return nullptr;
  }
  auto connection = std::make_unique<DatanodeConnection>(std::move(socket).value(), read_timeout);
  failure->status = connection->socket().SendAll(
      EncodeWrite(context, setup, nodes), Deadline::After(WriteTimeout(options, nodes.size())));
  if (!failure->status.ok()) return nullptr;

  StatusOr<BlockOpResponse> answer = ReadBlockOpResponse(connection->input());
  if (!answer.ok()) {
    failure->status = std::move(answer).status();
    return nullptr;
  }
  if (answer->status == TransferStatus::kSuccess) {
    failure->bad_node = -1;
    return connection;
  }
  const std::string bad_link = answer->first_bad_link.value_or("");
  if (!bad_link.empty()) failure->bad_node = IndexOfAddress(nodes, bad_link);
  failure->status = UnavailableError("pipeline " + nodes.ToString() + " was refused with " +
                                     std::string(TransferStatusName(answer->status)) +
                                     (bad_link.empty() ? "" : ", first bad node " + bad_link) +
                                     (answer->message.empty() ? "" : ": " + answer->message));
  return nullptr;
}

Status TransferReplica(const ClientContext& context, const ExtendedBlock& block, const Token& token,
                       const DatanodeInfo& source, const DatanodeInfo& target,
                       StorageType storage_type, const std::string& storage_id) {
  const Duration timeout = ReadTimeout(context.options, 2) +
                           std::chrono::seconds(block.block.num_bytes / kSlowestCopyBytesPerSecond);
  ASSIGN_OR_RETURN(Socket socket, context.datanodes->Dial(source.id, timeout));
  DatanodeConnection connection(std::move(socket), timeout);
  TransferBlockRequest request;
  request.block = block;
  request.token = token;
  request.client_name = context.client_name;
  request.targets = {target};
  request.target_storage_types = {storage_type};
  request.target_storage_ids = {storage_id};
  RETURN_IF_ERROR(connection.socket().SendAll(EncodeOp(request), Deadline::After(timeout)));
  ASSIGN_OR_RETURN(const BlockOpResponse answer, ReadBlockOpResponse(connection.input()));
  if (answer.status == TransferStatus::kSuccess) return Status::Ok();
  return UnavailableError("copy of " + BlockName(block) + " from " + source.id.XferAddr() + " to " +
                          target.id.XferAddr() + " failed: " + answer.message);
}

}  // namespace tusk::client
