#include "namenode/blocks/placement_policy.h"

#include <algorithm>
#include <map>
#include <set>

namespace tusk::namenode {
namespace {

constexpr size_t kMaxNodesInText = 20;

int64_t Megabytes(int64_t bytes) {
  return bytes >> 20;
}

// One run of the policy. Passes get more and more lenient; what was chosen stays.
class Chooser {
 public:
  Chooser(const std::vector<DatanodeDescriptor>& nodes, const PlacementRequest& request,
          const PlacementContext& context, Random* random)
      : nodes_(nodes), request_(request), context_(context), random_(random) {
    for (const NodeIndex node : context.existing) Occupy(node);
    for (const ReplicaTarget& target : request.existing) {
      for (NodeIndex i = 0; i < nodes.size(); ++i) {
        if (nodes[i].info.id.uuid == target.node.id.uuid && occupied_.count(i) == 0) Occupy(i);
      }
    }
    for (const DatanodeDescriptor& node : nodes) {
      if (!node.alive) continue;
      racks_.insert(node.info.network_location);
      total_load_ += node.info.xceiver_count;
      ++alive_;
    }
    const int wanted = request.additional + static_cast<int>(occupied_.size());
    const int racks = static_cast<int>(racks_.size());
    max_per_rack_ = racks <= 1 ? wanted : (wanted - 1) / racks + 2;
  }

  Placement Run() {
    struct Leniency {
      bool stale, busy, crowded;
    };
    for (const Leniency pass : {Leniency{false, false, false}, Leniency{true, false, false},
                                Leniency{true, true, false}, Leniency{true, true, true}}) {
      allow_stale_ = pass.stale;
      allow_busy_ = pass.busy;
      allow_crowded_ = pass.crowded;
      if (pass.stale == false) TakeFavored();
      while (Wanted() && TakeNext()) {
      }
    }
    if (Wanted()) result_.left_out = Explain();
    return std::move(result_);
  }

 private:
  bool Wanted() const {
    return result_.choices.size() < static_cast<size_t>(std::max(0, request_.additional));
  }

  void Occupy(NodeIndex node) {
    occupied_.insert(node);
    order_.push_back(node);
    if (node < nodes_.size()) ++per_rack_[nodes_[node].info.network_location];
  }

  const std::string& RackOf(NodeIndex node) const { return nodes_[node].info.network_location; }

  void TakeFavored() {
    for (const std::string& favored : request_.favored_nodes) {
      for (NodeIndex i = 0; i < nodes_.size() && Wanted(); ++i) {
        const DatanodeId& id = nodes_[i].info.id;
        const bool named = favored == id.ip_addr || favored == id.host_name ||
                           favored == id.XferAddr() ||
                           favored == id.host_name + ":" + std::to_string(id.xfer_port);
        if (named) TakeIfFits(i);
      }
    }
  }

  // The rule for the next replica, from how many there are. False when nobody fits any more.
  bool TakeNext() {
    const size_t have = order_.size();
    if (have == 0) return TakeWriters() || TakeOnRack({});
    if (have == 1) return TakeOffRack(RackOf(order_[0])) || TakeOnRack({});
    if (have == 2) {
      const bool spread = RackOf(order_[0]) != RackOf(order_[1]);
      if (!spread && racks_.size() > 1 && TakeOffRack(RackOf(order_[0]))) return true;
      // On the second's rack; when the writer's node came from outside, beside what is there.
      if (spread && TakeOnRack(RackOf(order_[1]))) return true;
    }
    return TakeOnRack({});
  }

  bool TakeWriters() {
    if (request_.ignore_client_locality || request_.writer_host.empty()) return false;
    std::string rack;
    std::vector<NodeIndex> local;
    for (NodeIndex i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].info.id.ip_addr != request_.writer_host) continue;
      rack = RackOf(i);
      if (Fits(i, nullptr)) local.push_back(i);
    }
    if (!local.empty()) return TakeBest(local);
    return !rack.empty() && TakeOnRack(rack);
  }

  // An empty rack: anywhere.
  bool TakeOnRack(const std::string& rack) {
    std::vector<NodeIndex> fitting;
    for (NodeIndex i = 0; i < nodes_.size(); ++i) {
      if ((rack.empty() || RackOf(i) == rack) && Fits(i, nullptr)) fitting.push_back(i);
    }
    return TakeBest(fitting);
  }

  bool TakeOffRack(const std::string& rack) {
    std::vector<NodeIndex> fitting;
    for (NodeIndex i = 0; i < nodes_.size(); ++i) {
      if (RackOf(i) != rack && Fits(i, nullptr)) fitting.push_back(i);
    }
    return TakeBest(fitting);
  }

  bool TakeIfFits(NodeIndex node) { return Fits(node, nullptr) && Take(node); }

  // The less loaded of two drawn at random.
  bool TakeBest(const std::vector<NodeIndex>& fitting) {
    if (fitting.empty()) return false;
    const NodeIndex a = fitting[random_->Below(fitting.size())];
    const NodeIndex b = fitting[random_->Below(fitting.size())];
    return Take(Load(b) < Load(a) ? b : a);
  }

  // Streams and what was lately given, then how full it is.
  double Load(NodeIndex i) const {
    const DatanodeInfo& info = nodes_[i].info;
    const double full = info.capacity_bytes <= 0
                            ? 1.0
                            : 1.0 - static_cast<double>(info.remaining_bytes) /
                                        static_cast<double>(info.capacity_bytes);
    return info.xceiver_count + nodes_[i].scheduled_blocks + nodes_[i].scheduled_before + full;
  }

  bool Take(NodeIndex node) {
    result_.choices.push_back({node, StorageWithRoom(nodes_[node])});
    Occupy(node);
    return true;
  }

  // The storage with most room that is not failed; the list's end when none has enough.
  size_t StorageWithRoom(const DatanodeDescriptor& node) const {
    const int64_t scheduled = node.scheduled_blocks + node.scheduled_before;
    size_t best = node.storages.size();
    for (size_t i = 0; i < node.storages.size(); ++i) {
      const StorageReport& storage = node.storages[i];
      if (storage.failed) continue;
      if (best == node.storages.size() ||
          storage.remaining_bytes > node.storages[best].remaining_bytes) {
        best = i;
      }
    }
    if (best == node.storages.size()) return best;
    // What was given to the node lately may go to this storage: count it in full.
    const int64_t needed = request_.block_size_bytes * (scheduled + 1);
    if (node.storages[best].remaining_bytes < request_.block_size_bytes ||
        node.info.remaining_bytes < needed) {
      return node.storages.size();
    }
    return best;
  }

  bool ExcludedByClient(const DatanodeDescriptor& node) const {
    return std::any_of(request_.excluded.begin(), request_.excluded.end(),
                       [&](const DatanodeId& id) {
                         return id.uuid.empty() ? id.XferAddr() == node.info.id.XferAddr()
                                                : id.uuid == node.info.id.uuid;
                       });
  }

  bool TooBusy(const DatanodeDescriptor& node) const {
    if (!context_.consider_load || alive_ == 0) return false;
    const double average = static_cast<double>(total_load_) / alive_;
    return node.info.xceiver_count > std::max(1.0, average * context_.load_factor);
  }

  // With `why`, says what is wrong with the node.
  bool Fits(NodeIndex index, std::string* why) const {
    const auto no = [&](const std::string& reason) {
      if (why != nullptr) *why = reason;
      return false;
    };
    const DatanodeDescriptor& node = nodes_[index];
    if (!node.alive) return no("dead");
    if (ExcludedByClient(node)) return no("excluded by the client");
    if (occupied_.count(index) != 0) return no("has a replica already");
    if (std::find(context_.excluded.begin(), context_.excluded.end(), index) !=
        context_.excluded.end()) {
      return no("is just deleting a replica of it");
    }
    if (!node.connected) return no("its connection to the NameNode is broken");
    // Before its first report it may still be reading its disks.
    if (!node.reported) return no("has not reported its replicas yet");
    if (node.Leaving()) return no("being decommissioned");
    if (StorageWithRoom(node) == node.storages.size()) {
      return no("no room: " + std::to_string(Megabytes(node.info.remaining_bytes)) + " MB left, " +
                std::to_string(Megabytes(request_.block_size_bytes)) + " MB needed for the block" +
                (node.scheduled_blocks + node.scheduled_before > 0
                     ? ", " + std::to_string(node.scheduled_blocks + node.scheduled_before) +
                           " more being written"
                     : ""));
    }
    // Hadoop's NO_LOCAL_WRITE is a wish: the writer's node is better than none.
    if (!allow_crowded_ && request_.no_local_write &&
        node.info.id.ip_addr == request_.writer_host) {
      return no("the writer's own");
    }
    if (!allow_stale_ && node.StaleAt(context_.now, context_.stale_interval)) return no("stale");
    if (!allow_busy_ && TooBusy(node)) return no("too busy");
    if (!allow_crowded_) {
      const auto rack = per_rack_.find(node.info.network_location);
      if (rack != per_rack_.end() && rack->second >= max_per_rack_) return no("its rack is full");
    }
    return true;
  }

  std::string Explain() const {
    std::string text;
    size_t named = 0, more = 0;
    for (NodeIndex i = 0; i < nodes_.size(); ++i) {
      std::string why;
      if (nodes_[i].expected || Fits(i, &why)) continue;
      if (named == kMaxNodesInText) {
        ++more;
        continue;
      }
      if (named++ > 0) text += ", ";
      text += nodes_[i].info.id.XferAddr() + " (" + why + ")";
    }
    if (more > 0) text += " and " + std::to_string(more) + " more";
    return text;
  }

  const std::vector<DatanodeDescriptor>& nodes_;
  const PlacementRequest& request_;
  const PlacementContext& context_;
  Random* const random_;

  std::set<std::string> racks_;  // of live nodes
  int64_t total_load_ = 0;
  int alive_ = 0;
  int max_per_rack_ = 0;

  std::set<NodeIndex> occupied_;
  std::vector<NodeIndex> order_;  // replicas there are, oldest first
  std::map<std::string, int> per_rack_;
  bool allow_stale_ = false;
  bool allow_busy_ = false;
  bool allow_crowded_ = false;
  Placement result_;
};

}  // namespace

Placement ChoosePlacement(const std::vector<DatanodeDescriptor>& nodes,
                          const PlacementRequest& request, const PlacementContext& context,
                          Random* random) {
  return Chooser(nodes, request, context, random).Run();
}

NodeIndex ChooseExcess(const std::vector<DatanodeDescriptor>& nodes,
                       const std::vector<NodeIndex>& holders, NodeIndex hint) {
  std::map<std::string, int> per_rack;
  for (const NodeIndex node : holders) ++per_rack[nodes[node].info.network_location];
  int most = 0;
  for (const auto& [rack, count] : per_rack) most = std::max(most, count);
  const auto crowd = [&](NodeIndex node) { return per_rack[nodes[node].info.network_location]; };
  // Giving up a node keeps the number of racks when its rack has another replica, or when every
  // rack has but one.
  const bool hint_fits = std::find(holders.begin(), holders.end(), hint) != holders.end() &&
                         (crowd(hint) > 1 || most == 1);
  if (hint_fits) return hint;
  NodeIndex worst = kNoNode;
  for (const NodeIndex node : holders) {
    if (crowd(node) != most) continue;
    if (worst == kNoNode || nodes[node].info.remaining_bytes < nodes[worst].info.remaining_bytes) {
      worst = node;
    }
  }
  return worst;
}

}  // namespace tusk::namenode
