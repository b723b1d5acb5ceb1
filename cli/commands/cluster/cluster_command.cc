#include "cli/commands/cluster/cluster_command.h"

#include <limits.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "cli/commands/cluster/cluster.h"
#include "cli/commands/cluster/site_files.h"
#include "common/config/configuration.h"

namespace tusk::cli {

namespace {

constexpr const char* kUsage =
    "usage: tusk cluster start  --dir DIR [--workers N] [--racks R] [--base-port P]\n"
    "                           [-D key=value]... [--json]\n"
    "       tusk cluster status --dir DIR [--json]\n"
    "       tusk cluster stop   --dir DIR\n"
    "\n"
    "A cluster of local processes: a NameNode and a ResourceManager on 127.0.0.1, and N workers\n"
    "(default 3), each a DataNode and a NodeManager on an address of its own (127.0.10.1, ...),\n"
    "dealt out to R racks. Without --base-port it takes Hadoop's default ports. DIR remembers the\n"
    "options; start on a running cluster starts again what has died.\n"
    "For Hadoop's own clients: export HADOOP_CONF_DIR=DIR/conf\n";

struct Arguments {
  std::string action;
  std::string dir;
  std::optional<int> workers;
  std::optional<int> racks;
  std::optional<int> base_port;
  std::vector<std::pair<std::string, std::string>> overrides;
  bool ha = false;
  bool json = false;
  bool help = false;
};

StatusOr<int> ParseNumber(const std::string& option, const std::string& text, int min, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= min && value <= max) {
    return value;
  }
  return InvalidArgumentError(option + " " + text + ": expected a number from " +
                              std::to_string(min) + " to " + std::to_string(max));
}

Status TakeOverride(const std::string& assignment, Arguments* arguments) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    return InvalidArgumentError("-D " + assignment + ": expected key=value");
  }
  arguments->overrides.emplace_back(assignment.substr(0, equals), assignment.substr(equals + 1));
  return Status::Ok();
}

// One option with its value.
Status TakeOption(const std::string& option, const std::string& value, Arguments* arguments) {
  constexpr int kMaxBasePort = 32768 - kPortsPerCluster;
  if (option == "--dir") {
    arguments->dir = value;
  } else if (option == "--workers") {
    ASSIGN_OR_RETURN(arguments->workers, ParseNumber(option, value, 1, kMaxWorkers));
  } else if (option == "--racks") {
    ASSIGN_OR_RETURN(arguments->racks, ParseNumber(option, value, 1, kMaxWorkers));
  } else if (option == "--base-port") {
    ASSIGN_OR_RETURN(arguments->base_port, ParseNumber(option, value, 1024, kMaxBasePort));
  } else if (option == "-D") {
    return TakeOverride(value, arguments);
  } else {
    return InvalidArgumentError("unknown option " + option);
  }
  return Status::Ok();
}

StatusOr<Arguments> ParseArguments(const std::vector<std::string>& args) {
  Arguments arguments;
  for (size_t i = 0; i < args.size(); ++i) {
    std::string option = args[i];
    if (option == "--ha") {
      arguments.ha = true;
    } else if (option == "--json") {
      arguments.json = true;
    } else if (option == "--help" || option == "-help" || option == "-h") {
      arguments.help = true;
    } else if (!option.starts_with("-")) {
      if (!arguments.action.empty()) return InvalidArgumentError("unexpected argument " + option);
      arguments.action = option;
    } else if (option.starts_with("-D") && option.size() > 2) {
      RETURN_IF_ERROR(TakeOverride(option.substr(2), &arguments));
    } else if (const size_t equals = option.find('=');
               option.starts_with("--") && equals != std::string::npos) {
      RETURN_IF_ERROR(TakeOption(option.substr(0, equals), option.substr(equals + 1), &arguments));
    } else {
      if (i + 1 == args.size()) return InvalidArgumentError(option + " needs a value");
      RETURN_IF_ERROR(TakeOption(option, args[++i], &arguments));
    }
  }
  return arguments;
}

std::string AbsolutePath(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) != nullptr) return resolved;
  if (path.starts_with('/')) return path;
  char here[PATH_MAX];
  if (::getcwd(here, sizeof here) == nullptr) return path;
  return std::string(here) + "/" + path;
}

int Fail(const Status& status) {
  std::fprintf(stderr, "tusk cluster: %s\n", status.message().c_str());
  return kExitError;
}

std::string Http(const DaemonSpec& spec) {
  for (const DaemonSpec::Port& port : spec.ports) {
    if (port.what == "http")
      return "http://" + HostPort{spec.address, port.number}.ToString() + "/";
  }
  return {};
}

nlohmann::ordered_json ToJson(const ClusterStatus& status) {
  nlohmann::ordered_json json;
  json["dir"] = status.options.dir;
  json["workers"] = status.options.workers;
  json["racks"] = status.options.racks;
  json["running"] = status.all_running();
  json["default_fs"] =
      "hdfs://" +
      HostPort{kMasterAddress, PortOf(status.options, Service::kNameNodeRpc)}.ToString();
  json["daemons"] = nlohmann::ordered_json::array();
  for (const DaemonStatus& daemon : status.daemons) {
    nlohmann::ordered_json entry;
    entry["name"] = daemon.spec.name;
    entry["kind"] = daemon.spec.kind;
    entry["address"] = daemon.spec.address;
    entry["running"] = daemon.process.has_value();
    if (daemon.process.has_value()) {
      entry["pid"] = daemon.process->pid;
      entry["uptime_seconds"] = daemon.process->uptime_seconds;
      entry["resident_bytes"] = daemon.process->resident_bytes;
    }
    for (const DaemonSpec::Port& port : daemon.spec.ports) entry["ports"][port.what] = port.number;
    entry["log"] = daemon.log_file;
    json["daemons"].push_back(std::move(entry));
  }
  if (status.dfs.has_value()) {
    json["dfs"] = {{"live_datanodes", status.dfs->live_datanodes},
                   {"safe_mode", status.dfs->safe_mode},
                   {"capacity_bytes", status.dfs->capacity_bytes},
                   {"used_bytes", status.dfs->used_bytes}};
  }
  if (status.live_nodemanagers.has_value()) {
    json["yarn"] = {{"live_nodemanagers", *status.live_nodemanagers}};
  }
  return json;
}

std::string HumanBytes(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

std::string FormatUptime(double seconds) {
  char text[32];
  const auto whole = static_cast<int64_t>(seconds);
  std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", static_cast<long>(whole / 3600),
                static_cast<long>(whole / 60 % 60), static_cast<long>(whole % 60));
  return text;
}

void PrintTable(const ClusterStatus& status) {
  std::printf("%-26s %-14s %8s %10s %9s  %s\n", "DAEMON", "ADDRESS", "PID", "UPTIME", "MEMORY",
              "PAGE OR LOG");
  for (const DaemonStatus& daemon : status.daemons) {
    if (!daemon.process.has_value()) {
      std::printf("%-26s %-14s %8s %10s %9s  %s\n", daemon.spec.name.c_str(),
                  daemon.spec.address.c_str(), "-", "not running", "-", daemon.log_file.c_str());
      continue;
    }
    std::printf("%-26s %-14s %8d %10s %6ld MB  %s\n", daemon.spec.name.c_str(),
                daemon.spec.address.c_str(), daemon.process->pid,
                FormatUptime(daemon.process->uptime_seconds).c_str(),
                static_cast<long>(daemon.process->resident_bytes >> 20), Http(daemon.spec).c_str());
  }
  if (status.dfs.has_value()) {
    std::printf("\nDFS: %d of %d DataNodes live, safe mode %s, %s used of %s\n",
                status.dfs->live_datanodes, status.options.workers,
                status.dfs->safe_mode ? "ON" : "off", HumanBytes(status.dfs->used_bytes).c_str(),
                HumanBytes(status.dfs->capacity_bytes).c_str());
  } else {
    std::printf("\nDFS: the NameNode does not answer\n");
  }
  if (status.live_nodemanagers.has_value()) {
    std::printf("YARN: %d of %d NodeManagers live\n", *status.live_nodemanagers,
                status.options.workers);
  }
}

int RunStatus(const Arguments& arguments) {
  const auto status = LocalCluster::GetStatus(arguments.dir);
  if (!status.ok()) return Fail(status.status());
  if (arguments.json) {
    std::printf("%s\n", ToJson(*status).dump(2).c_str());
  } else {
    PrintTable(*status);
  }
  return status->all_running() ? kExitOk : kExitError;
}

// The remembered options, and what was given now.
StatusOr<ClusterOptions> StartOptions(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const auto former, LoadOptions(arguments.dir));
  ClusterOptions options = former.value_or(ClusterOptions());
  options.dir = arguments.dir;
  options.workers = arguments.workers.value_or(options.workers);
  options.racks = arguments.racks.value_or(options.racks);
  options.base_port = arguments.base_port.value_or(options.base_port);
  // As Configuration keeps them: by name, the last one wins.
  std::map<std::string, std::string> overrides(options.overrides.begin(), options.overrides.end());
  for (const auto& [key, value] : arguments.overrides) {
    overrides[std::string(CurrentKeyName(key))] = value;
  }
  options.overrides.assign(overrides.begin(), overrides.end());
  if (options.racks > options.workers) {
    return InvalidArgumentError("--racks " + std::to_string(options.racks) + ": more than the " +
                                std::to_string(options.workers) + " workers");
  }
  return options;
}

int RunStart(const Arguments& arguments) {
  if (arguments.ha) return Fail(UnimplementedError("--ha is not supported yet"));
  const TimePoint begin = Clock::Real()->Now();
  const auto options = StartOptions(arguments);
  if (!options.ok()) return Fail(options.status());
  const Status started = LocalCluster::Start(*options);
  if (!started.ok()) return Fail(started);
  if (arguments.json) return RunStatus(arguments);
  const auto status = LocalCluster::GetStatus(arguments.dir);
  if (!status.ok()) return Fail(status.status());
  std::printf("Tusk cluster in %s: %d workers (%s to %s), %d rack%s\n", options->dir.c_str(),
              options->workers, WorkerAddress(0).c_str(),
              WorkerAddress(options->workers - 1).c_str(), options->racks,
              options->racks == 1 ? "" : "s");
  for (const DaemonStatus& daemon : status->daemons) {
    if (daemon.spec.address != kMasterAddress) continue;
    std::printf("  %-16s %-22s %s\n", daemon.spec.kind.c_str(),
                HostPort{daemon.spec.address, daemon.spec.ports[0].number}.ToString().c_str(),
                Http(daemon.spec).c_str());
  }
  std::printf("Ready in %.2f s. Now: export HADOOP_CONF_DIR=%s/conf\n",
              ToSeconds(Clock::Real()->Now() - begin), options->dir.c_str());
  return kExitOk;
}

int RunCluster(Invocation& invocation) {
  auto arguments = ParseArguments(invocation.args);
  if (!arguments.ok()) {
    std::fprintf(stderr, "tusk cluster: %s\n%s", arguments.status().message().c_str(), kUsage);
    return kExitUsage;
  }
  if (arguments->help) {
    std::fputs(kUsage, stdout);
    return kExitOk;
  }
  const std::string& action = arguments->action;
  if (arguments->dir.empty() || (action != "start" && action != "status" && action != "stop")) {
    std::fputs(kUsage, stderr);
    return kExitUsage;
  }
  arguments->dir = AbsolutePath(arguments->dir);
  if (action == "start") return RunStart(*arguments);
  if (action == "status") return RunStatus(*arguments);
  const Status stopped = LocalCluster::Stop(arguments->dir);
  return stopped.ok() ? kExitOk : Fail(stopped);
}

}  // namespace

void AddClusterCommands(CommandTable* table) {
  // Its -D are for the cluster, not for this command.
  table->Add({"cluster", "starts, shows and stops a cluster of local processes", &RunCluster,
              /*generic_options=*/false});
}

}  // namespace tusk::cli
