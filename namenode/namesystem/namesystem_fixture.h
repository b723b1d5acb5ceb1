// A namesystem with its block manager on one thread, a fake clock and a disk in memory: it can be
// stopped, killed and started again, and played DataNodes report what they hold.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/kv/memory_store.h"
#include "common/testing/fake_clock.h"
#include "common/testing/fault_env.h"
#include "common/testing/manual_executor.h"
#include "common/testing/status_matchers.h"
#include "common/testing/test_seed.h"
#include "namenode/edits/shared_store.h"
#include "namenode/namesystem/namesystem.h"

namespace tusk::namenode {

inline constexpr const char* kPool = "BP-1-127.0.0.1-1";

class OneThreadNamesystem : public DatanodeCommander, public LogGate {
 public:
  OneThreadNamesystem() {
    EXPECT_OK(env_.MakeDirs("/edits"));
    options_.block_pool_id = kPool;
    options_.fs_owner = "hdfs";
    options_.creation_time_ms = 1;
    options_.min_block_size = 1;
  }
  ~OneThreadNamesystem() override { Kill(); }

  // ---- life ------------------------------------------------------------------------------------

  Status TryStart() {
    ASSIGN_OR_RETURN(auto image, open_image_());
    datanodes_ =
        std::make_unique<DatanodeManager>(DatanodeManagerOptions{}, &clock_, Random(TestSeed()));
    blocks_ = std::make_unique<BlockManager>(
        BlockManagerOptions{.block_pool_id = kPool}, datanodes_.get(), &clock_, &timer_, &executor_,
        this, this, [this](const BlockEffects& effects) { ns_->ApplyEffects(effects); });
    ns_ = std::make_unique<Namesystem>(
        options_,
        Namesystem::Dependencies{
            .clock = &clock_,
            .timer = &timer_,
            .executor = &executor_,
            .reply_executor = &executor_,
            .blocks = blocks_.get(),
            .datanodes = datanodes_.get(),
            .journal = std::make_unique<LocalJournal>(journal_options_, &env_, &journal_executor_),
            .image = std::move(image),
            .on_fatal = [this](Status status) { fatal_ = std::move(status); }});
    RETURN_IF_ERROR(ns_->Load());
    blocks_->Activate();
    ns_->Start();
    return Status::Ok();
  }
  void Start() {
    ASSERT_OK(TryStart());
    blocks_->LeaveSafeMode();
  }
  // The process ends as by a power loss; what was not synced is gone.
  void Kill() {
    if (ns_ == nullptr) return;
    env_.FailAfterWrites(1);  // what is still queued finds no disk
    journal_executor_.RunAll();
    EndParts();
    env_.Crash();
    store_.LosePower();
  }
  // As by SIGTERM: what has been begun is done.
  void StopCleanly() {
    Settle();
    EndParts();
  }
  void Restart() {
    Kill();
    Start();
  }
  // Lets all posted work run: log, replies, background.
  void Settle() {
    while (journal_executor_.RunAll() + executor_.RunAll() > 0) {
    }
  }
  // Time passes, with what it brings about.
  void Pass(Duration time) {
    timer_.Advance(time);
    Settle();
  }

  // ---- callers ---------------------------------------------------------------------------------

  static Caller Super() { return {.user = {.name = "hdfs"}, .host = "127.0.0.1"}; }
  static Caller As(const std::string& name, std::vector<std::string> groups = {}) {
    return {.user = {.name = name, .groups = std::move(groups)}, .host = "127.0.0.1"};
  }
  static Caller Call(int32_t id) {
    Caller caller = Super();
    caller.client_id = "0123456789abcdef";
    caller.call_id = id;
    return caller;
  }

  // ---- DataNodes -------------------------------------------------------------------------------

  void AddDatanode(const std::string& uuid, std::vector<ReportedReplica> replicas = {}) {
    RegisterDatanode(uuid);
    BlockEffects effects;
    BlockReportChunk report{.report_id = 1, .first = true, .last = true};
    report.replicas = std::move(replicas);
    report.storage_uuid = "DS-" + uuid;
    report.all_storage_uuids = {report.storage_uuid};
    blocks_->Receive(uuid, report, &effects);
    ns_->ApplyEffects(effects);
  }
  // Its full report is still to come.
  void RegisterDatanode(const std::string& uuid) {
    DatanodeRegistration registration;
    const auto address = addresses_.emplace(uuid, addresses_.size() + 1).first->second;
    registration.id = {.ip_addr = "127.0.10." + std::to_string(address),
                       .host_name = uuid,
                       .uuid = uuid,
                       .xfer_port = 9866};
    registration.cluster_id = "CID";
    registration.incarnation = 1;
    registration.storages = {{.storage_uuid = "DS-" + uuid,
                              .capacity_bytes = int64_t{1} << 40,
                              .remaining_bytes = int64_t{1} << 40}};
    BlockEffects effects;
    blocks_->Register(registration, kDefaultRack, &effects);
    ns_->ApplyEffects(effects);
    events_[uuid] = 0;
  }
  // The DataNode `uuid` says it has the finalized replica.
  void Received(const std::string& uuid, const Block& block,
                ReplicaEventType type = ReplicaEventType::kReceived) {
    BlockEffects effects;
    ReplicaEvent event{.number = ++events_[uuid], .type = type, .block = block};
    event.storage_uuid = "DS-" + uuid;
    blocks_->Receive(uuid, ReplicaEvents{{event}}, &effects);
    ns_->ApplyEffects(effects);
  }
  void Synchronized(const std::string& uuid, const BlockSynchronization& outcome) {
    BlockEffects effects;
    blocks_->Receive(uuid, outcome, &effects);
    ns_->ApplyEffects(effects);
  }

  // ---- whole steps of a writer -----------------------------------------------------------------

  StatusOr<FileStatus> Create(const std::string& path, const std::string& client = "c1",
                              uint32_t flags = kCreateFlagCreate) {
    CreateArgs args;
    args.path = path;
    args.client_name = client;
    args.flags = flags;
    args.masked = {0644};
    args.replication = 1;
    args.block_size = 1024;
    return ns_->Create(Super(), args);
  }
  std::optional<StatusOr<LocatedBlock>> AddBlock(const std::string& path,
                                                 const std::string& client = "c1",
                                                 std::optional<ExtendedBlock> previous = {}) {
    AddBlockArgs args;
    args.path = path;
    args.client_name = client;
    args.previous = std::move(previous);
    std::optional<StatusOr<LocatedBlock>> answer;
    ns_->AddBlock(Super(), args,
                  {.may_hold = [] { return false; },
                   .done = [&](StatusOr<LocatedBlock> result) { answer = std::move(result); }});
    return answer;
  }
  // The answer comes at once or later.
  std::shared_ptr<std::optional<StatusOr<bool>>> Complete(const std::string& path,
                                                          std::optional<ExtendedBlock> last,
                                                          const std::string& client = "c1",
                                                          bool may_hold = true) {
    auto answer = std::make_shared<std::optional<StatusOr<bool>>>();
    ns_->Complete(Super(), path, client, last, InodeId(0),
                  {.may_hold = [may_hold] { return may_hold; },
                   .done = [answer](StatusOr<bool> result) { *answer = std::move(result); }});
    return answer;
  }
  // A closed file of one block of `length` bytes on `uuid`.
  ExtendedBlock WriteFile(const std::string& path, const std::string& uuid, int64_t length = 100) {
    EXPECT_OK(Create(path));
    auto located = AddBlock(path);
    EXPECT_TRUE(located.has_value() && located->ok());
    ExtendedBlock block = (*located)->block;
    block.block.num_bytes = length;
    Received(uuid, block.block);
    const auto closed = Complete(path, block);
    EXPECT_TRUE(closed->has_value() && (**closed).value_or(false));
    return block;
  }

  // Every path with what matters of it, for comparing before and after.
  std::string Dump() {
    std::string text;
    FsckCursor cursor{.root = "/"};
    while (true) {
      auto entries = ns_->NextFsckEntries(&cursor, 100);
      EXPECT_OK(entries);
      if (!entries.ok() || entries->empty()) break;
      for (const FsckEntry& entry : *entries) {
        const FileStatus& status = entry.status;
        text += entry.path + " " + std::to_string(status.file_id.value()) + " " + status.owner +
                ":" + status.group + " " + PermissionText(status.permission) + " " +
                std::to_string(status.modification_time_ms) + " " +
                std::to_string(status.replication) + (entry.open ? " open" : "");
        for (const Block& block : entry.blocks) {
          text += " " + BlockName(block) + "/" + std::to_string(block.num_bytes);
        }
        text += "\n";
      }
    }
    return text;
  }

  // DatanodeCommander, LogGate
  void Send(const std::string& uuid, NamenodeCommand command) override {
    sent_.emplace_back(uuid, std::move(command));
  }
  void WhenSynced(std::function<void()> work) override { ns_->WhenSynced(std::move(work)); }

  void EndParts() {
    ns_->Stop();
    blocks_->Stop();
    ns_.reset();
    blocks_.reset();
    datanodes_.reset();
    executor_.RunAll();
    journal_executor_.RunAll();
    sent_.clear();
  }

  NamesystemOptions options_;
  FakeClock clock_;
  FakeTimer timer_{&clock_};
  ManualExecutor executor_;
  ManualExecutor journal_executor_;
  FaultEnv env_;
  LocalJournalOptions journal_options_{.dir = "/edits", .allocate_bytes = 4096};
  MemoryStore store_;
  std::function<StatusOr<std::unique_ptr<Image>>()> open_image_ = [this] {
    return std::make_unique<Image>(std::make_unique<SharedStore>(&store_));
  };
  std::unique_ptr<DatanodeManager> datanodes_;
  std::unique_ptr<BlockManager> blocks_;
  std::unique_ptr<Namesystem> ns_;
  Status fatal_;
  std::vector<std::pair<std::string, NamenodeCommand>> sent_;
  std::map<std::string, uint64_t> events_;
  std::map<std::string, size_t> addresses_;  // of DataNodes: the same after a restart
};

class NamesystemTest : public testing::Test, protected OneThreadNamesystem {};

}  // namespace tusk::namenode
