#include "datanode/storage/version_file.h"

#include <charconv>
#include <map>
#include <vector>

namespace tusk::datanode {
namespace {

std::string VersionPath(const std::string& dir) {
  return JoinPath(JoinPath(dir, "current"), "VERSION");
}

std::map<std::string, std::string> ParseProperties(std::string_view text) {
  std::map<std::string, std::string> properties;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const size_t equals = line.find('=');
    if (!line.starts_with('#') && equals != std::string_view::npos) {
      properties[std::string(line.substr(0, equals))] = std::string(line.substr(equals + 1));
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return properties;
}

bool ParseInt(const std::string& text, int32_t* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

StatusOr<std::optional<StorageIdentity>> ReadVersionFile(Env* env, const std::string& dir) {
  const std::string path = VersionPath(dir);
  StatusOr<std::string> text = env->ReadFile(path);
  if (!text.ok()) {
    if (text.status().code() == Code::kNotFound) return std::optional<StorageIdentity>();
    return text.status();
  }
  auto properties = ParseProperties(*text);
  int32_t layout = 0;
  StorageIdentity identity;
  if (!ParseInt(properties["layoutVersion"], &layout) ||
      !ParseInt(properties["namespaceID"], &identity.namespace_id)) {
    return DataLossError(path +
                         " is damaged: no layoutVersion or namespaceID in it. Restore it "
                         "from a backup, or move the directory away to start with an empty one");
  }
  if (layout < 0) {
    return FailedPreconditionError(
        path + " has layout version " + std::to_string(layout) +
        ", written by Apache Hadoop; this DataNode reads its own layout " +
        std::to_string(kDatanodeLayoutVersion) +
        ". Give it another directory in dfs.datanode.data.dir");
  }
  if (layout > kDatanodeLayoutVersion) {
    return FailedPreconditionError(
        path + " has layout version " + std::to_string(layout) + ", newer than this DataNode's " +
        std::to_string(kDatanodeLayoutVersion) + ". Start the newer software on it");
  }
  identity.cluster_id = properties["clusterID"];
  identity.block_pool_id = properties["blockpoolID"];
  identity.datanode_uuid = properties["datanodeUuid"];
  identity.storage_id = properties["storageID"];
  if (identity.cluster_id.empty() || identity.block_pool_id.empty() ||
      identity.datanode_uuid.empty() || identity.storage_id.empty()) {
    return DataLossError(path +
                         " is damaged: an id is missing. Restore it from a backup, or move "
                         "the directory away to start with an empty one");
  }
  return std::optional<StorageIdentity>(std::move(identity));
}

Status WriteVersionFile(Env* env, const std::string& dir, const StorageIdentity& identity) {
  RETURN_IF_ERROR(env->MakeDirs(JoinPath(dir, "current")));
  const std::string text = "layoutVersion=" + std::to_string(kDatanodeLayoutVersion) +
                           "\nstorageType=DATA_NODE\nclusterID=" + identity.cluster_id +
                           "\nnamespaceID=" + std::to_string(identity.namespace_id) +
                           "\nblockpoolID=" + identity.block_pool_id +
                           "\ndatanodeUuid=" + identity.datanode_uuid +
                           "\nstorageID=" + identity.storage_id + "\n";
  return env->WriteFileAtomically(VersionPath(dir), text);
}

}  // namespace tusk::datanode
