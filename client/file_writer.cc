#include "client/file_writer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "client/safe_mode_wait.h"
#include "common/base/log.h"

namespace tusk::client {
namespace {

size_t PacketDataBytes(const ClientOptions& options, const DataChecksum& checksum) {
  const auto chunk = static_cast<size_t>(checksum.bytes_per_checksum);
  const size_t payload = static_cast<size_t>(options.packet_bytes) - kMaxPacketPrefixSize;
  return std::max<size_t>(payload / (chunk + static_cast<size_t>(checksum.checksum_size())), 1) *
         chunk;
}

}  // namespace

HdfsFileWriter::HdfsFileWriter(std::shared_ptr<const FileSystem> keep_alive,
                               std::shared_ptr<const ClientContext> context, WrittenFile file)
    : keep_alive_(std::move(keep_alive)),
      context_(std::move(context)),
      file_(std::move(file)),
      packet_data_bytes_(PacketDataBytes(context_->options, file_.checksum)) {
  context_->leases->FileOpened();
}

StatusOr<std::unique_ptr<HdfsFileWriter>> HdfsFileWriter::Continue(
    std::shared_ptr<const FileSystem> keep_alive, std::shared_ptr<const ClientContext> context,
    WrittenFile file, int64_t length, const std::optional<LocatedBlock>& last_block) {
  file.is_append = true;
  auto writer = std::make_unique<HdfsFileWriter>(std::move(keep_alive), context, std::move(file));
  writer->position_ = length;
  if (last_block) {
    writer->pending_offset_ = last_block->block.block.num_bytes;
    ASSIGN_OR_RETURN(writer->block_, BlockWriter::Reopen(context, &writer->file_, *last_block));
  }
  return writer;
}

HdfsFileWriter::~HdfsFileWriter() {
  if (!closed_) Abort();
}

Status HdfsFileWriter::Keep(Status status) {
  if (!status.ok() && status_.ok()) status_ = status;
  return status;
}

// Up to the end of the packet, of the block, and in an append's first chunk of that chunk.
size_t HdfsFileWriter::PendingCapacity() const {
  const auto chunk = static_cast<int64_t>(file_.checksum.bytes_per_checksum);
  const int64_t in_chunk = pending_offset_ % chunk;
  const int64_t packet =
      in_chunk == 0 ? static_cast<int64_t>(packet_data_bytes_) : chunk - in_chunk;
  return static_cast<size_t>(std::min(packet, file_.block_size - pending_offset_));
}

Status HdfsFileWriter::OpenBlock() {
  ASSIGN_OR_RETURN(block_, BlockWriter::Allocate(context_, &file_, previous_));
  pending_.clear();
  pending_offset_ = 0;
  pending_sent_ = 0;
  block_known_to_namenode_ = false;
  return Status::Ok();
}

Status HdfsFileWriter::Write(std::string_view bytes) {
  if (closed_) return FailedPreconditionError(file_.path + " is closed");
  RETURN_IF_ERROR(status_);
  while (!bytes.empty()) {
    if (block_ == nullptr) RETURN_IF_ERROR(Keep(OpenBlock()));
    const size_t capacity = PendingCapacity();
    if (pending_.capacity() < capacity) pending_.reserve(capacity);
    const size_t count = std::min(capacity - pending_.size(), bytes.size());
    pending_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    position_ += static_cast<int64_t>(count);
    if (pending_.size() == capacity) {
      RETURN_IF_ERROR(Keep(SendPending(/*sync=*/false)));
      if (BlockLength() >= file_.block_size) RETURN_IF_ERROR(Keep(EndBlock()));
    }
  }
  return Status::Ok();
}

// Sends pending_ and keeps of it what the next packet has to begin with.
Status HdfsFileWriter::SendPending(bool sync) {
  const auto chunk = static_cast<size_t>(file_.checksum.bytes_per_checksum);
  OutPacket packet;
  packet.offset_in_block = pending_offset_;
  packet.sync = sync;
  AppendChecksums(file_.checksum, pending_, &packet.checksums);

  const size_t tail =
      pending_offset_ % static_cast<int64_t>(chunk) == 0 ? pending_.size() % chunk : 0;
  std::string kept(pending_, pending_.size() - tail);
  pending_offset_ += static_cast<int64_t>(pending_.size() - tail);
  packet.data = std::move(pending_);
  pending_ = std::move(kept);
  pending_sent_ = tail;
  return block_->Send(std::move(packet));
}

Status HdfsFileWriter::EndBlock() {
  RETURN_IF_ERROR(block_->Finish());
  previous_ = block_->block();
  block_.reset();
  pending_.clear();
  pending_offset_ = 0;
  pending_sent_ = 0;
  return Status::Ok();
}

Status HdfsFileWriter::Flush(bool sync) {
  if (closed_) return FailedPreconditionError(file_.path + " is closed");
  RETURN_IF_ERROR(status_);
  if (block_ == nullptr) return Status::Ok();  // all blocks so far are finalized
  file_.is_hflushed = true;
  if (pending_.size() > pending_sent_) {
    RETURN_IF_ERROR(Keep(SendPending(sync)));
  } else if (sync && BlockLength() > 0) {
    OutPacket packet;  // nothing new, but the disks have to be asked
    packet.offset_in_block = BlockLength();
    packet.sync = true;
    RETURN_IF_ERROR(Keep(block_->Send(std::move(packet))));
  }
  RETURN_IF_ERROR(Keep(block_->WaitForAcks()));
  // The first flush of a block puts it into the edit log, so that a restart does not lose it.
  if (block_known_to_namenode_) return Status::Ok();
  RETURN_IF_ERROR(
      Keep(context_->namenode->Fsync(file_.path, context_->client_name, -1, file_.file_id)));
  block_known_to_namenode_ = true;
  return Status::Ok();
}

Status HdfsFileWriter::Close() {
  if (closed_) return status_;
  closed_ = true;
  if (status_.ok() && block_ != nullptr && pending_.size() > pending_sent_) {
    status_ = SendPending(/*sync=*/false);
  }
  if (status_.ok() && block_ != nullptr) status_ = EndBlock();
  if (status_.ok()) status_ = Complete();
  block_.reset();
  ReleaseLease();
  return status_;
}

Status HdfsFileWriter::Complete() {
  Duration delay = context_->options.locate_block_delay;
  for (int retries = context_->options.locate_block_retries;; --retries) {
    ASSIGN_OR_RETURN(const bool done, AfterSafeMode(*context_, [&] {
                       return context_->namenode->Complete(file_.path, context_->client_name,
                                                           previous_, file_.file_id);
                     }));
    if (done) return Status::Ok();
    if (retries == 0) {
      return UnavailableError("Unable to close file because the last block " +
                              (previous_ ? BlockName(*previous_) : std::string("(none)")) +
                              " does not have enough number of replicas.");
    }
    std::this_thread::sleep_for(delay);
    delay *= 2;
  }
}

void HdfsFileWriter::Abort() {
  if (closed_) return;
  closed_ = true;
  if (status_.ok()) status_ = CancelledError(file_.path + " was given up");
  block_.reset();
  ReleaseLease();
}

void HdfsFileWriter::ReleaseLease() {
  if (leased_) context_->leases->FileClosed();
  leased_ = false;
}

std::vector<DatanodeInfo> HdfsFileWriter::pipeline() const {
  return block_ == nullptr ? std::vector<DatanodeInfo>() : block_->nodes().nodes;
}

}  // namespace tusk::client
