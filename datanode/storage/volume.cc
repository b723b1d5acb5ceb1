#include "datanode/storage/volume.h"

#include <algorithm>
#include <array>

#include "common/base/log.h"
#include "common/base/random.h"
#include "datanode/storage/meta_file.h"

namespace tusk::datanode {
namespace {

constexpr std::array<std::pair<std::string_view, StorageType>, 6> kTypeNames = {{
    {"DISK", StorageType::kDisk},
    {"SSD", StorageType::kSsd},
    {"ARCHIVE", StorageType::kArchive},
    {"RAM_DISK", StorageType::kRamDisk},
    {"PROVIDED", StorageType::kProvided},
    {"NVDIMM", StorageType::kNvdimm},
}};

StatusOr<StorageType> ParseStorageType(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const auto& [known, type] : kTypeNames) {
    if (known == upper) return type;
  }
  return InvalidArgumentError("unknown storage type [" + std::string(name) +
                              "]: DISK, SSD, ARCHIVE, RAM_DISK and NVDIMM are known");
}

}  // namespace

std::string_view StorageTypeName(StorageType type) {
  for (const auto& [name, known] : kTypeNames) {
    if (known == type) return name;
  }
  return "UNKNOWN";
}

StatusOr<std::vector<VolumeSpec>> ParseDataDirs(const std::vector<std::string>& values) {
  std::vector<VolumeSpec> specs;
  for (const std::string& value : values) {
    std::string_view rest = value;
    VolumeSpec spec;
    if (rest.starts_with('[')) {
      const size_t close = rest.find(']');
      if (close == std::string_view::npos) {
        return InvalidArgumentError("dfs.datanode.data.dir: no ] in " + value);
      }
      ASSIGN_OR_RETURN(spec.type, ParseStorageType(rest.substr(1, close - 1)));
      rest.remove_prefix(close + 1);
    }
    if (rest.starts_with("file://")) rest.remove_prefix(7);
    if (rest.starts_with("file:")) rest.remove_prefix(5);
    while (rest.size() > 1 && rest.ends_with('/')) rest.remove_suffix(1);
    if (!rest.starts_with('/')) {
      return InvalidArgumentError("dfs.datanode.data.dir: " + value + " is no absolute path");
    }
    spec.dir = rest;
    for (const VolumeSpec& other : specs) {
      if (other.dir == spec.dir) {
        return InvalidArgumentError("dfs.datanode.data.dir: " + spec.dir + " stands there twice");
      }
    }
    specs.push_back(std::move(spec));
  }
  if (specs.empty()) return InvalidArgumentError("dfs.datanode.data.dir is empty");
  return specs;
}

Volume::Volume(Env* env, VolumeSpec spec, int64_t reserved_bytes)
    : env_(env), spec_(std::move(spec)), reserved_bytes_(reserved_bytes), folder_sync_(env) {}

StatusOr<std::unique_ptr<Volume>> Volume::Open(Env* env, const VolumeSpec& spec,
                                               int64_t reserved_bytes) {
  std::unique_ptr<Volume> volume(new Volume(env, spec, reserved_bytes));
  RETURN_IF_ERROR(env->MakeDirs(spec.dir));
  ASSIGN_OR_RETURN(volume->lock_, env->Lock(JoinPath(spec.dir, "in_use.lock")));
  ASSIGN_OR_RETURN(volume->identity_, ReadVersionFile(env, spec.dir));
  volume->storage_id_ = volume->identity_ ? volume->identity_->storage_id : "DS-" + NewUuid();
  return volume;
}

Status Volume::Format(StorageIdentity identity) {
  identity.storage_id = storage_id_;
  RETURN_IF_ERROR(WriteVersionFile(env_, spec_.dir, identity));
  identity_ = std::move(identity);
  return Status::Ok();
}

Status Volume::OpenPool(const OpenIndex& open_index) {
  CHECK(identity_.has_value());
  for (const std::string& dir : {FinalizedRoot(), RbwDir(), TmpDir()}) {
    RETURN_IF_ERROR(env_->MakeDirs(dir));
  }
  ASSIGN_OR_RETURN(const std::vector<DirEntry> leftovers, env_->List(TmpDir()));
  for (const DirEntry& entry : leftovers) {
    RETURN_IF_ERROR(env_->RemoveTree(JoinPath(TmpDir(), entry.name)));
  }
  const std::string dir = JoinPath(PoolDir(), "index");
  RETURN_IF_ERROR(env_->MakeDirs(dir));
  StatusOr<std::unique_ptr<KvStore>> store = open_index(dir, false);
  if (!store.ok()) {
    LOG_WARN("replica index unreadable, made anew dir={} error={}", dir, store.status());
    store = open_index(dir, true);
  }
  if (!store.ok()) return store.status();
  index_ = std::make_unique<ReplicaIndex>(std::move(store).value());
  return Status::Ok();
}

std::string Volume::PoolDir() const {
  return spec_.dir + "/current/" + identity_->block_pool_id;
}
std::string Volume::FinalizedRoot() const {
  return PoolDir() + "/current/finalized";
}
std::string Volume::RbwDir() const {
  return PoolDir() + "/current/rbw";
}
std::string Volume::TmpDir() const {
  return PoolDir() + "/tmp";
}
std::string Volume::FinalizedDir(BlockId id) const {
  return FinalizedRoot() + "/subdir" + std::to_string((id.value() >> 16) & 31) + "/subdir" +
         std::to_string((id.value() >> 8) & 31);
}

std::string Volume::DirFor(BlockId id, ReplicaState state) const {
  switch (state) {
    case ReplicaState::kFinalized:
      return FinalizedDir(id);
    case ReplicaState::kTemporary:
      return TmpDir();
    default:
      return RbwDir();
  }
}
std::string Volume::BlockPath(BlockId id, ReplicaState state) const {
  return JoinPath(DirFor(id, state), BlockFileName(id));
}
std::string Volume::MetaPath(BlockId id, GenerationStamp stamp, ReplicaState state) const {
  return JoinPath(DirFor(id, state), MetaFileName(id, stamp));
}

int64_t Volume::AvailableBytes() const {
  const StatusOr<DiskSpace> space = env_->Space(spec_.dir);
  if (!space.ok()) return 0;
  return std::max<int64_t>(0, space->available_bytes - reserved_bytes_ - promised_bytes());
}

StorageReport Volume::Report() const {
  StorageReport report;
  report.storage_uuid = storage_id_;
  report.type = spec_.type;
  report.failed = failed();
  report.dfs_used_bytes = used_bytes();
  report.block_pool_used_bytes = used_bytes();
  const StatusOr<DiskSpace> space = env_->Space(spec_.dir);
  if (!space.ok() || report.failed) return report;
  report.capacity_bytes = std::max<int64_t>(0, space->total_bytes - reserved_bytes_);
  report.remaining_bytes =
      std::min(std::max<int64_t>(0, report.capacity_bytes - report.dfs_used_bytes),
               std::max<int64_t>(0, space->available_bytes - reserved_bytes_ - promised_bytes()));
  report.non_dfs_used_bytes =
      std::max<int64_t>(0, report.capacity_bytes - report.dfs_used_bytes - report.remaining_bytes);
  return report;
}

Status Volume::CheckDisk() {
  const std::string path = JoinPath(spec_.dir, "current/.disk_check");
  const auto probe = [&]() -> Status {
    ASSIGN_OR_RETURN(const std::unique_ptr<File> file, env_->Open(path, OpenMode::kCreateTruncate));
    RETURN_IF_ERROR(file->Append("x"));
    RETURN_IF_ERROR(file->Sync());
    char byte = 0;
    ASSIGN_OR_RETURN(const size_t got, file->ReadAt(0, &byte, 1));
    if (got != 1 || byte != 'x') return DataLossError(path + ": what was written is not there");
    return env_->Remove(path);
  };
  Status status = probe();
  if (status.code() == Code::kResourceExhausted) return Status::Ok();
  return status;
}

bool Volume::failed() const {
  MutexLock lock(mu_);
  return !failure_.empty();
}
std::string Volume::failure() const {
  MutexLock lock(mu_);
  return failure_;
}
void Volume::MarkFailed(const std::string& why) {
  MutexLock lock(mu_);
  if (failure_.empty()) failure_ = why.empty() ? "failed" : why;
}

}  // namespace tusk::datanode
