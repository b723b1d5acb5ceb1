#include "datanode/transfer/block_receiver.h"

#include <poll.h>

#include "common/base/log.h"
#include "common/fault/fault_point.h"

namespace tusk::datanode {
namespace {

FAULT_POINT(kPacketReceived, "datanode.receiver.packet");
FAULT_POINT(kAfterMirrorAck, "datanode.receiver.after_mirror_ack");
FAULT_POINT(kBeforeLastAck, "datanode.receiver.before_last_ack");

// A writer that sends on and on without being acknowledged is not read any further.
constexpr size_t kMaxUnacknowledged = 8192;

}  // namespace

BlockReceiver::BlockReceiver(TransferContext* context, const WriteBlockRequest& request,
                             PeerConnection* upstream, std::shared_ptr<PeerConnection> mirror,
                             std::unique_ptr<ReplicaWriter> writer)
    : context_(context),
      request_(request),
      upstream_(upstream),
      mirror_(std::move(mirror)),
      writer_(std::move(writer)),
      verify_(mirror_ == nullptr || request.client_name.empty() ||
              !(request.checksum == writer_->checksum())) {}

Status BlockReceiver::Run() {
  while (phase_ != Phase::kDone) {
    if (writer_ != nullptr && writer_->stopped()) {
      return CancelledError("the writer was stopped for a recovery");
    }
    if (phase_ == Phase::kStreaming) RETURN_IF_ERROR(TakePackets());
    if (phase_ == Phase::kLastReceived && acks_.size() <= 1) {
      RETURN_IF_ERROR(Finish());
      if (phase_ == Phase::kDone) break;
    }
    RETURN_IF_ERROR(FlushAcks());
    RETURN_IF_ERROR(WaitForEither());
  }
  return FlushAcks();
}

// All packets that are there already; their acks leave together.
Status BlockReceiver::TakePackets() {
  while (phase_ == Phase::kStreaming && HasWholePacket(upstream_->in())) {
    ASSIGN_OR_RETURN(const Packet packet, ReadPacket(upstream_->in()));
    RETURN_IF_ERROR(TakePacket(packet));
  }
  return Status::Ok();
}

Status BlockReceiver::TakePacket(const Packet& packet) {
  RETURN_IF_ERROR(kPacketReceived.Hit());
  const PacketHeader& header = packet.header;
  if (header.last_packet_in_block && header.data_length != 0) {
    return InvalidArgumentError("the last packet carries data");
  }
  Forward(packet);
  AckQueue::Waiting waiting{header.seqno, 0, header.last_packet_in_block};
  if (header.data_length > 0) {
    if (Status verified = Verify(packet); !verified.ok()) {
      RETURN_IF_ERROR(FlushAcks());
      if (acks_wanted()) {
        IgnoreError(SendAck(MakePipelineAck(header.seqno, {TransferStatus::kErrorChecksum})),
                    "the stream ends anyway");
        IgnoreError(FlushAcks(), "likewise");
      }
      return verified;
    }
    RETURN_IF_ERROR(Store(packet));
    waiting.end = header.offset_in_block + header.data_length;
  }
  if (header.sync_block) {
    RETURN_IF_ERROR(writer_->Hsync());
    context_->metrics->fsyncs->Increment();
  }
  if (header.last_packet_in_block) phase_ = Phase::kLastReceived;
  if (!acks_wanted()) {
    if (waiting.end > 0) writer_->Acked(waiting.end);
    return Status::Ok();
  }
  acks_.Add(waiting);
  if (mirror_ != nullptr || phase_ == Phase::kLastReceived) return Status::Ok();
  return AckAllWithoutMirror();
}

Status BlockReceiver::Verify(const Packet& packet) {
  if (!verify_ || packet.checksums.empty()) return Status::Ok();
  const Status status = VerifyChecksums(request_.checksum, packet.data, packet.checksums,
                                        BlockName(request_.block) + " from " + upstream_->peer(),
                                        packet.header.offset_in_block);
  if (status.ok()) return status;
  context_->metrics->block_verification_failures->Increment();
  // The node that sends a copy has a bad replica; a client's bytes may have been damaged anywhere.
  if (!is_client() && request_.source && context_->report_bad) {
    context_->report_bad({request_.block.block, request_.source->id.uuid, ""});
  }
  return status;
}

Status BlockReceiver::Store(const Packet& packet) {
  const int64_t wanted = request_.checksum.ChecksumBytesFor(packet.header.data_length);
  if (!packet.checksums.empty() && static_cast<int64_t>(packet.checksums.size()) != wanted) {
    return InvalidArgumentError("packet with " + std::to_string(packet.checksums.size()) +
                                " bytes of checksums, expected " + std::to_string(wanted));
  }
  const Status status = writer_->Write(packet.header.offset_in_block, packet.data, packet.checksums,
                                       request_.checksum);
  if (!status.ok()) {
    if (status.code() != Code::kOutOfRange) context_->store->CheckVolumes();
    return status;
  }
  context_->metrics->bytes_written->Increment(packet.header.data_length);
  return Status::Ok();
}

void BlockReceiver::Forward(const Packet& packet) {
  if (mirror_ == nullptr) return;
  if (const Status status = mirror_->Send(packet.whole); !status.ok()) DropMirror(status);
}

void BlockReceiver::DropMirror(const Status& why) {
  LOG_WARN("pipeline lost its next node block={} mirror={} error={}", BlockName(request_.block),
           mirror_->peer(), why);
  mirror_failed_ = true;
  mirror_.reset();
}

Status BlockReceiver::WaitForEither() {
  const bool read_writer = phase_ == Phase::kStreaming && acks_.size() < kMaxUnacknowledged;
  const bool read_mirror = mirror_ != nullptr && acks_wanted();
  if (read_mirror && mirror_->in()->buffered() > 0) return TakeMirrorAck();
  pollfd fds[2] = {{upstream_->socket().fd(), static_cast<short>(read_writer ? POLLIN : 0), 0},
                   {read_mirror ? mirror_->socket().fd() : -1, POLLIN, 0}};
  const Deadline deadline = Deadline::After(context_->options.socket_timeout +
                                            context_->options.socket_timeout_per_target *
                                                static_cast<int64_t>(request_.targets.size()));
  int ready = 0;
  do {
    ready = ::poll(fds, 2, deadline.PollMillis());
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) return ErrnoError("poll", errno);
  if (ready == 0) {
    return DeadlineExceededError("no packet of " + BlockName(request_.block) + " from " +
                                 upstream_->peer());
  }
  if (fds[1].revents != 0) {
    RETURN_IF_ERROR(TakeMirrorAck());
  }
  if (fds[0].revents == 0) return Status::Ok();
  if (!read_writer) return UnavailableError("the writer " + upstream_->peer() + " is gone");
  ASSIGN_OR_RETURN(const Packet packet, ReadPacket(upstream_->in()));
  return TakePacket(packet);
}

Status BlockReceiver::TakeMirrorAck() {
  const StatusOr<PipelineAck> ack = ReadPipelineAck(mirror_->in());
  if (!ack.ok()) {
    DropMirror(ack.status());
    return phase_ == Phase::kStreaming ? AckAllWithoutMirror() : Status::Ok();
  }
  if (ack->seqno == kOutOfBandSeqno) {
    std::vector<TransferStatus> replies = {TransferStatus::kSuccess};
    replies.insert(replies.end(), ack->replies.begin(), ack->replies.end());
    return SendAck(MakePipelineAck(kOutOfBandSeqno, std::move(replies)));
  }
  for (const TransferStatus reply : ack->replies) {
    if (reply == TransferStatus::kErrorChecksum) {
      return DataLossError("the next node got wrong checksums from us: we may be the cause");
    }
  }
  RETURN_IF_ERROR(kAfterMirrorAck.Hit());
  const StatusOr<PipelineAck> combined = acks_.Combine(*ack);
  if (!combined.ok()) {
    DropMirror(combined.status());
    return phase_ == Phase::kStreaming ? AckAllWithoutMirror() : Status::Ok();
  }
  const AckQueue::Waiting packet = acks_.front();
  if (combined->AllSucceeded() && packet.end > 0) writer_->Acked(packet.end);
  if (packet.last) phase_ = Phase::kDone;
  acks_.Pop();
  return SendAck(*combined);
}

Status BlockReceiver::AckAllWithoutMirror() {
  while (!acks_.empty() && !acks_.front().last) {
    const AckQueue::Waiting packet = acks_.front();
    if (!mirror_failed_ && packet.end > 0) writer_->Acked(packet.end);
    RETURN_IF_ERROR(SendAck(mirror_failed_ ? acks_.WithoutMirror() : acks_.Alone()));
    acks_.Pop();
  }
  return Status::Ok();
}

// The last packet is here and all before it are acknowledged.
Status BlockReceiver::Finish() {
  if (mirror_failed_ && acks_wanted()) {
    // Not finalized: the writer closes the pipeline again with those that are left.
    RETURN_IF_ERROR(AckAllWithoutMirror());
    if (!acks_.empty()) RETURN_IF_ERROR(SendAck(acks_.WithoutMirror()));
    phase_ = Phase::kDone;
    return Status::Ok();
  }
  if (writer_ != nullptr) {
    RETURN_IF_ERROR(FlushAcks());
    ReplicaStore* store = context_->store;
    std::unique_ptr<ReplicaWriter> writer = std::move(writer_);
    RETURN_IF_ERROR(request_.stage == PipelineStage::kTransferRbw
                        ? store->ConvertToRbw(std::move(writer))
                        : store->Finalize(std::move(writer)));
    context_->metrics->blocks_written->Increment();
    RETURN_IF_ERROR(kBeforeLastAck.Hit());
  }
  if (!acks_wanted()) {
    phase_ = Phase::kDone;
    return Status::Ok();
  }
  if (mirror_ != nullptr) return Status::Ok();  // its ack for the last packet ends it
  RETURN_IF_ERROR(SendAck(acks_.Alone()));
  acks_.Pop();
  phase_ = Phase::kDone;
  return Status::Ok();
}

Status BlockReceiver::SendAck(const PipelineAck& ack) {
  ack_bytes_ += EncodePipelineAck(ack);
  return Status::Ok();
}

Status BlockReceiver::FlushAcks() {
  if (ack_bytes_.empty()) return Status::Ok();
  Status status = upstream_->Send(ack_bytes_);
  ack_bytes_.clear();
  return status;
}

}  // namespace tusk::datanode
