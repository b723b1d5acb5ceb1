#include "datanode/storage/folder_sync.h"

namespace tusk::datanode {

Status FolderSync::Sync(const std::string& gained, const std::string& lost) {
  std::shared_ptr<Batch> mine;
  {
    MutexLock lock(mu_);
    ++calls_;
    if (next_ == nullptr) next_ = std::make_shared<Batch>();
    mine = next_;
    mine->gained.insert(gained);
    if (!lost.empty()) mine->lost.insert(lost);
    while (working_ && !mine->done) finished_.Wait(mu_);
    if (mine->done) return mine->result;
    working_ = true;
    next_ = nullptr;  // from here on nobody joins this batch
    syncs_ += static_cast<int64_t>(mine->gained.size() + mine->lost.size());
  }
  Status result = Work(*mine);
  MutexLock lock(mu_);
  working_ = false;
  mine->result = result;
  mine->done = true;
  finished_.NotifyAll();
  return result;
}

Status FolderSync::Work(const Batch& batch) {
  for (const std::string& folder : batch.gained) RETURN_IF_ERROR(env_->SyncDir(folder));
  for (const std::string& folder : batch.lost) RETURN_IF_ERROR(env_->SyncDir(folder));
  return Status::Ok();
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
