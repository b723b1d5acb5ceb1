#include "mapreduce/engine/shuffle/map_output_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

#include "common/base/log.h"

namespace tusk::mapreduce {
namespace {

Status WriteFile(const std::string& file, std::string_view bytes) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return ErrnoError("create " + file, errno);
  Status status;
  while (!bytes.empty() && status.ok()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EINTR) {
      status = ErrnoError("write " + file, errno);
    }
  }
  ::close(fd);
  if (!status.ok()) ::unlink(file.c_str());
  return status;
}

}  // namespace

MapOutputStore::MapOutputStore(std::string directory, MemoryLedger* ledger)
    : directory_(std::move(directory)), ledger_(ledger) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error)
    LOG_WARN("map outputs cannot leave memory directory={} {}", directory_, error.message());
  ledger_->AddHolder(this);
}

MapOutputStore::~MapOutputStore() {
  ledger_->RemoveHolder(this);
  MutexLock lock(mu_);
  for (const auto& [path, output] : outputs_) Release(output);
}

void MapOutputStore::PutMemory(ShuffleId shuffle, const std::string& path, std::string bytes,
                               int64_t reserved) {
  Stored stored;
  stored.length = static_cast<int64_t>(bytes.size());
  stored.bytes = std::make_shared<const std::string>(std::move(bytes));
  Put(shuffle, path, std::move(stored), reserved);
}

void MapOutputStore::PutFile(ShuffleId shuffle, const std::string& path, std::string file,
                             int64_t length) {
  Put(shuffle, path, {nullptr, std::move(file), length}, 0);
}

void MapOutputStore::Put(ShuffleId shuffle, const std::string& path, Stored stored,
                         int64_t reserved) {
  MutexLock lock(mu_);
  const bool added =
      outputs_.try_emplace(path, Output{shuffle, std::move(stored), reserved}).second;
  CHECK(added) << "two map outputs named " << path;
}

StatusOr<MapOutputStore::Stored> MapOutputStore::Find(const std::string& path) const {
  MutexLock lock(mu_);
  const auto it = outputs_.find(path);
  if (it == outputs_.end()) return NotFoundError("no map output " + path + " in this runner");
  return it->second.stored;
}

void MapOutputStore::Drop(ShuffleId shuffle) {
  std::vector<Output> dropped;
  {
    MutexLock lock(mu_);
    for (auto it = outputs_.begin(); it != outputs_.end();) {
      if (it->second.shuffle == shuffle) {
        dropped.push_back(std::move(it->second));
        it = outputs_.erase(it);
      } else {
        ++it;
      }
    }
  }
  for (const Output& output : dropped) Release(output);
}

void MapOutputStore::DropOutput(const std::string& path) {
  Output dropped;
  {
    MutexLock lock(mu_);
    const auto it = outputs_.find(path);
    if (it == outputs_.end()) return;
    dropped = std::move(it->second);
    outputs_.erase(it);
  }
  Release(dropped);
}

void MapOutputStore::Release(const Output& output) {
  if (output.reserved > 0) ledger_->Return(output.reserved);
  if (!output.stored.file.empty()) ::unlink(output.stored.file.c_str());
}

std::string MapOutputStore::FileOf(const std::string& path) const {
  std::string name = path;
  std::replace(name.begin(), name.end(), '/', '_');
  return directory_ + "/" + name;
}

int64_t MapOutputStore::GiveBack(int64_t bytes) {
  int64_t given = 0;
  while (given < bytes) {
    std::string path;
    std::shared_ptr<const std::string> content;
    {
      MutexLock lock(mu_);
      Output* largest = nullptr;
      for (auto& [name, output] : outputs_) {
        if (output.stored.bytes == nullptr || output.moving || output.reserved == 0) continue;
        if (largest == nullptr || output.reserved > largest->reserved) {
          largest = &output;
          path = name;
        }
      }
      if (largest == nullptr) return given;
      largest->moving = true;
      content = largest->stored.bytes;
    }
    const std::string file = FileOf(path);
    const Status written = WriteFile(file, *content);
    if (!written.ok()) LOG_WARN("map output stays in memory path={} {}", path, written);
    int64_t freed = 0;
    {
      MutexLock lock(mu_);
      const auto it = outputs_.find(path);
      if (it != outputs_.end()) {
        it->second.moving = false;
        if (written.ok()) {
          freed = std::exchange(it->second.reserved, 0);
          it->second.stored.bytes.reset();
          it->second.stored.file = file;
        }
      } else if (written.ok()) {
        ::unlink(file.c_str());  // dropped meanwhile
      }
    }
    if (freed > 0) ledger_->Return(freed);
    given += freed;
    if (!written.ok()) return given;
  }
  return given;
}

}  // namespace tusk::mapreduce
