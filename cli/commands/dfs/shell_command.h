// The table of dfs's sub-commands, and the loops most of them share.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands/dfs/options.h"
#include "cli/commands/dfs/shell.h"
#include "common/base/status.h"

namespace tusk::cli {

struct ShellCommand {
  std::string_view name;
  std::string_view usage;  // after the name
  std::string_view help;   // lines
  // Complains about paths through the shell. What it returns is about the command line itself:
  // kUnimplemented for what is not supported yet, any other error shows the usage. Null: the whole
  // sub-command is not supported yet.
  Status (*run)(Shell& shell, const std::vector<std::string>& words) = nullptr;
};

// Hadoop's sub-commands in the order of their names, those we lack included.
std::span<const ShellCommand> ShellCommands();
const ShellCommand* FindShellCommand(std::string_view name);

// Runs `work` on each path the arguments stand for, and complains about those that do not exist.
void ForEachPath(Shell& shell, const std::vector<std::string>& arguments,
                 const std::function<void(PathItem&)>& work);
// `work` on the path and then, where it gave true, on all below: each directory's entries by name.
void Walk(Shell& shell, PathItem& item, const std::function<bool(PathItem&)>& work);

// ---- the sub-commands, by file
// -------------------------------------------------------------------

// list_command.cc
Status RunLs(Shell& shell, const std::vector<std::string>& words);
Status RunLsr(Shell& shell, const std::vector<std::string>& words);
Status RunFind(Shell& shell, const std::vector<std::string>& words);
// copy_commands.cc
Status RunPut(Shell& shell, const std::vector<std::string>& words);
Status RunGet(Shell& shell, const std::vector<std::string>& words);
Status RunCp(Shell& shell, const std::vector<std::string>& words);
Status RunMoveFromLocal(Shell& shell, const std::vector<std::string>& words);
Status RunMoveToLocal(Shell& shell, const std::vector<std::string>& words);
Status RunGetMerge(Shell& shell, const std::vector<std::string>& words);
Status RunAppendToFile(Shell& shell, const std::vector<std::string>& words);
// display_commands.cc
Status RunCat(Shell& shell, const std::vector<std::string>& words);
Status RunText(Shell& shell, const std::vector<std::string>& words);
Status RunHead(Shell& shell, const std::vector<std::string>& words);
Status RunTail(Shell& shell, const std::vector<std::string>& words);
Status RunChecksum(Shell& shell, const std::vector<std::string>& words);
// tree_commands.cc
Status RunMkdir(Shell& shell, const std::vector<std::string>& words);
Status RunMv(Shell& shell, const std::vector<std::string>& words);
Status RunRm(Shell& shell, const std::vector<std::string>& words);
Status RunRmr(Shell& shell, const std::vector<std::string>& words);
Status RunRmdir(Shell& shell, const std::vector<std::string>& words);
Status RunTouchz(Shell& shell, const std::vector<std::string>& words);
Status RunTouch(Shell& shell, const std::vector<std::string>& words);
// usage_commands.cc
Status RunDu(Shell& shell, const std::vector<std::string>& words);
Status RunDus(Shell& shell, const std::vector<std::string>& words);
Status RunDf(Shell& shell, const std::vector<std::string>& words);
Status RunCount(Shell& shell, const std::vector<std::string>& words);
// attribute_commands.cc
Status RunStat(Shell& shell, const std::vector<std::string>& words);
Status RunTest(Shell& shell, const std::vector<std::string>& words);
Status RunChmod(Shell& shell, const std::vector<std::string>& words);
Status RunChown(Shell& shell, const std::vector<std::string>& words);
Status RunChgrp(Shell& shell, const std::vector<std::string>& words);
Status RunSetrep(Shell& shell, const std::vector<std::string>& words);
// dfs_command.cc
Status RunHelp(Shell& shell, const std::vector<std::string>& words);
Status RunUsage(Shell& shell, const std::vector<std::string>& words);

}  // namespace tusk::cli
