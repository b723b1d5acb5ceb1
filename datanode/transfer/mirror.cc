#include "datanode/transfer/mirror.h"

#include "common/base/log.h"
#include "common/fault/fault_point.h"

namespace tusk::datanode {
namespace {

FAULT_POINT(kConnectMirror, "datanode.mirror.connect");

template <typename T>
void DropFirst(std::vector<T>* list) {
  if (!list->empty()) list->erase(list->begin());
}

}  // namespace

WriteBlockRequest ForNextNode(const WriteBlockRequest& request) {
  WriteBlockRequest next = request;
  DropFirst(&next.targets);
  if (!next.target_storage_types.empty()) next.storage_type = next.target_storage_types.front();
  next.storage_id =
      next.target_storage_ids.empty() ? std::string() : next.target_storage_ids.front();
  if (!next.target_pinnings.empty()) next.pinning = next.target_pinnings.front();
  DropFirst(&next.target_storage_types);
  DropFirst(&next.target_storage_ids);
  DropFirst(&next.target_pinnings);
  return next;
}

StatusOr<std::shared_ptr<PeerConnection>> ConnectDatanode(const TransferContext& context,
                                                          const DatanodeId& node, size_t targets) {
  RETURN_IF_ERROR(kConnectMirror.Hit());
  const TransferOptions& options = context.options;
  const Duration extra = options.socket_timeout_per_target * static_cast<int64_t>(targets);
  ConnectOptions connect;
  connect.timeout = options.socket_timeout + extra;
  connect.source_address = options.source_address;
  ASSIGN_OR_RETURN(Socket socket, Socket::Connect({node.ip_addr, node.xfer_port}, connect));
  return std::make_shared<PeerConnection>(std::move(socket), false, options.socket_timeout + extra,
                                          options.write_timeout + extra);
}

MirrorSetup ConnectMirror(const TransferContext& context, const WriteBlockRequest& request) {
  const DatanodeInfo& target = request.targets.front();
  MirrorSetup setup;
  setup.response.status = TransferStatus::kError;
  setup.response.first_bad_link = target.id.XferAddr();
  const Status status = [&]() -> Status {
    ASSIGN_OR_RETURN(std::shared_ptr<PeerConnection> connection,
                     ConnectDatanode(context, target.id, request.targets.size()));
    RETURN_IF_ERROR(connection->Send(EncodeOp(ForNextNode(request))));
    if (!request.client_name.empty()) {
      ASSIGN_OR_RETURN(BlockOpResponse response, ReadBlockOpResponse(connection->in()));
      const bool refused = response.status != TransferStatus::kSuccess;
      // A node that refuses without saying which one was bad is itself the bad one.
      if (refused && response.first_bad_link.value_or("").empty()) {
        response.first_bad_link = target.id.XferAddr();
      }
      setup.response = std::move(response);
      if (refused) return UnavailableError("refused: " + setup.response.message);
    } else {
      setup.response = {};
    }
    setup.connection = std::move(connection);
    return Status::Ok();
  }();
  if (!status.ok()) {
    LOG_WARN("pipeline broken at set-up block={} target={} error={}", BlockName(request.block),
             target.id.XferAddr(), status);
  }
  return setup;
}

}  // namespace tusk::datanode
