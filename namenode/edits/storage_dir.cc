#include "namenode/edits/storage_dir.h"

#include <charconv>
#include <map>

#include "common/base/random.h"

namespace tusk::namenode {
namespace {

constexpr const char* kLockFile = "in_use.lock";

std::map<std::string, std::string, std::less<>> ParseProperties(std::string_view text) {
  std::map<std::string, std::string, std::less<>> properties;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const size_t equals = line.find('=');
    if (line.empty() || line.front() == '#' || equals == std::string_view::npos) continue;
    properties.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return properties;
}

template <typename T>
bool ParseNumber(const std::string& text, T* out) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, *out);
  return error == std::errc() && rest == end && !text.empty();
}

}  // namespace

std::string FormatVersion(const NamespaceInfo& info) {
  return "storageType=NAME_NODE\nlayoutVersion=" + std::to_string(info.layout_version) +
         "\nclusterID=" + info.cluster_id + "\nnamespaceID=" + std::to_string(info.namespace_id) +
         "\nblockpoolID=" + info.block_pool_id +
         "\ncTime=" + std::to_string(info.creation_time_ms) + "\n";
}

StatusOr<NamespaceInfo> ParseVersion(std::string_view text, std::string_view where) {
  auto properties = ParseProperties(text);
  NamespaceInfo info;
  info.cluster_id = properties["clusterID"];
  info.block_pool_id = properties["blockpoolID"];
  if (properties["storageType"] != "NAME_NODE" || info.cluster_id.empty() ||
      info.block_pool_id.empty() ||
      !ParseNumber(properties["layoutVersion"], &info.layout_version) ||
      !ParseNumber(properties["namespaceID"], &info.namespace_id) ||
      !ParseNumber(properties["cTime"], &info.creation_time_ms)) {
    return DataLossError(std::string(where) + " is not the VERSION file of a NameNode");
  }
  return info;
}

bool StorageDir::IsFormatted(Env* env, const std::string& dir) {
  return env->Exists(JoinPath(dir, "current/VERSION"));
}

StatusOr<NamespaceInfo> StorageDir::Format(Env* env, const std::string& dir,
                                           const std::string& cluster_id, const std::string& host,
                                           int64_t now_ms) {
  RETURN_IF_ERROR(env->MakeDirs(dir));
  ASSIGN_OR_RETURN(const std::unique_ptr<FileLock> lock, env->Lock(JoinPath(dir, kLockFile)));
  Random random(SecureRandomSeed());
  NamespaceInfo info;
  info.cluster_id = cluster_id.empty() ? "CID-" + NewUuid() : cluster_id;
  info.namespace_id = static_cast<int32_t>(1 + random.Below(0x7FFFFFFE));
  info.layout_version = kLayoutVersion;
  info.creation_time_ms = now_ms;
  info.block_pool_id = "BP-" + std::to_string(1 + random.Below(0x7FFFFFFE)) + "-" + host + "-" +
                       std::to_string(now_ms);
  // VERSION goes first and comes last: a format that is broken off leaves a directory that is not
  // formatted, never one with another namespace's edits.
  const std::string current = JoinPath(dir, "current");
  const std::string version = JoinPath(current, "VERSION");
  if (env->Exists(version)) {
    RETURN_IF_ERROR(env->Remove(version));
    RETURN_IF_ERROR(env->SyncDir(current));
  }
  RETURN_IF_ERROR(env->RemoveTree(current));
  RETURN_IF_ERROR(env->MakeDirs(JoinPath(current, "edits")));
  RETURN_IF_ERROR(env->MakeDirs(JoinPath(current, "image")));
  RETURN_IF_ERROR(env->WriteFileAtomically(version, FormatVersion(info)));
  return info;
}

StatusOr<std::unique_ptr<StorageDir>> StorageDir::Open(Env* env, const std::string& dir,
                                                       const std::string& expected_cluster_id) {
  if (!IsFormatted(env, dir)) {
    return FailedPreconditionError("the directory " + dir +
                                   " holds no namespace: run `tusk namenode -format` first");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<FileLock> lock, env->Lock(JoinPath(dir, kLockFile)));
  const std::string current = JoinPath(dir, "current");
  const std::string version = JoinPath(current, "VERSION");
  ASSIGN_OR_RETURN(const std::string text, env->ReadFile(version));
  ASSIGN_OR_RETURN(NamespaceInfo info, ParseVersion(text, version));
  if (info.layout_version > kLayoutVersion) {
    return FailedPreconditionError(
        version + " has layout version " + std::to_string(info.layout_version) +
        ", written by a later Tusk; this one knows up to " + std::to_string(kLayoutVersion));
  }
  if (!expected_cluster_id.empty() && info.cluster_id != expected_cluster_id) {
    return FailedPreconditionError(version + " belongs to cluster " + info.cluster_id +
                                   ", not to cluster " + expected_cluster_id);
  }
  return std::unique_ptr<StorageDir>(new StorageDir(current, std::move(info), std::move(lock)));
}

}  // namespace tusk::namenode
