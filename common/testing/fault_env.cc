#include "common/testing/fault_env.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace tusk {

// What a name points to: a file's bytes or a folder's names, as seen now and as a crash would
// leave them.
struct FaultEnv::Node {
  bool is_dir = false;
  std::string live;
  std::string durable;
  std::map<std::string, NodePtr> live_children;
  std::map<std::string, NodePtr> durable_children;
  int64_t mtime_millis = 0;

  int64_t LiveBytes() const {
    int64_t bytes = static_cast<int64_t>(live.size());
    for (const auto& [name, child] : live_children) bytes += child->LiveBytes();
    return bytes;
  }

  void Crash(int64_t torn_bytes, Random* tear) {
    if (is_dir) {
      live_children = durable_children;
      for (const auto& [name, child] : live_children) child->Crash(torn_bytes, tear);
      return;
    }
    if (tear != nullptr) {
      live.starts_with(durable) ? Tear(tear) : Mix(tear);
    } else if (!live.starts_with(durable)) {
      live = durable;
    } else {
      live.resize(std::min(live.size(), durable.size() + static_cast<size_t>(torn_bytes)));
    }
    durable = live;
  }

  void Tear(Random* tear) {
    const size_t unsynced = live.size() - durable.size();
    if (unsynced == 0) return;
    const size_t kept = tear->Below(unsynced + 1);
    live.resize(durable.size() + kept);
    if (!tear->OneIn(3)) return;
    const size_t rest = unsynced - kept;
    live.resize(live.size() + (tear->OneIn(2) ? rest : tear->Below(rest + 1)), '\0');
  }

  // Old bytes were written over or cut off: each sector is the old one or the new one, and so is
  // the size.
  void Mix(Random* tear) {
    constexpr size_t kSectorBytes = 512;
    const size_t both = std::min(live.size(), durable.size());
    for (size_t at = 0; at < both; at += kSectorBytes) {
      const size_t size = std::min(kSectorBytes, both - at);
      if (tear->OneIn(2)) live.replace(at, size, durable, at, size);
    }
    if (tear->OneIn(2)) live.replace(both, live.size() - both, durable, both);
  }

  // Also what hangs below under two names is one file in the copy.
  NodePtr Copy(std::map<const Node*, NodePtr>* copied) const {
    NodePtr& copy = (*copied)[this];
    if (copy != nullptr) return copy;
    copy = std::make_shared<Node>();
    copy->is_dir = is_dir;
    copy->live = copy->durable = live;
    copy->mtime_millis = mtime_millis;
    const NodePtr made = copy;
    for (const auto& [name, child] : live_children) {
      made->live_children[name] = child->Copy(copied);
    }
    made->durable_children = made->live_children;
    return made;
  }
};

namespace {

std::vector<std::string> Parts(const std::string& path) {
  std::vector<std::string> parts;
  size_t at = 0;
  while (at < path.size()) {
    const size_t slash = std::min(path.find('/', at), path.size());
    if (slash > at && path.substr(at, slash - at) != ".")
      parts.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return parts;
}

}  // namespace

class FaultFile final : public File {
 public:
  FaultFile(FaultEnv* env, FaultEnv::NodePtr node, std::string path, int64_t generation,
            bool writable)
      : env_(env),
        node_(std::move(node)),
        path_(std::move(path)),
        generation_(generation),
        writable_(writable) {}

  StatusOr<size_t> ReadAt(int64_t offset, char* to, size_t size) override {
    MutexLock lock(env_->mu_);
    RETURN_IF_ERROR(Usable());
    const auto at = std::min(static_cast<size_t>(offset), node_->live.size());
    const size_t got = std::min(size, node_->live.size() - at);
    if (got > 0) std::memcpy(to, node_->live.data() + at, got);
    return got;
  }

  Status WriteAt(int64_t offset, std::string_view bytes) override {
    MutexLock lock(env_->mu_);
    return WriteLocked(static_cast<size_t>(offset), bytes);
  }

  Status Append(std::string_view bytes) override {
    MutexLock lock(env_->mu_);
    return WriteLocked(node_->live.size(), bytes);
  }

  Status Sync() override {
    MutexLock lock(env_->mu_);
    RETURN_IF_ERROR(Usable());
    RETURN_IF_ERROR(env_->ChangeLocked("sync " + path_));
    if (env_->fail_syncs_) return ErrnoError("fdatasync " + path_, EIO);
    node_->durable = node_->live;
    return Status::Ok();
  }

  Status Truncate(int64_t size) override {
    MutexLock lock(env_->mu_);
    RETURN_IF_ERROR(Usable());
    RETURN_IF_ERROR(env_->ChangeLocked("truncate " + path_));
    node_->live.resize(static_cast<size_t>(size));
    return Status::Ok();
  }

  Status Allocate(int64_t, int64_t) override {
    MutexLock lock(env_->mu_);
    return Usable();
  }

  StatusOr<int64_t> Size() override {
    MutexLock lock(env_->mu_);
    RETURN_IF_ERROR(Usable());
    return static_cast<int64_t>(node_->live.size());
  }

  void DropBehind(int64_t, int64_t) override {}
  Status Close() override {
    closed_ = true;
    return Status::Ok();
  }
  int fd() const override { return -1; }
  const std::string& path() const override { return path_; }

 private:
  Status Usable() const REQUIRES(env_->mu_) {
    if (closed_) return FailedPreconditionError(path_ + " is closed");
    if (generation_ != env_->generation_) return UnavailableError(path_ + " was open at a crash");
    return Status::Ok();
  }

  Status WriteLocked(size_t offset, std::string_view bytes) REQUIRES(env_->mu_) {
    RETURN_IF_ERROR(Usable());
    if (!writable_) return ErrnoError("write " + path_, EBADF);
    RETURN_IF_ERROR(env_->ChangeLocked("write " + path_));
    const size_t end = offset + bytes.size();
    if (end > node_->live.size()) {
      const auto more = static_cast<int64_t>(end - node_->live.size());
      RETURN_IF_ERROR(env_->ReserveLocked(more, path_));
      node_->live.resize(end);
    }
    if (!bytes.empty()) std::memcpy(node_->live.data() + offset, bytes.data(), bytes.size());
    ++node_->mtime_millis;
    return Status::Ok();
  }

  FaultEnv* const env_;
  const FaultEnv::NodePtr node_;
  const std::string path_;
  const int64_t generation_;
  const bool writable_;
  bool closed_ = false;
};

class FaultLock final : public FileLock {
 public:
  FaultLock(FaultEnv* env, std::string path, int64_t generation)
      : env_(env), path_(std::move(path)), generation_(generation) {}
  ~FaultLock() override {
    MutexLock lock(env_->mu_);
    if (generation_ == env_->generation_) env_->locks_.erase(path_);
  }

 private:
  FaultEnv* const env_;
  const std::string path_;
  const int64_t generation_;
};

FaultEnv::FaultEnv() : root_(std::make_shared<Node>()) {
  root_->is_dir = true;
}

FaultEnv::~FaultEnv() = default;

void FaultEnv::Crash() {
  MutexLock lock(mu_);
  if (tear_.has_value()) KeepSomeNamesLocked();
  unsynced_names_.clear();
  root_->Crash(torn_bytes_, tear_.has_value() ? &*tear_ : nullptr);
  ++generation_;
  fail_at_ = -1;
  failed_ = false;
  locks_.clear();
}

void FaultEnv::KeepTornTail(int64_t bytes) {
  MutexLock lock(mu_);
  torn_bytes_ = bytes;
}

void FaultEnv::TearAtCrash(uint64_t seed) {
  MutexLock lock(mu_);
  tear_.emplace(seed);
}

std::unique_ptr<FaultEnv> FaultEnv::Copy() const {
  auto copy = std::make_unique<FaultEnv>();
  std::map<const Node*, NodePtr> copied;
  MutexLock lock(mu_);
  MutexLock theirs(copy->mu_);
  copy->root_ = root_->Copy(&copied);
  return copy;
}

void FaultEnv::FailAfterWrites(int64_t n) {
  MutexLock lock(mu_);
  fail_at_ = writes_ + n;
  failed_ = false;
}

bool FaultEnv::failed() const {
  MutexLock lock(mu_);
  return failed_;
}

int64_t FaultEnv::writes() const {
  MutexLock lock(mu_);
  return writes_;
}

void FaultEnv::SetCapacity(int64_t bytes) {
  MutexLock lock(mu_);
  capacity_ = bytes;
}

void FaultEnv::FailSyncs(bool fail) {
  MutexLock lock(mu_);
  fail_syncs_ = fail;
}

Status FaultEnv::Corrupt(const std::string& path, int64_t offset) {
  MutexLock lock(mu_);
  const NodePtr node = FindLocked(path);
  if (node == nullptr || node->is_dir) return ErrnoError("corrupt " + path, ENOENT);
  const auto at = static_cast<size_t>(offset);
  if (at >= node->live.size()) return OutOfRangeError(path + " is shorter");
  node->live[at] = static_cast<char>(node->live[at] ^ 1);
  if (at < node->durable.size()) node->durable[at] = node->live[at];
  return Status::Ok();
}

Status FaultEnv::ChangeLocked(const std::string& what) {
  if (!failed_) {
    ++writes_;
    failed_ = fail_at_ >= 0 && writes_ >= fail_at_;
  }
  return failed_ ? UnavailableError(what + ": the machine has stopped") : Status::Ok();
}

void FaultEnv::SetEntryLocked(const NodePtr& dir, const std::string& name, NodePtr node) {
  if (node == nullptr) {
    dir->live_children.erase(name);
  } else {
    dir->live_children[name] = node;
  }
  unsynced_names_.push_back({writes_, dir, name, std::move(node)});
}

void FaultEnv::KeepSomeNamesLocked() {
  if (unsynced_names_.empty()) return;
  // Changes are taken whole: up to a number drawn among those that stand there.
  const size_t kept = tear_->Below(unsynced_names_.size() + 1);
  const int64_t upto = kept == 0 ? -1 : unsynced_names_[kept - 1].number;
  for (const NameChange& change : unsynced_names_) {
    if (change.number > upto) break;
    if (change.node == nullptr) {
      change.dir->durable_children.erase(change.name);
    } else {
      change.dir->durable_children[change.name] = change.node;
    }
  }
}

FaultEnv::NodePtr FaultEnv::FindLocked(const std::string& path) const {
  NodePtr node = root_;
  for (const std::string& part : Parts(path)) {
    const auto it = node->live_children.find(part);
    if (it == node->live_children.end()) return nullptr;
    node = it->second;
  }
  return node;
}

StatusOr<FaultEnv::NodePtr> FaultEnv::ParentLocked(const std::string& path) const {
  const NodePtr parent = FindLocked(ParentDir(path));
  if (parent == nullptr) return ErrnoError(path, ENOENT);
  if (!parent->is_dir) return ErrnoError(path, ENOTDIR);
  return parent;
}

Status FaultEnv::ReserveLocked(int64_t bytes, const std::string& path) {
  if (capacity_ < 0 || root_->LiveBytes() + bytes <= capacity_) return Status::Ok();
  return ErrnoError("write " + path, ENOSPC);
}

StatusOr<std::unique_ptr<File>> FaultEnv::Open(const std::string& path, OpenMode mode, int) {
  MutexLock lock(mu_);
  ASSIGN_OR_RETURN(const NodePtr parent, ParentLocked(path));
  NodePtr node = FindLocked(path);
  const bool creates = mode != OpenMode::kRead && mode != OpenMode::kReadWrite;
  if (node != nullptr && node->is_dir) return ErrnoError("open " + path, EISDIR);
  if (node != nullptr && mode == OpenMode::kCreateNew) return ErrnoError("open " + path, EEXIST);
  if (node == nullptr && !creates) return ErrnoError("open " + path, ENOENT);
  if (node == nullptr) {
    RETURN_IF_ERROR(ChangeLocked("create " + path));
    node = std::make_shared<Node>();
    SetEntryLocked(parent, BaseName(path), node);
  } else if (mode == OpenMode::kCreateTruncate) {
    RETURN_IF_ERROR(ChangeLocked("truncate " + path));
    node->live.clear();
  }
  return std::unique_ptr<File>(
      std::make_unique<FaultFile>(this, node, path, generation_, mode != OpenMode::kRead));
}

StatusOr<FileInfo> FaultEnv::Stat(const std::string& path) {
  MutexLock lock(mu_);
  const NodePtr node = FindLocked(path);
  if (node == nullptr) return ErrnoError("stat " + path, ENOENT);
  const auto size = static_cast<int64_t>(node->live.size());
  return FileInfo{node->is_dir, size, node->mtime_millis, size};
}

StatusOr<std::vector<DirEntry>> FaultEnv::List(const std::string& dir) {
  MutexLock lock(mu_);
  const NodePtr node = FindLocked(dir);
  if (node == nullptr) return ErrnoError("list " + dir, ENOENT);
  if (!node->is_dir) return ErrnoError("list " + dir, ENOTDIR);
  std::vector<DirEntry> entries;
  for (const auto& [name, child] : node->live_children) entries.push_back({name, child->is_dir});
  return entries;
}

Status FaultEnv::MakeDir(const std::string& dir) {
  MutexLock lock(mu_);
  ASSIGN_OR_RETURN(const NodePtr parent, ParentLocked(dir));
  if (FindLocked(dir) != nullptr) return ErrnoError("mkdir " + dir, EEXIST);
  RETURN_IF_ERROR(ChangeLocked("mkdir " + dir));
  const auto node = std::make_shared<Node>();
  node->is_dir = true;
  SetEntryLocked(parent, BaseName(dir), node);
  return Status::Ok();
}

Status FaultEnv::MakeDirs(const std::string& dir) {
  {
    MutexLock lock(mu_);
    const NodePtr node = FindLocked(dir);
    if (node != nullptr) return node->is_dir ? Status::Ok() : ErrnoError("mkdir " + dir, ENOTDIR);
  }
  const std::string parent = ParentDir(dir);
  RETURN_IF_ERROR(MakeDirs(parent));
  RETURN_IF_ERROR(MakeDir(dir));
  return SyncDir(parent);
}

Status FaultEnv::Remove(const std::string& path) {
  MutexLock lock(mu_);
  ASSIGN_OR_RETURN(const NodePtr parent, ParentLocked(path));
  const NodePtr node = FindLocked(path);
  if (node == nullptr) return ErrnoError("remove " + path, ENOENT);
  if (!node->live_children.empty()) return ErrnoError("remove " + path, ENOTEMPTY);
  RETURN_IF_ERROR(ChangeLocked("remove " + path));
  SetEntryLocked(parent, BaseName(path), nullptr);
  return Status::Ok();
}

Status FaultEnv::Rename(const std::string& from, const std::string& to) {
  MutexLock lock(mu_);
  ASSIGN_OR_RETURN(const NodePtr from_parent, ParentLocked(from));
  ASSIGN_OR_RETURN(const NodePtr to_parent, ParentLocked(to));
  const NodePtr node = FindLocked(from);
  if (node == nullptr) return ErrnoError("rename " + from + " to " + to, ENOENT);
  const NodePtr target = FindLocked(to);
  if (target != nullptr && target->is_dir && (!node->is_dir || !target->live_children.empty())) {
    return ErrnoError("rename " + from + " to " + to, node->is_dir ? ENOTEMPTY : EISDIR);
  }
  RETURN_IF_ERROR(ChangeLocked("rename " + from));
  SetEntryLocked(from_parent, BaseName(from), nullptr);
  SetEntryLocked(to_parent, BaseName(to), node);
  return Status::Ok();
}

Status FaultEnv::HardLink(const std::string& existing, const std::string& link) {
  MutexLock lock(mu_);
  ASSIGN_OR_RETURN(const NodePtr parent, ParentLocked(link));
  const NodePtr node = FindLocked(existing);
  if (node == nullptr) return ErrnoError("link " + existing, ENOENT);
  if (FindLocked(link) != nullptr) return ErrnoError("link " + link, EEXIST);
  RETURN_IF_ERROR(ChangeLocked("link " + link));
  SetEntryLocked(parent, BaseName(link), node);
  return Status::Ok();
}

Status FaultEnv::SyncDir(const std::string& dir) {
  MutexLock lock(mu_);
  const NodePtr node = FindLocked(dir);
  if (node == nullptr) return ErrnoError("open " + dir, ENOENT);
  if (!node->is_dir) return ErrnoError("open " + dir, ENOTDIR);
  RETURN_IF_ERROR(ChangeLocked("sync " + dir));
  if (fail_syncs_) return ErrnoError("fsync " + dir, EIO);
  node->durable_children = node->live_children;
  std::erase_if(unsynced_names_, [&](const NameChange& change) { return change.dir == node; });
  return Status::Ok();
}

StatusOr<DiskSpace> FaultEnv::Space(const std::string& path) {
  MutexLock lock(mu_);
  if (FindLocked(path) == nullptr) return ErrnoError("statvfs " + path, ENOENT);
  if (capacity_ < 0) return DiskSpace{int64_t{1} << 40, int64_t{1} << 40};
  return DiskSpace{capacity_, std::max<int64_t>(capacity_ - root_->LiveBytes(), 0)};
}

StatusOr<std::unique_ptr<FileLock>> FaultEnv::Lock(const std::string& path) {
  RETURN_IF_ERROR(Open(path, OpenMode::kCreateOrOpen).status());
  MutexLock lock(mu_);
  if (!locks_.insert(path).second) return FailedPreconditionError(path + " is locked");
  return std::unique_ptr<FileLock>(std::make_unique<FaultLock>(this, path, generation_));
}

}  // namespace tusk
