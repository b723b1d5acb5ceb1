#include "client/block_writer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/log.h"
#include "common/concurrent/thread_pool.h"

namespace tusk::client {
namespace {

Status AckError(const PipelineAck& ack, int bad_node) {
  const TransferStatus status = ack.replies.size() > static_cast<size_t>(bad_node)
                                    ? ack.replies[static_cast<size_t>(bad_node)]
                                    : TransferStatus::kError;
  return UnavailableError("node " + std::to_string(bad_node) + " of the pipeline acknowledged " +
                          std::to_string(ack.seqno) + " with " +
                          std::string(TransferStatusName(status)));
}

}  // namespace

BlockWriter::BlockWriter(std::shared_ptr<const ClientContext> context, WrittenFile* file,
                         const LocatedBlock& block)
    : context_(std::move(context)),
      file_(file),
      token_(block.token),
      block_(block.block),
      nodes_(NodesOf(block)) {}

BlockWriter::~BlockWriter() {
  Abort();
}

// ---- the connection
// ------------------------------------------------------------------------------

void BlockWriter::StartConnection(std::unique_ptr<DatanodeConnection> connection) {
  connection_ = std::move(connection);
  {
    MutexLock lock(mu_);
    stopping_ = false;
    failure_.reset();
  }
  ack_thread_ = std::thread([this, raw = connection_.get()] { RunAcks(raw); });
}

void BlockWriter::StopConnection() {
  if (connection_ == nullptr) return;
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  connection_->socket().Shutdown();
  ack_thread_.join();
  connection_.reset();
}

Status BlockWriter::Transmit(const OutPacket& packet) {
  PacketHeader header;
  header.offset_in_block = packet.offset_in_block;
  header.seqno = packet.seqno;
  header.last_packet_in_block = packet.last_in_block;
  header.data_length = static_cast<int32_t>(packet.data.size());
  header.sync_block = packet.sync;
  char prefix[kMaxPacketPrefixSize];
  const size_t prefix_size =
      EncodePacketPrefix(header, static_cast<int32_t>(packet.checksums.size()), prefix);
  const std::array<std::string_view, 3> parts = {std::string_view(prefix, prefix_size),
                                                 packet.checksums, packet.data};
  bytes_sent_ = std::max(bytes_sent_, packet.end());
  MutexLock lock(send_mu_);
  return connection_->socket().SendParts(
      parts,
      Deadline::After(WriteTimeout(context_->options, static_cast<size_t>(file_->replication))));
}

Status BlockWriter::SendHeartbeat(DatanodeConnection* connection) {
  PacketHeader header;
  header.seqno = kHeartbeatSeqno;
  char prefix[kMaxPacketPrefixSize];
  const size_t size = EncodePacketPrefix(header, 0, prefix);
  if (!send_mu_.TryLock()) return Status::Ok();  // a packet is going out: no silence
  const Status sent = connection->socket().SendAll(
      {prefix, size}, Deadline::After(context_->options.socket_timeout));
  send_mu_.Unlock();
  return sent;
}

Status BlockWriter::WaitForAckBytes(DatanodeConnection* connection, TimePoint last_heard) {
  const ClientOptions& options = context_->options;
  const Duration interval = options.socket_timeout / 2;
  const Duration longest = ReadTimeout(options, static_cast<size_t>(file_->replication));
  while (connection->input()->buffered() == 0) {
    char byte;
    const StatusOr<size_t> peeked = connection->socket().Peek(&byte, 1, Deadline::After(interval));
    if (peeked.ok()) return Status::Ok();
    if (peeked.status().code() != Code::kDeadlineExceeded) return peeked.status();
    if (Clock::Real()->Now() - last_heard >= longest) {
      return DeadlineExceededError("no acknowledgement from " + connection->socket().peer());
    }
    RETURN_IF_ERROR(SendHeartbeat(connection));
  }
  return Status::Ok();
}

void BlockWriter::RunAcks(DatanodeConnection* connection) {
  SetThreadName("block-acks");
  for (;;) {
    const TimePoint last_heard = Clock::Real()->Now();
    Status waited = WaitForAckBytes(connection, last_heard);
    StatusOr<PipelineAck> ack =
        waited.ok() ? ReadPipelineAck(connection->input()) : StatusOr<PipelineAck>(waited);
    if (!ack.ok()) {
      NoteFailure(std::move(ack).status(), 0);
      return;
    }
    if (!TakeAck(*ack)) return;
  }
}

bool BlockWriter::TakeAck(const PipelineAck& ack) {
  if (!ack.AllSucceeded()) {
    const int bad_node = std::max(ack.FirstFailed(), 0);
    NoteFailure(AckError(ack, bad_node), bad_node);
    return false;
  }
  if (ack.seqno == kHeartbeatSeqno) return true;
  MutexLock lock(mu_);
  if (unacked_.empty() || unacked_.front()->seqno != ack.seqno) {
    lock.Unlock();
    NoteFailure(DataLossError("acknowledgement of packet " + std::to_string(ack.seqno) +
                              ", which is not the next one"),
                0);
    return false;
  }
  block_.block.num_bytes = std::max(block_.block.num_bytes, unacked_.front()->end());
  const bool last = unacked_.front()->last_in_block;
  last_acked_ = ack.seqno;
  unacked_.pop_front();
  changed_.NotifyAll();
  return !last;
}

void BlockWriter::NoteFailure(Status status, int bad_node) {
  MutexLock lock(mu_);
  if (!stopping_ && !failure_) failure_ = PipelineFailure{std::move(status), bad_node};
  changed_.NotifyAll();
}

// ---- sending
// -------------------------------------------------------------------------------------

Status BlockWriter::Send(OutPacket packet) {
  RETURN_IF_ERROR(broken_);
  packet.seqno = next_seqno_++;
  const PacketPtr shared = std::make_shared<const OutPacket>(std::move(packet));
  bool failed = false;
  {
    MutexLock lock(mu_);
    const auto most = static_cast<size_t>(context_->options.max_packets_in_flight);
    while (unacked_.size() >= most && !failure_) changed_.Wait(mu_);
    failed = failure_.has_value();
    unacked_.push_back(shared);
  }
  if (!failed) {
    Status sent = Transmit(*shared);
    if (sent.ok()) return Status::Ok();
    // The DataNode hung up. Its last acknowledgement may say which node is to blame.
    MutexLock lock(mu_);
    if (!failure_) changed_.WaitFor(mu_, kBlameWait);
    if (!failure_) failure_ = PipelineFailure{std::move(sent), 0};
  }
  return Recover();
}

Status BlockWriter::WaitForAcks() {
  RETURN_IF_ERROR(broken_);
  for (;;) {
    {
      MutexLock lock(mu_);
      while (!unacked_.empty() && !failure_) changed_.Wait(mu_);
      if (unacked_.empty()) return Status::Ok();
    }
    RETURN_IF_ERROR(Recover());
  }
}

Status BlockWriter::Finish() {
  RETURN_IF_ERROR(WaitForAcks());
  stage_ = PipelineStage::kClose;
  OutPacket end;
  end.last_in_block = true;
  end.offset_in_block = block().block.num_bytes;
  RETURN_IF_ERROR(Send(std::move(end)));
  RETURN_IF_ERROR(WaitForAcks());
  StopConnection();
  return Status::Ok();
}

void BlockWriter::Abort() {
  StopConnection();
  if (broken_.ok()) broken_ = CancelledError("the block was given up");
}

ExtendedBlock BlockWriter::block() const {
  MutexLock lock(mu_);
  return block_;
}

PipelineNodes BlockWriter::nodes() const {
  MutexLock lock(mu_);
  return nodes_;
}

Status BlockWriter::Broken(Status status) {
  StopConnection();
  broken_ = std::move(status);
  return broken_;
}

}  // namespace tusk::client
