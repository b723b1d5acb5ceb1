// Life of the block manager, and what the namespace asks of it.
#include "namenode/blocks/block_manager.h"

#include <algorithm>

#include "common/base/log.h"

namespace tusk::namenode {

BlockManager::BlockManager(BlockManagerOptions options, DatanodeManager* datanodes,
                           const Clock* clock, Timer* timer, Executor* executor,
                           DatanodeCommander* commander, LogGate* gate,
                           std::function<void(BlockEffects)> effects)
    : options_(std::move(options)),
      datanodes_(datanodes),
      clock_(clock),
      timer_(timer),
      executor_(executor),
      commander_(commander),
      gate_(gate),
      effects_(std::move(effects)),
      safe_mode_({.threshold = options_.safe_mode_threshold,
                  .min_datanodes = options_.safe_mode_min_datanodes,
                  .extension = options_.safe_mode_extension}) {}

BlockManager::~BlockManager() {
  Stop();
}

void BlockManager::Activate() {
  BlockEffects effects;
  {
    MutexLock lock(mu_);
    active_ = true;
    CheckSafeModeLocked(&effects);
  }
  round_timer_ = timer_->Every(options_.redundancy_interval, [this] { Kick(); });
  if (!effects.empty()) {
    executor_->Post(guard_.Wrap([this, effects] { effects_(effects); }));
  }
}

void BlockManager::Stop() {
  round_timer_.Cancel();
  guard_.Stop();
}

// ---- loading -----------------------------------------------------------------------------------

void BlockManager::Restore(const RestoredBlock& restored) {
  BlockEffects ignored;  // nobody waits for blocks while they are loaded
  MutexLock lock(mu_);
  RecordIndex index = blocks_.Find(restored.block.id);
  if (index == kNoIndex) {
    index = blocks_.Insert(restored.block, restored.inode, restored.replication,
                           BlockState::kUnderConstruction);
    under_construction_[restored.block.id];
  } else if (blocks_[index].state != BlockState::kUnderConstruction) {
    if (blocks_[index].state == BlockState::kComplete) LeaveCompleteLocked(index);
    blocks_[index].state = BlockState::kUnderConstruction;
  }
  BlockRecord& record = blocks_[index];
  record.block = restored.block;
  record.inode = restored.inode;
  record.replication = static_cast<int16_t>(restored.replication);
  if (restored.state == BlockState::kUnderConstruction) return;
  CommitLocked(index, &ignored);
  // The log says it is complete: then it is, whether or not its replicas are reported yet.
  if (restored.state == BlockState::kComplete && record.state != BlockState::kComplete) {
    CompleteLocked(index, &ignored);
  }
}

// ---- writing -----------------------------------------------------------------------------------

StatusOr<std::vector<ReplicaTarget>> BlockManager::ChooseTargets(const PlacementRequest& request) {
  std::string left_out;
  std::vector<ReplicaTarget> targets;
  std::vector<NodeIndex> chosen;
  for (auto& [node, target] : datanodes_->Choose(request, {}, {}, &left_out)) {
    targets.push_back(std::move(target));
    chosen.push_back(node);
  }
  if (static_cast<int32_t>(targets.size()) >= request.minimum) return targets;
  for (const NodeIndex node : chosen) datanodes_->TakeReceived(node);  // nobody is told of them
  const std::string excluded =
      request.excluded.empty() ? "no" : std::to_string(request.excluded.size());
  std::string message = "File " + request.path + " could only be written to " +
                        std::to_string(targets.size()) + " of the " +
                        std::to_string(request.minimum) + " minReplication nodes. There are " +
                        std::to_string(datanodes_->Counts().live) + " datanode(s) running and " +
                        excluded + " node(s) are excluded in this operation.";
  if (!left_out.empty()) message += " Left out: " + left_out + ".";
  return UnavailableError(std::move(message));
}

void BlockManager::SetExpectedLocked(UnderConstruction* pipeline,
                                     const std::vector<std::string>& node_uuids,
                                     const std::vector<std::string>& storage_ids) {
  const std::vector<ExpectedReplica> before = std::exchange(pipeline->replicas, {});
  for (size_t i = 0; i < node_uuids.size(); ++i) {
    const NodeIndex node = datanodes_->IndexOf(node_uuids[i]);
    if (node == kNoNode) continue;
    ExpectedReplica replica;
    for (const ExpectedReplica& known : before) {
      if (known.node == node) replica = known;
    }
    replica.node = node;
    if (i < storage_ids.size()) {
      replica.storage = StorageOfLocked(node, storage_ids[i], StorageType::kDisk);
    }
    pipeline->replicas.push_back(replica);
    std::erase(pipeline->dropped, node);
  }
  for (const ExpectedReplica& known : before) {
    if (pipeline->Of(known.node) != nullptr) continue;
    pipeline->Drop(known.node);
    if (!known.finalized()) datanodes_->TakeReceived(known.node);  // nothing will come of it
  }
}

void BlockManager::AddUnderConstruction(InodeId inode, const Block& block, int32_t replication,
                                        const std::vector<ReplicaTarget>& targets) {
  std::vector<std::string> uuids, storage_ids;
  for (const ReplicaTarget& target : targets) {
    uuids.push_back(target.node.id.uuid);
    storage_ids.push_back(target.storage_id);
  }
  MutexLock lock(mu_);
  RecordIndex index = blocks_.Find(block.id);
  if (index == kNoIndex) {
    index = blocks_.Insert(block, inode, replication, BlockState::kUnderConstruction);
  }
  blocks_[index].replication = static_cast<int16_t>(replication);
  SetExpectedLocked(&under_construction_[block.id], uuids, storage_ids);
}

Status BlockManager::UnknownBlock(const Block& block) const {
  return NotFoundError("Block " + BlockName(block) + " is not in the block map");
}

Status BlockManager::Commit(const Block& block) {
  BlockEffects effects;
  {
    MutexLock lock(mu_);
    const RecordIndex index = blocks_.Find(block.id);
    if (index == kNoIndex) return UnknownBlock(block);
    BlockRecord& record = blocks_[index];
    if (record.block.generation_stamp != block.generation_stamp) {
      return FailedPreconditionError("Commit block with mismatching GS. NN has " +
                                     BlockName(record.block) + ", client submits " +
                                     BlockName(block));
    }
    if (record.state != BlockState::kUnderConstruction) {
      if (record.block.num_bytes == block.num_bytes) return Status::Ok();
      return FailedPreconditionError(
          "Commit block " + BlockName(block) + " with length " + std::to_string(block.num_bytes) +
          ", it was committed with length " + std::to_string(record.block.num_bytes));
    }
    if (block.num_bytes < record.block.num_bytes) {
      return FailedPreconditionError("commitBlock length is less than the stored one " +
                                     std::to_string(block.num_bytes) + " vs. " +
                                     std::to_string(record.block.num_bytes));
    }
    record.block.num_bytes = block.num_bytes;
    CommitLocked(index, &effects);
  }
  // Others may wait for the same block, for instance a repeated call on another connection.
  if (!effects.empty()) {
    executor_->Post(guard_.Wrap([this, effects] { effects_(effects); }));
  }
  return Status::Ok();
}

// The block's length is decided: what was reported while it was written is judged by it now.
void BlockManager::CommitLocked(RecordIndex index, BlockEffects* effects) {
  blocks_[index].state = BlockState::kCommitted;
  const Block block = blocks_[index].block;
  const std::vector<ExpectedReplica> reported = under_construction_[block.id].replicas;
  for (const ExpectedReplica& replica : reported) {
    if (!replica.reported || replica.storage == kNoIndex) continue;
    if (replica.generation_stamp < block.generation_stamp) {
      // A node that fell out of the pipeline.
      invalidations_.Add(replica.node, {block.id, replica.generation_stamp, 0});
    } else if (replica.state == ReplicaState::kFinalized) {
      AddFinalizedLocked(index, replica.storage,
                         {block.id, replica.generation_stamp, replica.num_bytes}, {}, effects);
    }
  }
}

void BlockManager::CompleteLocked(RecordIndex index, BlockEffects* effects) {
  BlockRecord& record = blocks_[index];
  record.state = BlockState::kComplete;
  ++complete_;
  record.has_live = false;  // counted anew by the review
  // The rest of the pipeline is about to report: nobody need copy meanwhile.
  const auto pipeline = under_construction_.find(record.block.id);
  if (pipeline != under_construction_.end()) {
    std::vector<NodeIndex> awaited;
    for (const ExpectedReplica& replica : pipeline->second.replicas) {
      const bool has_it = replica.storage != kNoIndex && blocks_.HasReplica(index, replica.storage);
      const bool stale =
          replica.reported && replica.generation_stamp < record.block.generation_stamp;
      if (!has_it && !stale && !pipeline->second.IsDropped(replica.node) &&
          NodeOfLocked(replica.node)->connected) {
        awaited.push_back(replica.node);
      }
    }
    const GenerationStamp older(record.block.generation_stamp.value() - 1);
    for (const NodeIndex node : pipeline->second.dropped) {
      invalidations_.Add(node, {record.block.id, older, 0});
    }
    under_construction_.erase(pipeline);
    if (active_) pending_.Add(record.block.id, kNoNode, awaited, clock_->Now());
  }
  effects->push_back(
      {.kind = BlockEffect::Kind::kBlockComplete, .block = record.block.id, .inode = record.inode});
  ReviewLocked(index);
}

// A complete block is to be under construction again: its replicas become its pipeline.
void BlockManager::LeaveCompleteLocked(RecordIndex index) {
  BlockRecord& record = blocks_[index];
  const BlockId id = record.block.id;
  UnderConstruction& pipeline = under_construction_[id];
  std::vector<StorageIndex> storages;
  for (const ReplicaLink& link : record.replicas) storages.push_back(link.storage);
  for (const StorageIndex storage : storages) {
    const NodeIndex node = storages_[storage].node;
    blocks_.RemoveReplica(index, storage);
    if (corrupt_.Contains(id, node) || invalidations_.Contains(node, id)) continue;
    pipeline.replicas.push_back({.node = node,
                                 .storage = storage,
                                 .reported = true,
                                 .state = ReplicaState::kFinalized,
                                 .generation_stamp = record.block.generation_stamp,
                                 .num_bytes = record.block.num_bytes});
  }
  --complete_;
  if (std::exchange(record.has_live, false)) --available_;
  needed_.Remove(id);
  pending_.Remove(id);
  corrupt_.Remove(id);
  excess_.erase(id);
}

StatusOr<BlockState> BlockManager::StateOf(BlockId block) const {
  MutexLock lock(mu_);
  const RecordIndex index = blocks_.Find(block);
  if (index == kNoIndex) return UnknownBlock({block, {}, 0});
  return blocks_[index].state;
}

bool BlockManager::IsComplete(BlockId block) const {
  MutexLock lock(mu_);
  const RecordIndex index = blocks_.Find(block);
  return index != kNoIndex && blocks_[index].state == BlockState::kComplete;
}

StatusOr<Block> BlockManager::Get(BlockId block) const {
  MutexLock lock(mu_);
  const RecordIndex index = blocks_.Find(block);
  if (index == kNoIndex) return UnknownBlock({block, {}, 0});
  return blocks_[index].block;
}

int32_t BlockManager::LiveReplicas(BlockId block) const {
  MutexLock lock(mu_);
  const RecordIndex index = blocks_.Find(block);
  return index == kNoIndex ? 0 : CountLocked(index).live;
}

StatusOr<std::vector<ReplicaTarget>> BlockManager::Reopen(BlockId block,
                                                          const std::string& client_host) {
  std::vector<NodeIndex> nodes;
  std::vector<StorageState> storages;
  {
    MutexLock lock(mu_);
    const RecordIndex index = blocks_.Find(block);
    if (index == kNoIndex) return UnknownBlock({block, {}, 0});
    BlockRecord& record = blocks_[index];
    if (record.state != BlockState::kComplete) {
      return FailedPreconditionError("Block " + BlockName(record.block) + " is not complete");
    }
    LeaveCompleteLocked(index);
    record.state = BlockState::kUnderConstruction;
    for (const ExpectedReplica& replica : under_construction_[block].replicas) {
      nodes.push_back(replica.node);
      storages.push_back(storages_[replica.storage]);
    }
  }
  std::vector<ReplicaTarget> targets;
  for (auto& [position, status] : datanodes_->SortedFor(nodes, client_host)) {
    targets.push_back({.node = std::move(status.info),
                       .storage_id = storages[position].uuid,
                       .storage_type = storages[position].type});
  }
  return targets;
}

Status BlockManager::UpdatePipeline(const Block& old_block, const Block& new_block,
                                    const std::vector<DatanodeId>& nodes,
                                    const std::vector<std::string>& storage_ids) {
  std::vector<std::string> uuids;
  for (const DatanodeId& node : nodes) uuids.push_back(node.uuid);
  MutexLock lock(mu_);
  const RecordIndex index = blocks_.Find(old_block.id);
  if (index == kNoIndex) return UnknownBlock(old_block);
  BlockRecord& record = blocks_[index];
  if (record.state != BlockState::kUnderConstruction) {
    return FailedPreconditionError("Block " + BlockName(record.block) +
                                   " is not under construction");
  }
  if (new_block.id != old_block.id || new_block.generation_stamp <= record.block.generation_stamp ||
      new_block.num_bytes < record.block.num_bytes) {
    return FailedPreconditionError("Update " + BlockName(old_block) +
                                   " (size=" + std::to_string(record.block.num_bytes) +
                                   ") to a not newer " + BlockName(new_block) +
                                   " (size=" + std::to_string(new_block.num_bytes) + ")");
  }
  record.block = new_block;
  SetExpectedLocked(&under_construction_[new_block.id], uuids, storage_ids);
  return Status::Ok();
}

// ---- deleting and changing ---------------------------------------------------------------------

void BlockManager::RemoveLocked(RecordIndex index) {
  BlockRecord& record = blocks_[index];
  const Block block = record.block;
  for (const ReplicaLink& link : record.replicas) {
    invalidations_.Add(storages_[link.storage].node, block);
  }
  const auto pipeline = under_construction_.find(block.id);
  if (pipeline != under_construction_.end()) {
    for (const ExpectedReplica& replica : pipeline->second.replicas) {
      invalidations_.Add(replica.node, block);
      if (!replica.finalized()) datanodes_->TakeReceived(replica.node);  // abandoned
    }
    under_construction_.erase(pipeline);
  }
  if (record.state == BlockState::kComplete) {
    --complete_;
    if (record.has_live) --available_;
  }
  needed_.Remove(block.id);
  pending_.Remove(block.id);
  corrupt_.Remove(block.id);
  excess_.erase(block.id);
  blocks_.Erase(index);
}

void BlockManager::Remove(const std::vector<BlockId>& blocks) {
  {
    MutexLock lock(mu_);
    for (const BlockId block : blocks) {
      const RecordIndex index = blocks_.Find(block);
      if (index != kNoIndex) RemoveLocked(index);
    }
  }
  if (!blocks.empty()) Kick();
}

void BlockManager::SetReplication(const std::vector<BlockId>& blocks, int32_t replication) {
  MutexLock lock(mu_);
  for (const BlockId block : blocks) {
    const RecordIndex index = blocks_.Find(block);
    if (index == kNoIndex) continue;
    blocks_[index].replication = static_cast<int16_t>(replication);
    ReviewLocked(index);
  }
  if (ready_) Kick();
}

// ---- recovery ----------------------------------------------------------------------------------

StatusOr<bool> BlockManager::StartRecovery(BlockId block, GenerationStamp recovery_id) {
  RecoverBlock recover;
  std::string primary_uuid;
  {
    MutexLock lock(mu_);
    const RecordIndex index = blocks_.Find(block);
    if (index == kNoIndex) return UnknownBlock({block, {}, 0});
    if (blocks_[index].state == BlockState::kComplete) {
      return FailedPreconditionError("Block " + BlockName(blocks_[index].block) + " is complete");
    }
    UnderConstruction& pipeline = under_construction_[block];
    if (pipeline.replicas.empty()) return false;
    std::vector<NodeIndex> nodes;
    for (const ExpectedReplica& replica : pipeline.replicas) nodes.push_back(replica.node);
    std::vector<NodeIndex> able;
    const std::vector<NodeStatus> statuses = datanodes_->StatusOf(nodes);
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (!statuses[i].alive || !statuses[i].connected) continue;
      able.push_back(nodes[i]);
      recover.locations.push_back(statuses[i].info);
      recover.recovery_ports.push_back(statuses[i].recovery_port);
    }
    pipeline.recovery_id = recovery_id;
    if (able.empty()) {
      return UnavailableError("no DataNode of the pipeline of " + BlockName(blocks_[index].block) +
                              " is alive");
    }
    // Another primary each time: the last one may be what does not work.
    pipeline.primary = able[pipeline.next_primary++ % able.size()];
    pipeline.recovery_started = clock_->Now();
    recover.block = {options_.block_pool_id, blocks_[index].block};
    recover.recovery_id = recovery_id;
    primary_uuid = NodeOfLocked(pipeline.primary)->uuid;
  }
  Commands commands;
  commands.emplace_back(primary_uuid, NamenodeCommand{.work = std::move(recover)});
  SendWhenSynced(std::move(commands));
  return true;
}

Status BlockManager::ApplySynchronization(const BlockSynchronization& outcome) {
  BlockEffects effects;
  {
    MutexLock lock(mu_);
    const RecordIndex index = blocks_.Find(outcome.block.id);
    if (index == kNoIndex) return UnknownBlock(outcome.block);
    BlockRecord& record = blocks_[index];
    if (record.state == BlockState::kComplete) return Status::Ok();
    UnderConstruction& pipeline = under_construction_[outcome.block.id];
    if (pipeline.recovery_id != outcome.new_generation_stamp) {
      return FailedPreconditionError(
          "The recovery id " + std::to_string(outcome.new_generation_stamp.value()) +
          " does not match current recovery id " + std::to_string(pipeline.recovery_id.value()) +
          " for block " + BlockName(record.block));
    }
    record.block.generation_stamp = outcome.new_generation_stamp;
    record.block.num_bytes = outcome.new_length;
    record.state = BlockState::kUnderConstruction;
    pipeline.primary = kNoNode;
    SetExpectedLocked(&pipeline, outcome.datanode_uuids, outcome.storage_uuids);
    for (ExpectedReplica& replica : pipeline.replicas) {
      replica.reported = true;
      replica.state = ReplicaState::kFinalized;
      replica.generation_stamp = outcome.new_generation_stamp;
      replica.num_bytes = outcome.new_length;
    }
    if (outcome.close_file) CommitLocked(index, &effects);
  }
  if (!effects.empty()) {
    executor_->Post(guard_.Wrap([this, effects] { effects_(effects); }));
  }
  return Status::Ok();
}

// ---- safe mode ---------------------------------------------------------------------------------

SafeMode::Counts BlockManager::SafeModeCountsLocked() const {
  return {.complete_blocks = complete_,
          .reported_blocks = available_,
          .live_datanodes = datanodes_->Counts().live};
}

void BlockManager::CheckSafeModeLocked(BlockEffects* effects) {
  if (!active_ || !safe_mode_.on()) return;
  if (safe_mode_.Check(SafeModeCountsLocked(), clock_->Now())) {
    effects->push_back({.kind = BlockEffect::Kind::kLeftSafeMode});
  }
  in_safe_mode_.store(safe_mode_.on(), std::memory_order_release);
}

std::string BlockManager::SafeModeTip() const {
  MutexLock lock(mu_);
  return safe_mode_.Tip(SafeModeCountsLocked(), clock_->Now());
}

void BlockManager::EnterSafeMode() {
  MutexLock lock(mu_);
  safe_mode_.EnterManually();
  in_safe_mode_.store(true, std::memory_order_release);
}

void BlockManager::LeaveSafeMode() {
  {
    MutexLock lock(mu_);
    safe_mode_.Leave();
    in_safe_mode_.store(false, std::memory_order_release);
  }
  Kick();
}

}  // namespace tusk::namenode
