#include "datanode/transfer/xceiver.h"

#include <limits>

#include "common/base/log.h"
#include "datanode/transfer/block_checksum.h"
#include "datanode/transfer/block_receiver.h"
#include "datanode/transfer/block_sender.h"
#include "datanode/transfer/block_transfer.h"
#include "datanode/transfer/mirror.h"
#include "datanode/transfer/short_circuit.h"

namespace tusk::datanode {
namespace {

// The Java class a stock DataNode would name in its message.
std::string_view JavaException(const Status& status) {
  return status.reason() == Reason::kReplicaNotFound
             ? "org.apache.hadoop.hdfs.server.datanode.ReplicaNotFoundException"
             : "java.io.IOException";
}

// The sockets of a writer, for a recovery that has to stop it. The mirror comes later.
class WriterSockets {
 public:
  explicit WriterSockets(std::shared_ptr<PeerConnection> upstream)
      : upstream_(std::move(upstream)) {}

  void SetMirror(std::shared_ptr<PeerConnection> mirror) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    mirror_ = std::move(mirror);
    if (stopped_ && mirror_ != nullptr) mirror_->Shutdown();
  }
  void Shutdown() EXCLUDES(mu_) {
    MutexLock lock(mu_);
    stopped_ = true;
    upstream_->Shutdown();
    if (mirror_ != nullptr) mirror_->Shutdown();
  }

 private:
  const std::shared_ptr<PeerConnection> upstream_;
  Mutex mu_;
  bool stopped_ GUARDED_BY(mu_) = false;
  std::shared_ptr<PeerConnection> mirror_ GUARDED_BY(mu_);
};

// At most a handful of lines per second, whoever sends us garbage.
bool MayLog(const Clock* clock) {
  static std::atomic<int64_t> second{0};
  static std::atomic<int> lines{0};
  const int64_t now = clock->WallMillis() / 1000;
  if (second.exchange(now) != now) lines.store(0);
  return lines.fetch_add(1) < 5;
}

}  // namespace

bool Xceiver::ServeOne() {
  const StatusOr<bool> again = Dispatch();
  if (again.ok()) return *again;
  const Status& status = again.status();
  // An end between two operations is the usual one.
  if (status.code() == Code::kUnavailable && status.message() == "end of stream") return false;
  const bool garbage = status.code() == Code::kInvalidArgument;
  if (garbage) context_->metrics->bad_requests->Increment();
  if (!garbage || MayLog(context_->clock)) {
    LOG_WARN("connection closed peer={} error={}", connection_->peer(), status);
  }
  return false;
}

StatusOr<bool> Xceiver::Dispatch() {
  connection_->set_read_timeout(context_->options.socket_timeout);
  ASSIGN_OR_RETURN(const DataTransferOp op, ReadOpPrefix(connection_->in()));
  switch (op) {
    case DataTransferOp::kReadBlock:
    case DataTransferOp::kWriteBlock:
    case DataTransferOp::kBlockChecksum:
    case DataTransferOp::kTransferBlock:
    case DataTransferOp::kRequestShortCircuitFds:
    case DataTransferOp::kRequestShortCircuitShm:
      break;
    default:
      return InvalidArgumentError(DataTransferOpName(op) + " is not supported yet");
  }
  ASSIGN_OR_RETURN(const std::string_view message,
                   ReadDelimited(connection_->in(), kMaxOpMessageBytes));
  switch (op) {
    case DataTransferOp::kReadBlock:
      return ReadBlock(message);
    case DataTransferOp::kWriteBlock:
      return WriteBlock(message);
    case DataTransferOp::kBlockChecksum:
      return BlockChecksum(message);
    case DataTransferOp::kTransferBlock:
      return TransferReplica(message);
    case DataTransferOp::kRequestShortCircuitFds:
      return ShortCircuitFds(message);
    default:
      RETURN_IF_ERROR(connection_->Send(
          EncodeShortCircuitShmRefusal("shared memory segments are not supported yet")));
      return true;
  }
}

// ---- reading
// -------------------------------------------------------------------------------------

StatusOr<bool> Xceiver::ReadBlock(std::string_view message) {
  ASSIGN_OR_RETURN(const ReadBlockRequest request, DecodeReadBlock(message));
  const ScopedTimer timer(context_->metrics->read_op, context_->clock);
  if (request.offset >= 0 && request.length > 0 &&
      request.length <= std::numeric_limits<int64_t>::max() - request.offset) {
    context_->store->WaitVisible(request.block, request.offset + request.length,
                                 context_->options.visible_wait);
  }
  const StatusOr<ReplicaReader> reader = context_->store->OpenForRead(request.block);
  StatusOr<BlockSender> sender =
      reader.ok() ? BlockSender::Make(&*reader, request.offset, request.length,
                                      {.checksums = request.send_checksums, .verify = false})
                  : reader.status();
  BlockOpResponse response;
  if (!sender.ok()) {
    response.status = TransferStatus::kError;
    response.message = "opReadBlock " + BlockName(request.block) + " received exception " +
                       std::string(JavaException(sender.status())) + ": " +
                       sender.status().message();
    IgnoreError(connection_->Send(EncodeBlockOpResponse(response)), "we close anyway");
    LOG_INFO("read refused peer={} error={}", connection_->peer(), sender.status());
    return false;
  }
  response.read_info = sender->Info();
  RETURN_IF_ERROR(connection_->Send(EncodeBlockOpResponse(response)));
  const Status sent = sender->Send(connection_.get());
  context_->metrics->bytes_read->Increment(sender->bytes_sent());
  if (sent.code() == Code::kDataLoss) context_->store->ReportBad(request.block);
  // A reader that has enough just closes.
  if (sent.code() == Code::kUnavailable) return false;
  RETURN_IF_ERROR(sent);
  context_->metrics->blocks_read->Increment();
  const StatusOr<TransferStatus> answer = ReadTransferStatus(connection_->in());
  return answer.ok();
}

// ---- writing
// -------------------------------------------------------------------------------------

StatusOr<bool> Xceiver::WriteBlock(std::string_view message) {
  ASSIGN_OR_RETURN(const WriteBlockRequest request, DecodeWriteBlock(message));
  const ScopedTimer timer(context_->metrics->write_op, context_->clock);
  const Status status = RunPipeline(request);
  if (!status.ok()) {
    return status.WithContext("WRITE_BLOCK " + BlockName(request.block) + " " +
                              std::string(PipelineStageName(request.stage)));
  }
  return false;  // as with stock software, a write ends its connection
}

StatusOr<std::unique_ptr<ReplicaWriter>> Xceiver::OpenWriter(
    const WriteBlockRequest& request, std::shared_ptr<WriterSession> session) {
  ReplicaStore* store = context_->store;
  ExtendedBlock block = request.block;
  const GenerationStamp new_stamp = request.latest_generation_stamp.value() != 0
                                        ? request.latest_generation_stamp
                                        : block.block.generation_stamp;
  ReplicaStore::Placement where;
  where.type = request.storage_type;
  where.storage_id = request.storage_id;
  where.expected_bytes =
      block.block.num_bytes > 0 ? block.block.num_bytes : context_->options.default_block_bytes;
  if (request.client_name.empty() || request.stage == PipelineStage::kTransferRbw ||
      request.stage == PipelineStage::kTransferFinalized) {
    return store->CreateTemporary(block, where, request.checksum, std::move(session));
  }
  switch (request.stage) {
    case PipelineStage::kSetupCreate:
      block.block.generation_stamp = new_stamp;
      return store->CreateRbw(block, where, request.checksum, std::move(session));
    case PipelineStage::kSetupAppend:
      return store->Append(block, new_stamp, request.min_bytes_received, std::move(session));
    case PipelineStage::kSetupAppendRecovery:
      return store->RecoverAppend(block, new_stamp, request.min_bytes_received, std::move(session));
    case PipelineStage::kSetupStreamingRecovery:
      return store->RecoverRbw(block, new_stamp, request.min_bytes_received,
                               request.max_bytes_received, std::move(session));
    default:
      return InvalidArgumentError("stage " + std::string(PipelineStageName(request.stage)) +
                                  " does not begin a write");
  }
}

Status Xceiver::RunPipeline(const WriteBlockRequest& request) {
  const bool is_transfer = request.stage == PipelineStage::kTransferRbw ||
                           request.stage == PipelineStage::kTransferFinalized;
  const bool answers = !request.client_name.empty() && !is_transfer;
  const bool closes = answers && request.stage == PipelineStage::kCloseRecovery;
  const auto sockets = std::make_shared<WriterSockets>(connection_);
  const auto session = std::make_shared<WriterSession>([sockets] { sockets->Shutdown(); });

  std::unique_ptr<ReplicaWriter> writer;
  if (closes) {
    RETURN_IF_ERROR(context_->store->RecoverClose(request.block, request.latest_generation_stamp,
                                                  request.min_bytes_received));
  } else {
    ASSIGN_OR_RETURN(writer, OpenWriter(request, session));
  }
  const bool temporary = writer != nullptr && !answers;

  std::shared_ptr<PeerConnection> mirror;
  BlockOpResponse response;
  response.first_bad_link = "";
  if (!request.targets.empty() && !is_transfer) {
    MirrorSetup setup = ConnectMirror(*context_, request);
    mirror = std::move(setup.connection);
    sockets->SetMirror(mirror);
    if (mirror == nullptr) response = std::move(setup.response);
  }
  const bool broken = response.status != TransferStatus::kSuccess;
  if (answers) RETURN_IF_ERROR(connection_->Send(EncodeBlockOpResponse(response)));
  if (broken && answers) {
    return UnavailableError("the pipeline breaks at " + response.first_bad_link.value_or(""));
  }
  if (closes) return Status::Ok();

  const std::shared_ptr<Replica> replica = writer->replica();
  Status status;
  {
    BlockReceiver receiver(context_, request, connection_.get(), std::move(mirror),
                           std::move(writer));
    status = receiver.Run();
  }
  sockets->SetMirror(nullptr);
  if (temporary && !status.ok()) context_->store->AbandonTemporary(replica);
  RETURN_IF_ERROR(status);
  if (is_transfer) return connection_->Send(EncodeTransferStatus(TransferStatus::kSuccess));
  return Status::Ok();
}

// ---- the others
// ----------------------------------------------------------------------------------

StatusOr<bool> Xceiver::BlockChecksum(std::string_view message) {
  ASSIGN_OR_RETURN(const BlockChecksumRequest request, DecodeBlockChecksum(message));
  const ScopedTimer timer(context_->metrics->checksum_op, context_->clock);
  ASSIGN_OR_RETURN(const ReplicaReader reader, context_->store->OpenForRead(request.block));
  BlockOpResponse response;
  ASSIGN_OR_RETURN(response.checksum,
                   ComputeBlockChecksum(reader, request.block.block.num_bytes, request.options));
  RETURN_IF_ERROR(connection_->Send(EncodeBlockOpResponse(response)));
  return false;  // as a stock DataNode
}

StatusOr<bool> Xceiver::TransferReplica(std::string_view message) {
  ASSIGN_OR_RETURN(const TransferBlockRequest request, DecodeTransferBlock(message));
  const ScopedTimer timer(context_->metrics->transfer_op, context_->clock);
  const Status sent =
      SendReplica(context_, {request.block, request.targets, request.target_storage_types,
                             request.target_storage_ids, request.client_name});
  BlockOpResponse response;
  if (!sent.ok()) {
    response.status = TransferStatus::kError;
    response.message = sent.message();
  }
  RETURN_IF_ERROR(connection_->Send(EncodeBlockOpResponse(response)));
  if (!sent.ok()) return sent.WithContext("TRANSFER_BLOCK " + BlockName(request.block));
  return false;
}

StatusOr<bool> Xceiver::ShortCircuitFds(std::string_view message) {
  ASSIGN_OR_RETURN(const ShortCircuitFdsRequest request, DecodeShortCircuitFds(message));
  if (!connection_->local()) {
    return InvalidArgumentError("descriptors are asked for over TCP");
  }
  RETURN_IF_ERROR(PassDescriptors(context_, request, connection_.get()));
  return true;
}

}  // namespace tusk::datanode
