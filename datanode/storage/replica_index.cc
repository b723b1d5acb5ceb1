#include "datanode/storage/replica_index.h"

#include "common/base/bytes.h"

namespace tusk::datanode {
namespace {

constexpr std::string_view kStateKey = "!state";
constexpr size_t kKeySize = 8;
constexpr size_t kBatchBytes = 1 << 20;
// No file is as long (ext4: 2^44), and the sum over all replicas of a volume is still a number.
constexpr uint64_t kMaxReplicaBytes = uint64_t{1} << 50;

std::string KeyOf(BlockId id) {
  std::string key;
  AppendBigEndian(&key, id.value());
  return key;
}

std::string ValueOf(const Block& block) {
  std::string value;
  AppendVarint(&value, static_cast<uint64_t>(block.generation_stamp.value()));
  AppendVarint(&value, static_cast<uint64_t>(block.num_bytes));
  return value;
}

std::string StateOf(const std::string& boot_id, bool clean) {
  return (clean ? "clean " : "in use ") + boot_id;
}

}  // namespace

StatusOr<std::vector<Block>> ReplicaIndex::Load(const std::string& boot_id) {
  const StatusOr<std::string> state = store_->Get(kStateKey);
  if (!state.ok()) {
    if (state.status().code() == Code::kNotFound) return FailedPreconditionError("it is new");
    return state.status();
  }
  if (*state != StateOf(boot_id, true)) {
    return FailedPreconditionError(*state == StateOf(boot_id, false)
                                       ? "the last stop was not clean"
                                       : "the machine was restarted since");
  }
  std::vector<Block> replicas;
  const std::unique_ptr<KvIterator> it = store_->NewIterator();
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (it->key().size() != kKeySize) continue;
    ByteReader in(it->value());
    uint64_t stamp = 0;
    uint64_t length = 0;
    if (!in.ReadVarint(&stamp) || !in.ReadVarint(&length) || stamp > INT64_MAX ||
        length > kMaxReplicaBytes) {
      return DataLossError("replica index: malformed entry");
    }
    replicas.push_back({BlockId(LoadBigEndian<int64_t>(it->key().data())),
                        GenerationStamp(static_cast<int64_t>(stamp)),
                        static_cast<int64_t>(length)});
  }
  RETURN_IF_ERROR(it->status());
  return replicas;
}

Status ReplicaIndex::Rebuild(const std::vector<Block>& replicas) {
  KvBatch batch;
  const auto flush = [&] {
    Status status = store_->Write(batch, WriteSync::kNo);
    batch.Clear();
    return status;
  };
  {
    const std::unique_ptr<KvIterator> it = store_->NewIterator();
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      batch.Delete(std::string(it->key()));
      if (batch.bytes() >= kBatchBytes) RETURN_IF_ERROR(flush());
    }
    RETURN_IF_ERROR(it->status());
  }
  for (const Block& replica : replicas) {
    batch.Put(KeyOf(replica.id), ValueOf(replica));
    if (batch.bytes() >= kBatchBytes) RETURN_IF_ERROR(flush());
  }
  return flush();
}

Status ReplicaIndex::MarkInUse(const std::string& boot_id) {
  return store_->Put(std::string(kStateKey), StateOf(boot_id, false), WriteSync::kYes);
}

Status ReplicaIndex::MarkClean(const std::string& boot_id) {
  if (incomplete_) return FailedPreconditionError("a change to the replica index had failed");
  return store_->Put(std::string(kStateKey), StateOf(boot_id, true), WriteSync::kYes);
}

Status ReplicaIndex::Put(const Block& replica) {
  KvBatch batch;
  batch.Put(KeyOf(replica.id), ValueOf(replica));
  return Change(batch);
}

Status ReplicaIndex::Remove(BlockId id) {
  KvBatch batch;
  batch.Delete(KeyOf(id));
  return Change(batch);
}

Status ReplicaIndex::Change(const KvBatch& batch) {
  Status status = store_->Write(batch, WriteSync::kNo);
  if (!status.ok()) incomplete_ = true;
  return status;
}

}  // namespace tusk::datanode
