#include "mapreduce/engine/runner/local_block_store.h"

#include <cstdio>
#include <cstring>
#include <filesystem>

#include "common/base/log.h"
#include "common/io/checksum.h"

namespace tusk::mapreduce {
namespace {

constexpr uint32_t kMaxChunk = 1U << 30;

struct FrameHeader {
  uint32_t length;
  uint32_t crc;
};

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

File OpenFile(const std::string& path, const char* mode) {
  return {std::fopen(path.c_str(), mode), &std::fclose};
}

void RemoveFile(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

class FileReader final : public CachedBlockReader {
 public:
  FileReader(File file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  StatusOr<std::optional<std::string>> Next() override {
    FrameHeader header;
    const size_t got = std::fread(&header, 1, sizeof(header), file_.get());
    if (got == 0 && std::feof(file_.get()) != 0) return std::optional<std::string>();
    if (got != sizeof(header) || header.length > kMaxChunk) return Damaged();
    std::string chunk(header.length, '\0');
    if (std::fread(chunk.data(), 1, chunk.size(), file_.get()) != chunk.size() ||
        Crc32c(chunk) != header.crc) {
      return Damaged();
    }
    return std::optional<std::string>(std::move(chunk));
  }

 private:
  // The file goes, so that the next attempt recomputes the partition.
  Status Damaged() {
    RemoveFile(path_);
    return DataLossError("the cached partition in " + path_ + " is damaged");
  }

  const File file_;
  const std::string path_;
};

Status WriteFrame(FILE* file, std::string_view chunk, int64_t* bytes) {
  if (chunk.size() > kMaxChunk) return InvalidArgumentError("a cached chunk above 1 GB");
  const FrameHeader header{static_cast<uint32_t>(chunk.size()), Crc32c(chunk)};
  if (std::fwrite(&header, sizeof(header), 1, file) != 1 ||
      std::fwrite(chunk.data(), 1, chunk.size(), file) != chunk.size()) {
    return ResourceExhaustedError(std::string("cannot write a cached partition: ") +
                                  std::strerror(errno));
  }
  *bytes += static_cast<int64_t>(sizeof(header) + chunk.size());
  return Status::Ok();
}

}  // namespace

class LocalBlockStore::FileWriter final : public CachedBlockWriter {
 public:
  FileWriter(LocalBlockStore* store, Key key, std::string path, File file)
      : store_(store), key_(key), path_(std::move(path)), file_(std::move(file)) {}
  ~FileWriter() override {
    if (!committed_) RemoveFile(path_);
  }

  Status Append(std::string_view chunk) override { return WriteFrame(file_.get(), chunk, &bytes_); }

  Status Commit() override {
    if (std::fflush(file_.get()) != 0) {
      return ResourceExhaustedError("cannot write " + path_ + ": " + std::strerror(errno));
    }
    committed_ = true;
    store_->FileDone(key_, path_, bytes_);
    return Status::Ok();
  }

 private:
  LocalBlockStore* const store_;
  const Key key_;
  const std::string path_;
  const File file_;
  int64_t bytes_ = 0;
  bool committed_ = false;
};

LocalBlockStore::LocalBlockStore(std::string directory, MemoryLedger* ledger)
    : directory_(std::move(directory)), ledger_(ledger) {
  ledger_->AddHolder(this);
}

LocalBlockStore::~LocalBlockStore() {
  ledger_->RemoveHolder(this);
  MutexLock lock(mu_);
  for (const auto& [key, entry] : entries_) {
    if (!entry.file.empty()) RemoveFile(entry.file);
    ledger_->Return(entry.reserved);
  }
}

void LocalBlockStore::TouchLocked(Entry& entry) {
  uses_.splice(uses_.end(), uses_, entry.use);
}

void LocalBlockStore::NoteLocked(const Key& key, const Entry* entry) {
  CachedChange change{key.node, key.partition, entry != nullptr, false, 0};
  if (entry != nullptr) {
    change.on_disk = entry->memory == nullptr;
    change.bytes = change.on_disk ? entry->file_bytes : entry->reserved;
  }
  changes_.push_back(change);
}

std::string LocalBlockStore::NewFileLocked(const Key& key) {
  return directory_ + "/" + std::to_string(key.node.value()) + "_" + std::to_string(key.partition) +
         "." + std::to_string(next_file_++);
}

std::optional<CachedHit> LocalBlockStore::Find(LineageId node, int partition) {
  const Key key{node, partition};
  std::string path;
  {
    MutexLock lock(mu_);
    const auto it = entries_.find(key);
    if (it == entries_.end()) return std::nullopt;
    TouchLocked(it->second);
    if (it->second.memory != nullptr) return CachedHit{it->second.memory, nullptr};
    path = it->second.file;
  }
  File file = OpenFile(path, "rbe");
  if (file != nullptr) {
    return CachedHit{nullptr, std::make_unique<FileReader>(std::move(file), path)};
  }
  MutexLock lock(mu_);
  std::vector<std::string> files;
  int64_t reserved = 0;
  const auto it = entries_.find(key);
  if (it != entries_.end() && it->second.file == path) EraseLocked(key, &files, &reserved);
  return std::nullopt;
}

void LocalBlockStore::Put(LineageId node, int partition, StorageLevel level,
                          std::shared_ptr<const CachedPartition> cached, int64_t reserved) {
  const Key key{node, partition};
  {
    MutexLock lock(mu_);
    const auto [it, fresh] = entries_.try_emplace(key);
    if (fresh) {
      Entry& entry = it->second;
      entry.level = level;
      entry.memory = std::move(cached);
      entry.reserved = reserved;
      entry.use = uses_.insert(uses_.end(), key);
      NoteLocked(key, &entry);
      return;
    }
  }
  ledger_->Return(reserved);
}

StatusOr<std::unique_ptr<CachedBlockWriter>> LocalBlockStore::OpenDisk(LineageId node,
                                                                       int partition) {
  const Key key{node, partition};
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  std::string path;
  {
    MutexLock lock(mu_);
    path = NewFileLocked(key);
  }
  File file = OpenFile(path, "wbe");
  if (file == nullptr) {
    return ResourceExhaustedError("cannot create " + path + ": " + std::strerror(errno));
  }
  return std::unique_ptr<CachedBlockWriter>(
      std::make_unique<FileWriter>(this, key, path, std::move(file)));
}

void LocalBlockStore::FileDone(const Key& key, const std::string& file, int64_t bytes) {
  {
    MutexLock lock(mu_);
    spilled_bytes_ += bytes;
    const auto [it, fresh] = entries_.try_emplace(key);
    if (fresh) {
      Entry& entry = it->second;
      entry.level = StorageLevel::DiskOnly();
      entry.file = file;
      entry.file_bytes = bytes;
      entry.use = uses_.insert(uses_.end(), key);
      NoteLocked(key, &entry);
      return;
    }
  }
  RemoveFile(file);  // another attempt cached it meanwhile
}

void LocalBlockStore::EraseLocked(const Key& key, std::vector<std::string>* files,
                                  int64_t* reserved) {
  const auto it = entries_.find(key);
  if (!it->second.file.empty()) files->push_back(it->second.file);
  *reserved += it->second.reserved;
  uses_.erase(it->second.use);
  entries_.erase(it);
  NoteLocked(key, nullptr);
}

void LocalBlockStore::Drop(LineageId node) {
  std::vector<std::string> files;
  int64_t reserved = 0;
  {
    MutexLock lock(mu_);
    std::vector<Key> keys;
    for (const auto& [key, entry] : entries_) {
      if (key.node == node) keys.push_back(key);
    }
    for (const Key& key : keys) EraseLocked(key, &files, &reserved);
  }
  ledger_->Return(reserved);
  for (const std::string& file : files) RemoveFile(file);
}

bool LocalBlockStore::StartLeaving(Key* key, std::shared_ptr<const CachedPartition>* memory,
                                   std::string* file) {
  MutexLock lock(mu_);
  for (const Key& candidate : uses_) {
    Entry& entry = entries_.at(candidate);
    if (entry.memory == nullptr || entry.leaving) continue;
    entry.leaving = true;
    *key = candidate;
    *memory = entry.memory;
    *file = entry.level.disk ? NewFileLocked(candidate) : std::string();
    return true;
  }
  return false;
}

int64_t LocalBlockStore::FinishLeaving(const Key& key, const std::string& file,
                                       int64_t file_bytes) {
  int64_t freed = 0;
  bool unused_file = false;
  std::shared_ptr<const CachedPartition> memory;  // freed outside the lock
  {
    MutexLock lock(mu_);
    const auto it = entries_.find(key);
    if (it == entries_.end() || !it->second.leaving) {  // dropped meanwhile
      unused_file = true;
    } else if (file.empty()) {
      memory = std::move(it->second.memory);
      std::vector<std::string> files;
      EraseLocked(key, &files, &freed);
    } else {
      Entry& entry = it->second;
      memory = std::move(entry.memory);
      entry.memory = nullptr;
      entry.file = file;
      entry.file_bytes = file_bytes;
      entry.leaving = false;
      freed = std::exchange(entry.reserved, 0);
      spilled_bytes_ += file_bytes;
      NoteLocked(key, &entry);
    }
  }
  if (unused_file && !file.empty()) RemoveFile(file);
  ledger_->Return(freed);
  return freed;
}

int64_t LocalBlockStore::GiveBack(int64_t bytes) {
  int64_t freed = 0;
  Key key;
  std::string path;
  std::shared_ptr<const CachedPartition> memory;
  while (freed < bytes && StartLeaving(&key, &memory, &path)) {
    int64_t file_bytes = 0;
    if (!path.empty()) {
      std::error_code ignored;
      std::filesystem::create_directories(directory_, ignored);
      const File file = OpenFile(path, "wbe");
      Status written = file == nullptr ? ResourceExhaustedError(std::strerror(errno)) : Status();
      if (written.ok()) {
        written = memory->Encode(
            [&](std::string_view chunk) { return WriteFrame(file.get(), chunk, &file_bytes); });
      }
      if (written.ok() && std::fflush(file.get()) != 0) {
        written = ResourceExhaustedError(std::strerror(errno));
      }
      if (!written.ok()) {
        LOG_WARN("a cached partition is dropped, it cannot be written file={}: {}", path, written);
        RemoveFile(path);
        path.clear();
      }
    }
    memory.reset();
    freed += FinishLeaving(key, path, file_bytes);
  }
  return freed;
}

std::vector<CachedChange> LocalBlockStore::TakeChanges() {
  MutexLock lock(mu_);
  return std::exchange(changes_, {});
}

int64_t LocalBlockStore::spilled_bytes() const {
  MutexLock lock(mu_);
  return spilled_bytes_;
}

}  // namespace tusk::mapreduce
