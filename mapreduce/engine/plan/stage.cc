#include "mapreduce/engine/plan/stage.h"

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace tusk::mapreduce {
namespace {

using NodePtr = std::shared_ptr<const LineageNode>;

// Visits `last` and all it reaches over narrow dependencies, each once.
void WalkStage(const Lineage& lineage, LineageId last,
               const std::function<void(const LineageNode&)>& visit) {
  std::set<LineageId> seen{last};
  std::vector<LineageId> left{last};
  while (!left.empty()) {
    const NodePtr node = lineage.Find(left.back());
    left.pop_back();
    if (node == nullptr) continue;
    visit(*node);
    for (const Dependency& dependency : node->parents) {
      const auto* narrow = std::get_if<NarrowDependency>(&dependency);
      if (narrow != nullptr && seen.insert(narrow->parent).second) left.push_back(narrow->parent);
    }
  }
}

Status CheckTypes(const OpDescriptor& from, const OpDescriptor& to) {
  if (*from.out == typeid(void) || *to.in == typeid(void) || *from.out == *to.in) {
    return Status::Ok();
  }
  return InternalError(std::string("operator ") + from.kind + " gives " + ReadableType(*from.out) +
                       ", but " + to.kind + " takes " + ReadableType(*to.in));
}

StatusOr<StageNode> ToStageNode(const Lineage& lineage, const LineageNode& node) {
  StageNode out;
  out.id = node.id;
  ASSIGN_OR_RETURN(out.op, NameOf(node.op));
  out.storage = node.storage;
  out.name = node.name;
  out.where = node.where;
  for (const Dependency& dependency : node.parents) {
    StageNode::Input input;
    if (const auto* narrow = std::get_if<NarrowDependency>(&dependency)) {
      input.parent = narrow->parent;
      input.narrow = *narrow;
      const NodePtr parent = lineage.Find(narrow->parent);
      RETURN_IF_ERROR(CheckTypes(*parent->op.descriptor, *node.op.descriptor));
    } else {
      input.shuffle = true;
      input.shuffle_id = std::get<ShuffleDependency>(dependency).id;
    }
    out.inputs.push_back(std::move(input));
  }
  return out;
}

}  // namespace

const StageNode* StagePlan::Find(LineageId node) const {
  for (const StageNode& candidate : nodes) {
    if (candidate.id == node) return &candidate;
  }
  return nullptr;
}

StatusOr<StagePlan> CutStage(const Lineage& lineage, LineageId last, const OpSpec& sink,
                             JobMode mode) {
  const NodePtr end = lineage.Find(last);
  if (end == nullptr) return InvalidArgumentError("the job's lineage node is unknown");
  StagePlan plan;
  plan.name = end->name;
  plan.mode = mode;
  plan.partitions = end->partitions;
  plan.last = last;
  ASSIGN_OR_RETURN(plan.sink, NameOf(sink));
  RETURN_IF_ERROR(CheckTypes(*end->op.descriptor, *sink.descriptor));
  Status failed;
  WalkStage(lineage, last, [&](const LineageNode& node) {
    if (!failed.ok()) return;
    auto converted = ToStageNode(lineage, node);
    if (converted.ok()) {
      plan.nodes.push_back(std::move(converted).value());
    } else {
      failed = converted.status();
    }
  });
  RETURN_IF_ERROR(failed);
  return plan;
}

std::vector<ShuffleId> ShufflesOf(const Lineage& lineage, LineageId last) {
  std::set<ShuffleId> shuffles;
  WalkStage(lineage, last, [&](const LineageNode& node) {
    for (const Dependency& dependency : node.parents) {
      if (const auto* shuffle = std::get_if<ShuffleDependency>(&dependency)) {
        shuffles.insert(shuffle->id);
      }
    }
  });
  return {shuffles.begin(), shuffles.end()};
}

std::vector<NodePartition> PartitionsBehind(const Lineage& lineage, LineageId last, int partition) {
  std::set<NodePartition> seen{{last, partition}};
  std::vector<NodePartition> order{{last, partition}};
  for (size_t next = 0; next < order.size(); ++next) {
    const NodePartition at = order[next];
    const NodePtr node = lineage.Find(at.node);
    if (node == nullptr) continue;
    for (const Dependency& dependency : node->parents) {
      const auto* narrow = std::get_if<NarrowDependency>(&dependency);
      if (narrow == nullptr) continue;
      for (const int parent : narrow->ParentPartitions(at.partition)) {
        const NodePartition needed{narrow->parent, parent};
        if (seen.insert(needed).second) order.push_back(needed);
      }
    }
  }
  return order;
}

}  // namespace tusk::mapreduce
