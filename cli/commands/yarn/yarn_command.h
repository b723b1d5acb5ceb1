// yarn application, node, logs: what a cluster runs, where, and what it printed.
#pragma once

#include "cli/command.h"

namespace tusk::cli {

void AddYarnCommands(CommandTable* table);

}  // namespace tusk::cli
