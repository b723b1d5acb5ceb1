#include "mapreduce/engine/plan/lineage.h"

#include <set>

namespace tusk::mapreduce {

Status Lineage::CheckNarrowLocked(const LineageNode& node, const NarrowDependency& narrow) const {
  const auto parent = nodes_.find(narrow.parent);
  if (parent == nodes_.end()) {
    return InvalidArgumentError(node.name + " depends on an unknown lineage node");
  }
  for (int child = 0; child < node.partitions; ++child) {
    for (const int wanted : narrow.ParentPartitions(child)) {
      if (wanted < 0 || wanted >= parent->second->partitions) {
        return InvalidArgumentError(node.name + " needs partition " + std::to_string(wanted) +
                                    " of " + parent->second->name + ", which has " +
                                    std::to_string(parent->second->partitions));
      }
    }
  }
  return Status::Ok();
}

Status Lineage::CheckLocked(const LineageNode& node) const {
  if (node.op.descriptor == nullptr) return InvalidArgumentError(node.name + " has no operator");
  if (node.partitions < 0) return InvalidArgumentError(node.name + " has no partition count");
  if (!node.inputs.empty() && static_cast<int>(node.inputs.size()) != node.partitions) {
    return InvalidArgumentError(node.name + " has " + std::to_string(node.inputs.size()) +
                                " splits for " + std::to_string(node.partitions) + " partitions");
  }
  std::set<ShuffleId> own;
  for (const Dependency& dependency : node.parents) {
    if (const auto* narrow = std::get_if<NarrowDependency>(&dependency)) {
      RETURN_IF_ERROR(CheckNarrowLocked(node, *narrow));
      continue;
    }
    const auto& shuffle = std::get<ShuffleDependency>(dependency);
    if (!nodes_.contains(shuffle.parent)) {
      return InvalidArgumentError(node.name + " depends on an unknown lineage node");
    }
    if (shuffle.writer.descriptor == nullptr) {
      return InvalidArgumentError(node.name + ": its shuffle has no writer");
    }
    if (shuffle.partitions != node.partitions) {
      return InvalidArgumentError(node.name + " has " + std::to_string(node.partitions) +
                                  " partitions, its shuffle " + std::to_string(shuffle.partitions));
    }
    if (shuffles_.contains(shuffle.id) || !own.insert(shuffle.id).second) {
      return InvalidArgumentError(node.name + ": a shuffle belongs to one dependency");
    }
  }
  return Status::Ok();
}

StatusOr<LineageId> Lineage::Add(LineageNode node) {
  MutexLock lock(mu_);
  RETURN_IF_ERROR(CheckLocked(node));
  node.id = LineageId(++last_id_);
  const LineageId id = node.id;
  const auto added = std::make_shared<const LineageNode>(std::move(node));
  for (const Dependency& dependency : added->parents) {
    if (const auto* shuffle = std::get_if<ShuffleDependency>(&dependency)) {
      shuffles_[shuffle->id] = shuffle;
    }
  }
  nodes_[id] = added;
  return id;
}

std::shared_ptr<const LineageNode> Lineage::Find(LineageId id) const {
  MutexLock lock(mu_);
  const auto it = nodes_.find(id);
  return it == nodes_.end() ? nullptr : it->second;
}

const ShuffleDependency* Lineage::FindShuffle(ShuffleId id) const {
  MutexLock lock(mu_);
  const auto it = shuffles_.find(id);
  return it == shuffles_.end() ? nullptr : it->second;
}

std::string Lineage::Describe(LineageId id) const {
  MutexLock lock(mu_);
  std::string text;
  DescribeLocked(id, 0, false, &text);
  return text;
}

void Lineage::DescribeLocked(LineageId id, int depth, bool shuffled, std::string* out) const {
  const auto it = nodes_.find(id);
  if (it == nodes_.end()) return;
  const LineageNode& node = *it->second;
  out->append(static_cast<size_t>(depth) * 2, ' ');
  *out += shuffled ? "+-" : depth == 0 ? "" : "| ";
  *out += "(" + std::to_string(node.partitions) + ") " + node.name + " [" +
          std::to_string(id.value()) + "]";
  if (!node.where.empty()) *out += " at " + node.where;
  if (node.storage.cached()) {
    *out += node.storage.memory && node.storage.disk ? " [cached: memory and disk]"
            : node.storage.memory                    ? " [cached: memory]"
                                                     : " [cached: disk]";
  }
  *out += "\n";
  for (const Dependency& dependency : node.parents) {
    if (const auto* narrow = std::get_if<NarrowDependency>(&dependency)) {
      DescribeLocked(narrow->parent, node.parents.size() > 1 ? depth + 1 : depth, false, out);
    } else {
      DescribeLocked(std::get<ShuffleDependency>(dependency).parent, depth + 1, true, out);
    }
  }
}

}  // namespace tusk::mapreduce
