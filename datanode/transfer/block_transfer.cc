#include "datanode/transfer/block_transfer.h"

#include "common/base/log.h"
#include "datanode/transfer/block_sender.h"
#include "datanode/transfer/mirror.h"

namespace tusk::datanode {
namespace {

// The request as the first target has to see it.
WriteBlockRequest RequestFor(const TransferContext& context, const BlockTransfer& transfer,
                             const ReplicaReader& reader) {
  WriteBlockRequest request;
  request.block = {transfer.block.pool_id, reader.snapshot.block};
  request.block.block.num_bytes = reader.length;
  request.client_name = transfer.client_name;
  request.targets = transfer.targets;
  request.target_storage_types = transfer.target_storage_types;
  request.target_storage_ids = transfer.target_storage_ids;
  request.source = context.self;
  request.checksum = reader.checksum;
  if (transfer.client_name.empty()) {
    request.stage = PipelineStage::kSetupCreate;
  } else {
    request.stage = reader.snapshot.state == ReplicaState::kFinalized
                        ? PipelineStage::kTransferFinalized
                        : PipelineStage::kTransferRbw;
  }
  return ForNextNode(request);
}

}  // namespace

Status SendReplica(TransferContext* context, const BlockTransfer& transfer) {
  if (transfer.targets.empty()) return InvalidArgumentError("a transfer without targets");
  ASSIGN_OR_RETURN(const ReplicaReader reader, context->store->OpenForRead(transfer.block));
  if (transfer.client_name.empty() && reader.snapshot.state != ReplicaState::kFinalized) {
    return FailedPreconditionError(BlockName(transfer.block) + " is not finalized",
                                   Reason::kReplicaNotFound);
  }
  ASSIGN_OR_RETURN(BlockSender sender, BlockSender::Make(&reader, 0, reader.length,
                                                         {.checksums = true, .verify = true}));
  ASSIGN_OR_RETURN(const std::shared_ptr<PeerConnection> connection,
                   ConnectDatanode(*context, transfer.targets.front().id, transfer.targets.size()));
  RETURN_IF_ERROR(connection->Send(EncodeOp(RequestFor(*context, transfer, reader))));
  Status sent = sender.Send(connection.get());
  if (sent.code() == Code::kDataLoss) {
    context->metrics->block_verification_failures->Increment();
    context->store->ReportBad(transfer.block);
  }
  RETURN_IF_ERROR(sent);
  if (!transfer.client_name.empty()) {
    ASSIGN_OR_RETURN(const TransferStatus answer, ReadTransferStatus(connection->in()));
    if (answer != TransferStatus::kSuccess) {
      return UnavailableError(transfer.targets.front().id.XferAddr() + " answers " +
                              std::string(TransferStatusName(answer)));
    }
  } else {
    // No answer comes; the target closes when it has all of it.
    char byte = 0;
    IgnoreError(connection->ReadSome(&byte, 1).status(), "its report to the NameNode counts");
  }
  context->metrics->blocks_replicated->Increment();
  LOG_INFO("replica sent block={} to={} bytes={}", BlockName(reader.snapshot.block),
           transfer.targets.front().id.XferAddr(), sender.bytes_sent());
  return Status::Ok();
}

}  // namespace tusk::datanode
