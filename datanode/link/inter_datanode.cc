#include "datanode/link/inter_datanode.h"

#include "common/grpc/message.h"
#include "proto/tusk/inter_datanode.pb.h"

namespace tusk::datanode {
namespace {

namespace pb = ::tusk::proto::inter_datanode;

constexpr char kInitMethod[] = "/tusk.InterDatanode/InitReplicaRecovery";
constexpr char kUpdateMethod[] = "/tusk.InterDatanode/UpdateReplicaUnderRecovery";

void ToProto(const std::string& pool_id, const Block& block, pb::RecoveredBlock* out) {
  out->set_pool_id(pool_id);
  out->set_block_id(block.id.value());
  out->set_generation_stamp(block.generation_stamp.value());
  out->set_num_bytes(block.num_bytes);
}

ExtendedBlock FromProto(const pb::RecoveredBlock& in) {
  return {in.pool_id(),
          {BlockId(in.block_id()), GenerationStamp(in.generation_stamp()), in.num_bytes()}};
}

StatusOr<std::string> AnswerInit(InterDatanodeProtocol* local, const std::string& request) {
  pb::InitReplicaRecoveryRequest in;
  RETURN_IF_ERROR(UnpackMessage(request, &in));
  const ExtendedBlock block = FromProto(in.block());
  ASSIGN_OR_RETURN(const ReplicaRecoveryInfo info,
                   local->InitReplicaRecovery(block, in.recovery_id()));
  pb::InitReplicaRecoveryResponse out;
  ToProto(block.pool_id, info.block, out.mutable_replica());
  out.set_state(static_cast<uint32_t>(info.state));
  out.set_bytes_acked(info.bytes_acked);
  return PackMessage(out);
}

StatusOr<std::string> AnswerUpdate(InterDatanodeProtocol* local, const std::string& request) {
  pb::UpdateReplicaRequest in;
  RETURN_IF_ERROR(UnpackMessage(request, &in));
  pb::UpdateReplicaResponse out;
  ASSIGN_OR_RETURN(
      *out.mutable_storage_id(),
      local->UpdateReplicaUnderRecovery(FromProto(in.block()), in.recovery_id(), in.new_length()));
  return PackMessage(out);
}

}  // namespace

StatusOr<ReplicaRecoveryInfo> InterDatanodeStub::InitReplicaRecovery(const ExtendedBlock& block,
                                                                     int64_t recovery_id) {
  pb::InitReplicaRecoveryRequest request;
  ToProto(block.pool_id, block.block, request.mutable_block());
  request.set_recovery_id(recovery_id);
  ASSIGN_OR_RETURN(const std::string bytes, PackMessage(request));
  ASSIGN_OR_RETURN(const std::string answer, channel_->CallAndWait(kInitMethod, bytes, limit_));
  pb::InitReplicaRecoveryResponse response;
  RETURN_IF_ERROR(UnpackMessage(answer, &response));
  if (response.state() > static_cast<uint32_t>(ReplicaState::kTemporary)) {
    return InvalidArgumentError("unknown replica state " + std::to_string(response.state()) +
                                " from " + channel_->target());
  }
  ReplicaRecoveryInfo info;
  info.block = FromProto(response.replica()).block;
  info.state = static_cast<ReplicaState>(response.state());
  info.bytes_acked = response.bytes_acked();
  return info;
}

StatusOr<std::string> InterDatanodeStub::UpdateReplicaUnderRecovery(const ExtendedBlock& block,
                                                                    int64_t recovery_id,
                                                                    int64_t new_length) {
  pb::UpdateReplicaRequest request;
  ToProto(block.pool_id, block.block, request.mutable_block());
  request.set_recovery_id(recovery_id);
  request.set_new_length(new_length);
  ASSIGN_OR_RETURN(const std::string bytes, PackMessage(request));
  ASSIGN_OR_RETURN(const std::string answer, channel_->CallAndWait(kUpdateMethod, bytes, limit_));
  pb::UpdateReplicaResponse response;
  RETURN_IF_ERROR(UnpackMessage(answer, &response));
  return response.storage_id();
}

void AddInterDatanodeService(GrpcServices* services, InterDatanodeProtocol* local,
                             Executor* executor) {
  const auto add = [&](const char* method, auto answer) {
    services->AddCall(
        method, [local, executor, answer](const GrpcCaller&, std::string request, GrpcReply reply) {
          executor->Post([local, answer, request = std::move(request), reply = std::move(reply)] {
            reply(answer(local, request));
          });
        });
  };
  add(kInitMethod, &AnswerInit);
  add(kUpdateMethod, &AnswerUpdate);
}

}  // namespace tusk::datanode
