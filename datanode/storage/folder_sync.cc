#include "datanode/storage/folder_sync.h"

namespace tusk::datanode {

Status FolderSync::Sync(const std::vector<std::string>& folders) {
  std::shared_ptr<Batch> mine;
  {
    MutexLock lock(mu_);
    ++calls_;
    if (next_ == nullptr) next_ = std::make_shared<Batch>();
    mine = next_;
    mine->folders.insert(folders.begin(), folders.end());
    while (working_ && !mine->done) finished_.Wait(mu_);
    if (mine->done) return mine->result;
    working_ = true;
    next_ = nullptr;  // from here on nobody joins this batch
    syncs_ += static_cast<int64_t>(mine->folders.size());
  }
  Status result;
  for (const std::string& folder : mine->folders) {
    Status status = env_->SyncDir(folder);
    if (!status.ok() && result.ok()) result = std::move(status);
  }
  MutexLock lock(mu_);
  working_ = false;
  mine->result = result;
  mine->done = true;
  finished_.NotifyAll();
  return result;
}

int64_t FolderSync::calls() const {
  MutexLock lock(mu_);
  return calls_;
}

int64_t FolderSync::syncs() const {
  MutexLock lock(mu_);
  return syncs_;
}

}  // namespace tusk::datanode
