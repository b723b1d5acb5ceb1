// `tusk dfs`: Hadoop's file system shell.
#pragma once

#include "cli/command.h"

namespace tusk::cli {

void AddDfsCommands(CommandTable* table);

}  // namespace tusk::cli
