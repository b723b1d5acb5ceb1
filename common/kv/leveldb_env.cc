#include "common/kv/leveldb_env.h"

#include <memory>

namespace tusk {
namespace {

constexpr size_t kWriteBufferBytes = 64 << 10;

leveldb::Status ToLevelDb(const Status& status) {
  if (status.ok()) return leveldb::Status::OK();
  if (status.code() == Code::kNotFound) return leveldb::Status::NotFound(status.message());
  return leveldb::Status::IOError(status.message());
}

class SequentialEnvFile final : public leveldb::SequentialFile {
 public:
  explicit SequentialEnvFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  leveldb::Status Read(size_t size, leveldb::Slice* result, char* scratch) override {
    const auto got = file_->ReadAt(at_, scratch, size);
    if (!got.ok()) return ToLevelDb(got.status());
    at_ += static_cast<int64_t>(*got);
    *result = leveldb::Slice(scratch, *got);
    return leveldb::Status::OK();
  }
  leveldb::Status Skip(uint64_t bytes) override {
    at_ += static_cast<int64_t>(bytes);
    return leveldb::Status::OK();
  }

 private:
  const std::unique_ptr<File> file_;
  int64_t at_ = 0;
};

class RandomAccessEnvFile final : public leveldb::RandomAccessFile {
 public:
  explicit RandomAccessEnvFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  leveldb::Status Read(uint64_t offset, size_t size, leveldb::Slice* result,
                       char* scratch) const override {
    const auto got = file_->ReadAt(static_cast<int64_t>(offset), scratch, size);
    if (!got.ok()) return ToLevelDb(got.status());
    *result = leveldb::Slice(scratch, *got);
    return leveldb::Status::OK();
  }

 private:
  const std::unique_ptr<File> file_;
};

class WritableEnvFile final : public leveldb::WritableFile {
 public:
  WritableEnvFile(tusk::Env* env, std::unique_ptr<File> file) : env_(env), file_(std::move(file)) {}
  ~WritableEnvFile() override {
    if (!closed_) Close();
  }

  leveldb::Status Append(const leveldb::Slice& data) override {
    buffer_.append(data.data(), data.size());
    return buffer_.size() < kWriteBufferBytes ? leveldb::Status::OK() : Flush();
  }
  leveldb::Status Close() override {
    const leveldb::Status flushed = Flush();
    closed_ = true;
    const Status closed = file_->Close();
    return flushed.ok() ? ToLevelDb(closed) : flushed;
  }
  leveldb::Status Flush() override {
    if (buffer_.empty()) return leveldb::Status::OK();
    const Status written = file_->Append(buffer_);
    buffer_.clear();
    return ToLevelDb(written);
  }
  leveldb::Status Sync() override {
    // As LevelDB does it itself: the names of the files that a manifest speaks of come first.
    if (BaseName(file_->path()).starts_with("MANIFEST")) {
      const Status named = env_->SyncDir(ParentDir(file_->path()));
      if (!named.ok()) return ToLevelDb(named);
    }
    const leveldb::Status flushed = Flush();
    return flushed.ok() ? ToLevelDb(file_->Sync()) : flushed;
  }

 private:
  tusk::Env* const env_;
  const std::unique_ptr<File> file_;
  std::string buffer_;
  bool closed_ = false;
};

class HeldLock final : public leveldb::FileLock {
 public:
  explicit HeldLock(std::unique_ptr<tusk::FileLock> lock) : lock_(std::move(lock)) {}

 private:
  const std::unique_ptr<tusk::FileLock> lock_;
};

}  // namespace

void LevelDbEnv::RunBackground() {
  while (!background_.empty()) {  // one piece may ask for the next
    const auto [work, arg] = background_.front();
    background_.pop_front();
    work(arg);
  }
}

leveldb::Status LevelDbEnv::NewSequentialFile(const std::string& path,
                                              leveldb::SequentialFile** result) {
  auto file = env_->Open(path, OpenMode::kRead);
  if (!file.ok()) return ToLevelDb(file.status());
  *result = new SequentialEnvFile(std::move(file).value());
  return leveldb::Status::OK();
}

leveldb::Status LevelDbEnv::NewRandomAccessFile(const std::string& path,
                                                leveldb::RandomAccessFile** result) {
  auto file = env_->Open(path, OpenMode::kRead);
  if (!file.ok()) return ToLevelDb(file.status());
  *result = new RandomAccessEnvFile(std::move(file).value());
  return leveldb::Status::OK();
}

leveldb::Status LevelDbEnv::OpenForWriting(const std::string& path, OpenMode mode,
                                           leveldb::WritableFile** result) {
  auto file = env_->Open(path, mode);
  if (!file.ok()) return ToLevelDb(file.status());
  *result = new WritableEnvFile(env_, std::move(file).value());
  return leveldb::Status::OK();
}

leveldb::Status LevelDbEnv::NewWritableFile(const std::string& path,
                                            leveldb::WritableFile** result) {
  return OpenForWriting(path, OpenMode::kCreateTruncate, result);
}

leveldb::Status LevelDbEnv::NewAppendableFile(const std::string& path,
                                              leveldb::WritableFile** result) {
  return OpenForWriting(path, OpenMode::kCreateOrOpen, result);
}

leveldb::Status LevelDbEnv::GetChildren(const std::string& dir, std::vector<std::string>* result) {
  const auto entries = env_->List(dir);
  if (!entries.ok()) return ToLevelDb(entries.status());
  result->clear();
  for (const DirEntry& entry : *entries) result->push_back(entry.name);
  return leveldb::Status::OK();
}

leveldb::Status LevelDbEnv::RemoveFile(const std::string& path) {
  return ToLevelDb(env_->Remove(path));
}

leveldb::Status LevelDbEnv::CreateDir(const std::string& dir) {
  return ToLevelDb(env_->MakeDir(dir));
}

leveldb::Status LevelDbEnv::RemoveDir(const std::string& dir) {
  return ToLevelDb(env_->Remove(dir));
}

leveldb::Status LevelDbEnv::GetFileSize(const std::string& path, uint64_t* size) {
  const auto info = env_->Stat(path);
  if (!info.ok()) return ToLevelDb(info.status());
  *size = static_cast<uint64_t>(info->size);
  return leveldb::Status::OK();
}

leveldb::Status LevelDbEnv::RenameFile(const std::string& from, const std::string& to) {
  return ToLevelDb(env_->Rename(from, to));
}

leveldb::Status LevelDbEnv::LockFile(const std::string& path, leveldb::FileLock** lock) {
  auto held = env_->Lock(path);
  if (!held.ok()) return ToLevelDb(held.status());
  *lock = new HeldLock(std::move(held).value());
  return leveldb::Status::OK();
}

leveldb::Status LevelDbEnv::UnlockFile(leveldb::FileLock* lock) {
  delete lock;
  return leveldb::Status::OK();
}

void LevelDbEnv::StartThread(void (*work)(void*), void* arg) {
  Schedule(work, arg);  // LevelDB itself never calls it
}

leveldb::Status LevelDbEnv::GetTestDirectory(std::string*) {
  return leveldb::Status::NotSupported("a folder for LevelDB's own tests");
}

leveldb::Status LevelDbEnv::NewLogger(const std::string&, leveldb::Logger**) {
  return leveldb::Status::NotSupported("the store brings its logger");
}

}  // namespace tusk
