// tusk bench modes
#pragma once

#include "cli/command.h"

namespace tusk::cli {

void AddBenchCommands(CommandTable* table);

}  // namespace tusk::cli
