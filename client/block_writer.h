// Writes one block through a pipeline of DataNodes, and keeps at it when nodes fail.
//
//   Allocate / Reopen -> Send()* -> WaitForAcks()* -> Finish()
//                          \____________________________/ Abort(), or the destructor
//
// The caller's thread sends; a thread of this object reads the acknowledgements and, in silence,
// sends heartbeats. Packets stay until all nodes have acknowledged them. When a node fails, the
// caller's next call here recovers: drops the node, finds another if the policy asks for one, gets
// a new generation stamp, sets the pipeline up again and sends once more what was not acknowledged.
//
// Owns:    the connection to the first DataNode and the acknowledging thread.
// Threads: one caller. block(), nodes() may come from any thread.
// Fails:   an error that could not be recovered stays: every later call gives it again.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/client_context.h"
#include "client/pipeline.h"
#include "common/base/status.h"
#include "common/concurrent/mutex.h"
#include "common/protocol/client_protocol.h"

namespace tusk::client {

// The file a block belongs to, as far as writing its blocks needs it.
struct WrittenFile {
  std::string path;
  InodeId file_id;
  int32_t replication = 3;
  int64_t block_size = 0;
  DataChecksum checksum;
  bool lazy_persist = false;
  std::vector<std::string> favored_nodes;
  std::vector<DatanodeId> excluded;  // nodes no pipeline could be set up with; grows
  bool is_append = false;
  bool is_hflushed = false;  // somebody may already have read its bytes
};

struct OutPacket {
  int64_t seqno = 0;  // set by Send
  int64_t offset_in_block = 0;
  bool last_in_block = false;
  bool sync = false;
  std::string data;
  std::string checksums;

  int64_t end() const { return offset_in_block + static_cast<int64_t>(data.size()); }
};

// How long the acknowledging thread may take to say whose fault a failed send was.
inline constexpr Duration kBlameWait = std::chrono::seconds(2);

class BlockWriter {
 public:
  // A new block after `previous`. Nodes that cannot be reached are left out the next time round.
  static StatusOr<std::unique_ptr<BlockWriter>> Allocate(
      std::shared_ptr<const ClientContext> context, WrittenFile* file,
      const std::optional<ExtendedBlock>& previous);
  // Goes on with the last, partial block of a file opened for append.
  static StatusOr<std::unique_ptr<BlockWriter>> Reopen(std::shared_ptr<const ClientContext> context,
                                                       WrittenFile* file,
                                                       const LocatedBlock& block);
  ~BlockWriter();

  // Waits while too many packets are under way.
  Status Send(OutPacket packet) EXCLUDES(mu_);
  Status WaitForAcks() EXCLUDES(mu_);
  // All packets and then the end of the block acknowledged: every node has finalized its replica.
  Status Finish() EXCLUDES(mu_);
  void Abort() EXCLUDES(mu_);

  // With the current generation stamp and the length all nodes have acknowledged.
  ExtendedBlock block() const EXCLUDES(mu_);
  PipelineNodes nodes() const EXCLUDES(mu_);

 private:
  using PacketPtr = std::shared_ptr<const OutPacket>;

  BlockWriter(std::shared_ptr<const ClientContext> context, WrittenFile* file,
              const LocatedBlock& block);

  // The connection's two sides.
  void StartConnection(std::unique_ptr<DatanodeConnection> connection) EXCLUDES(mu_);
  void StopConnection() EXCLUDES(mu_);
  Status Transmit(const OutPacket& packet) EXCLUDES(send_mu_);
  void RunAcks(DatanodeConnection* connection) EXCLUDES(mu_);
  Status WaitForAckBytes(DatanodeConnection* connection, TimePoint last_heard);
  Status SendHeartbeat(DatanodeConnection* connection) EXCLUDES(send_mu_);
  // False when the connection is of no more use; the failure is noted.
  bool TakeAck(const PipelineAck& ack) EXCLUDES(mu_);
  void NoteFailure(Status status, int bad_node) EXCLUDES(mu_);

  // Recovery, on the caller's thread.
  Status Recover() EXCLUDES(mu_);
  Status DropBadNode(const PipelineFailure& failure) EXCLUDES(mu_);
  bool WantsReplacement() const EXCLUDES(mu_);
  Status AddReplacement() EXCLUDES(mu_);
  Status JoinReplacement(const LocatedBlock& with_new_node, std::vector<DatanodeInfo>* excluded)
      EXCLUDES(mu_);
  // False when it has to be tried again; sets *error when not.
  bool SetUpAgain(Status* error) EXCLUDES(mu_);
  bool Resend() EXCLUDES(mu_);
  Status Broken(Status status) EXCLUDES(mu_);

  const std::shared_ptr<const ClientContext> context_;
  WrittenFile* const file_;

  // The caller's.
  Token token_;
  std::vector<DatanodeInfo> failed_nodes_;
  PipelineStage stage_ = PipelineStage::kSetupCreate;
  int64_t next_seqno_ = 0;
  int64_t bytes_sent_ = 0;
  int recoveries_ = 0;              // since the last acknowledged packet
  int64_t acked_at_recovery_ = -1;  // seqno acknowledged last when the last recovery began
  Status broken_;
  std::unique_ptr<DatanodeConnection> connection_;
  std::thread ack_thread_;

  // Held while a packet goes out: the caller's packets and the other thread's heartbeats take
  // turns.
  Mutex send_mu_;

  mutable Mutex mu_;
  CondVar changed_;
  ExtendedBlock block_ GUARDED_BY(mu_);
  PipelineNodes nodes_ GUARDED_BY(mu_);
  std::deque<PacketPtr> unacked_ GUARDED_BY(mu_);
  int64_t last_acked_ GUARDED_BY(mu_) = -1;
  std::optional<PipelineFailure> failure_ GUARDED_BY(mu_);
  bool stopping_ GUARDED_BY(mu_) = false;
};

}  // namespace tusk::client
