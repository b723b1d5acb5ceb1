#include "datanode/storage/crawl.h"

#include <map>
#include <set>

#include "common/base/log.h"
#include "datanode/storage/meta_file.h"

namespace tusk::datanode {
namespace {

// Where the files of one block were seen.
struct Halves {
  std::set<std::string> data_dirs;
  std::map<GenerationStamp, std::string> metas;  // stamp -> folder
};
using Found = std::map<BlockId, Halves>;

Status ListInto(Env* env, const std::string& dir, Found* found) {
  ASSIGN_OR_RETURN(const std::vector<DirEntry> entries, env->List(dir));
  for (const DirEntry& entry : entries) {
    const std::optional<ReplicaFileName> name = ParseReplicaFileName(entry.name);
    if (entry.is_dir || !name) continue;
    Halves& halves = (*found)[name->id];
    if (name->stamp) {
      halves.metas[*name->stamp] = dir;
    } else {
      halves.data_dirs.insert(dir);
    }
  }
  return Status::Ok();
}

Status ListFinalizedInto(Volume* volume, Found* found) {
  Env* env = volume->env();
  ASSIGN_OR_RETURN(const std::vector<DirEntry> outer, env->List(volume->FinalizedRoot()));
  for (const DirEntry& first : outer) {
    if (!first.is_dir) continue;
    const std::string dir = JoinPath(volume->FinalizedRoot(), first.name);
    ASSIGN_OR_RETURN(const std::vector<DirEntry> inner, env->List(dir));
    for (const DirEntry& second : inner) {
      if (second.is_dir) RETURN_IF_ERROR(ListInto(env, JoinPath(dir, second.name), found));
    }
  }
  return Status::Ok();
}

Status RemoveFile(Volume* volume, const std::string& path, CrawlResult* result) {
  LOG_WARN("replica file without partner removed path={}", path);
  ++result->removed;
  return volume->env()->Remove(path);
}

// Length and checksums of a finalized replica by its files' sizes.
StatusOr<FoundReplica> Measure(Volume* volume, BlockId id, GenerationStamp stamp) {
  FoundReplica replica;
  Env* env = volume->env();
  const std::string meta_path = volume->MetaPath(id, stamp, ReplicaState::kFinalized);
  ASSIGN_OR_RETURN(const FileInfo data, env->Stat(volume->BlockPath(id, ReplicaState::kFinalized)));
  ASSIGN_OR_RETURN(const FileInfo meta, env->Stat(meta_path));
  replica.block = {id, stamp, data.size};
  replica.meta_bytes = meta.size;
  ASSIGN_OR_RETURN(const std::unique_ptr<File> file, env->Open(meta_path, OpenMode::kRead));
  const StatusOr<DataChecksum> checksum = ReadMetaHeader(file.get());
  replica.damaged =
      !checksum.ok() || meta.size != kMetaHeaderSize + checksum->ChecksumBytesFor(data.size);
  return replica;
}

// Cuts a replica that was being written to what its checksums vouch for.
StatusOr<FoundReplica> Recover(Volume* volume, BlockId id, GenerationStamp stamp) {
  Env* env = volume->env();
  ASSIGN_OR_RETURN(const std::unique_ptr<File> data,
                   env->Open(volume->BlockPath(id, ReplicaState::kRwr), OpenMode::kReadWrite));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<File> meta,
      env->Open(volume->MetaPath(id, stamp, ReplicaState::kRwr), OpenMode::kReadWrite));
  ASSIGN_OR_RETURN(const ValidPrefix valid, FindValidPrefix(data.get(), meta.get()));
  ASSIGN_OR_RETURN(const int64_t data_bytes, data->Size());
  if (data_bytes != valid.length) {
    LOG_WARN("replica cut after restart block={} from={} to={}", BlockName({id, stamp, 0}),
             data_bytes, valid.length);
  }
  RETURN_IF_ERROR(data->Truncate(valid.length));
  FoundReplica replica;
  replica.block = {id, stamp, valid.length};
  replica.state = ReplicaState::kRwr;
  replica.meta_bytes = kMetaHeaderSize + valid.checksum.ChecksumBytesFor(valid.length);
  RETURN_IF_ERROR(meta->Truncate(replica.meta_bytes));
  return replica;
}

// Brings the halves of one block together; what cannot be a replica is removed.
Status Settle(Volume* volume, BlockId id, const Halves& halves, CrawlResult* result) {
  Env* env = volume->env();
  const std::string finalized = volume->FinalizedDir(id);
  const std::string block_file = BlockFileName(id);
  if (halves.data_dirs.empty() || halves.metas.empty()) {
    for (const std::string& dir : halves.data_dirs) {
      RETURN_IF_ERROR(RemoveFile(volume, JoinPath(dir, block_file), result));
    }
    for (const auto& [stamp, dir] : halves.metas) {
      RETURN_IF_ERROR(RemoveFile(volume, JoinPath(dir, MetaFileName(id, stamp)), result));
    }
    return Status::Ok();
  }
  const auto newest = std::prev(halves.metas.end());
  const GenerationStamp stamp = newest->first;
  const std::string meta_file = MetaFileName(id, stamp);
  for (const auto& [old, dir] : halves.metas) {
    if (old != stamp) {
      RETURN_IF_ERROR(RemoveFile(volume, JoinPath(dir, MetaFileName(id, old)), result));
    }
  }
  const bool data_final = halves.data_dirs.contains(finalized);
  const bool meta_final = newest->second == finalized;
  if (!data_final && !meta_final) {
    StatusOr<FoundReplica> replica = Recover(volume, id, stamp);
    if (!replica.ok()) {
      if (replica.status().code() != Code::kDataLoss) return replica.status();
      LOG_WARN("unreadable replica removed block={} error={}", BlockName({id, stamp, 0}),
               replica.status());
      RETURN_IF_ERROR(RemoveFile(volume, JoinPath(volume->RbwDir(), block_file), result));
      return RemoveFile(volume, JoinPath(volume->RbwDir(), meta_file), result);
    }
    result->replicas.push_back(*replica);
    return Status::Ok();
  }
  if (data_final != meta_final) {
    const std::string& name = data_final ? meta_file : block_file;
    RETURN_IF_ERROR(env->Rename(JoinPath(volume->RbwDir(), name), JoinPath(finalized, name)));
    RETURN_IF_ERROR(env->SyncDir(finalized));
    ++result->joined;
  }
  for (const std::string& dir : halves.data_dirs) {  // a rename that has reached one folder only
    if (data_final && dir != finalized) {
      RETURN_IF_ERROR(RemoveFile(volume, JoinPath(dir, block_file), result));
    }
  }
  ASSIGN_OR_RETURN(FoundReplica replica, Measure(volume, id, stamp));
  result->replicas.push_back(replica);
  return Status::Ok();
}

StatusOr<CrawlResult> SettleAll(Volume* volume, const Found& found) {
  CrawlResult result;
  for (const auto& [id, halves] : found) {
    Status status = Settle(volume, id, halves, &result);
    if (!status.ok()) return status.WithContext("crawl of " + volume->dir());
  }
  return result;
}

}  // namespace

StatusOr<CrawlResult> CrawlVolume(Volume* volume) {
  Found found;
  RETURN_IF_ERROR(ListFinalizedInto(volume, &found));
  RETURN_IF_ERROR(ListInto(volume->env(), volume->RbwDir(), &found));
  return SettleAll(volume, found);
}

StatusOr<CrawlResult> CrawlRbw(Volume* volume) {
  Found found;
  RETURN_IF_ERROR(ListInto(volume->env(), volume->RbwDir(), &found));
  for (auto& [id, halves] : found) {
    const bool whole = !halves.data_dirs.empty() && !halves.metas.empty();
    if (whole || !volume->env()->Exists(volume->FinalizedDir(id))) continue;
    Found beside;
    RETURN_IF_ERROR(ListInto(volume->env(), volume->FinalizedDir(id), &beside));
    halves.data_dirs.merge(beside[id].data_dirs);
    halves.metas.merge(beside[id].metas);
  }
  return SettleAll(volume, found);
}

StatusOr<std::vector<FoundReplica>> ListFinalized(Volume* volume) {
  Found found;
  RETURN_IF_ERROR(ListFinalizedInto(volume, &found));
  std::vector<FoundReplica> replicas;
  for (const auto& [id, halves] : found) {
    if (halves.data_dirs.empty() || halves.metas.empty()) continue;
    StatusOr<FoundReplica> replica = Measure(volume, id, std::prev(halves.metas.end())->first);
    if (replica.ok()) replicas.push_back(*replica);  // else it is just being moved or removed
  }
  return replicas;
}

}  // namespace tusk::datanode
