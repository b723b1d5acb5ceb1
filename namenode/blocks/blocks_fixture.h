// A block manager with DataNodes that the test plays, on a clock that the test moves.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/testing/fake_clock.h"
#include "common/testing/manual_executor.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"
#include "namenode/blocks/block_manager.h"

namespace tusk::namenode {

inline constexpr int64_t kBlockBytes = 1 << 20;
inline constexpr int64_t kGigabyte = 1 << 30;

// Remembers what was sent, per DataNode.
class RecordingCommander final : public DatanodeCommander {
 public:
  void Send(const std::string& uuid, NamenodeCommand command) override {
    sent_.emplace_back(uuid, std::move(command));
  }

  template <typename T>
  std::vector<std::pair<std::string, T>> Take() {
    std::vector<std::pair<std::string, T>> found;
    std::erase_if(sent_, [&](auto& entry) {
      auto* work = std::get_if<T>(&entry.second.work);
      if (work == nullptr) return false;
      found.emplace_back(entry.first, std::move(*work));
      return true;
    });
    return found;
  }

 private:
  std::vector<std::pair<std::string, NamenodeCommand>> sent_;
};

// The log is synced when the test says so.
class ManualGate final : public LogGate {
 public:
  void WhenSynced(std::function<void()> work) override {
    if (open) {
      work();
    } else {
      waiting_.push_back(std::move(work));
    }
  }
  void Sync() {
    for (auto& work : std::exchange(waiting_, {})) work();
  }

  bool open = true;

 private:
  std::vector<std::function<void()>> waiting_;
};

class BlocksFixture : public ::testing::Test {
 protected:
  static Block BlockOf(int64_t id, int64_t stamp = 1001, int64_t bytes = kBlockBytes) {
    return {BlockId(id), GenerationStamp(stamp), bytes};
  }
  static std::string Uuid(int node) { return "uuid" + std::to_string(node); }
  static std::string Storage(int node) { return "DS-" + std::to_string(node); }
  static std::string Host(int node) { return "127.0.10." + std::to_string(node); }

  void Activate() { blocks_.Activate(); }

  RegistrationAccepted Register(int node, const std::string& rack = "/r1",
                                uint64_t incarnation = 1) {
    DatanodeRegistration registration;
    registration.id = {Host(node), Host(node), Uuid(node), 9866, 9864, 9867};
    registration.recovery_port = 9869;
    registration.incarnation = incarnation;
    registration.storages = Storages(node);
    return blocks_.Register(registration, rack, &effects_);
  }
  std::vector<StorageReport> Storages(int node, int64_t remaining = kGigabyte) const {
    return {{.storage_uuid = Storage(node),
             .capacity_bytes = 10 * kGigabyte,
             .remaining_bytes = remaining}};
  }
  void Beat(int node, int32_t xceivers = 0, int64_t remaining = kGigabyte) {
    blocks_.Receive(Uuid(node),
                    Heartbeat{.storages = Storages(node, remaining), .xceiver_count = xceivers});
  }
  // A full report in one chunk.
  void ReportAll(int node, const std::vector<ReportedReplica>& replicas = {},
                 uint64_t at_event = ~uint64_t{0}) {
    blocks_.Receive(
        Uuid(node),
        BlockReportChunk{.report_id = ++report_id_,
                         .at_event = at_event == ~uint64_t{0} ? events_[node] : at_event,
                         .first = true,
                         .last = true,
                         .storage_uuid = Storage(node),
                         .replicas = replicas,
                         .all_storage_uuids = {Storage(node)}},
        &effects_);
    executor_.RunAll();
  }
  void Join(int node, const std::string& rack = "/r1") {
    Register(node, rack);
    ReportAll(node);
  }
  uint64_t Event(int node, ReplicaEventType type, const Block& block, const std::string& hint = {},
                 const std::optional<std::string>& storage = std::nullopt) {
    const uint64_t taken =
        blocks_.Receive(Uuid(node),
                        ReplicaEvents{{{.number = ++events_[node],
                                        .type = type,
                                        .block = block,
                                        .storage_uuid = storage.value_or(Storage(node)),
                                        .delete_hint = hint}}},
                        &effects_);
    executor_.RunAll();
    return taken;
  }
  void Received(int node, const Block& block) { Event(node, ReplicaEventType::kReceived, block); }
  void Deleted(int node, const Block& block) { Event(node, ReplicaEventType::kDeleted, block); }

  ReplicaTarget Target(int node) {
    return {.node = datanodes_.Find(Uuid(node)).value(), .storage_id = Storage(node)};
  }
  // A block being written to `nodes`.
  Block Open(int64_t id, const std::vector<int>& nodes, int32_t replication) {
    const Block block = BlockOf(id, 1001, 0);
    std::vector<ReplicaTarget> targets;
    for (const int node : nodes) targets.push_back(Target(node));
    blocks_.AddUnderConstruction(InodeId(id), block, replication, targets);
    return block;
  }
  // A complete block of `replication` whose replicas are on `nodes`.
  Block Complete(int64_t id, const std::vector<int>& nodes, int32_t replication) {
    Open(id, nodes, replication);
    const Block block = BlockOf(id);
    for (const int node : nodes) Received(node, block);
    EXPECT_OK(blocks_.Commit(block));
    executor_.RunAll();
    return block;
  }

  // Lets time pass with every node of `alive` beating.
  void Pass(Duration time, const std::vector<int>& alive) {
    for (Duration left = time; left > Duration(0); left -= std::chrono::seconds(1)) {
      timer_.Advance(std::min<Duration>(left, std::chrono::seconds(1)));
      for (const int node : alive) Beat(node);
      blocks_.Lost(datanodes_.ExpireSilent());
      executor_.RunAll();
    }
  }

  std::vector<BlockEffect::Kind> TakeEffects() {
    std::vector<BlockEffect::Kind> kinds;
    for (const BlockEffect& effect : std::exchange(effects_, {})) {
      if (effect.kind != BlockEffect::Kind::kDatanodeRegistered) kinds.push_back(effect.kind);
    }
    return kinds;
  }
  std::vector<std::string> HoldersOf(const Block& block, const std::string& client = {}) {
    std::vector<std::string> hosts;
    for (const DatanodeInfo& node : blocks_.Locate(block, 0, client).locations) {
      hosts.push_back(node.id.ip_addr);
    }
    return hosts;
  }

  FakeClock clock_;
  FakeTimer timer_{&clock_};
  ManualExecutor executor_;
  RecordingCommander commander_;
  ManualGate gate_;
  BlockEffects effects_;
  std::map<int, uint64_t> events_;
  uint64_t report_id_ = 0;
  BlockManagerOptions options_{.block_pool_id = "BP-1"};
  DatanodeManager datanodes_{{}, &clock_, Random(TestSeed())};
  BlockManager blocks_{options_,
                       &datanodes_,
                       &clock_,
                       &timer_,
                       &executor_,
                       &commander_,
                       &gate_,
                       [this](const BlockEffects& effects) {
                         effects_.insert(effects_.end(), effects.begin(), effects.end());
                       }};
};

}  // namespace tusk::namenode
