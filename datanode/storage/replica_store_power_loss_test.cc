// The machine stops at each change of the disk in turn, once more while the store starts again, and
// the disk keeps what it likes of what was not synced: what was acknowledged as finalized or
// hsynced is there, byte for byte, and nothing that is there is wrong.
#include <cstdlib>

#include "common/base/random.h"
#include "common/kv/leveldb_store.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_seed.h"
#include "datanode/storage/store_fixture.h"

namespace tusk::datanode {
namespace {

// More disks that keep something else, in `./check --deep`.
uint64_t DisksPerStop() {
  const char* deep = std::getenv("TUSK_DEEP");
  return deep != nullptr && std::string_view(deep) == "1" ? 50 : 4;
}

class PowerLossTest : public StoreTest {
 public:
  // What a client or the NameNode was told of a replica.
  struct Promise {
    int64_t stamp = 0;   // this one or a later one
    int64_t length = 0;  // at least; exactly when finalized
    bool finalized = false;
  };

  // Every way in which a replica comes to be acknowledged; ends at the first error.
  Status Play() {
    RETURN_IF_ERROR(PlayPlainWrite());
    RETURN_IF_ERROR(PlayPipelineRecovery());
    RETURN_IF_ERROR(PlayAppend());
    RETURN_IF_ERROR(PlayBlockRecovery());
    RETURN_IF_ERROR(PlayCopies());
    // May be gone from here on.
    promises_.erase(4);
    store_->Invalidate({{BlockId(4), GenerationStamp(1001), 2000}});
    deletions_.RunAll();
    return Status::Ok();
  }

  // The power is back. The start itself may be cut short by another loss, and a third one.
  void StartAgain(Random* random) {
    for (int losses = 0; losses < 2; ++losses) {
      env_.Crash();
      store_.reset();
      boot_id_ += "'";
      env_.FailAfterWrites(1 + static_cast<int64_t>(random->Below(10)));
      if (auto store = OpenStore(); store.ok()) {
        store_ = std::move(store).value();
        IgnoreError(store_->Join(TestNamespace()), "the machine may have stopped");
      }
    }
    env_.Crash();
    store_.reset();
    boot_id_ += "'";
    Start();
  }

  void CheckPromises() {
    for (const auto& [id, promise] : promises_) {
      SCOPED_TRACE("block " + std::to_string(id));
      ASSERT_OK_AND_ASSIGN(const ReplicaSnapshot now, store_->Find(TestBlock(id, promise.stamp)));
      EXPECT_GE(now.block.generation_stamp.value(), promise.stamp);
      EXPECT_GE(now.block.num_bytes, promise.length);
      if (!promise.finalized) continue;
      EXPECT_EQ(now.state, ReplicaState::kFinalized);
      EXPECT_EQ(now.block.num_bytes, promise.length);
    }
    for (const StorageReplicas& storage : store_->Snapshot()) {
      for (const ReportedReplica& replica : storage.replicas) {
        SCOPED_TRACE(BlockName(replica.block));
        ASSERT_OK_AND_ASSIGN(
            const std::string bytes,
            ReadBack(replica.block.id.value(), replica.block.generation_stamp.value()));
        EXPECT_EQ(bytes, Pattern(replica.block.num_bytes));
      }
    }
  }

  // On the same disk, stopped at each of its writes too.
  OpenIndex Index() override {
    return [this](const std::string& dir, bool discard) -> StatusOr<std::unique_ptr<KvStore>> {
      if (discard) RETURN_IF_ERROR(env_.RemoveTree(dir));
      RETURN_IF_ERROR(env_.MakeDirs(dir));
      return OpenLevelDb(dir, {.env = &env_});
    };
  }

  using StoreTest::env_;
  using StoreTest::Start;
  void TestBody() override {}

 private:
  void Promised(int64_t id, int64_t stamp, int64_t length, bool finalized) {
    promises_[id] = {stamp, length, finalized};
  }

  // Writes on to `end` as a client does: from the start of the chunk begun, acknowledged or not.
  static Status WriteTo(ReplicaWriter* writer, int64_t end, bool acked = true) {
    const int64_t from = writer->checksum().ChunkStart(writer->length());
    const std::string bytes = Pattern(end).substr(static_cast<size_t>(from));
    RETURN_IF_ERROR(
        writer->Write(from, bytes, SumsOf(writer->checksum(), bytes), writer->checksum()));
    if (acked) writer->Acked(end);
    return Status::Ok();
  }
  Status HsyncAt(ReplicaWriter* writer, int64_t id, int64_t stamp, int64_t end) {
    RETURN_IF_ERROR(WriteTo(writer, end));
    RETURN_IF_ERROR(writer->Hsync());
    Promised(id, stamp, end, false);
    return Status::Ok();
  }
  Status FinalizeAt(std::unique_ptr<ReplicaWriter> writer, int64_t id, int64_t stamp, int64_t end) {
    RETURN_IF_ERROR(WriteTo(writer.get(), end));
    RETURN_IF_ERROR(store_->Finalize(std::move(writer)));
    Promised(id, stamp, end, true);
    return Status::Ok();
  }

  Status PlayPlainWrite() {
    ASSIGN_OR_RETURN(auto writer, Create(1));
    RETURN_IF_ERROR(HsyncAt(writer.get(), 1, 1001, 700));
    RETURN_IF_ERROR(WriteTo(writer.get(), 800));
    RETURN_IF_ERROR(HsyncAt(writer.get(), 1, 1001, 1000));
    return FinalizeAt(std::move(writer), 1, 1001, 1300);
  }

  // The pipeline breaks twice; what was not acknowledged is cut off.
  Status PlayPipelineRecovery() {
    {
      ASSIGN_OR_RETURN(auto writer, Create(2));
      RETURN_IF_ERROR(HsyncAt(writer.get(), 2, 1001, 1000));
      RETURN_IF_ERROR(WriteTo(writer.get(), 1700, /*acked=*/false));
    }
    {
      ASSIGN_OR_RETURN(auto writer, store_->RecoverRbw(TestBlock(2, 1001), GenerationStamp(1002),
                                                       1000, 1700, Session()));
      RETURN_IF_ERROR(HsyncAt(writer.get(), 2, 1002, 1500));
    }
    RETURN_IF_ERROR(store_->RecoverClose(TestBlock(2, 1002), GenerationStamp(1003), 1500));
    Promised(2, 1003, 1500, true);
    return Status::Ok();
  }

  Status PlayAppend() {
    promises_[1].finalized = false;  // it may be open from here on
    {
      ASSIGN_OR_RETURN(auto writer,
                       store_->Append(TestBlock(1, 1001), GenerationStamp(1004), 1300, Session()));
      RETURN_IF_ERROR(HsyncAt(writer.get(), 1, 1004, 1500));
    }
    ASSIGN_OR_RETURN(auto writer, store_->RecoverAppend(TestBlock(1, 1004), GenerationStamp(1005),
                                                        1500, Session()));
    return FinalizeAt(std::move(writer), 1, 1005, 1600);
  }

  Status PlayBlockRecovery() {
    {
      ASSIGN_OR_RETURN(auto writer, Create(3));
      RETURN_IF_ERROR(HsyncAt(writer.get(), 3, 1001, 900));
      RETURN_IF_ERROR(WriteTo(writer.get(), 1100, /*acked=*/false));
    }
    RETURN_IF_ERROR(store_->InitRecovery(TestBlock(3, 1001), 1006).status());
    RETURN_IF_ERROR(store_->UpdateRecovery(TestBlock(3, 1001), 1006, 900).status());
    Promised(3, 1006, 900, true);
    return Status::Ok();
  }

  // From another DataNode: a finalized replica, and one that joins a pipeline.
  Status PlayCopies() {
    ASSIGN_OR_RETURN(auto whole,
                     store_->CreateTemporary(TestBlock(4, 1001), {}, DataChecksum{}, Session()));
    RETURN_IF_ERROR(FinalizeAt(std::move(whole), 4, 1001, 2000));
    ASSIGN_OR_RETURN(auto part,
                     store_->CreateTemporary(TestBlock(5, 1001), {}, DataChecksum{}, Session()));
    RETURN_IF_ERROR(WriteTo(part.get(), 1000));
    RETURN_IF_ERROR(store_->ConvertToRbw(std::move(part)));
    ASSIGN_OR_RETURN(auto writer, store_->RecoverRbw(TestBlock(5, 1001), GenerationStamp(1007),
                                                     1000, 1000, Session()));
    RETURN_IF_ERROR(HsyncAt(writer.get(), 5, 1007, 1200));
    return FinalizeAt(std::move(writer), 5, 1007, 1400);
  }

  std::map<int64_t, Promise> promises_;
};

// One machine that stops at change `stop`; false when it came to the end of the play before.
bool StopAt(int64_t stop, const std::function<void(FaultEnv*)>& choose_disk, uint64_t seed) {
  PowerLossTest machine;
  Random random(seed);
  choose_disk(&machine.env_);
  machine.Start();
  machine.env_.FailAfterWrites(stop);
  const Status played = machine.Play();
  const bool stopped = machine.env_.failed();
  EXPECT_EQ(played.ok() || stopped, true) << played;
  machine.StartAgain(&random);
  machine.CheckPromises();
  return stopped;
}

// `./check --deep` sets TUSK_DEEP; the seed repeats a failure.
TEST(ReplicaPowerLossTest, WhatWasAcknowledgedSurvivesAStopAtAnyWriteOnAnyDisk) {
  bool stopped = true;
  int64_t stop = 1;
  for (; stopped && !testing::Test::HasFailure(); ++stop) {
    ASSERT_LT(stop, 2000);
    SCOPED_TRACE("stopped at write " + std::to_string(stop));
    const uint64_t seed = TestSeed() + static_cast<uint64_t>(stop) * 1000;
    stopped = StopAt(stop, [](FaultEnv*) {}, seed);
    StopAt(stop, [](FaultEnv* env) { env->KeepTornTail(100); }, seed);
    for (uint64_t disk = 0; disk < DisksPerStop() && !testing::Test::HasFailure(); ++disk) {
      SCOPED_TRACE("disk " + std::to_string(disk));
      StopAt(stop, [&](FaultEnv* env) { env->TearAtCrash(seed + disk); }, seed + disk);
    }
  }
  EXPECT_GT(stop, 100);  // as many stops as the play has writes
}

// The index is a cache in LevelDB: whatever a power loss makes of its files, the folders decide.
TEST(ReplicaPowerLossTest, ADamagedIndexCostsACrawlAndNoReplica) {
  struct Machine : PowerLossTest {
    using PowerLossTest::boot_id_;
    using PowerLossTest::deletions_;
    using PowerLossTest::listener_;
    using PowerLossTest::Put;
    using PowerLossTest::ReadBack;
    using PowerLossTest::store_;
  };
  const std::vector<std::pair<std::string, std::function<void(std::string*)>>> damages = {
      {"CURRENT", [](std::string* bytes) { bytes->resize(bytes->size() / 2); }},
      {"MANIFEST-", [](std::string* bytes) { bytes->at(bytes->size() / 2) ^= 1; }},
      {".log", [](std::string* bytes) { bytes->assign(bytes->size(), '\0'); }}};
  int files = 0;
  for (const auto& [kind, damage] : damages) {
    SCOPED_TRACE(kind);
    const TempDir index;
    const auto open = [&](const std::string&, bool discard) {
      if (discard) IgnoreError(DestroyLevelDb(index.path()), "opening tells");
      return OpenLevelDb(index.path(), {});
    };
    Machine machine;
    const auto start = [&] {
      ReplicaStoreOptions options;
      options.volumes = {{"/d1"}};
      options.boot_id = machine.boot_id_;
      ReplicaStoreDeps deps{&machine.env_, &machine.deletions_, &machine.listener_, open, nullptr};
      ASSERT_OK_AND_ASSIGN(machine.store_, ReplicaStore::Open(options, deps));
      ASSERT_OK(machine.store_->Join(TestNamespace()));
    };
    ASSERT_NO_FATAL_FAILURE(start());
    for (int64_t id = 1; id <= 3; ++id) ASSERT_OK(machine.Put(id, 600));
    machine.env_.Crash();
    machine.store_.reset();
    machine.boot_id_ = "boot-2";
    ASSERT_OK_AND_ASSIGN(const auto entries, Env::Posix()->List(index.path()));
    for (const DirEntry& entry : entries) {
      if (entry.name.find(kind) == std::string::npos) continue;
      ++files;
      ASSERT_OK_AND_ASSIGN(std::string bytes, Env::Posix()->ReadFile(index.File(entry.name)));
      damage(&bytes);
      ASSERT_OK(Env::Posix()->WriteFileAtomically(index.File(entry.name), bytes));
    }
    for (int starts = 0; starts < 2; ++starts) {  // with a crawl, then with the index made anew
      ASSERT_NO_FATAL_FAILURE(start());
      EXPECT_EQ(machine.store_->replica_count(), 3);
      ASSERT_OK_AND_ASSIGN(const std::string bytes, machine.ReadBack(2));
      EXPECT_EQ(bytes, Pattern(600));
      machine.store_.reset();
    }
  }
  EXPECT_EQ(files, 3);
}

}  // namespace
}  // namespace tusk::datanode
