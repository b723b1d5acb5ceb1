// What DataNodes say: registrations, events, full reports, failures.
#include <algorithm>

#include "common/base/log.h"
#include "namenode/blocks/block_manager.h"

namespace tusk::namenode {
namespace {

// A long report gives the lock up after so many replicas.
constexpr size_t kReplicasPerSlice = 2000;

}  // namespace

BlockManager::NodeState* BlockManager::NodeOfLocked(NodeIndex node) {
  while (nodes_.size() <= node) nodes_.emplace_back();
  return &nodes_[node];
}

StorageIndex BlockManager::StorageOfLocked(NodeIndex node, const std::string& uuid,
                                           StorageType type) {
  NodeState* state = NodeOfLocked(node);
  for (const StorageIndex storage : state->storages) {
    if (storages_[storage].uuid == uuid) return storage;
  }
  const auto index = static_cast<StorageIndex>(storages_.size());
  storages_.push_back({node, uuid, type});
  state->storages.push_back(index);
  return index;
}

void BlockManager::TakeStoragesLocked(NodeIndex node, const std::vector<StorageReport>& storages) {
  for (const StorageReport& report : storages) {
    const StorageIndex storage = StorageOfLocked(node, report.storage_uuid, report.type);
    storages_[storage].type = report.type;
    if (!report.failed || blocks_.CountOn(storage) == 0) continue;
    for (const RecordIndex index : blocks_.BlocksOn(storage)) RemoveReplicaLocked(index, storage);
  }
}

int32_t BlockManager::NumBlocksLocked(NodeIndex node) const {
  size_t count = 0;
  for (const StorageIndex storage : nodes_[node].storages) count += blocks_.CountOn(storage);
  return static_cast<int32_t>(count);
}

// ---- registration, heartbeat, loss -------------------------------------------------------------

RegistrationAccepted BlockManager::Register(const DatanodeRegistration& registration,
                                            const std::string& rack, BlockEffects* effects) {
  const DatanodeManager::Registered registered = datanodes_->Register(registration, rack);
  if (registered.replaced != kNoNode) Lost({registered.replaced});
  RegistrationAccepted accepted;
  const int32_t racks = datanodes_->Counts().racks;
  {
    MutexLock lock(mu_);
    NodeState* node = NodeOfLocked(registered.node);
    node->uuid = registration.id.uuid;
    node->rack = rack;
    const bool was_dead = !node->alive;
    node->alive = node->connected = true;
    TakeStoragesLocked(registered.node, registration.storages);
    const bool anew = node->reports.Begin(registration.incarnation);
    if (was_dead) node->reports.ForgetReport();  // its replicas were taken out of the map
    if (anew || was_dead) {
      invalidations_.Clear(registered.node);  // the full report finds again what is to go
    }
    accepted.last_event_taken = node->reports.last_event();
    accepted.need_full_report = !node->reports.reported();
    if (!accepted.need_full_report) {
      datanodes_->MarkReported(registered.node);
    }
    if (racks > 1 && !multi_rack_) {
      multi_rack_ = true;
      if (ready_) scan_next_ = 0;  // blocks that lie on one rack may be spread now
    }
    CheckSafeModeLocked(effects);
  }
  accepted.heartbeat_interval_ms = ToMillis(datanodes_->options().heartbeat_interval);
  if (registered.remember) {
    effects->push_back(
        {.kind = BlockEffect::Kind::kDatanodeRegistered, .datanode = registration.id});
  }
  return accepted;
}

void BlockManager::Receive(const std::string& uuid, const Heartbeat& heartbeat) {
  const NodeIndex node = datanodes_->IndexOf(uuid);
  if (node == kNoNode) return;
  int32_t num_blocks = 0;
  {
    MutexLock lock(mu_);
    TakeStoragesLocked(node, heartbeat.storages);
    num_blocks = NumBlocksLocked(node);
  }
  datanodes_->TakeHeartbeat(node, heartbeat, num_blocks);
}

void BlockManager::ReleaseWorkOfLocked(NodeIndex node, BlockEffects* effects) {
  nodes_[node].reports.DropReport();
  for (const BlockId block : pending_.DropNode(node)) {
    const RecordIndex index = blocks_.Find(block);
    if (index != kNoIndex) ReviewLocked(index);
  }
  for (auto& [block, pipeline] : under_construction_) {
    if (pipeline.primary != node) continue;
    pipeline.primary = kNoNode;
    const RecordIndex index = blocks_.Find(block);
    effects->push_back({.kind = BlockEffect::Kind::kRecoveryFailed,
                        .block = block,
                        .inode = blocks_[index].inode});
  }
}

void BlockManager::Disconnected(const std::string& uuid, uint64_t incarnation,
                                BlockEffects* effects) {
  const NodeIndex node = datanodes_->IndexOf(uuid);
  if (node == kNoNode) return;
  {
    MutexLock lock(mu_);
    NodeState* state = NodeOfLocked(node);
    if (state->reports.incarnation() != incarnation) return;
    state->connected = false;
    datanodes_->Disconnect(node);
    invalidations_.Requeue(node);
    ReleaseWorkOfLocked(node, effects);
  }
  Kick();
}

void BlockManager::Lost(const std::vector<NodeIndex>& dead) {
  BlockEffects effects;
  for (const NodeIndex node : dead) {
    {
      MutexLock lock(mu_);
      NodeState* state = NodeOfLocked(node);
      LOG_WARN("datanode lost uuid={} blocks={}", state->uuid, NumBlocksLocked(node));
      state->alive = state->connected = false;
      state->reports.ForgetReport();
      invalidations_.Clear(node);
      ReleaseWorkOfLocked(node, &effects);
    }
    DropReplicasOf(node);
  }
  if (dead.empty()) return;
  if (!effects.empty()) effects_(std::move(effects));
  Kick();
}

// In slices; ends when the node comes back, whose full report then says what it has.
void BlockManager::DropReplicasOf(NodeIndex node) {
  std::vector<std::pair<StorageIndex, std::vector<RecordIndex>>> held;
  {
    MutexLock lock(mu_);
    for (const StorageIndex storage : nodes_[node].storages) {
      held.emplace_back(storage, blocks_.BlocksOn(storage));
    }
  }
  for (const auto& [storage, indexes] : held) {
    for (size_t done = 0; done < indexes.size();) {
      MutexLock lock(mu_);
      if (nodes_[node].alive) return;
      const size_t end = std::min(indexes.size(), done + kReplicasPerSlice);
      for (; done < end; ++done) RemoveReplicaLocked(indexes[done], storage);
    }
  }
}

// ---- events ------------------------------------------------------------------------------------

uint64_t BlockManager::Receive(const std::string& uuid, const ReplicaEvents& events,
                               BlockEffects* effects) {
  const NodeIndex node = datanodes_->IndexOf(uuid);
  if (node == kNoNode) return 0;
  bool hole = false, freed = false;
  uint64_t taken = 0;
  {
    MutexLock lock(mu_);
    ReportState& reports = NodeOfLocked(node)->reports;
    for (const ReplicaEvent& event : events.events) {
      const ReportState::Order order = reports.TakeEvent(event.number, event.block.id);
      if (order == ReportState::Order::kSeen) continue;
      hole = hole || order == ReportState::Order::kHole;
      ApplyEventLocked(node, event, effects);
      freed = freed || event.type == ReplicaEventType::kReceived;
    }
    // A copy that has arrived makes room for the next, and may be one too many.
    freed = (freed && needed_.low_redundancy() > 0) || invalidations_.HasWork();
    taken = reports.last_event();
    CheckSafeModeLocked(effects);
  }
  if (hole) {
    LOG_WARN("datanode events have a hole, asking for a full report uuid={} taken={}", uuid, taken);
    commander_->Send(uuid, NamenodeCommand{.work = SendFullReport{}});
  }
  if (freed) Kick();
  return taken;
}

void BlockManager::ApplyEventLocked(NodeIndex node, const ReplicaEvent& event,
                                    BlockEffects* effects) {
  if (event.type == ReplicaEventType::kDeleted) return ApplyDeletedLocked(node, event);
  const StorageIndex storage = StorageOfLocked(node, event.storage_uuid, StorageType::kDisk);
  switch (event.type) {
    case ReplicaEventType::kReceiving:
      ApplyReplicaLocked(storage, event.block, ReplicaState::kRbw, {}, effects);
      return;
    case ReplicaEventType::kReceived:
      datanodes_->TakeReceived(node);
      ApplyReplicaLocked(storage, event.block, ReplicaState::kFinalized, event.delete_hint,
                         effects);
      return;
    case ReplicaEventType::kDeleted:
      return;  // above
  }
}

void BlockManager::ApplyDeletedLocked(NodeIndex node, const ReplicaEvent& event) {
  invalidations_.Remove(node, event.block.id);
  const RecordIndex index = blocks_.Find(event.block.id);
  if (index == kNoIndex) return;
  for (const StorageIndex storage : nodes_[node].storages) {
    // Without a storage: the node has no replica at all, on none of its disks.
    if (event.storage_uuid.empty() || storages_[storage].uuid == event.storage_uuid) {
      RemoveReplicaLocked(index, storage);
    }
  }
  const auto pipeline = under_construction_.find(event.block.id);
  if (pipeline == under_construction_.end()) return;
  if (ExpectedReplica* replica = pipeline->second.Of(node)) replica->reported = false;
}

// A replica as an event or a report shows it.
void BlockManager::ApplyReplicaLocked(StorageIndex storage, const Block& block, ReplicaState state,
                                      const std::string& delete_hint, BlockEffects* effects) {
  if (state == ReplicaState::kTemporary || state == ReplicaState::kRur) return;
  const NodeIndex node = storages_[storage].node;
  if (invalidations_.Contains(node, block.id) && !invalidations_.Covers(node, block)) {
    invalidations_.Remove(node, block.id);  // what was to go is gone: this one is newer
  }
  const RecordIndex index = blocks_.Find(block.id);
  if (index == kNoIndex) {  // of a file that is gone
    invalidations_.Add(node, block);
    return;
  }
  const BlockRecord& record = blocks_[index];
  if (record.state == BlockState::kUnderConstruction) {
    if (block.generation_stamp < record.block.generation_stamp) {
      // It fell out of the pipeline, or was copied while the file was opened again.
      return under_construction_[block.id].Drop(node);
    }
    under_construction_[block.id].Note({.node = node,
                                        .storage = storage,
                                        .reported = true,
                                        .state = state,
                                        .generation_stamp = block.generation_stamp,
                                        .num_bytes = block.num_bytes});
    return;
  }
  if (state == ReplicaState::kFinalized) {
    AddFinalizedLocked(index, storage, block, delete_hint, effects);
  } else if (record.state == BlockState::kComplete) {
    if (block.generation_stamp != record.block.generation_stamp) {
      TakeOtherStampLocked(index, storage, block, state);
    } else if (state == ReplicaState::kRwr) {
      MarkCorruptLocked(index, storage, "not finalized");
    }  // an rbw of the right generation stamp is about to be finalized
  }
}

void BlockManager::AddFinalizedLocked(RecordIndex index, StorageIndex storage,
                                      const Block& reported, const std::string& delete_hint,
                                      BlockEffects* effects) {
  BlockRecord& record = blocks_[index];
  const BlockId id = record.block.id;
  const NodeIndex node = storages_[storage].node;
  if (reported.generation_stamp != record.block.generation_stamp) {
    return TakeOtherStampLocked(index, storage, reported, ReplicaState::kFinalized);
  }
  if (reported.num_bytes != record.block.num_bytes) {
    return MarkCorruptLocked(index, storage, "length");
  }
  const auto excess = excess_.find(id);
  const bool is_excess = excess != excess_.end() && excess->second.count(node) != 0;
  const bool to_go = invalidations_.Covers(node, reported);
  if (!is_excess && to_go) return;  // a replica that is to be deleted
  // The order to delete it was forgotten when its DataNode was restarted: it is judged anew.
  if (is_excess && !to_go) ForgetExcessLocked(id, node);
  for (const StorageIndex other : nodes_[node].storages) {
    if (other != storage) blocks_.RemoveReplica(index, other);  // moved between volumes
  }
  blocks_.AddReplica(index, storage);
  pending_.Remove(id, node);
  if (record.state != BlockState::kCommitted) return ReviewLocked(index, delete_hint);
  if (CountLocked(index).live >= options_.min_replication) CompleteLocked(index, effects);
}

// A replica of a block that has got another generation stamp since. The order to delete names the
// stamp that was reported: the DataNode may have a newer replica by now, and be about to say so.
void BlockManager::TakeOtherStampLocked(RecordIndex index, StorageIndex storage,
                                        const Block& reported, ReplicaState state) {
  const bool older = reported.generation_stamp < blocks_[index].block.generation_stamp;
  if (older && state == ReplicaState::kRbw) {  // late word of how a pipeline began
    return invalidations_.Add(storages_[storage].node, reported);
  }
  if (older) RemoveReplicaLocked(index, storage);
  if (!older || CountLocked(index).live < options_.min_replication) {
    return MarkCorruptLocked(index, storage, "generation stamp");
  }
  invalidations_.Add(storages_[storage].node, reported);
}

void BlockManager::RemoveReplicaLocked(RecordIndex index, StorageIndex storage) {
  if (!blocks_.RemoveReplica(index, storage)) return;
  const NodeIndex node = storages_[storage].node;
  const BlockId id = blocks_[index].block.id;
  corrupt_.Remove(id, node);
  ForgetExcessLocked(id, node);
  ReviewLocked(index);
}

void BlockManager::ForgetExcessLocked(BlockId block, NodeIndex node) {
  const auto excess = excess_.find(block);
  if (excess == excess_.end()) return;
  excess->second.erase(node);
  if (excess->second.empty()) excess_.erase(excess);
}

// ---- full reports ------------------------------------------------------------------------------

void BlockManager::Receive(const std::string& uuid, const BlockReportChunk& chunk,
                           BlockEffects* effects) {
  const NodeIndex node = datanodes_->IndexOf(uuid);
  if (node == kNoNode) return;
  bool too_old = false;
  size_t done = 0;
  do {
    MutexLock lock(mu_);
    ReportState& reports = NodeOfLocked(node)->reports;
    if (chunk.first && done == 0) {
      too_old = !reports.BeginReport(chunk.report_id, chunk.at_event);
    }
    if (too_old || !reports.InReport(chunk.report_id)) break;
    const size_t end = std::min(chunk.replicas.size(), done + kReplicasPerSlice);
    if (!chunk.replicas.empty()) {
      const StorageIndex storage = StorageOfLocked(node, chunk.storage_uuid, StorageType::kDisk);
      for (; done < end; ++done) ApplyListedLocked(node, storage, chunk.replicas[done], effects);
    }
    if (done == chunk.replicas.size() && chunk.last) {
      EndReportLocked(node, chunk.all_storage_uuids, effects);
    }
    CheckSafeModeLocked(effects);
  } while (done < chunk.replicas.size());
  if (too_old) commander_->Send(uuid, NamenodeCommand{.work = SendFullReport{}});
  if (chunk.last) Kick();
}

void BlockManager::ApplyListedLocked(NodeIndex node, StorageIndex storage,
                                     const ReportedReplica& replica, BlockEffects* effects) {
  ReportState& reports = nodes_[node].reports;
  if (reports.Touched(replica.block.id)) return;  // a later event knows better
  ApplyReplicaLocked(storage, replica.block, replica.state, {}, effects);
  const RecordIndex index = blocks_.Find(replica.block.id);
  if (index != kNoIndex) reports.List(index);
}

void BlockManager::EndReportLocked(NodeIndex node, const std::vector<std::string>& covered,
                                   BlockEffects* effects) {
  ReportState& reports = nodes_[node].reports;
  for (const StorageIndex storage : nodes_[node].storages) {
    const bool gone =
        std::find(covered.begin(), covered.end(), storages_[storage].uuid) == covered.end();
    for (const RecordIndex index : blocks_.BlocksOn(storage)) {
      if (!gone && reports.Listed(index)) continue;
      if (reports.Touched(blocks_[index].block.id)) continue;
      RemoveReplicaLocked(index, storage);
    }
  }
  for (auto& [block, pipeline] : under_construction_) {
    ExpectedReplica* replica = pipeline.Of(node);
    if (replica == nullptr || reports.Touched(block)) continue;
    if (!reports.Listed(blocks_.Find(block))) replica->reported = false;
  }
  reports.EndReport();
  datanodes_->TakeFullReport(node, NumBlocksLocked(node));
  CheckSafeModeLocked(effects);
}

// ---- failures ----------------------------------------------------------------------------------

void BlockManager::MarkCorruptLocked(RecordIndex index, StorageIndex storage,
                                     const std::string& reason) {
  const BlockRecord& record = blocks_[index];
  if (record.state == BlockState::kUnderConstruction) return;  // recovery decides
  const NodeIndex node = storages_[storage].node;
  if (invalidations_.Contains(node, record.block.id)) return;
  blocks_.AddReplica(index, storage);
  if (!corrupt_.Add(record.block.id, node, reason)) return;
  pending_.Remove(record.block.id, node);
  ReviewLocked(index);
}

void BlockManager::ReportBad(const Block& block, const std::string& datanode_uuid,
                             const std::string& storage_id, const std::string& reason) {
  const NodeIndex node = datanodes_->IndexOf(datanode_uuid);
  if (node == kNoNode) return;
  {
    MutexLock lock(mu_);
    const RecordIndex index = blocks_.Find(block.id);
    if (index == kNoIndex) return;
    if (blocks_[index].block.generation_stamp != block.generation_stamp) return;
    // Only a replica that we count on: the word of a client must not make others.
    StorageIndex found = kNoIndex;
    for (const ReplicaLink& link : blocks_[index].replicas) {
      if (storages_[link.storage].node != node) continue;
      if (found == kNoIndex || storages_[link.storage].uuid == storage_id) found = link.storage;
    }
    if (found == kNoIndex) return;
    MarkCorruptLocked(index, found, reason);
  }
  LOG_WARN("corrupt replica block={} datanode={} reason={}", BlockName(block), datanode_uuid,
           reason);
  Kick();
}

void BlockManager::Receive(const std::string& uuid, const BadReplica& bad) {
  ReportBad(bad.block, bad.datanode_uuid, bad.storage_uuid, "reported by datanode " + uuid);
}

void BlockManager::Receive(const std::string& uuid, const BlockSynchronization& outcome,
                           BlockEffects* effects) {
  const NodeIndex node = datanodes_->IndexOf(uuid);
  MutexLock lock(mu_);
  const RecordIndex index = blocks_.Find(outcome.block.id);
  const auto pipeline = under_construction_.find(outcome.block.id);
  if (index == kNoIndex || pipeline == under_construction_.end() || node == kNoNode ||
      pipeline->second.recovery_id != outcome.new_generation_stamp) {
    LOG_INFO("recovery outcome is out of date block={} recovery_id={} datanode={}",
             outcome.block.id, outcome.new_generation_stamp, uuid);
    return;
  }
  effects->push_back({.kind = BlockEffect::Kind::kSynchronized,
                      .block = outcome.block.id,
                      .inode = blocks_[index].inode,
                      .synchronization = outcome});
}

void BlockManager::Receive(const std::string& uuid, const TransferFailed& failed) {
  LOG_WARN("copy failed block={} source={} target={} error={}", BlockName(failed.block), uuid,
           failed.target_uuid, failed.error);
  const NodeIndex target = datanodes_->IndexOf(failed.target_uuid);
  if (target == kNoNode) return;
  datanodes_->TakeReceived(target);
  MutexLock lock(mu_);
  pending_.Remove(failed.block.id, target);
  const RecordIndex index = blocks_.Find(failed.block.id);
  if (index != kNoIndex) ReviewLocked(index);
}

}  // namespace tusk::namenode
