// LevelDB's view of our Env, so that a store can live on a test's FaultEnv: the same files, buffers
// and syncs as LevelDB's own POSIX environment, and no thread.
//
// Threads: for a store with one user. What LevelDB wants done in the background waits until that
//          user calls RunBackground: after each write, so that nothing ever waits for it.
#pragma once

#include <leveldb/env.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "common/io/env.h"

namespace tusk {

class LevelDbEnv final : public leveldb::Env {
 public:
  explicit LevelDbEnv(tusk::Env* env) : env_(env) {}

  void RunBackground();

  leveldb::Status NewSequentialFile(const std::string& path,
                                    leveldb::SequentialFile** result) override;
  leveldb::Status NewRandomAccessFile(const std::string& path,
                                      leveldb::RandomAccessFile** result) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** result) override;
  leveldb::Status NewAppendableFile(const std::string& path,
                                    leveldb::WritableFile** result) override;
  bool FileExists(const std::string& path) override { return env_->Exists(path); }
  leveldb::Status GetChildren(const std::string& dir, std::vector<std::string>* result) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status CreateDir(const std::string& dir) override;
  leveldb::Status RemoveDir(const std::string& dir) override;
  leveldb::Status GetFileSize(const std::string& path, uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& path, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  void Schedule(void (*work)(void*), void* arg) override { background_.emplace_back(work, arg); }
  void StartThread(void (*work)(void*), void* arg) override;
  leveldb::Status GetTestDirectory(std::string* path) override;
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** result) override;
  uint64_t NowMicros() override { return 0; }  // only measures its own work
  void SleepForMicroseconds(int) override {}

 private:
  leveldb::Status OpenForWriting(const std::string& path, OpenMode mode,
                                 leveldb::WritableFile** result);

  tusk::Env* const env_;
  std::deque<std::pair<void (*)(void*), void*>> background_;
};

}  // namespace tusk
