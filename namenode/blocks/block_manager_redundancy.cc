// Keeps every block at its replication: what is missing is copied, what is too much goes.
#include <algorithm>

#include "common/base/log.h"
#include "namenode/blocks/block_manager.h"

namespace tusk::namenode {
namespace {

constexpr RecordIndex kRecordsPerScan = 20'000;
constexpr size_t kPostponedPerRound = 10'000;

}  // namespace

BlockManager::Counts BlockManager::CountLocked(RecordIndex index) const {
  Counts counts;
  const BlockRecord& record = blocks_[index];
  const auto excess = excess_.find(record.block.id);
  const std::string* racks[8];  // distinct ones; more do not matter
  for (const ReplicaLink& link : record.replicas) {
    const NodeIndex node = storages_[link.storage].node;
    if (corrupt_.Contains(record.block.id, node)) {
      ++counts.corrupt;
      continue;
    }
    if (excess != excess_.end() && excess->second.count(node) != 0) {
      ++counts.excess;
      continue;
    }
    ++counts.live;
    const std::string& rack = nodes_[node].rack;
    const auto end = racks + counts.racks;
    if (counts.racks < 8 &&
        std::none_of(racks, end, [&](const std::string* known) { return *known == rack; })) {
      racks[counts.racks++] = &rack;
    }
  }
  return counts;
}

// Judges a block after anything about it has changed. The one place that decides.
void BlockManager::ReviewLocked(RecordIndex index, const std::string& delete_hint) {
  BlockRecord& record = blocks_[index];
  if (record.state != BlockState::kComplete) return;
  const BlockId id = record.block.id;
  const Counts counts = CountLocked(index);
  const bool has_live = counts.live + counts.excess > 0;
  if (has_live != record.has_live) available_ += has_live ? 1 : -1;
  record.has_live = has_live;
  if (!ready_) return;

  const int32_t pending = pending_.Count(id);
  const bool enough = counts.live >= record.replication;
  const bool misplaced =
      multi_rack_ && enough && pending == 0 && record.replication > 1 && counts.racks == 1;
  if (counts.live + pending < record.replication || misplaced) {
    needed_.Put(id, RedundancyQueue::Judge(counts.live, counts.excess, record.replication));
  } else {
    needed_.Remove(id);
  }
  if (!enough) return;
  if (counts.corrupt > 0) {
    std::vector<StorageIndex> bad;
    for (const ReplicaLink& link : record.replicas) {
      if (corrupt_.Contains(id, storages_[link.storage].node)) bad.push_back(link.storage);
    }
    for (const StorageIndex storage : bad) InvalidateReplicaLocked(index, storage);
  }
  if (counts.live > record.replication) DropExcessLocked(index, counts, delete_hint);
}

void BlockManager::InvalidateReplicaLocked(RecordIndex index, StorageIndex storage) {
  const NodeIndex node = storages_[storage].node;
  const Block block = blocks_[index].block;
  blocks_.RemoveReplica(index, storage);
  corrupt_.Remove(block.id, node);
  invalidations_.Add(node, block);
}

// Marks replicas as excess until as many are left as wanted. They stay in the map, and readable,
// until their DataNodes report them deleted.
void BlockManager::DropExcessLocked(RecordIndex index, Counts counts,
                                    const std::string& delete_hint) {
  const BlockRecord& record = blocks_[index];
  const BlockId id = record.block.id;
  std::vector<NodeIndex> holders;
  for (const ReplicaLink& link : record.replicas) {
    const NodeIndex node = storages_[link.storage].node;
    const auto excess = excess_.find(id);
    const bool counted = !corrupt_.Contains(id, node) &&
                         (excess == excess_.end() || excess->second.count(node) == 0);
    if (!counted) continue;
    // Nobody is told to delete while another holder's word is old.
    if (!nodes_[node].connected || !nodes_[node].reports.reported()) {
      postponed_.emplace(id, delete_hint);
      return;
    }
    holders.push_back(node);
  }
  const NodeIndex hint = delete_hint.empty() ? kNoNode : datanodes_->IndexOf(delete_hint);
  for (; counts.live > record.replication; --counts.live) {
    const NodeIndex node = datanodes_->ChooseExcessOf(holders, hint);
    if (node == kNoNode) return;
    std::erase(holders, node);
    excess_[id].insert(node);
    invalidations_.Add(node, record.block);
  }
}

// ---- rounds ------------------------------------------------------------------------------------

bool BlockManager::RedundancyReadyLocked() {
  if (ready_ || !active_ || safe_mode_.on()) return ready_;
  const DatanodeCounts counts = datanodes_->Counts();
  if (counts.expected > 0 || counts.unreported > 0) return false;
  ready_ = true;
  scan_next_ = 0;
  return true;
}

void BlockManager::ScanSliceLocked() {
  if (scan_next_ == kNoIndex) return;
  const RecordIndex end = std::min(blocks_.end_index(), scan_next_ + kRecordsPerScan);
  for (; scan_next_ < end; ++scan_next_) {
    if (blocks_[scan_next_].used) ReviewLocked(scan_next_);
  }
  if (scan_next_ >= blocks_.end_index()) scan_next_ = kNoIndex;
}

void BlockManager::ReviewPostponedLocked() {
  auto postponed = std::exchange(postponed_, {});
  size_t reviewed = 0;
  while (!postponed.empty() && reviewed++ < kPostponedPerRound) {
    const auto entry = postponed.extract(postponed.begin());
    const RecordIndex index = blocks_.Find(entry.key());
    if (index != kNoIndex) ReviewLocked(index, entry.mapped());
  }
  postponed_.merge(postponed);
}

void BlockManager::Kick() {
  if (kicked_.exchange(true)) return;
  executor_->Post(guard_.Wrap([this] {
    kicked_.store(false);
    Round();
  }));
}

void BlockManager::Round() {
  Commands commands;
  BlockEffects effects;
  bool more = false;
  {
    MutexLock lock(mu_);
    CheckSafeModeLocked(&effects);
    CheckRecoveriesLocked(&effects);
    for (const BlockId block : pending_.DropOlderThan(clock_->Now() - options_.pending_timeout)) {
      const RecordIndex index = blocks_.Find(block);
      if (index != kNoIndex) ReviewLocked(index);
    }
    if (RedundancyReadyLocked()) {
      ScanSliceLocked();
      ReviewPostponedLocked();
      more = scan_next_ != kNoIndex;
      if (!safe_mode_.on()) PlanCopiesLocked(&commands);
    }
    if (active_ && !safe_mode_.on()) PlanInvalidationsLocked(&commands);
  }
  if (!effects.empty()) effects_(std::move(effects));
  SendWhenSynced(std::move(commands));
  if (more) Kick();
}

void BlockManager::SendWhenSynced(Commands commands) {
  if (commands.empty()) return;
  auto shared = std::make_shared<Commands>(std::move(commands));
  gate_->WhenSynced(guard_.Wrap([this, shared] {
    for (auto& [uuid, command] : *shared) commander_->Send(uuid, std::move(command));
  }));
}

void BlockManager::CheckRecoveriesLocked(BlockEffects* effects) {
  const TimePoint now = clock_->Now();
  for (auto& [block, pipeline] : under_construction_) {
    if (pipeline.primary == kNoNode || now - pipeline.recovery_started < options_.recovery_timeout)
      continue;
    pipeline.primary = kNoNode;
    effects->push_back({.kind = BlockEffect::Kind::kRecoveryFailed,
                        .block = block,
                        .inode = blocks_[blocks_.Find(block)].inode});
  }
}

// ---- copies ------------------------------------------------------------------------------------

void BlockManager::PlanCopiesLocked(Commands* commands) {
  const int32_t live_nodes = datanodes_->Counts().live;
  if (live_nodes == 0 || needed_.low_redundancy() == 0) return;
  const auto limit = static_cast<size_t>(live_nodes * options_.work_multiplier_per_node);
  for (const BlockId block : needed_.Next(limit)) {
    const RecordIndex index = blocks_.Find(block);
    if (index == kNoIndex) {
      needed_.Remove(block);
    } else if (PlanCopyLocked(index, commands)) {
      ReviewLocked(index);
    }
  }
}

// The least busy node that has a good replica and may start another copy.
StorageIndex BlockManager::SourceLocked(RecordIndex index, bool urgent) const {
  const int32_t limit = urgent ? options_.max_streams_hard_limit : options_.max_streams_per_node;
  StorageIndex best = kNoIndex;
  int32_t best_load = limit;
  for (const ReplicaLink& link : blocks_[index].replicas) {
    const NodeIndex node = storages_[link.storage].node;
    if (!nodes_[node].connected || corrupt_.Contains(blocks_[index].block.id, node)) continue;
    const int32_t load = pending_.CountFrom(node);
    if (load >= best_load) continue;
    best = link.storage;
    best_load = load;
  }
  return best;
}

bool BlockManager::PlanCopyLocked(RecordIndex index, Commands* commands) {
  const BlockRecord& record = blocks_[index];
  const BlockId id = record.block.id;
  const Counts counts = CountLocked(index);
  const int32_t missing = record.replication - counts.live - pending_.Count(id);
  const bool misplaced = missing <= 0;
  const StorageIndex source = SourceLocked(index, counts.live <= 1);
  if (source == kNoIndex) return false;

  std::vector<NodeIndex> existing = pending_.TargetsOf(id);
  for (const ReplicaLink& link : record.replicas) existing.push_back(storages_[link.storage].node);
  std::vector<NodeIndex> excluded;
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    if (invalidations_.Contains(node, id)) excluded.push_back(node);
  }
  const auto targets = datanodes_->Choose({.additional = std::max(1, missing),
                                           .minimum = 0,
                                           .block_size_bytes = record.block.num_bytes},
                                          existing, excluded, nullptr);
  if (targets.empty()) return false;
  const NodeIndex source_node = storages_[source].node;
  if (misplaced && targets[0].second.node.network_location == nodes_[source_node].rack) {
    datanodes_->TakeReceived(targets[0].first);  // nothing gained: it is not scheduled after all
    return false;
  }
  TransferBlock transfer{.block = {options_.block_pool_id, record.block}};
  std::vector<NodeIndex> target_nodes;
  for (const auto& [node, target] : targets) {
    target_nodes.push_back(node);
    transfer.targets.push_back(target.node);
    transfer.target_storage_types.push_back(target.storage_type);
    transfer.target_storage_ids.push_back(target.storage_id);
  }
  pending_.Add(id, source_node, target_nodes, clock_->Now());
  commands->emplace_back(nodes_[source_node].uuid, NamenodeCommand{.work = std::move(transfer)});
  return true;
}

// ---- deletions ---------------------------------------------------------------------------------

void BlockManager::PlanInvalidationsLocked(Commands* commands) {
  for (const NodeIndex node : invalidations_.NodesWithWork()) {
    // Nothing is deleted on a DataNode's word that is older than its full report.
    const NodeState& state = *NodeOfLocked(node);
    if (!state.connected || !state.reports.reported()) continue;
    InvalidateBlocks work{.pool_id = options_.block_pool_id};
    work.blocks = invalidations_.Take(node, static_cast<size_t>(options_.invalidate_limit));
    commands->emplace_back(state.uuid, NamenodeCommand{.work = std::move(work)});
  }
}

}  // namespace tusk::namenode
