#include "datanode/rpc/client_datanode_service.h"

#include "proto/hadoop/client_datanode.pb.h"

namespace tusk::datanode {
namespace {
namespace pb = ::tusk::proto::hdfs;
constexpr char kProtocolName[] = "org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol";
}  // namespace

ClientDatanodeService::ClientDatanodeService(ReplicaStore* store, const Clock* clock,
                                             ClientDatanodeOptions options,
                                             std::function<void()> full_report)
    : store_(store),
      clock_(clock),
      options_(std::move(options)),
      full_report_(std::move(full_report)),
      started_(clock->Now()) {}

RpcProtocol ClientDatanodeService::Protocol() {
  RpcProtocol protocol(kProtocolName);
  protocol
      .Register<pb::GetReplicaVisibleLengthRequestProto, pb::GetReplicaVisibleLengthResponseProto>(
          "getReplicaVisibleLength", [this](RpcCall&, const auto& in, auto* out) -> Status {
            if (store_->identity().block_pool_id.empty()) {
              return UnavailableError("this DataNode has not registered yet", Reason::kRetriable);
            }
            const ExtendedBlock block{
                in.block().poolid(),
                {BlockId(static_cast<int64_t>(in.block().blockid())),
                 GenerationStamp(static_cast<int64_t>(in.block().generationstamp())),
                 static_cast<int64_t>(in.block().numbytes())}};
            ASSIGN_OR_RETURN(const int64_t length, store_->VisibleLength(block));
            out->set_length(static_cast<uint64_t>(length));
            return Status::Ok();
          });
  protocol.Register<pb::GetDatanodeInfoRequestProto, pb::GetDatanodeInfoResponseProto>(
      "getDatanodeInfo", [this](RpcCall&, const auto&, auto* out) {
        auto* info = out->mutable_localinfo();
        info->set_softwareversion(options_.software_version);
        info->set_configversion(options_.config_version);
        info->set_uptime(static_cast<uint64_t>(ToSeconds(clock_->Now() - started_)));
        return Status::Ok();
      });
  protocol.Register<pb::GetVolumeReportRequestProto, pb::GetVolumeReportResponseProto>(
      "getVolumeReport",
      [this](RpcCall&, const auto&, auto* out) {
        for (const VolumeReport& volume : store_->VolumeReports()) {
          auto* info = out->add_volumeinfo();
          info->set_path(volume.dir);
          info->set_storagetype(static_cast<pb::StorageTypeProto>(volume.type));
          info->set_usedspace(static_cast<uint64_t>(volume.space.dfs_used_bytes));
          info->set_freespace(static_cast<uint64_t>(volume.space.remaining_bytes));
          info->set_reservedspace(static_cast<uint64_t>(volume.reserved_bytes));
          info->set_reservedspaceforreplicas(static_cast<uint64_t>(volume.promised_bytes));
          info->set_numblocks(static_cast<uint64_t>(volume.replicas));
        }
        return Status::Ok();
      },
      RpcRun::kSlow);
  protocol.Register<pb::TriggerBlockReportRequestProto, pb::TriggerBlockReportResponseProto>(
      "triggerBlockReport", [this](RpcCall&, const auto& in, auto*) {
        // Increments travel at once anyway.
        if (!in.incremental()) full_report_();
        return Status::Ok();
      });
  protocol.Register<pb::GetBalancerBandwidthRequestProto, pb::GetBalancerBandwidthResponseProto>(
      "getBalancerBandwidth", [this](RpcCall&, const auto&, auto* out) {
        out->set_bandwidth(static_cast<uint64_t>(options_.balancer_bandwidth));
        return Status::Ok();
      });
  return protocol;
}

}  // namespace tusk::datanode
