#include "client/block_reader.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace tusk::client {
namespace {

class RemoteBlockReader final : public BlockReader {
 public:
  RemoteBlockReader(std::shared_ptr<const ClientContext> context, std::string xfer_address,
                    const BlockRange& range, std::unique_ptr<DatanodeConnection> connection,
                    const ReadChecksumInfo& info)
      : context_(std::move(context)),
        xfer_address_(std::move(xfer_address)),
        range_(range),
        connection_(std::move(connection)),
        checksum_(info.checksum),
        next_offset_(info.chunk_offset),
        left_(range.length) {}

  StatusOr<size_t> Read(char* to, size_t count) override {
    if (left_ == 0) return size_t{0};
    while (data_.empty()) RETURN_IF_ERROR(NextPacket());
    const size_t taken = std::min({count, data_.size(), static_cast<size_t>(left_)});
    std::memcpy(to, data_.data(), taken);
    data_.remove_prefix(taken);
    left_ -= static_cast<int64_t>(taken);
    if (left_ == 0) FinishConnection();
    return taken;
  }

  bool through_descriptor() const override { return false; }

 private:
  Status NextPacket() {
    ASSIGN_OR_RETURN(const Packet packet, ReadPacket(connection_->input()));
    RETURN_IF_ERROR(CheckOrder(packet.header));
    if (packet.header.last_packet_in_block || packet.header.data_length == 0) {
      return UnavailableError(xfer_address_ + " ended " + BlockName(range_.block) + " " +
                              std::to_string(left_) + " bytes early");
    }
    const auto wanted = checksum_.ChecksumBytesFor(packet.header.data_length);
    if (static_cast<int64_t>(packet.checksums.size()) != wanted) {
      return UnavailableError(xfer_address_ + " sent " + std::to_string(packet.checksums.size()) +
                              " bytes of checksums where " + std::to_string(wanted) + " belong");
    }
    if (range_.verify_checksums && checksum_.type != ChecksumType::kNull) {
      RETURN_IF_ERROR(VerifyChecksums(checksum_, packet.data, packet.checksums,
                                      BlockName(range_.block) + " from " + xfer_address_,
                                      packet.header.offset_in_block));
    }
    data_ = packet.data;
    // The first packet starts at a chunk, maybe before what was asked for.
    const int64_t skip = std::max<int64_t>(range_.offset - next_offset_, 0);
    next_offset_ += packet.header.data_length;
    data_.remove_prefix(static_cast<size_t>(std::min<int64_t>(skip, packet.header.data_length)));
    return Status::Ok();
  }

  Status CheckOrder(const PacketHeader& header) {
    if (header.offset_in_block == next_offset_ && header.seqno == next_seqno_) {
      ++next_seqno_;
      return Status::Ok();
    }
    return UnavailableError(xfer_address_ + " sent packet " + std::to_string(header.seqno) +
                            " at offset " + std::to_string(header.offset_in_block) +
                            " out of order");
  }

  // All bytes are here. The empty last packet and our verdict end the operation; then the
  // connection is free for the next one. None of this can harm what was read.
  void FinishConnection() {
    data_ = {};
    const StatusOr<Packet> last = ReadPacket(connection_->input());
    if (!last.ok() || !last->header.last_packet_in_block) return;
    const TransferStatus verdict = range_.verify_checksums && checksum_.type != ChecksumType::kNull
                                       ? TransferStatus::kChecksumOk
                                       : TransferStatus::kSuccess;
    const Status sent = connection_->socket().SendAll(
        EncodeTransferStatus(verdict), Deadline::After(context_->options.socket_timeout));
    if (sent.ok()) context_->connections->Give(xfer_address_, std::move(connection_));
  }

  const std::shared_ptr<const ClientContext> context_;
  const std::string xfer_address_;
  const BlockRange range_;
  std::unique_ptr<DatanodeConnection> connection_;
  const DataChecksum checksum_;
  int64_t next_offset_;  // in the block, of the next packet
  int64_t next_seqno_ = 0;
  int64_t left_;           // of the range
  std::string_view data_;  // of the current packet, within the connection's buffer
};

StatusOr<ReadChecksumInfo> Request(const ClientContext& context, DatanodeConnection* connection,
                                   const DatanodeInfo& datanode, const BlockRange& range) {
  ReadBlockRequest request;
  request.block = range.block;
  request.token = range.token;
  request.client_name = context.client_name;
  request.offset = range.offset;
  request.length = range.length;
  request.send_checksums = range.verify_checksums;
  RETURN_IF_ERROR(connection->socket().SendAll(EncodeOp(request),
                                               Deadline::After(context.options.socket_timeout)));
  ASSIGN_OR_RETURN(const BlockOpResponse answer, ReadBlockOpResponse(connection->input()));
  if (answer.status != TransferStatus::kSuccess) {
    return UnavailableError(
        datanode.id.XferAddr() + " refused " + BlockName(range.block) + ": " +
        (answer.message.empty() ? std::string(TransferStatusName(answer.status)) : answer.message));
  }
  if (!answer.read_info) {
    return UnavailableError(datanode.id.XferAddr() + " did not say which checksums it sends");
  }
  const ReadChecksumInfo& info = *answer.read_info;
  const int64_t chunk = info.checksum.bytes_per_checksum;
  if (info.chunk_offset > range.offset || info.chunk_offset <= range.offset - chunk) {
    return UnavailableError(datanode.id.XferAddr() + " starts at " +
                            std::to_string(info.chunk_offset) + " where " +
                            std::to_string(range.offset) + " was asked for");
  }
  return info;
}

}  // namespace

StatusOr<std::unique_ptr<BlockReader>> OpenRemoteReader(
    std::shared_ptr<const ClientContext> context, const DatanodeInfo& datanode,
    const BlockRange& range) {
  const std::string address = datanode.id.XferAddr();
  for (;;) {
    std::unique_ptr<DatanodeConnection> connection = context->connections->Take(address);
    if (connection == nullptr) {
      ASSIGN_OR_RETURN(Socket socket,
                       context->datanodes->Dial(datanode.id, context->options.socket_timeout));
      connection =
          std::make_unique<DatanodeConnection>(std::move(socket), context->options.socket_timeout);
    }
    const StatusOr<ReadChecksumInfo> info = Request(*context, connection.get(), datanode, range);
    if (info.ok()) {
      return std::unique_ptr<BlockReader>(std::make_unique<RemoteBlockReader>(
          std::move(context), address, range, std::move(connection), *info));
    }
    // A kept-alive connection may have been closed while it idled: that says nothing of the
    // replica.
    if (!connection->reused) return info.status();
  }
}

}  // namespace tusk::client
