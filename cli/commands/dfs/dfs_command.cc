#include "cli/commands/dfs/dfs_command.h"

#include <cstdio>

#include "cli/commands/dfs/shell_command.h"
#include "common/base/log.h"

namespace tusk::cli {
namespace {

constexpr const char* kUsagePrefix = "Usage: hadoop fs [generic options]";

std::string UsageLine(const ShellCommand& command) {
  std::string line = std::string(kUsagePrefix) + " -" + std::string(command.name);
  if (!command.usage.empty()) line += " " + std::string(command.usage);
  return line + "\n";
}

void PrintFullUsage(std::FILE* out) {
  std::fprintf(out, "%s\n", kUsagePrefix);
  for (const ShellCommand& command : ShellCommands()) {
    std::string line = "-" + std::string(command.name);
    if (!command.usage.empty()) line += " " + std::string(command.usage);
    std::fprintf(out, "\t[%s]\n", line.c_str());
  }
  std::fputs(GenericOptionsText(), out);
}

void PrintHelp(const ShellCommand& command) {
  std::string title = "-" + std::string(command.name);
  if (!command.usage.empty()) title += " " + std::string(command.usage);
  std::printf("%s :\n", title.c_str());
  std::string_view rest = command.help;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    std::printf("  %s\n", std::string(rest.substr(0, end)).c_str());
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (command.run == nullptr) std::printf("  Not supported yet.\n");
}

// What a sub-command says of its command line, turned into text and exit code.
int FinishCommandLine(const ShellCommand* command, const std::string& word, const Status& status) {
  std::fflush(stdout);
  if (status.code() == Code::kUnimplemented) {
    std::fprintf(stderr, "%s: %s\n", word.substr(1).c_str(), status.message().c_str());
    return kExitError;
  }
  std::fprintf(stderr, "%s: %s\n", word.c_str(), status.message().c_str());
  PrintFullUsage(stderr);
  if (command != nullptr) std::fputs(UsageLine(*command).c_str(), stderr);
  return kExitUsage;
}

int RunDfs(Invocation& invocation) {
  // What the client library has to say (a pipeline recovered, a replica found bad) goes to stderr.
  IgnoreError(InitLogging({.program = "dfs", .level = "warn"}), "there is no file to open");
  if (invocation.args.empty()) {
    PrintFullUsage(stderr);
    return kExitUsage;
  }
  const std::string word = invocation.args[0];
  const ShellCommand* command = word.starts_with("-") ? FindShellCommand(word.substr(1)) : nullptr;
  if (command == nullptr) {
    std::fprintf(stderr, "%s: Unknown command\n", word.c_str());
    if (!word.starts_with("-") && FindShellCommand(word) != nullptr) {
      std::fprintf(stderr, "Did you mean -%s?  This command begins with a dash.\n", word.c_str());
    }
    PrintFullUsage(stderr);
    return kExitUsage;
  }
  if (command->run == nullptr) {
    return FinishCommandLine(command, word,
                             UnimplementedError("the command " + word + " is not supported yet"));
  }
  Shell shell(invocation.conf, word.substr(1));
  const std::vector<std::string> words(invocation.args.begin() + 1, invocation.args.end());
  const Status status = command->run(shell, words);
  if (!status.ok()) return FinishCommandLine(command, word, status);
  if (std::fflush(stdout) != 0) return kExitError;
  return shell.exit_code();
}

}  // namespace

void ForEachPath(Shell& shell, const std::vector<std::string>& arguments,
                 const std::function<void(PathItem&)>& work) {
  for (const std::string& argument : arguments) {
    StatusOr<std::vector<PathItem>> items = shell.Expand(argument);
    if (!items.ok()) {
      shell.Error(items.status());
      continue;
    }
    for (PathItem& item : *items) {
      if (item.exists()) {
        work(item);
      } else {
        shell.Error(NoSuchFile(item.text));
      }
    }
  }
}

void Walk(Shell& shell, PathItem& item, const std::function<bool(PathItem&)>& work) {
  if (!work(item) || !item.is_directory()) return;
  StatusOr<std::vector<PathItem>> children = shell.Children(item);
  if (!children.ok()) {
    shell.Error(children.status(), item.text);
    return;
  }
  for (PathItem& child : *children) Walk(shell, child, work);
}

Status RunUsage(Shell& shell, const std::vector<std::string>& words) {
  if (words.empty()) {
    PrintFullUsage(stdout);
    return Status::Ok();
  }
  for (const std::string& word : words) {
    const std::string name = word.starts_with("-") ? word.substr(1) : word;
    const ShellCommand* command = FindShellCommand(name);
    if (command == nullptr) return InvalidArgumentError("`" + word + "': Unknown command");
    std::fputs(UsageLine(*command).c_str(), stdout);
  }
  (void)shell;
  return Status::Ok();
}

Status RunHelp(Shell& shell, const std::vector<std::string>& words) {
  if (words.empty()) {
    std::printf("%s\n", kUsagePrefix);
    for (const ShellCommand& command : ShellCommands()) {
      std::printf("\t[-%s%s%s]\n", std::string(command.name).c_str(),
                  command.usage.empty() ? "" : " ", std::string(command.usage).c_str());
    }
    std::printf("\n");
    for (const ShellCommand& command : ShellCommands()) {
      PrintHelp(command);
      std::printf("\n");
    }
    std::fputs(GenericOptionsText() + 1, stdout);
    return Status::Ok();
  }
  for (const std::string& word : words) {
    const std::string name = word.starts_with("-") ? word.substr(1) : word;
    const ShellCommand* command = FindShellCommand(name);
    if (command == nullptr) return InvalidArgumentError("`" + word + "': Unknown command");
    PrintHelp(*command);
  }
  (void)shell;
  return Status::Ok();
}

void AddDfsCommands(CommandTable* table) {
  table->Add({"dfs", "works on the files of the DFS", &RunDfs});
  table->Add({"fs", "the same as dfs", &RunDfs});
}

}  // namespace tusk::cli
