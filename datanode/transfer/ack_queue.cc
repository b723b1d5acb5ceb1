#include "datanode/transfer/ack_queue.h"

namespace tusk::datanode {

StatusOr<PipelineAck> AckQueue::Combine(const PipelineAck& from_mirror) const {
  if (waiting_.empty()) {
    return DataLossError("ack for packet " + std::to_string(from_mirror.seqno) +
                         ", which was not sent");
  }
  if (from_mirror.seqno != waiting_.front().seqno) {
    return DataLossError("ack for packet " + std::to_string(from_mirror.seqno) + ", expected " +
                         std::to_string(waiting_.front().seqno));
  }
  std::vector<TransferStatus> replies = {TransferStatus::kSuccess};
  // The next node's flags carry the same statuses: `replies` is always filled.
  replies.insert(replies.end(), from_mirror.replies.begin(), from_mirror.replies.end());
  return MakePipelineAck(waiting_.front().seqno, std::move(replies));
}

PipelineAck AckQueue::Alone() const {
  return MakePipelineAck(waiting_.front().seqno, {TransferStatus::kSuccess});
}

PipelineAck AckQueue::WithoutMirror() const {
  return MakePipelineAck(waiting_.front().seqno,
                         {TransferStatus::kSuccess, TransferStatus::kError});
}

}  // namespace tusk::datanode
