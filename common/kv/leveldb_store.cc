#include "common/kv/leveldb_store.h"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include "common/kv/leveldb_env.h"

namespace tusk {

namespace {

leveldb::Slice ToSlice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view ToView(const leveldb::Slice& slice) {
  return {slice.data(), slice.size()};
}

Status FromLevelDb(const std::string& dir, const leveldb::Status& status) {
  if (status.ok()) return Status::Ok();
  const std::string message = dir + ": " + status.ToString();
  if (status.IsNotFound()) return NotFoundError(message);
  if (status.IsCorruption()) return DataLossError(message);
  if (status.IsInvalidArgument()) return NotFoundError(message);  // "does not exist"
  // LevelDB keeps the errno's text only.
  if (message.find("LOCK") != std::string::npos) {
    return FailedPreconditionError(message + " (another process has it open)");
  }
  if (message.find("No space left") != std::string::npos) return ResourceExhaustedError(message);
  if (message.find("Permission denied") != std::string::npos) return PermissionDeniedError(message);
  return UnavailableError(message);
}

// LevelDB's own log goes nowhere: it would be one more file that grows.
class NoLogger final : public leveldb::Logger {
 public:
  void Logv(const char*, va_list) override {}
};

class LevelDbIterator final : public KvIterator {
 public:
  LevelDbIterator(const std::string& dir, leveldb::Iterator* it) : dir_(dir), it_(it) {}

  void SeekToFirst() override { it_->SeekToFirst(); }
  void Seek(std::string_view key) override { it_->Seek(ToSlice(key)); }
  bool Valid() const override { return it_->Valid(); }
  void Next() override { it_->Next(); }
  std::string_view key() const override { return ToView(it_->key()); }
  std::string_view value() const override { return ToView(it_->value()); }
  Status status() const override { return FromLevelDb(dir_, it_->status()); }

 private:
  const std::string dir_;
  const std::unique_ptr<leveldb::Iterator> it_;
};

class LevelDbStore final : public KvStore {
 public:
  LevelDbStore(std::string dir, size_t cache_bytes, Env* env)
      : dir_(std::move(dir)),
        disk_(env == nullptr ? Env::Posix() : env),
        cache_(leveldb::NewLRUCache(cache_bytes)) {
    if (env != nullptr) env_ = std::make_unique<LevelDbEnv>(env);
  }

  Status Open(leveldb::Options options) {
    if (env_ != nullptr) options.env = env_.get();
    options.block_cache = cache_.get();
    options.info_log = &logger_;
    leveldb::DB* db = nullptr;
    const leveldb::Status opened = leveldb::DB::Open(options, dir_, &db);
    if (env_ != nullptr) env_->RunBackground();
    db_.reset(db);
    RETURN_IF_ERROR(FromLevelDb(dir_, opened));
    return SyncNames();
  }

  StatusOr<std::string> Get(std::string_view key) override {
    std::string value;
    RETURN_IF_ERROR(FromLevelDb(dir_, db_->Get(ReadOptions(), ToSlice(key), &value)));
    return value;
  }

  Status Write(const KvBatch& batch, WriteSync sync) override {
    leveldb::WriteBatch changes;
    for (const KvBatch::Change& change : batch.changes()) {
      if (change.deletes) {
        changes.Delete(change.key);
      } else {
        changes.Put(change.key, change.value);
      }
    }
    leveldb::WriteOptions options;
    options.sync = sync == WriteSync::kYes;
    const leveldb::Status written = db_->Write(options, &changes);
    if (env_ != nullptr) env_->RunBackground();
    RETURN_IF_ERROR(FromLevelDb(dir_, written));
    return sync == WriteSync::kYes ? SyncNames() : Status::Ok();
  }

  std::unique_ptr<KvIterator> NewIterator() override {
    leveldb::ReadOptions options = ReadOptions();
    options.fill_cache = false;
    return std::make_unique<LevelDbIterator>(dir_, db_->NewIterator(options));
  }

  void Compact(std::string_view first, std::string_view last) override {
    if (env_ != nullptr) return;  // it would wait for what runs on this thread
    const leveldb::Slice begin = ToSlice(first);
    const leveldb::Slice end = ToSlice(last);
    db_->CompactRange(&begin, &end);
  }

 private:
  static leveldb::ReadOptions ReadOptions() {
    leveldb::ReadOptions options;
    options.verify_checksums = true;  // paranoid_checks alone does not verify reads
    return options;
  }

  // LevelDB syncs a log it has just begun, and not the folder that names it (nor the CURRENT it has
  // renamed): a batch it calls synced could go with the name. Costs nothing when no name is new.
  Status SyncNames() { return disk_->SyncDir(dir_); }

  const std::string dir_;
  Env* const disk_;
  NoLogger logger_;
  const std::unique_ptr<leveldb::Cache> cache_;
  std::unique_ptr<LevelDbEnv> env_;  // null on the machine's disk
  std::unique_ptr<leveldb::DB> db_;
};

}  // namespace

StatusOr<std::unique_ptr<KvStore>> OpenLevelDb(const std::string& dir,
                                               const LevelDbOptions& options) {
  leveldb::Options db_options;
  db_options.create_if_missing = options.create_if_missing;
  db_options.paranoid_checks = options.paranoid;
  db_options.write_buffer_size = options.write_buffer_bytes;
  db_options.compression = options.compress ? leveldb::kSnappyCompression : leveldb::kNoCompression;
  auto store = std::make_unique<LevelDbStore>(dir, options.cache_bytes, options.env);
  RETURN_IF_ERROR(store->Open(db_options));
  return std::unique_ptr<KvStore>(std::move(store));
}

Status RepairLevelDb(const std::string& dir, Env* env) {
  NoLogger logger;
  leveldb::Options options;
  options.info_log = &logger;
  std::unique_ptr<LevelDbEnv> on_env;
  if (env != nullptr) {
    on_env = std::make_unique<LevelDbEnv>(env);
    options.env = on_env.get();
  }
  return FromLevelDb(dir, leveldb::RepairDB(dir, options));
}

Status DestroyLevelDb(const std::string& dir) {
  return FromLevelDb(dir, leveldb::DestroyDB(dir, leveldb::Options()));
}

}  // namespace tusk
