#include "datanode/transfer/short_circuit.h"

#include <array>

#include "common/net/fd_passing.h"

namespace tusk::datanode {
namespace {

Status Refuse(PeerConnection* connection, TransferStatus status, const std::string& why) {
  BlockOpResponse response;
  response.status = status;
  response.message = why;
  if (status == TransferStatus::kErrorUnsupported) {
    response.short_circuit_version = kShortCircuitFormatVersion;
  }
  return connection->Send(EncodeBlockOpResponse(response));
}

}  // namespace

Status PassDescriptors(TransferContext* context, const ShortCircuitFdsRequest& request,
                       PeerConnection* connection) {
  if (request.max_version < kShortCircuitFormatVersion) {
    return Refuse(connection, TransferStatus::kErrorUnsupported,
                  "the format of this replica is too new for the reader");
  }
  const StatusOr<ReplicaReader> reader = context->store->OpenForRead(request.block);
  if (!reader.ok()) {
    return Refuse(connection, TransferStatus::kError, reader.status().message());
  }
  if (reader->snapshot.state != ReplicaState::kFinalized || reader->data->fd() < 0) {
    return Refuse(connection, TransferStatus::kError,
                  BlockName(request.block) + " is being written: no descriptors of it");
  }
  BlockOpResponse response;
  response.short_circuit_version = kShortCircuitFormatVersion;
  RETURN_IF_ERROR(connection->Send(EncodeBlockOpResponse(response)));
  const char receipt = request.supports_receipt_verification ? 1 : 0;
  const std::array<int, 2> fds = {reader->data->fd(), reader->meta->fd()};
  RETURN_IF_ERROR(SendWithFds(connection->socket(), {&receipt, 1}, fds,
                              Deadline::After(connection->write_timeout())));
  context->metrics->blocks_read->Increment();
  if (receipt == 0) return Status::Ok();
  RETURN_IF_ERROR(connection->in()->Need(1).status());
  connection->in()->Consume(1);
  return Status::Ok();
}

}  // namespace tusk::datanode
