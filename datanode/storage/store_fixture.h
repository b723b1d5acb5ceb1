// A store on a disk in memory, for the tests of this folder and of those above it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/concurrent/mutex.h"
#include "common/kv/memory_store.h"
#include "common/testing/fault_env.h"
#include "common/testing/manual_executor.h"
#include "common/testing/status_matchers.h"
#include "datanode/storage/meta_file.h"
#include "datanode/storage/replica_store.h"

namespace tusk::datanode {

inline constexpr char kTestPool[] = "BP-1-127.0.0.1-1";

inline NamespaceInfo TestNamespace() {
  NamespaceInfo space;
  space.cluster_id = "CID-test";
  space.block_pool_id = kTestPool;
  space.namespace_id = 42;
  return space;
}

inline ExtendedBlock TestBlock(int64_t id, int64_t stamp, int64_t bytes = 0) {
  return {kTestPool, {BlockId(id), GenerationStamp(stamp), bytes}};
}

// `size` bytes that tell where they are: byte i depends on i and `seed`.
inline std::string Pattern(int64_t size, int seed = 1) {
  std::string bytes(static_cast<size_t>(size), '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>((i * 31 + i / 251 + static_cast<size_t>(seed) * 7) & 0xFF);
  }
  return bytes;
}

inline std::string SumsOf(const DataChecksum& checksum, std::string_view data) {
  std::string sums;
  AppendChecksums(checksum, data, &sums);
  return sums;
}

// What the store said, as "received blk_1_1001 300".
class RecordingListener final : public ReplicaListener {
 public:
  void OnReceiving(const Block& block, const std::string&) override { Add("receiving", block); }
  void OnReceived(const Block& block, const std::string&) override { Add("received", block); }
  void OnDeleted(const Block& block, const std::string&) override { Add("deleted", block); }
  void OnBadReplica(const Block& block, const std::string&) override { Add("bad", block); }

  std::vector<std::string> Take() {
    MutexLock lock(mu_);
    return std::exchange(events_, {});
  }

 private:
  void Add(const char* what, const Block& block) {
    MutexLock lock(mu_);
    events_.push_back(std::string(what) + " " + BlockName(block) + " " +
                      std::to_string(block.num_bytes));
  }
  Mutex mu_;
  std::vector<std::string> events_ GUARDED_BY(mu_);
};

// Keeps one MemoryStore per folder over restarts.
class MemoryIndexes {
 public:
  OpenIndex Opener() {
    return [this](const std::string& dir, bool discard) -> StatusOr<std::unique_ptr<KvStore>> {
      if (discard || stores_[dir] == nullptr) stores_[dir] = std::make_shared<MemoryStore>();
      return std::unique_ptr<KvStore>(std::make_unique<Shared>(stores_[dir]));
    };
  }

  // Ok: they work again.
  void FailWrites(const Status& status) {
    for (const auto& [dir, store] : stores_) store->FailWrites(status);
  }

 private:
  class Shared final : public KvStore {
   public:
    explicit Shared(std::shared_ptr<MemoryStore> store) : store_(std::move(store)) {}
    StatusOr<std::string> Get(std::string_view key) override { return store_->Get(key); }
    Status Write(const KvBatch& batch, WriteSync sync) override {
      return store_->Write(batch, sync);
    }
    std::unique_ptr<KvIterator> NewIterator() override { return store_->NewIterator(); }
    void Compact(std::string_view first, std::string_view last) override {
      store_->Compact(first, last);
    }

   private:
    const std::shared_ptr<MemoryStore> store_;
  };
  std::map<std::string, std::shared_ptr<MemoryStore>> stores_;
};

class StoreTest : public testing::Test {
 protected:
  StatusOr<std::unique_ptr<ReplicaStore>> OpenStore(std::vector<VolumeSpec> volumes = {{"/d1"}}) {
    ReplicaStoreOptions options;
    options.volumes = std::move(volumes);
    options.boot_id = boot_id_;
    options.writer_stop_timeout = std::chrono::seconds(5);
    options.failed_volumes_tolerated = tolerated_;
    ReplicaStoreDeps deps;
    deps.env = &env_;
    deps.deletions = &deletions_;
    deps.listener = &listener_;
    deps.open_index = Index();
    deps.on_fatal = [this](const std::string& why) { fatal_ = why; };
    return ReplicaStore::Open(std::move(options), std::move(deps));
  }

  virtual OpenIndex Index() { return indexes_.Opener(); }

  // A store that has joined; ends the test when it does not open.
  void Start(std::vector<VolumeSpec> volumes = {{"/d1"}}) {
    auto store = OpenStore(std::move(volumes));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = std::move(store).value();
    const Status joined = store_->Join(TestNamespace());
    ASSERT_TRUE(joined.ok()) << joined;
  }

  static std::shared_ptr<WriterSession> Session() {
    return std::make_shared<WriterSession>([] {});
  }

  StatusOr<std::unique_ptr<ReplicaWriter>> Create(int64_t id, int64_t stamp = 1001) {
    return store_->CreateRbw(TestBlock(id, stamp), {}, DataChecksum{}, Session());
  }

  static Status WriteAll(ReplicaWriter* writer, int64_t offset, const std::string& data) {
    RETURN_IF_ERROR(
        writer->Write(offset, data, SumsOf(writer->checksum(), data), writer->checksum()));
    writer->Acked(offset + static_cast<int64_t>(data.size()));
    return Status::Ok();
  }

  // A finalized replica with Pattern(bytes).
  Status Put(int64_t id, int64_t bytes, int64_t stamp = 1001) {
    ASSIGN_OR_RETURN(std::unique_ptr<ReplicaWriter> writer, Create(id, stamp));
    if (bytes > 0) RETURN_IF_ERROR(WriteAll(writer.get(), 0, Pattern(bytes)));
    return store_->Finalize(std::move(writer));
  }

  // The visible bytes, checked against their checksums on the disk.
  StatusOr<std::string> ReadBack(int64_t id, int64_t stamp = 1001) {
    ASSIGN_OR_RETURN(const ReplicaReader reader, store_->OpenForRead(TestBlock(id, stamp)));
    std::string bytes(static_cast<size_t>(reader.length), '\0');
    ASSIGN_OR_RETURN(const size_t got, reader.data->ReadAt(0, bytes.data(), bytes.size()));
    if (got != bytes.size()) return DataLossError("short");
    ASSIGN_OR_RETURN(const ValidPrefix valid,
                     FindValidPrefix(reader.data.get(), reader.meta.get()));
    if (valid.length < reader.length) {
      return DataLossError("checksums hold for " + std::to_string(valid.length) + " of " +
                           std::to_string(reader.length) + " bytes");
    }
    return bytes;
  }

  FaultEnv env_;
  ManualExecutor deletions_;
  RecordingListener listener_;
  MemoryIndexes indexes_;
  std::string boot_id_ = "boot-1";
  std::string fatal_;
  int tolerated_ = 0;
  std::unique_ptr<ReplicaStore> store_;
};

}  // namespace tusk::datanode
