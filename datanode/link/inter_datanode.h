// The protocol between DataNodes on gRPC: the calling end and the answering end.
#pragma once

#include <memory>

#include "common/concurrent/executor.h"
#include "common/grpc/channel.h"
#include "common/grpc/server.h"
#include "common/protocol/inter_datanode_protocol.h"

namespace tusk::datanode {

// Threads: thread-safe; calls wait, and must not be made on the channel's executor.
class InterDatanodeStub final : public InterDatanodeProtocol {
 public:
  InterDatanodeStub(std::unique_ptr<GrpcChannel> channel, Duration limit)
      : channel_(std::move(channel)), limit_(limit) {}

  StatusOr<ReplicaRecoveryInfo> InitReplicaRecovery(const ExtendedBlock& block,
                                                    int64_t recovery_id) override;
  StatusOr<std::string> UpdateReplicaUnderRecovery(const ExtendedBlock& block, int64_t recovery_id,
                                                   int64_t new_length) override;

 private:
  const std::unique_ptr<GrpcChannel> channel_;
  const Duration limit_;
};

// Registers the two calls. They run on `executor`, because they wait for writers and for the disk;
// `local` and `executor` outlive the server.
void AddInterDatanodeService(GrpcServices* services, InterDatanodeProtocol* local,
                             Executor* executor);

}  // namespace tusk::datanode
