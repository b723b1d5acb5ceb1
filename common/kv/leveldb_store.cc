#include "common/kv/leveldb_store.h"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

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
  LevelDbStore(std::string dir, size_t cache_bytes)
      : dir_(std::move(dir)), cache_(leveldb::NewLRUCache(cache_bytes)) {}

  Status Open(leveldb::Options options) {
    options.block_cache = cache_.get();
    options.info_log = &logger_;
    leveldb::DB* db = nullptr;
    RETURN_IF_ERROR(FromLevelDb(dir_, leveldb::DB::Open(options, dir_, &db)));
    db_.reset(db);
    return Status::Ok();
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
    return FromLevelDb(dir_, db_->Write(options, &changes));
  }

  std::unique_ptr<KvIterator> NewIterator() override {
    leveldb::ReadOptions options = ReadOptions();
    options.fill_cache = false;
    return std::make_unique<LevelDbIterator>(dir_, db_->NewIterator(options));
  }

  void Compact(std::string_view first, std::string_view last) override {
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

  const std::string dir_;
  NoLogger logger_;
  const std::unique_ptr<leveldb::Cache> cache_;
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
  auto store = std::make_unique<LevelDbStore>(dir, options.cache_bytes);
  RETURN_IF_ERROR(store->Open(db_options));
  return std::unique_ptr<KvStore>(std::move(store));
}

Status RepairLevelDb(const std::string& dir) {
  NoLogger logger;
  leveldb::Options options;
  options.info_log = &logger;
  return FromLevelDb(dir, leveldb::RepairDB(dir, options));
}

Status DestroyLevelDb(const std::string& dir) {
  return FromLevelDb(dir, leveldb::DestroyDB(dir, leveldb::Options()));
}

}  // namespace tusk
