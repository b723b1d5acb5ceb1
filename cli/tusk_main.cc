// tusk: all command-line work. Called as hdfs, hadoop, yarn or mapred (links beside it) it takes
// their commands; the name of a daemon (`tusk namenode`) runs the daemon's program.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/commands/bench/bench_command.h"
#include "cli/commands/cluster/cluster_command.h"
#include "cli/commands/dfs/dfs_command.h"
#include "cli/commands/dfsadmin/dfsadmin_command.h"
#include "cli/commands/fsck/fsck_command.h"
#include "cli/commands/job/job_command.h"
#include "cli/commands/yarn/yarn_command.h"

namespace tusk::cli {
namespace {

void AddAllCommands(CommandTable* table) {
  AddDfsCommands(table);
  AddDfsAdminCommands(table);
  AddFsckCommands(table);
  AddJobCommands(table);
  AddBenchCommands(table);
  AddClusterCommands(table);
  AddYarnCommands(table);
}

constexpr std::string_view kDaemons[] = {"namenode",     "datanode",        "journalnode",
                                         "balancer",     "resourcemanager", "nodemanager",
                                         "historyserver"};

// What the program was called as: the group in which plain names are looked up first.
struct Caller {
  std::string name;   // "tusk", "hdfs", ...
  std::string group;  // "" or "yarn", "mapred"
};

Caller CalledAs(const char* argv0) {
  std::string name(argv0);
  name.erase(0, name.rfind('/') + 1);
  if (name == "yarn" || name == "mapred") return {name, name};
  if (name == "hdfs" || name == "hadoop") return {name, ""};
  return {"tusk", ""};
}

void PrintHelp(const CommandTable& table, const Caller& caller, FILE* out) {
  std::fprintf(out, "usage: %s [--config DIR] COMMAND [ARGUMENTS]\n\ncommands:\n",
               caller.name.c_str());
  for (const Command& command : table.commands()) {
    std::string_view name = command.name;
    if (!caller.group.empty()) {
      if (!name.starts_with(caller.group + " ")) continue;
      name.remove_prefix(caller.group.size() + 1);
    }
    std::fprintf(out, "  %-24s %s\n", std::string(name).c_str(),
                 std::string(command.summary).c_str());
  }
  std::fputs("daemons (in the foreground):\n ", out);
  for (const std::string_view daemon : kDaemons) {
    std::fprintf(out, " %s", std::string(daemon).c_str());
  }
  std::fputs("\n", out);
}

bool IsDaemon(std::string_view name) {
  for (const std::string_view daemon : kDaemons) {
    if (name == daemon) return true;
  }
  return false;
}

int ExecDaemon(const std::string& name, const std::string& config_dir,
               const std::vector<std::string>& args) {
  const std::string program = ProgramDir() + "/tusk-" + name;
  std::vector<std::string> all = {program};
  if (!config_dir.empty()) all.insert(all.end(), {"--config", config_dir});
  all.insert(all.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (std::string& argument : all) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  if (errno == ENOENT) {
    std::fprintf(stderr, "tusk %s: not supported yet\n", name.c_str());
  } else {
    std::fprintf(stderr, "tusk %s: %s: %s\n", name.c_str(), program.c_str(), std::strerror(errno));
  }
  return kExitError;
}

// The command that the first one or two words name; takes them from `args`.
const Command* TakeCommand(const CommandTable& table, const Caller& caller,
                           std::vector<std::string>* args) {
  const std::string prefix = caller.group.empty() ? "" : caller.group + " ";
  size_t words = 0;
  const Command* command = nullptr;
  if (args->size() >= 2 && prefix.empty()) {
    command = table.Find((*args)[0] + " " + (*args)[1]);
    words = 2;
  }
  if (command == nullptr) {
    command = table.Find(prefix + (*args)[0]);
    words = 1;
  }
  if (command != nullptr) args->erase(args->begin(), args->begin() + static_cast<ptrdiff_t>(words));
  return command;
}

int RunCommand(const Command& command, const Caller& caller, const std::string& config_dir,
               std::vector<std::string> args) {
  Invocation invocation;
  const std::string_view name =
      caller.group.empty() ? command.name : command.name.substr(caller.group.size() + 1);
  invocation.program = caller.name + " " + std::string(name);
  invocation.args = std::move(args);
  invocation.conf_dir = Configuration::FindConfDir(config_dir);
  auto conf = Configuration::LoadDefault(config_dir);
  Status status = conf.status();
  if (status.ok()) {
    invocation.conf = *std::move(conf);
    if (command.generic_options) {
      status = TakeGenericOptions(&invocation.args, &invocation.conf);
    }
  }
  if (!status.ok()) {
    std::fprintf(stderr, "%s: %s\n", invocation.program.c_str(), status.message().c_str());
    return kExitError;
  }
  // Commands that take their options themselves have not got all keys yet.
  if (command.generic_options) {
    for (const std::string& key : invocation.conf.UnknownTuskKeys()) {
      std::fprintf(stderr, "%s: warning: unknown key %s\n", caller.name.c_str(), key.c_str());
    }
  }
  const int code = command.run(invocation);
  // What could not be written (a full disk behind a redirection) must not pass for success.
  if (std::fflush(stdout) != 0 && code == kExitOk) {
    std::fprintf(stderr, "%s: writing the output failed: %s\n", invocation.program.c_str(),
                 std::strerror(errno));
    return kExitError;
  }
  return code;
}

int Main(int argc, char** argv) {
  CommandTable table;
  AddAllCommands(&table);
  const Caller caller = CalledAs(argv[0]);
  std::vector<std::string> args(argv + 1, argv + argc);
  std::string config_dir;
  while (!args.empty() && args[0].starts_with("--")) {
    if (args[0] == "--help") break;
    if (args[0] == "--version") break;
    if (args[0] != "--config" || args.size() < 2) {
      std::fprintf(stderr, "%s: unknown option %s\n", caller.name.c_str(), args[0].c_str());
      PrintHelp(table, caller, stderr);
      return kExitUsage;
    }
    config_dir = args[1];
    args.erase(args.begin(), args.begin() + 2);
  }
  if (args.empty()) {
    PrintHelp(table, caller, stderr);
    return kExitUsage;
  }
  if (args[0] == "--help" || args[0] == "-help" || args[0] == "help") {
    PrintHelp(table, caller, stdout);
    return kExitOk;
  }
  if (args[0] == "--version" || args[0] == "version") {
    std::printf("Tusk %s\n", TUSK_VERSION);
    return kExitOk;
  }
  // Daemons find the configuration folder by themselves too, but not this process's --config.
  if (IsDaemon(args[0])) {
    return ExecDaemon(args[0], config_dir, {args.begin() + 1, args.end()});
  }
  const Command* const command = TakeCommand(table, caller, &args);
  if (command == nullptr) {
    std::fprintf(stderr, "%s: unknown command %s; `%s help` lists all\n", caller.name.c_str(),
                 args[0].c_str(), caller.name.c_str());
    return kExitUsage;
  }
  return RunCommand(*command, caller, config_dir, std::move(args));
}

}  // namespace
}  // namespace tusk::cli

int main(int argc, char** argv) {
  return tusk::cli::Main(argc, argv);
}
