// Takes one block's packets from a writer: forwards each to the next node, stores it, acknowledges
// it in order.
//
//            packets                      packets
//   writer ----------> this DataNode ----------> next node (mirror)
//          <----------  disk, acks   <----------
//                own status + mirror's replies
//
// A packet is forwarded before it is verified and stored; the last node of a pipeline verifies, and
// every node that gets a copy from another DataNode. The empty last packet finalizes the replica,
// once all earlier packets are acknowledged by the nodes after us.
//
// Owns:    the replica's writer, the connection to the mirror, the packets not yet acknowledged.
//          Borrows the connection of the writer and the context; they outlive it.
// Threads: one thread per block, which waits for both sockets at once.
// Life:    made for one WRITE_BLOCK, after its pipeline stands; Run once, until the last packet is
//          acknowledged or something failed. A recovery elsewhere stops it through the session.
// Fails:   - wrong checksums: acks ERROR_CHECKSUM and ends. A node whose mirror says so ends
//            without a word, because it may itself have damaged the bytes.
//          - the mirror fails: our own bytes are kept, acks say {SUCCESS, ERROR}, and the writer
//            decides.
//          - the writer fails: the replica stays rbw, for recovery.
#pragma once

#include <memory>

#include "common/datatransfer/op_header.h"
#include "common/datatransfer/packet_stream.h"
#include "datanode/storage/replica_writer.h"
#include "datanode/transfer/ack_queue.h"
#include "datanode/transfer/peer_connection.h"
#include "datanode/transfer/transfer_context.h"

namespace tusk::datanode {

class BlockReceiver {
 public:
  // `mirror`: null for the last node, or where the copy goes no further.
  BlockReceiver(TransferContext* context, const WriteBlockRequest& request,
                PeerConnection* upstream, std::shared_ptr<PeerConnection> mirror,
                std::unique_ptr<ReplicaWriter> writer);

  // Until the last packet is stored and acknowledged.
  Status Run();

 private:
  enum class Phase : uint8_t { kStreaming, kLastReceived, kDone };

  bool is_client() const { return !request_.client_name.empty(); }
  bool is_transfer() const {
    return request_.stage == PipelineStage::kTransferRbw ||
           request_.stage == PipelineStage::kTransferFinalized;
  }
  bool acks_wanted() const { return is_client() && !is_transfer(); }

  Status TakePackets();
  Status TakePacket(const Packet& packet);
  Status Store(const Packet& packet);
  Status Verify(const Packet& packet);
  void Forward(const Packet& packet);
  Status TakeMirrorAck();
  // Waits until the writer or the mirror has something for us.
  Status WaitForEither();
  Status Finish();
  Status AckAllWithoutMirror();
  Status SendAck(const PipelineAck& ack);
  Status FlushAcks();
  void DropMirror(const Status& why);

  TransferContext* const context_;
  const WriteBlockRequest request_;
  PeerConnection* const upstream_;
  std::shared_ptr<PeerConnection> mirror_;
  std::unique_ptr<ReplicaWriter> writer_;
  const bool verify_;

  Phase phase_ = Phase::kStreaming;
  bool mirror_failed_ = false;
  AckQueue acks_;
  std::string ack_bytes_;  // not sent yet: several acks travel together
};

}  // namespace tusk::datanode
