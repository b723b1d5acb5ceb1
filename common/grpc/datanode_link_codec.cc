#include "common/grpc/datanode_link_codec.h"

#include "common/grpc/message.h"
#include "proto/tusk/datanode_link.pb.h"

namespace tusk {
namespace {

// ---- shared parts ------------------------------------------------------------------------------

void Put(const Block& block, proto::LinkBlock* out) {
  out->set_id(static_cast<uint64_t>(block.id.value()));
  out->set_generation_stamp(static_cast<uint64_t>(block.generation_stamp.value()));
  out->set_num_bytes(block.num_bytes);
}
Block Get(const proto::LinkBlock& in) {
  return {BlockId(static_cast<int64_t>(in.id())),
          GenerationStamp(static_cast<int64_t>(in.generation_stamp())), in.num_bytes()};
}

void Put(const DatanodeId& id, proto::LinkDatanodeId* out) {
  out->set_ip_addr(id.ip_addr);
  out->set_host_name(id.host_name);
  out->set_uuid(id.uuid);
  out->set_xfer_port(static_cast<uint32_t>(id.xfer_port));
  out->set_info_port(static_cast<uint32_t>(id.info_port));
  out->set_ipc_port(static_cast<uint32_t>(id.ipc_port));
}
DatanodeId Get(const proto::LinkDatanodeId& in) {
  return {in.ip_addr(),
          in.host_name(),
          in.uuid(),
          static_cast<int32_t>(in.xfer_port()),
          static_cast<int32_t>(in.info_port()),
          static_cast<int32_t>(in.ipc_port())};
}

void Put(const DatanodeInfo& node, proto::LinkLocation* out) {
  Put(node.id, out->mutable_id());
  out->set_network_location(node.network_location);
}
DatanodeInfo Get(const proto::LinkLocation& in) {
  DatanodeInfo node;
  node.id = Get(in.id());
  node.network_location = in.network_location();
  return node;
}

StorageType StorageTypeOf(uint32_t number) {
  return number >= 1 && number <= 6 ? static_cast<StorageType>(number) : StorageType::kDisk;
}

void Put(const StorageReport& report, proto::LinkStorageReport* out) {
  out->set_storage_uuid(report.storage_uuid);
  out->set_type(static_cast<uint32_t>(report.type));
  out->set_failed(report.failed);
  out->set_capacity_bytes(report.capacity_bytes);
  out->set_dfs_used_bytes(report.dfs_used_bytes);
  out->set_remaining_bytes(report.remaining_bytes);
  out->set_block_pool_used_bytes(report.block_pool_used_bytes);
  out->set_non_dfs_used_bytes(report.non_dfs_used_bytes);
}
StorageReport Get(const proto::LinkStorageReport& in) {
  return {.storage_uuid = in.storage_uuid(),
          .type = StorageTypeOf(in.type()),
          .failed = in.failed(),
          .capacity_bytes = in.capacity_bytes(),
          .dfs_used_bytes = in.dfs_used_bytes(),
          .remaining_bytes = in.remaining_bytes(),
          .block_pool_used_bytes = in.block_pool_used_bytes(),
          .non_dfs_used_bytes = in.non_dfs_used_bytes()};
}

template <typename Repeated>
std::vector<std::string> Strings(const Repeated& in) {
  return {in.begin(), in.end()};
}

// ---- upwards -----------------------------------------------------------------------------------

struct PutUp {
  proto::DatanodeLinkUp* up;

  void operator()(const DatanodeRegistration& in) const {
    auto* out = up->mutable_registration();
    Put(in.id, out->mutable_id());
    out->set_software_version(in.software_version);
    out->set_cluster_id(in.cluster_id);
    out->set_block_pool_id(in.block_pool_id);
    out->set_namespace_id(in.namespace_id);
    out->set_layout_version(in.layout_version);
    out->set_recovery_port(in.recovery_port);
    out->set_domain_socket_path(in.domain_socket_path);
    out->set_incarnation(in.incarnation);
    for (const StorageReport& storage : in.storages) Put(storage, out->add_storages());
  }
  void operator()(const Heartbeat& in) const {
    auto* out = up->mutable_heartbeat();
    for (const StorageReport& storage : in.storages) Put(storage, out->add_storages());
    out->set_xceiver_count(in.xceiver_count);
    out->set_transfers_in_progress(in.transfers_in_progress);
    out->set_failed_volumes(in.failed_volumes);
  }
  void operator()(const ReplicaEvents& in) const {
    auto* out = up->mutable_events();
    for (const ReplicaEvent& event : in.events) {
      auto* e = out->add_events();
      e->set_number(event.number);
      e->set_type(static_cast<uint32_t>(event.type));
      Put(event.block, e->mutable_block());
      e->set_storage_uuid(event.storage_uuid);
      e->set_delete_hint(event.delete_hint);
    }
  }
  void operator()(const BlockReportChunk& in) const {
    auto* out = up->mutable_report_chunk();
    out->set_report_id(in.report_id);
    out->set_at_event(in.at_event);
    out->set_first(in.first);
    out->set_last(in.last);
    out->set_storage_uuid(in.storage_uuid);
    for (const ReportedReplica& replica : in.replicas) {
      out->add_block_ids(static_cast<uint64_t>(replica.block.id.value()));
      out->add_generation_stamps(static_cast<uint64_t>(replica.block.generation_stamp.value()));
      out->add_lengths(replica.block.num_bytes);
      out->add_states(static_cast<uint32_t>(replica.state));
    }
    for (const std::string& uuid : in.all_storage_uuids) out->add_all_storage_uuids(uuid);
  }
  void operator()(const BadReplica& in) const {
    auto* out = up->mutable_bad_replica();
    Put(in.block, out->mutable_block());
    out->set_datanode_uuid(in.datanode_uuid);
    out->set_storage_uuid(in.storage_uuid);
  }
  void operator()(const BlockSynchronization& in) const {
    auto* out = up->mutable_synchronization();
    Put(in.block, out->mutable_block());
    out->set_new_generation_stamp(static_cast<uint64_t>(in.new_generation_stamp.value()));
    out->set_new_length(in.new_length);
    out->set_close_file(in.close_file);
    out->set_delete_block(in.delete_block);
    for (const std::string& uuid : in.datanode_uuids) out->add_datanode_uuids(uuid);
    for (const std::string& uuid : in.storage_uuids) out->add_storage_uuids(uuid);
  }
  void operator()(const TransferFailed& in) const {
    auto* out = up->mutable_transfer_failed();
    Put(in.block, out->mutable_block());
    out->set_target_uuid(in.target_uuid);
    out->set_error(in.error);
  }
};

DatanodeMessage GetRegistration(const proto::LinkRegistration& in) {
  DatanodeRegistration out;
  out.id = Get(in.id());
  out.software_version = in.software_version();
  out.cluster_id = in.cluster_id();
  out.block_pool_id = in.block_pool_id();
  out.namespace_id = in.namespace_id();
  out.layout_version = in.layout_version();
  out.recovery_port = in.recovery_port();
  out.domain_socket_path = in.domain_socket_path();
  out.incarnation = in.incarnation();
  for (const auto& storage : in.storages()) out.storages.push_back(Get(storage));
  return out;
}

DatanodeMessage GetHeartbeat(const proto::LinkHeartbeat& in) {
  Heartbeat out;
  for (const auto& storage : in.storages()) out.storages.push_back(Get(storage));
  out.xceiver_count = in.xceiver_count();
  out.transfers_in_progress = in.transfers_in_progress();
  out.failed_volumes = in.failed_volumes();
  return out;
}

StatusOr<DatanodeMessage> GetEvents(const proto::LinkReplicaEvents& in) {
  ReplicaEvents out;
  for (const auto& event : in.events()) {
    if (event.type() < 1 || event.type() > 3) {
      return InvalidArgumentError("replica event of unknown type " + std::to_string(event.type()));
    }
    out.events.push_back({.number = event.number(),
                          .type = static_cast<ReplicaEventType>(event.type()),
                          .block = Get(event.block()),
                          .storage_uuid = event.storage_uuid(),
                          .delete_hint = event.delete_hint()});
  }
  return DatanodeMessage(std::move(out));
}

StatusOr<DatanodeMessage> GetReportChunk(const proto::LinkBlockReportChunk& in) {
  const int count = in.block_ids_size();
  if (in.generation_stamps_size() != count || in.lengths_size() != count ||
      in.states_size() != count) {
    return InvalidArgumentError("block report with columns of different length");
  }
  BlockReportChunk out;
  out.report_id = in.report_id();
  out.at_event = in.at_event();
  out.first = in.first();
  out.last = in.last();
  out.storage_uuid = in.storage_uuid();
  out.replicas.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    if (in.states(i) > static_cast<uint32_t>(ReplicaState::kTemporary)) {
      return InvalidArgumentError("block report with unknown replica state " +
                                  std::to_string(in.states(i)));
    }
    out.replicas.push_back(
        {.block = {BlockId(static_cast<int64_t>(in.block_ids(i))),
                   GenerationStamp(static_cast<int64_t>(in.generation_stamps(i))), in.lengths(i)},
         .state = static_cast<ReplicaState>(in.states(i))});
  }
  out.all_storage_uuids = Strings(in.all_storage_uuids());
  return DatanodeMessage(std::move(out));
}

DatanodeMessage GetSynchronization(const proto::LinkBlockSynchronization& in) {
  return BlockSynchronization{
      .block = Get(in.block()),
      .new_generation_stamp = GenerationStamp(static_cast<int64_t>(in.new_generation_stamp())),
      .new_length = in.new_length(),
      .close_file = in.close_file(),
      .delete_block = in.delete_block(),
      .datanode_uuids = Strings(in.datanode_uuids()),
      .storage_uuids = Strings(in.storage_uuids())};
}

// ---- downwards ---------------------------------------------------------------------------------

struct PutWork {
  proto::LinkCommand* command;

  void operator()(const TransferBlock& in) const {
    auto* out = command->mutable_transfer();
    out->set_pool_id(in.block.pool_id);
    Put(in.block.block, out->mutable_block());
    for (const DatanodeInfo& node : in.targets) Put(node, out->add_targets());
    for (const StorageType type : in.target_storage_types) {
      out->add_target_storage_types(static_cast<uint32_t>(type));
    }
    for (const std::string& id : in.target_storage_ids) out->add_target_storage_ids(id);
  }
  void operator()(const InvalidateBlocks& in) const {
    auto* out = command->mutable_invalidate();
    out->set_pool_id(in.pool_id);
    for (const Block& block : in.blocks) Put(block, out->add_blocks());
  }
  void operator()(const RecoverBlock& in) const {
    auto* out = command->mutable_recover();
    out->set_pool_id(in.block.pool_id);
    Put(in.block.block, out->mutable_block());
    out->set_recovery_id(static_cast<uint64_t>(in.recovery_id.value()));
    for (const DatanodeInfo& node : in.locations) Put(node, out->add_locations());
    for (const int32_t port : in.recovery_ports) out->add_recovery_ports(port);
    out->set_truncate_to(in.truncate_to);
  }
  void operator()(const SendFullReport&) const { command->mutable_send_full_report(); }
};

struct PutDown {
  proto::DatanodeLinkDown* down;

  void operator()(const RegistrationAccepted& in) const {
    auto* out = down->mutable_accepted();
    out->set_cluster_id(in.namespace_info.cluster_id);
    out->set_block_pool_id(in.namespace_info.block_pool_id);
    out->set_namespace_id(in.namespace_info.namespace_id);
    out->set_layout_version(in.namespace_info.layout_version);
    out->set_creation_time_ms(in.namespace_info.creation_time_ms);
    out->set_epoch(in.epoch);
    out->set_last_event_taken(in.last_event_taken);
    out->set_need_full_report(in.need_full_report);
    out->set_heartbeat_interval_ms(in.heartbeat_interval_ms);
  }
  void operator()(const RegistrationRefused& in) const {
    down->mutable_refused()->set_message(in.message);
    down->mutable_refused()->set_permanent(in.permanent);
  }
  void operator()(const EventsTaken& in) const {
    down->mutable_events_taken()->set_up_to(in.up_to);
  }
  void operator()(const NamenodeCommand& in) const {
    down->mutable_command()->set_epoch(in.epoch);
    std::visit(PutWork{down->mutable_command()}, in.work);
  }
};

StatusOr<TransferBlock> GetTransfer(const proto::LinkTransferBlock& in) {
  if (in.targets_size() == 0 || in.target_storage_types_size() != in.targets_size() ||
      in.target_storage_ids_size() != in.targets_size()) {
    return InvalidArgumentError("transfer command whose targets and storages do not match");
  }
  TransferBlock out;
  out.block = {in.pool_id(), Get(in.block())};
  for (const auto& node : in.targets()) out.targets.push_back(Get(node));
  for (const uint32_t type : in.target_storage_types()) {
    out.target_storage_types.push_back(StorageTypeOf(type));
  }
  out.target_storage_ids = Strings(in.target_storage_ids());
  return out;
}

StatusOr<RecoverBlock> GetRecover(const proto::LinkRecoverBlock& in) {
  if (in.locations_size() == 0 || in.recovery_ports_size() != in.locations_size()) {
    return InvalidArgumentError("recovery command whose locations and ports do not match");
  }
  RecoverBlock out;
  out.block = {in.pool_id(), Get(in.block())};
  out.recovery_id = GenerationStamp(static_cast<int64_t>(in.recovery_id()));
  for (const auto& node : in.locations()) out.locations.push_back(Get(node));
  out.recovery_ports = {in.recovery_ports().begin(), in.recovery_ports().end()};
  out.truncate_to = in.truncate_to();
  return out;
}

StatusOr<NamenodeMessage> GetCommand(const proto::LinkCommand& in) {
  NamenodeCommand out;
  out.epoch = in.epoch();
  switch (in.work_case()) {
    case proto::LinkCommand::kTransfer: {
      ASSIGN_OR_RETURN(out.work, GetTransfer(in.transfer()));
      break;
    }
    case proto::LinkCommand::kInvalidate: {
      InvalidateBlocks blocks{.pool_id = in.invalidate().pool_id()};
      for (const auto& block : in.invalidate().blocks()) blocks.blocks.push_back(Get(block));
      out.work = std::move(blocks);
      break;
    }
    case proto::LinkCommand::kRecover: {
      ASSIGN_OR_RETURN(out.work, GetRecover(in.recover()));
      break;
    }
    case proto::LinkCommand::kSendFullReport:
      out.work = SendFullReport{};
      break;
    case proto::LinkCommand::WORK_NOT_SET:
      return InvalidArgumentError("command of an unknown kind");
  }
  return NamenodeMessage(std::move(out));
}

NamenodeMessage GetAccepted(const proto::LinkRegistrationAccepted& in) {
  return RegistrationAccepted{.namespace_info = {.cluster_id = in.cluster_id(),
                                                 .block_pool_id = in.block_pool_id(),
                                                 .namespace_id = in.namespace_id(),
                                                 .layout_version = in.layout_version(),
                                                 .creation_time_ms = in.creation_time_ms()},
                              .epoch = in.epoch(),
                              .last_event_taken = in.last_event_taken(),
                              .need_full_report = in.need_full_report(),
                              .heartbeat_interval_ms = in.heartbeat_interval_ms()};
}

}  // namespace

StatusOr<std::string> Encode(const DatanodeMessage& message) {
  proto::DatanodeLinkUp up;
  std::visit(PutUp{&up}, message);
  return PackMessage(up);
}

StatusOr<std::string> Encode(const NamenodeMessage& message) {
  proto::DatanodeLinkDown down;
  std::visit(PutDown{&down}, message);
  return PackMessage(down);
}

StatusOr<DatanodeMessage> DecodeDatanodeMessage(std::string_view bytes) {
  proto::DatanodeLinkUp up;
  RETURN_IF_ERROR(UnpackMessage(bytes, &up));
  switch (up.message_case()) {
    case proto::DatanodeLinkUp::kRegistration:
      return GetRegistration(up.registration());
    case proto::DatanodeLinkUp::kHeartbeat:
      return GetHeartbeat(up.heartbeat());
    case proto::DatanodeLinkUp::kEvents:
      return GetEvents(up.events());
    case proto::DatanodeLinkUp::kReportChunk:
      return GetReportChunk(up.report_chunk());
    case proto::DatanodeLinkUp::kBadReplica:
      return DatanodeMessage(BadReplica{Get(up.bad_replica().block()),
                                        up.bad_replica().datanode_uuid(),
                                        up.bad_replica().storage_uuid()});
    case proto::DatanodeLinkUp::kSynchronization:
      return GetSynchronization(up.synchronization());
    case proto::DatanodeLinkUp::kTransferFailed:
      return DatanodeMessage(TransferFailed{Get(up.transfer_failed().block()),
                                            up.transfer_failed().target_uuid(),
                                            up.transfer_failed().error()});
    case proto::DatanodeLinkUp::MESSAGE_NOT_SET:
      break;
  }
  return InvalidArgumentError("message of an unknown kind from a DataNode");
}

StatusOr<NamenodeMessage> DecodeNamenodeMessage(std::string_view bytes) {
  proto::DatanodeLinkDown down;
  RETURN_IF_ERROR(UnpackMessage(bytes, &down));
  switch (down.message_case()) {
    case proto::DatanodeLinkDown::kAccepted:
      return GetAccepted(down.accepted());
    case proto::DatanodeLinkDown::kRefused:
      return NamenodeMessage(
          RegistrationRefused{down.refused().message(), down.refused().permanent()});
    case proto::DatanodeLinkDown::kEventsTaken:
      return NamenodeMessage(EventsTaken{down.events_taken().up_to()});
    case proto::DatanodeLinkDown::kCommand:
      return GetCommand(down.command());
    case proto::DatanodeLinkDown::MESSAGE_NOT_SET:
      break;
  }
  return InvalidArgumentError("message of an unknown kind from a NameNode");
}

}  // namespace tusk
