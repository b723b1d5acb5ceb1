#include "datanode/storage/replica_store.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "datanode/storage/meta_file.h"

namespace tusk::datanode {
namespace {

std::string IdentityText(const StorageIdentity& identity) {
  return "cluster " + identity.cluster_id + ", namespace " + std::to_string(identity.namespace_id) +
         ", pool " + identity.block_pool_id;
}

bool SameNamespace(const StorageIdentity& a, const StorageIdentity& b) {
  return a.cluster_id == b.cluster_id && a.namespace_id == b.namespace_id &&
         a.block_pool_id == b.block_pool_id;
}

// -1 tolerates all but one.
int Tolerated(const ReplicaStoreOptions& options) {
  const int all_but_one = static_cast<int>(options.volumes.size()) - 1;
  return options.failed_volumes_tolerated < 0
             ? all_but_one
             : std::min(options.failed_volumes_tolerated, all_but_one);
}

// The one identity of all formatted volumes; empty ids when none is.
StatusOr<StorageIdentity> CommonIdentity(const std::vector<std::unique_ptr<Volume>>& volumes) {
  const Volume* first = nullptr;
  StorageIdentity identity;
  for (const auto& volume : volumes) {
    if (!volume->identity()) continue;
    if (first == nullptr) {
      first = volume.get();
      identity = *volume->identity();
      continue;
    }
    if (!SameNamespace(identity, *volume->identity()) ||
        identity.datanode_uuid != volume->identity()->datanode_uuid) {
      return FailedPreconditionError(
          "data directories of different DataNodes: " + first->dir() + " has " +
          IdentityText(identity) + ", DataNode " + identity.datanode_uuid + "; " + volume->dir() +
          " has " + IdentityText(*volume->identity()) + ", DataNode " +
          volume->identity()->datanode_uuid + ". Take the wrong one out of dfs.datanode.data.dir");
    }
  }
  return identity;
}

}  // namespace

StatusOr<std::unique_ptr<ReplicaStore>> ReplicaStore::Open(ReplicaStoreOptions options,
                                                           ReplicaStoreDeps deps) {
  std::vector<std::unique_ptr<Volume>> volumes;
  std::string failures;
  int failed = 0;
  for (const VolumeSpec& spec : options.volumes) {
    StatusOr<std::unique_ptr<Volume>> volume = Volume::Open(deps.env, spec, options.reserved_bytes);
    if (volume.ok()) {
      volumes.push_back(std::move(volume).value());
      continue;
    }
    // A directory that is in use or belongs to somebody else is a mistake, not a broken disk.
    const Code code = volume.status().code();
    if (code == Code::kFailedPrecondition || code == Code::kDataLoss) return volume.status();
    LOG_ERROR("data directory failed dir={} error={}", spec.dir, volume.status());
    failures += (failures.empty() ? "" : "; ") + volume.status().message();
    ++failed;
  }
  if (failed > Tolerated(options) || volumes.empty()) {
    return UnavailableError(std::to_string(failed) + " data directories failed, " +
                            std::to_string(Tolerated(options)) +
                            " may (dfs.datanode.failed.volumes.tolerated): " + failures);
  }
  ASSIGN_OR_RETURN(StorageIdentity identity, CommonIdentity(volumes));
  if (identity.datanode_uuid.empty()) identity.datanode_uuid = NewUuid();
  std::unique_ptr<ReplicaStore> store(new ReplicaStore(
      std::move(options), std::move(deps), std::make_unique<VolumeSet>(std::move(volumes))));
  {
    MutexLock lock(store->mu_);
    store->identity_ = identity;
  }
  if (!identity.block_pool_id.empty()) RETURN_IF_ERROR(store->LoadPool());
  return store;
}

ReplicaStore::ReplicaStore(ReplicaStoreOptions options, ReplicaStoreDeps deps,
                           std::unique_ptr<VolumeSet> volumes)
    : options_(std::move(options)), deps_(std::move(deps)), volumes_(std::move(volumes)) {}

ReplicaStore::~ReplicaStore() {
  Close();
}

Status ReplicaStore::Join(const NamespaceInfo& space) {
  StorageIdentity mine = identity();
  StorageIdentity theirs;
  theirs.cluster_id = space.cluster_id;
  theirs.namespace_id = space.namespace_id;
  theirs.block_pool_id = space.block_pool_id;
  theirs.datanode_uuid = mine.datanode_uuid;
  if (!mine.block_pool_id.empty()) {
    if (SameNamespace(mine, theirs)) return Status::Ok();
    return FailedPreconditionError(
        "this DataNode's directories belong to " + IdentityText(mine) + ", the NameNode to " +
        IdentityText(theirs) +
        ". Correct fs.defaultFS, or give the DataNode empty directories in dfs.datanode.data.dir");
  }
  {
    MutexLock lock(mu_);
    identity_ = theirs;
  }
  return LoadPool();
}

Status ReplicaStore::LoadPool() {
  const StorageIdentity mine = identity();
  for (const auto& volume : volumes_->all()) {
    if (!volume->identity()) RETURN_IF_ERROR(volume->Format(mine));
    RETURN_IF_ERROR(volume->OpenPool(deps_.open_index));
    RETURN_IF_ERROR(LoadVolume(volume.get()));
  }
  MutexLock lock(mu_);
  loaded_ = true;
  return Status::Ok();
}

// Finalized replicas from the index after a clean stop, else from the folders; the others always
// from their folder.
Status ReplicaStore::LoadVolume(Volume* volume) {
  CrawlResult found;
  StatusOr<std::vector<Block>> indexed = volume->index()->Load(options_.boot_id);
  if (indexed.ok()) {
    ASSIGN_OR_RETURN(found, CrawlRbw(volume));
    for (const Block& block : *indexed) {
      found.replicas.push_back({block, ReplicaState::kFinalized, 0, false});
    }
  } else {
    LOG_INFO("replica index not used, folders are read dir={} reason={}", volume->dir(),
             indexed.status().message());
    ASSIGN_OR_RETURN(found, CrawlVolume(volume));
    std::vector<Block> finalized;
    for (const FoundReplica& replica : found.replicas) {
      if (replica.state == ReplicaState::kFinalized) finalized.push_back(replica.block);
    }
    RETURN_IF_ERROR(volume->index()->Rebuild(finalized));
  }
  RETURN_IF_ERROR(volume->index()->MarkInUse(options_.boot_id));
  for (const FoundReplica& replica : found.replicas) {
    Insert(std::make_shared<Replica>(volume, replica.block, replica.state));
    if (replica.damaged) deps_.listener->OnBadReplica(replica.block, volume->storage_id());
  }
  LOG_INFO("volume loaded dir={} storage={} replicas={} joined={} removed={}", volume->dir(),
           volume->storage_id(), found.replicas.size(), found.joined, found.removed);
  return Status::Ok();
}

void ReplicaStore::Close() {
  guard_.Stop();
  {
    MutexLock lock(mu_);
    if (closed_) return;
    closed_ = true;
    if (!loaded_) return;
  }
  for (const auto& volume : volumes_->all()) {
    if (!volume->failed()) {
      IgnoreError(volume->index()->MarkClean(options_.boot_id), "the next start crawls instead");
    }
    volume->ClosePool();
  }
}

StorageIdentity ReplicaStore::identity() const {
  MutexLock lock(mu_);
  return identity_;
}

std::vector<StorageReport> ReplicaStore::StorageReports() const {
  std::vector<StorageReport> reports;
  for (const auto& volume : volumes_->all()) reports.push_back(volume->Report());
  return reports;
}

std::vector<VolumeReport> ReplicaStore::VolumeReports() const {
  std::vector<VolumeReport> reports;
  for (const auto& volume : volumes_->all()) {
    reports.push_back({volume->dir(), volume->type(), volume->Report(), volume->reserved_bytes(),
                       volume->promised_bytes(), volume->replicas()});
  }
  return reports;
}

// ---- the map
// -------------------------------------------------------------------------------------

ReplicaStore::ReplicaPtr ReplicaStore::FindReplica(BlockId id) const {
  MutexLock lock(mu_);
  const auto it = replicas_.find(id);
  return it == replicas_.end() ? nullptr : it->second;
}

StatusOr<ReplicaStore::ReplicaPtr> ReplicaStore::Require(const ExtendedBlock& block) const {
  {
    MutexLock lock(mu_);
    if (block.pool_id == identity_.block_pool_id) {
      const auto it = replicas_.find(block.block.id);
      if (it != replicas_.end()) return it->second;
    }
  }
  return NotFoundError("Replica not found for " + BlockName(block), Reason::kReplicaNotFound);
}

void ReplicaStore::Insert(ReplicaPtr replica) {
  const ReplicaSnapshot now = replica->Get();
  replica->volume()->AddReplicas(1);
  replica->volume()->AddUsed(Volume::UsedBy(now.block.num_bytes));
  ReplicaPtr before;
  {
    MutexLock lock(mu_);
    std::swap(replicas_[now.block.id], replica);
    before = replica;
  }
  if (before == nullptr) return;
  // The same block on two volumes after a crash in the middle of a move: the later one counts.
  before->volume()->AddReplicas(-1);
  before->volume()->AddUsed(-Volume::UsedBy(before->Get().block.num_bytes));
}

void ReplicaStore::Erase(const ReplicaPtr& replica) {
  {
    MutexLock lock(mu_);
    const auto it = replicas_.find(replica->id());
    if (it == replicas_.end() || it->second != replica) return;
    replicas_.erase(it);
  }
  replica->volume()->AddReplicas(-1);
  replica->volume()->AddUsed(-Volume::UsedBy(replica->Get().block.num_bytes));
}

ReplicaStore::Claim ReplicaStore::ClaimBlock(BlockId id) const {
  MutexLock lock(mu_);
  while (claimed_.contains(id)) claim_released_.Wait(mu_);
  claimed_.insert(id);
  return Claim(this, id);
}

void ReplicaStore::ReleaseClaim(BlockId id) const {
  MutexLock lock(mu_);
  claimed_.erase(id);
  claim_released_.NotifyAll();
}

// ---- reading
// -------------------------------------------------------------------------------------

StatusOr<ReplicaReader> ReplicaStore::OpenForRead(const ExtendedBlock& block) {
  constexpr int kTries = 3;  // a state change may rename the files under us
  Status last;
  for (int i = 0; i < kTries; ++i) {
    ReplicaReader reader;
    ASSIGN_OR_RETURN(reader.replica, Require(block));
    reader.snapshot = reader.replica->Get();
    const Block& ours = reader.snapshot.block;
    if (reader.snapshot.state == ReplicaState::kTemporary) {
      return NotFoundError("Replica not found for " + BlockName(block) + ": it is being copied",
                           Reason::kReplicaNotFound);
    }
    if (ours.generation_stamp < block.block.generation_stamp) {
      return NotFoundError("Replica gen stamp < block genstamp, block=" + BlockName(block) +
                               ", replica=" + BlockName(ours),
                           Reason::kReplicaNotFound);
    }
    const Volume* volume = reader.replica->volume();
    const ReplicaState where = reader.snapshot.state == ReplicaState::kRur
                                   ? reader.snapshot.state_before_recovery
                                   : reader.snapshot.state;
    last = [&]() -> Status {
      ASSIGN_OR_RETURN(reader.data,
                       deps_.env->Open(volume->BlockPath(ours.id, where), OpenMode::kRead));
      ASSIGN_OR_RETURN(reader.meta,
                       deps_.env->Open(volume->MetaPath(ours.id, ours.generation_stamp, where),
                                       OpenMode::kRead));
      ASSIGN_OR_RETURN(reader.checksum, ReadMetaHeader(reader.meta.get()));
      reader.length = reader.snapshot.VisibleLength();
      const int64_t tail = reader.length % reader.checksum.bytes_per_checksum;
      if (where == ReplicaState::kRbw || tail == 0 || reader.checksum.type == ChecksumType::kNull) {
        return Status::Ok();
      }
      ASSIGN_OR_RETURN(const std::string sum,
                       ReadChecksums(reader.meta.get(), reader.checksum,
                                     reader.length / reader.checksum.bytes_per_checksum, 1));
      reader.tail_crc = LoadBigEndian<uint32_t>(sum.data());
      return Status::Ok();
    }();
    const ReplicaSnapshot after = reader.replica->Get();
    const bool same = after.state == reader.snapshot.state &&
                      after.block.generation_stamp == ours.generation_stamp;
    if (last.ok() && same) return reader;
    if (!last.ok() && same && FindReplica(ours.id) == reader.replica) break;  // really damaged
  }
  if (last.code() == Code::kDataLoss || last.code() == Code::kNotFound) ReportBad(block);
  if (last.ok()) return UnavailableError(BlockName(block) + " changes too fast to be read");
  return last;
}

StatusOr<int64_t> ReplicaStore::VisibleLength(const ExtendedBlock& block) const {
  ASSIGN_OR_RETURN(const ReplicaPtr replica, Require(block));
  const ReplicaSnapshot now = replica->Get();
  if (now.block.generation_stamp < block.block.generation_stamp) {
    return NotFoundError("Replica generation stamp < block generation stamp, block=" +
                             BlockName(block) + ", replica=" + BlockName(now.block),
                         Reason::kReplicaNotFound);
  }
  return now.VisibleLength();
}

StatusOr<ReplicaSnapshot> ReplicaStore::Find(const ExtendedBlock& block) const {
  ASSIGN_OR_RETURN(const ReplicaPtr replica, Require(block));
  return replica->Get();
}

bool ReplicaStore::WaitVisible(const ExtendedBlock& block, int64_t length, Duration timeout) const {
  const StatusOr<ReplicaPtr> replica = Require(block);
  return replica.ok() && (*replica)->WaitVisible(length, timeout);
}

void ReplicaStore::ReportBad(const ExtendedBlock& block) {
  const StatusOr<ReplicaPtr> replica = Require(block);
  if (!replica.ok()) return;
  const Block ours = (*replica)->Get().block;
  LOG_WARN("bad replica reported block={} volume={}", BlockName(ours), (*replica)->volume()->dir());
  deps_.listener->OnBadReplica(ours, (*replica)->volume()->storage_id());
}

// ---- the NameNode
// --------------------------------------------------------------------------------

std::vector<StorageReplicas> ReplicaStore::Snapshot() const {
  std::vector<ReplicaPtr> all;
  {
    MutexLock lock(mu_);
    all.reserve(replicas_.size());
    for (const auto& [id, replica] : replicas_) all.push_back(replica);
  }
  std::unordered_map<const Volume*, StorageReplicas> by_volume;
  for (const auto& volume : volumes_->all()) {
    if (!volume->failed()) by_volume[volume.get()].storage_id = volume->storage_id();
  }
  for (const ReplicaPtr& replica : all) {
    const auto it = by_volume.find(replica->volume());
    const ReplicaSnapshot now = replica->Get();
    if (it == by_volume.end() || now.state == ReplicaState::kTemporary) continue;
    const ReplicaState state =
        now.state == ReplicaState::kRur ? now.state_before_recovery : now.state;
    it->second.replicas.push_back({now.block, state});
  }
  std::vector<StorageReplicas> result;
  for (auto& [volume, replicas] : by_volume) result.push_back(std::move(replicas));
  return result;
}

int64_t ReplicaStore::replica_count() const {
  MutexLock lock(mu_);
  return static_cast<int64_t>(replicas_.size());
}

void ReplicaStore::Invalidate(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) {
    deps_.deletions->Post(guard_.Wrap([this, block] { InvalidateOne(block); }));
  }
}

void ReplicaStore::InvalidateOne(const Block& block) {
  StatusOr<Claim> claim = ClaimWithoutWriter(block.id);
  if (!claim.ok()) {
    LOG_WARN("replica not removed yet block={} error={}", BlockName(block), claim.status());
    return Invalidate({block});
  }
  // The NameNode waits for an answer to each: until then it gives us no copy of the block.
  const ReplicaPtr replica = FindReplica(block.id);
  if (replica == nullptr) return deps_.listener->OnDeleted(block, "");
  const ReplicaSnapshot now = replica->Get();
  if (now.block.generation_stamp > block.generation_stamp) {
    LOG_INFO("replica kept, it is newer than the one to remove block={} ours={}", BlockName(block),
             BlockName(now.block));
    return TellAgain(*replica);
  }
  Erase(replica);
  if (Status status = RemoveFiles(replica); !status.ok()) {
    LOG_WARN("files of a removed replica remain block={} error={}", BlockName(now.block), status);
    NoteDiskError(replica->volume(), status);
  }
  removed_.fetch_add(1);
  LOG_INFO("replica removed block={} volume={}", BlockName(now.block), replica->volume()->dir());
  deps_.listener->OnDeleted(now.block, replica->volume()->storage_id());
}

void ReplicaStore::TellAgain(const Replica& replica) {
  const ReplicaSnapshot now = replica.Get();
  const std::string& storage = replica.volume()->storage_id();
  if (now.state == ReplicaState::kFinalized) return deps_.listener->OnReceived(now.block, storage);
  if (now.state == ReplicaState::kRbw) deps_.listener->OnReceiving(now.block, storage);
}

Status ReplicaStore::RemoveFiles(const ReplicaPtr& replica) {
  const ReplicaSnapshot now = replica->Get();
  const ReplicaState where =
      now.state == ReplicaState::kRur ? now.state_before_recovery : now.state;
  Volume* volume = replica->volume();
  if (where == ReplicaState::kFinalized) {
    IgnoreError(volume->index()->Remove(replica->id()), "the files decide");
  }
  // The block file first: a checksum file alone is swept away by the next crawl.
  Status data = deps_.env->Remove(volume->BlockPath(replica->id(), where));
  Status meta =
      deps_.env->Remove(volume->MetaPath(replica->id(), now.block.generation_stamp, where));
  return data.ok() ? meta : data;
}

// ---- failing volumes
// -----------------------------------------------------------------------------

void ReplicaStore::CheckVolumes() {
  for (const auto& volume : volumes_->all()) {
    if (!volume->failed()) NoteDiskError(volume.get(), Status::Ok());
  }
}

void ReplicaStore::NoteDiskError(Volume* volume, const Status& status) {
  if (status.code() == Code::kResourceExhausted || volume->failed()) return;
  const Status check = volume->CheckDisk();
  if (check.ok()) return;
  volume->MarkFailed(check.message());
  LOG_ERROR("volume failed dir={} error={}", volume->dir(), check);
  bool fatal = false;
  {
    MutexLock lock(mu_);
    std::erase_if(replicas_, [&](const auto& entry) { return entry.second->volume() == volume; });
    fatal = volumes_->failed_count() > Tolerated(options_) && !fatal_;
    fatal_ = fatal_ || fatal;
  }
  if (fatal && deps_.on_fatal) {
    deps_.on_fatal("too many volumes failed: " + volume->dir() + ": " + check.message());
  }
}

}  // namespace tusk::datanode
