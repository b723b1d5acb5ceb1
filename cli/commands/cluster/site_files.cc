#include "cli/commands/cluster/site_files.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <variant>

#include "common/base/hex.h"
#include "common/base/random.h"
#include "common/config/configuration.h"
#include "common/config/default_xml.h"
#include "common/io/env.h"

namespace tusk::cli {

namespace {

constexpr const char* kWorkers = "workers";
constexpr const char* kRacks = "racks";
constexpr const char* kBasePort = "base-port";
constexpr std::string_view kOverride = "override.";

// In which site file a key belongs.
std::string SiteFileOf(const std::string& key) {
  for (const KeyTable& table : AllKeyTables()) {
    const auto found = std::find_if(table.keys.begin(), table.keys.end(),
                                    [&](const KeyRef& k) { return KeyName(k) == key; });
    if (found == table.keys.end()) continue;
    std::string file(table.file);  // "hdfs-default.xml"
    return file.substr(0, file.find('-')) + "-site.xml";
  }
  if (key.starts_with("dfs.")) return "hdfs-site.xml";
  if (key.starts_with("yarn.")) return "yarn-site.xml";
  if (key.starts_with("mapreduce.") || key.starts_with("mapred.")) return "mapred-site.xml";
  return "core-site.xml";
}

int64_t MachineMemoryMb() {
  const int64_t bytes = static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  // In a container with a bound, that is what there is.
  const auto bound = Env::Posix()->ReadFile("/sys/fs/cgroup/memory.max");
  int64_t limit = 0;
  if (bound.ok()) std::from_chars(bound->data(), bound->data() + bound->size(), limit);
  return (limit > 0 ? std::min(bytes, limit) : bytes) >> 20;
}

std::string Address(const ClusterOptions& options, Service service) {
  return HostPort{kMasterAddress, PortOf(options, service)}.ToString();
}

int ParseNumber(const std::string& text, int fallback) {
  int value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::pair<std::string, std::string>> LayoutKeys(const ClusterOptions& options) {
  const ClusterPaths paths(options.dir);
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int vcores = std::max(2, (cores + options.workers - 1) / options.workers);
  const int64_t memory_mb = std::max<int64_t>(MachineMemoryMb() * 3 / 4 / options.workers, 256);
  return {
      {"fs.defaultFS", "hdfs://" + Address(options, Service::kNameNodeRpc)},
      {"hadoop.tmp.dir", options.dir + "/tmp"},
      {"net.topology.table.file.name", paths.rack_table},
      {"tusk.cluster.secret.file", paths.secret},
      {"dfs.namenode.rpc-address", Address(options, Service::kNameNodeRpc)},
      {"dfs.namenode.http-address", Address(options, Service::kNameNodeHttp)},
      {"tusk.namenode.link.address", Address(options, Service::kNameNodeLink)},
      {"dfs.namenode.name.dir", "file://" + paths.name_dir},
      {"dfs.replication", std::to_string(std::min(3, options.workers))},
      {"tusk.domain.socket.path", paths.domain_socket},
      {"yarn.resourcemanager.hostname", kMasterAddress},
      {"yarn.resourcemanager.address", Address(options, Service::kResourceManagerRpc)},
      {"yarn.resourcemanager.scheduler.address", Address(options, Service::kSchedulerRpc)},
      {"yarn.resourcemanager.admin.address", Address(options, Service::kResourceManagerAdmin)},
      {"yarn.resourcemanager.webapp.address", Address(options, Service::kResourceManagerHttp)},
      {"tusk.resourcemanager.link.address", Address(options, Service::kResourceManagerLink)},
      {"yarn.nodemanager.resource.memory-mb", std::to_string(memory_mb)},
      {"yarn.nodemanager.resource.cpu-vcores", std::to_string(vcores)},
      {"mapreduce.jobhistory.webapp.address", Address(options, Service::kHistoryHttp)},
  };
}

Status MakeSecret(const std::string& path) {
  Env* const env = Env::Posix();
  if (env->Exists(path)) return Status::Ok();
  return env->WriteFileAtomically(path, ToHex(SecureRandomBytes(32)) + "\n", 0600);
}

}  // namespace

std::map<std::string, std::string> SiteFiles(const ClusterOptions& options) {
  std::map<std::string, Configuration> files;
  for (const KeyTable& table : AllKeyTables()) {
    const std::string file(table.file);
    files[file.substr(0, file.find('-')) + "-site.xml"];
  }
  for (const auto& [key, value] : LayoutKeys(options)) files[SiteFileOf(key)].Set(key, value);
  for (const auto& [key, value] : options.overrides) {
    const std::string name(CurrentKeyName(key));
    files[SiteFileOf(name)].Set(name, value);
  }
  std::map<std::string, std::string> texts;
  for (const auto& [file, conf] : files) texts[file] = conf.ToXml();
  return texts;
}

Status CheckOverrides(const ClusterOptions& options) {
  Configuration conf;
  for (const auto& [key, value] : options.overrides) conf.Set(key, value, "-D");
  for (const auto& [key, value] : options.overrides) {
    const std::string name(CurrentKeyName(key));
    if (IsPerWorkerKey(name)) {
      return InvalidArgumentError("-D " + key + ": every worker has its own; it cannot be set");
    }
    const KeyRef* const declared = FindKey(name);
    if (declared == nullptr) continue;
    RETURN_IF_ERROR(std::visit([&](const auto* k) { return conf.Get(*k).status(); }, *declared));
  }
  const auto unknown = conf.UnknownTuskKeys();
  if (!unknown.empty()) return InvalidArgumentError("-D " + unknown[0] + ": there is no such key");
  return Status::Ok();
}

Status WriteConfFolder(const ClusterOptions& options) {
  Env* const env = Env::Posix();
  const ClusterPaths paths(options.dir);
  RETURN_IF_ERROR(env->MakeDirs(paths.conf));
  RETURN_IF_ERROR(MakeSecret(paths.secret));
  std::string racks = "# Which rack each worker stands on.\n";
  for (int i = 0; i < options.workers; ++i) {
    racks += WorkerAddress(i) + " " + WorkerRack(options, i) + "\n";
  }
  RETURN_IF_ERROR(env->WriteFileAtomically(paths.rack_table, racks));
  for (const auto& [file, text] : SiteFiles(options)) {
    RETURN_IF_ERROR(env->WriteFileAtomically(JoinPath(paths.conf, file), text));
  }
  return Status::Ok();
}

StatusOr<std::optional<ClusterOptions>> LoadOptions(const std::string& dir) {
  const std::string path = ClusterPaths(dir).options;
  if (!Env::Posix()->Exists(path)) return std::optional<ClusterOptions>();
  Configuration saved;
  RETURN_IF_ERROR(saved.AddFile(path));
  const auto all = saved.All();
  const auto number = [&](const char* key, int fallback) {
    const auto it = all.find(key);
    return it == all.end() ? fallback : ParseNumber(it->second, fallback);
  };
  ClusterOptions options;
  options.dir = dir;
  options.workers = number(kWorkers, options.workers);
  options.racks = number(kRacks, options.racks);
  options.base_port = number(kBasePort, options.base_port);
  options.overrides = saved.ForPrefix(kOverride);
  if (options.workers < 1 || options.workers > kMaxWorkers || options.racks < 1) {
    return DataLossError(path + " is damaged");
  }
  return std::optional<ClusterOptions>(std::move(options));
}

Status SaveOptions(const ClusterOptions& options) {
  Configuration saved;
  saved.Set(kWorkers, std::to_string(options.workers));
  saved.Set(kRacks, std::to_string(options.racks));
  saved.Set(kBasePort, std::to_string(options.base_port));
  for (const auto& [key, value] : options.overrides) saved.Set(std::string(kOverride) + key, value);
  return Env::Posix()->WriteFileAtomically(ClusterPaths(options.dir).options, saved.ToXml());
}

}  // namespace tusk::cli
