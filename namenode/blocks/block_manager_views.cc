// Where blocks lie and how they stand: for clients, fsck, metrics.
#include <algorithm>

#include "namenode/blocks/block_manager.h"

namespace tusk::namenode {

LocatedBlock BlockManager::LocateOnLocked(const Block& block, int64_t offset,
                                          const std::vector<NodeIndex>& nodes,
                                          const std::vector<StorageIndex>& storages,
                                          const std::string& client_host) const {
  LocatedBlock located;
  located.block = {options_.block_pool_id, block};
  located.offset = offset;
  for (auto& [position, status] : datanodes_->SortedFor(nodes, client_host)) {
    if (!status.alive) continue;
    located.locations.push_back(std::move(status.info));
    const StorageIndex storage = storages[position];
    located.storage_types.push_back(storage == kNoIndex ? StorageType::kDisk
                                                        : storages_[storage].type);
    located.storage_ids.push_back(storage == kNoIndex ? std::string() : storages_[storage].uuid);
  }
  return located;
}

LocatedBlock BlockManager::Locate(const Block& block, int64_t offset,
                                  const std::string& client_host) const {
  std::vector<NodeIndex> nodes, corrupt_nodes;
  std::vector<StorageIndex> storages, corrupt_storages;
  MutexLock lock(mu_);
  const RecordIndex index = blocks_.Find(block.id);
  if (index != kNoIndex && blocks_[index].state == BlockState::kComplete) {
    for (const ReplicaLink& link : blocks_[index].replicas) {
      const NodeIndex node = storages_[link.storage].node;
      const bool corrupt = corrupt_.Contains(block.id, node);
      (corrupt ? corrupt_nodes : nodes).push_back(node);
      (corrupt ? corrupt_storages : storages).push_back(link.storage);
    }
  } else if (index != kNoIndex) {
    const auto pipeline = under_construction_.find(block.id);
    if (pipeline != under_construction_.end()) {
      for (const ExpectedReplica& replica : pipeline->second.replicas) {
        nodes.push_back(replica.node);
        storages.push_back(replica.storage);
      }
    }
  }
  const bool all_corrupt = nodes.empty() && !corrupt_nodes.empty();
  LocatedBlock located =
      all_corrupt ? LocateOnLocked(block, offset, corrupt_nodes, corrupt_storages, client_host)
                  : LocateOnLocked(block, offset, nodes, storages, client_host);
  located.corrupt = all_corrupt;
  return located;
}

LocatedBlock BlockManager::Describe(const Block& block, int64_t offset,
                                    const std::vector<ReplicaTarget>& targets) const {
  LocatedBlock located;
  located.block = {options_.block_pool_id, block};
  located.offset = offset;
  for (const ReplicaTarget& target : targets) {
    located.locations.push_back(target.node);
    located.storage_types.push_back(target.storage_type);
    located.storage_ids.push_back(target.storage_id);
  }
  return located;
}

StatusOr<BlockView> BlockManager::View(BlockId block) const {
  MutexLock lock(mu_);
  const RecordIndex index = blocks_.Find(block);
  if (index == kNoIndex) return UnknownBlock({block, {}, 0});
  const BlockRecord& record = blocks_[index];
  BlockView view{.block = record.block,
                 .inode = record.inode,
                 .state = record.state,
                 .replication = record.replication};
  std::vector<NodeIndex> nodes;
  std::vector<StorageIndex> storages;
  if (record.state == BlockState::kComplete) {
    const Counts counts = CountLocked(index);
    view.live = counts.live;
    view.corrupt = counts.corrupt;
    view.excess = counts.excess;
    view.racks = counts.racks;
    view.pending = pending_.Count(block);
    view.misplaced = multi_rack_ && counts.live > 1 && counts.racks == 1;
    for (const ReplicaLink& link : record.replicas) {
      nodes.push_back(storages_[link.storage].node);
      storages.push_back(link.storage);
    }
  } else if (const auto it = under_construction_.find(block); it != under_construction_.end()) {
    for (const ExpectedReplica& replica : it->second.replicas) {
      nodes.push_back(replica.node);
      storages.push_back(replica.storage);
    }
  }
  const auto excess = excess_.find(block);
  const std::vector<NodeStatus> statuses = datanodes_->StatusOf(nodes);
  for (size_t i = 0; i < nodes.size(); ++i) {
    ReplicaView replica{.node = statuses[i].info};
    if (storages[i] != kNoIndex) {
      replica.storage_id = storages_[storages[i]].uuid;
      replica.storage_type = storages_[storages[i]].type;
    }
    replica.corrupt = corrupt_.Contains(block, nodes[i]);
    replica.excess = excess != excess_.end() && excess->second.count(nodes[i]) != 0;
    replica.stale = statuses[i].stale;
    replica.dead = !statuses[i].alive;
    view.replicas.push_back(std::move(replica));
  }
  return view;
}

FsStats BlockManager::Stats() const {
  FsStats stats = datanodes_->Space();
  MutexLock lock(mu_);
  stats.under_replicated = static_cast<int64_t>(needed_.low_redundancy());
  stats.corrupt_blocks = static_cast<int64_t>(corrupt_.blocks());
  stats.missing_blocks = ready_ ? complete_ - available_ : 0;
  for (const BlockId block : needed_.All(Urgency::kNoReplica)) {
    const RecordIndex index = blocks_.Find(block);
    if (index != kNoIndex && blocks_[index].replication == 1) ++stats.missing_repl_one_blocks;
  }
  stats.pending_deletion_blocks = static_cast<int64_t>(invalidations_.size());
  stats.highest_priority_low_redundancy_blocks =
      static_cast<int64_t>(needed_.size(Urgency::kHighest));
  return stats;
}

BlockManager::Totals BlockManager::GetTotals() const {
  MutexLock lock(mu_);
  return {.blocks = static_cast<int64_t>(blocks_.size()),
          .complete = complete_,
          .reported = available_,
          .under_construction = static_cast<int64_t>(under_construction_.size()),
          .pending_copies = static_cast<int64_t>(pending_.blocks()),
          .excess = static_cast<int64_t>(excess_.size()),
          .redundancy_ready = ready_};
}

}  // namespace tusk::namenode
